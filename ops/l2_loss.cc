// L2Loss: half the sum of squares.

#include "sessile/core/framework/op_registry.h"
#include "sessile/core/framework/shape_inference.h"
#include "sessile/ops/grad_context.h"
#include "sessile/ops/nn.h"
#include "sessile/ops/op_builder.h"
#include "sessile/ops/operators.h"
#include "sessile/ops/register_all.h"

namespace sessile {
namespace {

// d(t^2 / 2) = t dt.
absl::StatusOr<std::vector<Output>> L2LossGradient(GradContext& ctx, const Node& node,
                                                   std::span<const Output> grads) {
  return std::vector<Output>{ctx.input(node, 0) * grads[0]};
}

}  // namespace

void RegisterL2Loss(OpRegistry& ops) {
  ops.Add("L2Loss")
      .Input("t: T")
      .Output("output: T")
      .Attr("T: {half, bfloat16, float, double}")
      .Shape(ScalarShape)
      .Gradient(L2LossGradient)
      .Doc("Half the sum of the squares of all elements.");
}

namespace nn {

Output l2_loss(Input t, std::string_view name) {
  SourceScope here(t);
  return OpBuilder("L2Loss", name).Input(std::move(t)).Build();
}

}  // namespace nn
}  // namespace sessile
