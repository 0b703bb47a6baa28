// Select and SelectV2: elements of one tensor where a condition holds, of another where not.

#include "sessile/core/framework/broadcast_shape.h"
#include "sessile/core/framework/op_registry.h"
#include "sessile/core/framework/shape_inference.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/graph/node.h"
#include "sessile/ops/array.h"
#include "sessile/ops/broadcast_grad.h"
#include "sessile/ops/constant.h"
#include "sessile/ops/grad_context.h"
#include "sessile/ops/math.h"
#include "sessile/ops/op_builder.h"
#include "sessile/ops/register_all.h"

namespace sessile {
namespace {

// `condition` is as t and e, or a scalar, or a vector over their first dimension.
absl::Status SelectShape(ShapeContext& ctx) {
  SESSILE_ASSIGN_OR_RETURN(Shape data, ctx.Merge(ctx.input(1), ctx.input(2)));
  const Shape condition = ctx.input(0);
  const bool known = condition.has_rank() && data.has_rank();
  if (known && condition.rank() == 1 && data.rank() >= 1) {
    SESSILE_ASSIGN_OR_RETURN(const Shape first, ctx.Merge(data.Slice(0, 1), condition));
    data = data.WithDim(0, first.dim(0));
  } else if (known && condition.rank() != 0) {
    SESSILE_ASSIGN_OR_RETURN(data, ctx.Merge(data, condition));
  }
  ctx.SetOutput(0, data);
  return absl::OkStatus();
}

absl::Status SelectV2Shape(ShapeContext& ctx) {
  SESSILE_ASSIGN_OR_RETURN(const Shape data, BroadcastShapes(ctx.input(1), ctx.input(2)));
  SESSILE_ASSIGN_OR_RETURN(Shape out, BroadcastShapes(ctx.input(0), data));
  ctx.SetOutput(0, std::move(out));
  return absl::OkStatus();
}

absl::StatusOr<std::vector<Output>> SelectGradient(GradContext& ctx, const Node& node,
                                                   std::span<const Output> grads) {
  const Output condition = ctx.input(node, 0);
  const Output zeros = zeros_like(ctx.input(node, 1));
  const Output t = where(condition, grads[0], zeros);
  const Output e = where(condition, zeros, grads[0]);
  return std::vector<Output>{Output(), t, e};
}

// As where, for operands that broadcast: what an operand was repeated along is summed.
absl::StatusOr<std::vector<Output>> SelectV2Gradient(GradContext& ctx, const Node& node,
                                                     std::span<const Output> grads) {
  const Output condition = ctx.input(node, 0);
  const Output result = ctx.output(node, 0);
  const Output zero = zeros({}, BaseType(grads[0].dtype()));
  Output t = where_v2(condition, grads[0], zero);
  Output e = where_v2(condition, zero, grads[0]);
  t = ReduceGradients(ctx.input(node, 1), result, t, Output())[0];
  e = ReduceGradients(ctx.input(node, 2), result, e, Output())[0];
  return std::vector<Output>{Output(), t, e};
}

}  // namespace

void RegisterSelect(OpRegistry& ops) {
  ops.Add("Select")
      .Input("condition: bool")
      .Input("t: T")
      .Input("e: T")
      .Output("output: T")
      .Attr("T: type")
      .Shape(SelectShape)
      .Gradient(SelectGradient)
      .Doc("Elements of `t` where `condition` is true, of `e` where it is false.");
  ops.Add("SelectV2")
      .Input("condition: bool")
      .Input("t: T")
      .Input("e: T")
      .Output("output: T")
      .Attr("T: type")
      .Shape(SelectV2Shape)
      .Gradient(SelectV2Gradient)
      .Doc("As Select, where all three broadcast.");
}

Output where(Input condition, Input x, Input y, std::string_view name) {
  SourceScope here(condition);
  return OpBuilder("Select", name).Input(condition).Input(x).Input(y).Build();
}

Output where_v2(Input condition, Input x, Input y, std::string_view name) {
  SourceScope here(condition);
  return OpBuilder("SelectV2", name).Input(condition).Input(x).Input(y).Build();
}

}  // namespace sessile
