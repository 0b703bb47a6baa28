// ArgMax and ArgMin: where along an axis the extreme element is.

#include "sessile/core/framework/op_registry.h"
#include "sessile/core/framework/shape_inference.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/graph/node.h"
#include "sessile/ops/folding.h"
#include "sessile/ops/grad_context.h"
#include "sessile/ops/math.h"
#include "sessile/ops/op_builder.h"
#include "sessile/ops/register_all.h"

namespace sessile {
namespace {

absl::Status ArgShape(ShapeContext& ctx) {
  SESSILE_RETURN_IF_ERROR(ctx.InputIsScalar(1));
  const Shape in = ctx.input(0);
  if (!in.has_rank()) return absl::OkStatus();
  if (in.rank() <= 1) return ScalarShape(ctx);
  const std::optional<int64_t> dimension = KnownInt(ctx, 1);
  if (!dimension.has_value()) {
    ctx.SetOutput(0, Shape::UnknownOfRank(in.rank() - 1));
    return absl::OkStatus();
  }
  const int64_t axis = *dimension < 0 ? *dimension + in.rank() : *dimension;
  if (axis < 0 || axis >= in.rank()) {
    return InvalidArgument("Dimension (", *dimension, ") must be in the range [", -in.rank(), ", ",
                           in.rank(), "), where ", in.rank(),
                           " is the number of dimensions in the input.");
  }
  std::vector<int64_t> dims(in.dims().begin(), in.dims().end());
  dims.erase(dims.begin() + axis);
  ctx.SetOutput(0, Shape(dims));
  return absl::OkStatus();
}

// An index does not change with small changes of the input.
absl::StatusOr<std::vector<Output>> ArgGradient(GradContext&, const Node&,
                                                std::span<const Output>) {
  return std::vector<Output>{Output(), Output()};
}

constexpr std::string_view kTypes =
    "T: {float, double, int32, uint8, int16, int8, int64, bfloat16, uint16, half, uint32, uint64, "
    "qint8, quint8, qint32, qint16, quint16, bool}";

Output Arg(std::string_view op, const Input& input, const Input& axis,
           const ArgMaxOptions& options) {
  SourceScope here(input);
  return OpBuilder(op, options.name)
      .Input(input)
      .Input(axis)
      .Attr("output_type", options.output_type)
      .Build();
}

}  // namespace

void RegisterArgMax(OpRegistry& ops) {
  ops.Add("ArgMax")
      .Input("input: T")
      .Input("dimension: Tidx")
      .Output("output: output_type")
      .Attr(kTypes)
      .Attr("Tidx: {int16, int32, int64} = DT_INT32")
      .Attr("output_type: {int16, uint16, int32, int64} = DT_INT64")
      .Shape(ArgShape)
      .Gradient(ArgGradient)
      .Doc("The index of the largest element along a dimension, the first of several.");
  ops.Add("ArgMin")
      .Input("input: T")
      .Input("dimension: Tidx")
      .Output("output: output_type")
      .Attr(kTypes)
      .Attr("Tidx: {int32, int64} = DT_INT32")
      .Attr("output_type: {int32, int64} = DT_INT64")
      .Shape(ArgShape)
      .Gradient(ArgGradient)
      .Doc("The index of the smallest element along a dimension, the first of several.");
}

Output argmax(Input input, Input axis, ArgMaxOptions options) {
  return Arg("ArgMax", input, axis, options);
}

Output argmin(Input input, Input axis, ArgMaxOptions options) {
  return Arg("ArgMin", input, axis, options);
}

}  // namespace sessile
