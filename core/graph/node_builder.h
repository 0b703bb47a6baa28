// Adds one node under the scopes that are open: names, control dependencies, device, colocation and
// the current cond or loop. The step between the front end, which knows what the user wrote, and
// GraphImpl::AddNode, which knows only the node.
//
//   NodeSpec spec{.name = "layer1/MatMul", .op = "MatMul", .inputs = {x, w}};
//   SESSILE_ASSIGN_OR_RETURN(Node* const node, AddNodeInScope(*graph, std::move(spec)));
#pragma once

#include "absl/status/statusor.h"
#include "sessile/core/graph/graph_impl.h"

namespace sessile {

// `spec.name` is final ("scope/MatMul_1"). Control inputs, device and `_class` are those of the
// spec plus those of the scopes, as TensorFlow's create_op joins them:
//  - a control dependency is left out where a data input already depends on it directly or was
//    itself built under that dependency,
//  - control inputs from outside of the current context are left to the context,
//  - then the context's AddOp sees the node.
// Fails with what a scope recorded.
absl::StatusOr<Node*> AddNodeInScope(GraphImpl& graph, NodeSpec spec);

// Gives `node`, which was added otherwise, the attributes and the colocation of the scopes.
void ApplyScopes(GraphImpl& graph, Node& node);

// The control inputs that a node with this only input would get from the scopes that are open, and
// the note that `node` has them now.
std::vector<int> ControlInputsOfScopes(GraphImpl& graph, Endpoint input);
void MarkSeenByControls(GraphImpl& graph, int node);

}  // namespace sessile
