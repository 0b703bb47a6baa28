// What a gradient function sees besides its node: the walk that it is part of.
//
//   absl::StatusOr<std::vector<Output>> ReluGradient(GradContext& ctx, const Node& node,
//                                                    std::span<const Output> grads) {
//     return std::vector<Output>{OpBuilder("ReluGrad").Input(grads[0]).Input(ctx.output(node,
//     0)).Build()};
//   }
//
// Slices of a gradient (ops/indexed_slices.h) travel as the Output of their values, which
// AddSlices makes known:
//
//   return std::vector<Output>{ctx.AddSlices({values, indices, params_shape}), Output()};
//
// The gradients that a function gets are tensors, unless it is PassGradient.
//
// A gradient function builds nodes with the ordinary builders of ops/ (whose exceptions pass
// through `gradients` to its caller) and returns one Output for each data input, an empty one where
// no gradient flows. A gradient that came for no output is empty too; `gradients` turns it into
// zeros first, unless the op is a control-flow op.
#pragma once

#include <memory>
#include <span>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "absl/status/statusor.h"
#include "sessile/core/framework/op_def.h"
#include "sessile/core/graph/graph_impl.h"
#include "sessile/core/graph/output.h"
#include "sessile/ops/indexed_slices.h"

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
  // Whether `grad` are zeros that the walk made because no gradient came for that output, and that
  // TensorFlow knows as such: it does not know constants inside of loops.
  bool IsFilled(const Output& grad) const { return filled_.contains(grad); }
  Output MarkFilled(const Output& grad) {
    filled_.insert(grad);
    return grad;
  }
  // Values that no other gradient has, to be returned as a gradient.
  Output AddSlices(const IndexedSlices& slices) {
    slices_[slices.values] = slices;
    return slices.values;
  }
  // `grad`, with the slices that it stands for.
  Gradient Resolve(const Output& grad) const {
    const auto found = slices_.find(grad);
    return found == slices_.end() ? Gradient(grad) : Gradient(found->second);
  }
  // What the walk knows of the conds and loops that it goes through. REQUIRES: made by a walk.
  ControlFlowState* control_flow() const { return control_flow_; }

 private:
  std::shared_ptr<GraphImpl> graph_;
  ControlFlowState* control_flow_;
  std::unordered_set<Output> filled_;
  std::unordered_map<Output, IndexedSlices> slices_;  // by their values
};

// The gradient function of an operation whose output is its input: the gradient as it came, slices
// too.
absl::StatusOr<std::vector<Output>> PassGradient(GradContext& ctx, const Node& node,
                                                 std::span<const Output> grads);

}  // namespace sessile
