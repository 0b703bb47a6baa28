// Checkpoints on the command line.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "sessile/core/graph/graph.h"
#include "sessile/core/session/session.h"

struct RestoreNodes {
  std::vector<sessile::Fetch> assigns;  // to be run
  std::vector<std::string> missing;     // variables that the checkpoint does not have
};

// Adds nodes to the graph that give its variables the values of the checkpoint's tensors of the
// same names. `prefix` may be a folder with a file "checkpoint". Throws errors::OpError if there is
// no such checkpoint or no name in common.
RestoreNodes AddRestoreNodes(const sessile::Graph& graph, const std::string& prefix);

// Whether `path` is the prefix of a checkpoint, or the file of one of version 1.
bool IsCheckpoint(const std::string& path);

// Prints the names, types and shapes of its tensors.
absl::Status ShowCheckpoint(const std::string& prefix);
