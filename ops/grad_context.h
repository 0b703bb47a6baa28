// What a gradient function sees besides its node: the walk that it is part of.
//
//   absl::StatusOr<std::vector<Output>> ReluGradient(GradContext& ctx, const Node& node,
//                                                    std::span<const Output> grads) {
//     return std::vector<Output>{OpBuilder("ReluGrad").Input(grads[0]).Input(ctx.output(node,
//     0)).Build()};
//   }
//
// A gradient function builds nodes with the ordinary builders of ops/ (whose exceptions pass
// through `gradients` to its caller) and returns one Output for each data input, an empty one where
// no gradient flows. A gradient that came for no output is empty too; `gradients` turns it into
// zeros first, unless the op is a control-flow op.
#pragma once

#include <memory>
#include <span>
#include <unordered_set>
#include <vector>

#include "absl/status/statusor.h"
#include "sessile/core/framework/op_def.h"
#include "sessile/core/graph/graph_impl.h"
#include "sessile/core/graph/output.h"

namespace sessile {

class ControlFlowState;  // of a walk: the loops and conds that it is in (ops/control_flow_state.h)

class GradContext {
 public:
  GradContext(std::shared_ptr<GraphImpl> graph, ControlFlowState* control_flow)
      : graph_(std::move(graph)), control_flow_(control_flow) {}

  Output input(const Node& node, int i) const {
    return Output(graph_, node.inputs()[static_cast<size_t>(i)]);
  }
  Output output(const Node& node, int i) const { return Output(graph_, Endpoint{node.id(), i}); }
  const std::shared_ptr<GraphImpl>& graph() const { return graph_; }
  // Whether `grad` are zeros that the walk made because no gradient came for that output.
  bool IsFilled(const Output& grad) const { return filled_.contains(grad); }
  void MarkFilled(const Output& grad) { filled_.insert(grad); }
  // What the walk knows of the conds and loops that it goes through. REQUIRES: made by a walk.
  ControlFlowState* control_flow() const { return control_flow_; }

 private:
  std::shared_ptr<GraphImpl> graph_;
  ControlFlowState* control_flow_;
  std::unordered_set<Output> filled_;
};

}  // namespace sessile
