// Parts of GraphDefs, and variables turned into constants.
//
//   const tf::GraphDef trained = graph.as_graph_def();
//   auto frozen = tf::graph_util::convert_variables_to_constants(sess, trained, {"y"});
//   SESSILE_RETURN_IF_ERROR(tf::WriteGraphDef("frozen.pb", frozen));
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "sessile/core/framework/tensor.h"
#include "sessile/core/graph/graph_def.h"
#include "sessile/core/session/session.h"

namespace sessile {

// Whether the operation's output is a variable: "VariableV2" and its older form give a reference,
// "VarHandleOp" a handle.
bool IsVariable(std::string_view op_type);

// The value of the variable whose node has this name.
using VariableReader = std::function<absl::StatusOr<Tensor>(const std::string& name)>;

// What `destinations` need of a graph, with the variables in it as constants. NOT_FOUND for a node
// that is not in the graph, and what `read` says.
absl::StatusOr<GraphDef> FreezeGraph(const GraphDef& graph_def,
                                     const std::vector<std::string>& destinations,
                                     const VariableReader& read);

namespace graph_util {

// The nodes that the nodes `dest_nodes` need, in their order. Throws errors::NotFoundError for one
// that is not in the graph.
GraphDef extract_sub_graph(const GraphDef& graph_def, const std::vector<std::string>& dest_nodes);

// The same, with variables as constants of the values that they have in `sess`.
GraphDef convert_variables_to_constants(Session& sess, const GraphDef& graph_def,
                                        const std::vector<std::string>& output_node_names);

}  // namespace graph_util
}  // namespace sessile
