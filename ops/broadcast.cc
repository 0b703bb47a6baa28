// BroadcastTo, and BroadcastGradientArgs: which axes the gradient of a broadcast is summed over.

#include "sessile/core/framework/broadcast_shape.h"
#include "sessile/core/framework/op_registry.h"
#include "sessile/core/framework/shape_inference.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/graph/node.h"
#include "sessile/ops/array.h"
#include "sessile/ops/folding.h"
#include "sessile/ops/grad_context.h"
#include "sessile/ops/math.h"
#include "sessile/ops/op_builder.h"
#include "sessile/ops/register_all.h"

namespace sessile {
namespace {

absl::Status BroadcastToShape(ShapeContext& ctx) {
  SESSILE_RETURN_IF_ERROR(ctx.InputWithRank(1, 1).status());
  SESSILE_ASSIGN_OR_RETURN(const Shape out, ctx.input_value_as_shape(1));
  ctx.SetOutput(0, out);
  if (!out.has_rank() || !ctx.input(0).has_rank()) return absl::OkStatus();
  SESSILE_ASSIGN_OR_RETURN(const Shape in, ctx.InputAtMostRank(0, out.rank()));
  for (int i = 0; i < in.rank(); ++i) {
    const int64_t to = out.dim(out.rank() - in.rank() + i);
    if (in.dim(i) > 1) SESSILE_RETURN_IF_ERROR(ctx.MergeDim(in.dim(i), to).status());
  }
  return absl::OkStatus();
}

// Summed over the axes along which it was repeated.
absl::StatusOr<std::vector<Output>> BroadcastToGradient(GradContext& ctx, const Node& node,
                                                        std::span<const Output> grads) {
  Output to = ctx.input(node, 1);
  const Output from = shape(ctx.input(node, 0), {.out_type = to.dtype()});
  if (const Tensor* const known = ctx.graph()->ConstantValue(to.endpoint())) {
    to = convert_to_tensor(*known);
  }
  const std::vector<Output> axes =
      OpBuilder("BroadcastGradientArgs").Input(to).Input(from).BuildAll();
  const Output sum = reduce_sum(grads[0], {.axis = axes[1], .keepdims = true});
  return std::vector<Output>{reshape(sum, from), Output()};
}

absl::Status BroadcastGradientArgsShape(ShapeContext& ctx) {
  SESSILE_RETURN_IF_ERROR(ctx.InputWithRank(0, 1).status());
  SESSILE_RETURN_IF_ERROR(ctx.InputWithRank(1, 1).status());
  ctx.SetOutput(0, Shape({None}));
  ctx.SetOutput(1, Shape({None}));
  return absl::OkStatus();
}

std::optional<Tensor> BroadcastGradientArgsValue(ShapeContext& ctx, int index) {
  const std::optional<std::vector<int64_t>> a = KnownInts(ctx, 0);
  const std::optional<std::vector<int64_t>> b = KnownInts(ctx, 1);
  if (!a.has_value() || !b.has_value()) return std::nullopt;
  const absl::StatusOr<BroadcastAxes> axes = BroadcastReductions(*a, *b);
  if (!axes.ok()) return std::nullopt;
  const std::vector<int64_t>& own = index == 0 ? axes->a : axes->b;
  return IntTensor(OutputType(ctx, index), Shape({own.size()}), own);
}

}  // namespace

void RegisterBroadcast(OpRegistry& ops) {
  ops.Add("BroadcastTo")
      .Input("input: T")
      .Input("shape: Tidx")
      .Output("output: T")
      .Attr("T: type")
      .Attr("Tidx: {int32, int64} = DT_INT32")
      .Shape(BroadcastToShape)
      .Gradient(BroadcastToGradient)
      .Doc("Repeats `input` along dimensions of size 1 to make `shape`.");
  ops.Add("BroadcastGradientArgs")
      .Input("s0: T")
      .Input("s1: T")
      .Output("r0: T")
      .Output("r1: T")
      .Attr("T: {int32, int64} = DT_INT32")
      .Shape(BroadcastGradientArgsShape)
      .Value(BroadcastGradientArgsValue)
      .NotDifferentiable("shapes are not differentiable")
      .Doc("The axes along which operands of shapes s0 and s1 are repeated when they broadcast.");
}

Output broadcast_to(Input input, Input shape, std::string_view name) {
  SourceScope here(input);
  return OpBuilder("BroadcastTo", name).Input(input).Input(shape).Build();
}

}  // namespace sessile
