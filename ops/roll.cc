// Roll: a tensor turned around along some of its dimensions.

#include "sessile/core/framework/op_registry.h"
#include "sessile/core/framework/shape_inference.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/graph/node.h"
#include "sessile/ops/array.h"
#include "sessile/ops/grad_context.h"
#include "sessile/ops/math.h"
#include "sessile/ops/op_builder.h"
#include "sessile/ops/register_all.h"

namespace sessile {
namespace {

absl::Status RollShape(ShapeContext& ctx) {
  SESSILE_ASSIGN_OR_RETURN(Shape input, ctx.InputAtLeastRank(0, 1));
  SESSILE_RETURN_IF_ERROR(ctx.InputAtMostRank(1, 1).status());
  SESSILE_RETURN_IF_ERROR(ctx.InputAtMostRank(2, 1).status());
  ctx.SetOutput(0, std::move(input));
  return absl::OkStatus();
}

// Back again.
absl::StatusOr<std::vector<Output>> RollGradient(GradContext& ctx, const Node& node,
                                                 std::span<const Output> grads) {
  const Output back = negative(ctx.input(node, 1));
  return std::vector<Output>{roll(grads[0], back, ctx.input(node, 2)), Output(), Output()};
}

}  // namespace

void RegisterRoll(OpRegistry& ops) {
  ops.Add("Roll")
      .Input("input: T")
      .Input("shift: Tshift")
      .Input("axis: Taxis")
      .Output("output: T")
      .Attr("T: type")
      .Attr("Tshift: {int32, int64}")
      .Attr("Taxis: {int32, int64}")
      .Shape(RollShape)
      .Gradient(RollGradient)
      .Doc("Moves elements by `shift` along `axis`; those that leave at the end begin it again.");
}

Output roll(Input input, Input shift, Input axis, std::string_view name) {
  SourceScope here(input);
  return OpBuilder("Roll", name).Input(input).Input(shift).Input(axis).Build();
}

}  // namespace sessile
