// What of a graph several codes can compute.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "sessile/core/framework/kernel.h"
#include "sessile/core/graph/graph_impl.h"
#include "sessile/tools/sessile/graph_call.h"

// Nodes of the graph that do the same on inputs of the same sizes.
struct Work {
  const sessile::Node* node = nullptr;  // one of them
  std::vector<sessile::TensorSpec> inputs = {};
  std::vector<sessile::Tensor> values =
      {};  // of inputs that the kernel must know; others have none
  sessile::Alternatives alternatives = {};
  int64_t uses = 1;
};

struct WorkOfGraph {
  std::vector<Work> list;
  std::vector<std::string> notes;  // why nodes are left out
};

// Runs the graph, and takes the nodes that took part and whose kernels have several codes to choose
// from. Nodes within functions are not looked at, nor those of a loop whose kernel must know
// values.
absl::StatusOr<WorkOfGraph> FindWork(GraphCall* call);
