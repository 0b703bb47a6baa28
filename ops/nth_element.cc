// NthElement: the element that would be at place n of a sorted row.

#include "sessile/core/framework/op_registry.h"
#include "sessile/core/framework/shape_inference.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/graph/node.h"
#include "sessile/ops/array.h"
#include "sessile/ops/folding.h"
#include "sessile/ops/grad_context.h"
#include "sessile/ops/math.h"
#include "sessile/ops/op_builder.h"
#include "sessile/ops/operators.h"
#include "sessile/ops/register_all.h"

namespace sessile {
namespace {

absl::Status NthElementShape(ShapeContext& ctx) {
  SESSILE_ASSIGN_OR_RETURN(const Shape input, ctx.InputAtLeastRank(0, 1));
  SESSILE_RETURN_IF_ERROR(ctx.InputIsScalar(1));
  if (!input.has_rank()) return absl::OkStatus();
  const int64_t length = input.dim(input.rank() - 1);
  const std::optional<int64_t> n = KnownInt(ctx, 1);
  if (n.has_value() && length != None && length <= *n) {
    return InvalidArgument("Input must have last dimension > n = ", *n, " but is ", length);
  }
  ctx.SetOutput(0, input.Slice(0, -1));
  return absl::OkStatus();
}

// Shared evenly among the elements that equal the one that was chosen.
absl::StatusOr<std::vector<Output>> NthElementGradient(GradContext& ctx, const Node& node,
                                                       std::span<const Output> grads) {
  const Output chosen = equal(expand_dims(ctx.output(node, 0), -1), ctx.input(node, 0));
  const Output indicators = cast(chosen, BaseType(grads[0].dtype()));
  const Output grad = expand_dims(grads[0], -1);
  const Output count = expand_dims(reduce_sum(indicators, {.axis = -1}), -1);
  return std::vector<Output>{divide(indicators, count) * grad, Output()};
}

}  // namespace

void RegisterNthElement(OpRegistry& ops) {
  ops.Add("NthElement")
      .Input("input: T")
      .Input("n: int32")
      .Output("values: T")
      .Attr("reverse: bool = false")
      .Attr("T: realnumbertype")
      .Shape(NthElementShape)
      .Gradient(NthElementGradient)
      .Doc("Element `n` of each row as it would be sorted, with `reverse` the largest first.");
}

}  // namespace sessile
