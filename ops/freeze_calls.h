// Calls of functions in graphs whose variables become constants. A function that takes a variable
// cannot take a constant in its place, so its body takes the place of the call.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "sessile/core/graph/graph_def.h"

namespace sessile {

namespace pb {
class NodeDef;
}

// Whether an attribute of the node names a function.
bool HasFunction(const pb::NodeDef& node);

// What the nodes `destinations` need, without calls: each is a node of its own name still, with the
// same outputs. UNIMPLEMENTED names a node whose operation is not known, so that what it calls is
// not known either; and the errors of FunctionSupport::inline_functions. REQUIRES: the destinations
// are in the graph.
absl::StatusOr<GraphDef> InlineCalls(const GraphDef& graph_def,
                                     const std::vector<std::string>& destinations);

}  // namespace sessile
