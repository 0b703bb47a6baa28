// Checkpoints on the command line.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "sessile/core/graph/graph.h"
#include "sessile/core/graph/meta_graph_def.h"
#include "sessile/core/session/session.h"

// Which tensor of a checkpoint is the value of a variable: a part of one if the variable is part of
// a partitioned one.
struct StoredAs {
  std::string tensor;
  std::string part;  // "10 4 0,4:0,4"; empty: all of it
};
// By the names of the variables; the others are stored under their own names.
using StoredVariables = std::map<std::string, StoredAs>;
StoredVariables StoredVariablesOf(const sessile::MetaGraphDef& meta);
StoredAs HowIsStored(const StoredVariables& stored, const std::string& variable);

struct RestoreNodes {
  std::vector<sessile::Operation> assigns;  // to be run
  std::vector<std::string> missing;         // variables that the checkpoint does not have
};

// Adds nodes to the graph that give its variables the values that a checkpoint has for them.
// `prefix` may be a folder with a file "checkpoint". Throws errors::OpError if there is no such
// checkpoint or it has none of the variables.
RestoreNodes AddRestoreNodes(const sessile::Graph& graph, const StoredVariables& stored,
                             const std::string& prefix);
// The prefix that a folder's file "checkpoint" names; other paths as they are.
std::string CheckpointPrefix(const std::string& path);

// Whether `path` is the prefix of a checkpoint, or the file of one of version 1.
bool IsCheckpoint(const std::string& path);

// Prints the names, types and shapes of its tensors.
absl::Status ShowCheckpoint(const std::string& prefix);
