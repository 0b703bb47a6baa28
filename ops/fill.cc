// Fill, ZerosLike and OnesLike: tensors of one value.

#include "sessile/core/framework/op_registry.h"
#include "sessile/core/framework/shape_inference.h"
#include "sessile/core/framework/status.h"
#include "sessile/ops/folding.h"
#include "sessile/ops/grad_context.h"
#include "sessile/ops/math.h"
#include "sessile/ops/register_all.h"

namespace sessile {
namespace {

absl::Status FillShape(ShapeContext& ctx) {
  SESSILE_RETURN_IF_ERROR(ctx.InputWithRank(0, 1).status());
  SESSILE_ASSIGN_OR_RETURN(Shape out, ctx.input_value_as_shape(0));
  ctx.SetOutput(0, std::move(out));
  return absl::OkStatus();
}

std::optional<Tensor> FillValue(ShapeContext& ctx, int index) {
  const std::optional<int64_t> value = KnownInt(ctx, 1);
  const absl::StatusOr<Shape> shape = ctx.input_value_as_shape(0);
  if (!value.has_value() || !shape.ok() || !shape->IsFullyDefined()) return std::nullopt;
  if (shape->num_elements() > kMaxFoldedElements) return std::nullopt;
  const std::vector<int64_t> values(static_cast<size_t>(shape->num_elements()), *value);
  return IntTensor(OutputType(ctx, index), *shape, values);
}

// Every element is `value`, so its gradient is the sum of all.
absl::StatusOr<std::vector<Output>> FillGradient(GradContext&, const Node&,
                                                 std::span<const Output> grads) {
  return std::vector<Output>{Output(), reduce_sum(grads[0])};
}

std::optional<Tensor> ZerosLikeValue(ShapeContext& ctx, int) {
  return UnaryIntValue(ctx, [](int64_t) { return int64_t{0}; });
}

std::optional<Tensor> OnesLikeValue(ShapeContext& ctx, int) {
  return UnaryIntValue(ctx, [](int64_t) { return int64_t{1}; });
}

constexpr std::string_view kReason = "the output does not depend on the input's values";

}  // namespace

void RegisterFill(OpRegistry& ops) {
  ops.Add("Fill")
      .Input("dims: index_type")
      .Input("value: T")
      .Output("output: T")
      .Attr("T: type")
      .Attr("index_type: {int32, int64} = DT_INT32")
      .Shape(FillShape)
      .Value(FillValue)
      .Gradient(FillGradient)
      .Doc("A tensor of shape `dims` whose elements are all `value`.");
  ops.Add("ZerosLike")
      .Input("x: T")
      .Output("y: T")
      .Attr("T: type")
      .Shape(UnchangedShape)
      .Value(ZerosLikeValue)
      .NotDifferentiable(kReason)
      .RowsIndependent()
      .Doc("Zeros in the shape of `x`.");
  ops.Add("OnesLike")
      .Input("x: T")
      .Output("y: T")
      .Attr(
          "T: {bfloat16, half, float, double, int8, uint8, int16, uint16, int32, uint32, int64, "
          "uint64, complex64, complex128, bool}")
      .Shape(UnchangedShape)
      .Value(OnesLikeValue)
      .NotDifferentiable(kReason)
      .RowsIndependent()
      .Doc("Ones in the shape of `x`.");
}

}  // namespace sessile
