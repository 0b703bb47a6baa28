// A graph whose calls of functions have been replaced by the functions' bodies.
//
// The layer that has the operations knows how (ops/function_inliner.h) and says so to its registry:
//
//   ops.SetFunctionSupport(std::make_shared<FunctionSupport>(...));
//
// A session inlines what it runs; the graph itself keeps its calls, so that it is written as it was
// read.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <vector>

#include "absl/status/statusor.h"
#include "sessile/core/framework/op_def.h"
#include "sessile/core/graph/graph_impl.h"

namespace sessile {

struct InlinedGraph {
  std::shared_ptr<GraphImpl> graph;
  // By the node's id in the original graph.
  std::map<int, std::vector<Endpoint>> outputs;  // what its outputs are
  std::map<int, int> done;                       // the node that has run when it has
};

struct FunctionSupport {
  // Copies what `roots` need of a graph, cut at `fed` tensors, and inlines all calls in it.
  // INVALID_ARGUMENT for a recursive function, NOT_FOUND for one that is not in the library,
  // RESOURCE_EXHAUSTED for a graph that would grow beyond all bounds.
  std::function<absl::StatusOr<InlinedGraph>(GraphImpl& graph, std::span<const int> roots,
                                             const std::set<Endpoint>& fed)>
      inline_functions;
  // What replaces a node whose op is the name of a function.
  LowerFn call;
};

}  // namespace sessile
