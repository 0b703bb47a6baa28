// Checkpoints on the command line.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
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
  std::string prefix;                       // the checkpoint
};

// Adds nodes to the graph that give its variables the values that a checkpoint has for them.
// Throws errors::OpError if `path` leads to no checkpoint or to one with none of the variables.
RestoreNodes AddRestoreNodes(const sessile::Graph& graph, const StoredVariables& stored,
                             const std::string& path);
// What the library opens: of a folder the checkpoint that its file "checkpoint" names, of the
// common name of shards of version 1 ("m.ckpt-3") the pattern that stands for them; other paths as
// they are. NOT_FOUND for a folder that leads to no checkpoint.
absl::StatusOr<std::string> CheckpointPrefix(const std::string& path);

// Whether `path` is the prefix of a checkpoint, the file of one of version 1, a pattern or the
// common name of its shards, or a folder with a file "checkpoint".
bool IsCheckpoint(const std::string& path);

// Prints the names, types and shapes of its tensors.
absl::Status ShowCheckpoint(const std::string& path);
