// OneHot: indices as vectors with one element that stands out.

#include "sessile/core/framework/errors.h"
#include "sessile/core/framework/op_registry.h"
#include "sessile/core/framework/shape_inference.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/graph/node.h"
#include "sessile/core/graph/scope.h"
#include "sessile/ops/array.h"
#include "sessile/ops/folding.h"
#include "sessile/ops/op_builder.h"
#include "sessile/ops/register_all.h"

namespace sessile {
namespace {

absl::Status OneHotShape(ShapeContext& ctx) {
  SESSILE_ASSIGN_OR_RETURN(const int64_t axis, ctx.Attr<int64_t>("axis"));
  if (axis < -1) return InvalidArgument("axis must be >= -1 but is ", axis);
  for (const int i : {1, 2, 3}) SESSILE_RETURN_IF_ERROR(ctx.InputIsScalar(i));
  const int64_t depth = KnownInt(ctx, 1).value_or(Shape::kUnknownDim);
  if (KnownInt(ctx, 1).has_value() && depth < 0) {
    return InvalidArgument("Dimension size, given by scalar input 1, must be non-negative but is ",
                           depth);
  }
  const Shape indices = ctx.input(0);
  if (!indices.has_rank()) return absl::OkStatus();
  if (axis > indices.rank()) {
    return InvalidArgument("Shape must be at least rank ", axis, " but is rank ", indices.rank());
  }
  const int place = axis == -1 ? indices.rank() : static_cast<int>(axis);
  std::vector<int64_t> dims(indices.dims().begin(), indices.dims().end());
  dims.insert(dims.begin() + place, depth);
  SESSILE_ASSIGN_OR_RETURN(Shape out, Shape::FromDims(dims));
  ctx.SetOutput(0, std::move(out));
  return absl::OkStatus();
}

void CheckType(const char* what, const Output& value, DataType dtype) {
  if (BaseType(value.dtype()) == dtype) return;
  errors::ThrowIfError(InvalidArgument("dtype ", PythonName(BaseType(value.dtype())), " of ", what,
                                       " does not match dtype parameter ", PythonName(dtype)));
}

}  // namespace

void RegisterOneHot(OpRegistry& ops) {
  ops.Add("OneHot")
      .Input("indices: TI")
      .Input("depth: int32")
      .Input("on_value: T")
      .Input("off_value: T")
      .Output("output: T")
      .Attr("axis: int = -1")
      .Attr("T: type")
      .Attr("TI: {uint8, int8, int32, int64} = DT_INT64")
      .Shape(OneHotShape)
      .NotDifferentiable("its output depends on indices only, but for two constants")
      .Doc("Vectors of length `depth` with `on_value` at each of `indices`, else `off_value`.");
}

Output one_hot(Input indices, Input depth, OneHotOptions options) {
  SourceScope here(indices);
  std::vector<Input> inputs = {indices, depth};
  if (options.on_value.has_value()) inputs.push_back(*options.on_value);
  if (options.off_value.has_value()) inputs.push_back(*options.off_value);
  const name_scope scope(options.name.empty() ? "one_hot" : options.name, graph_of(inputs).impl());
  const auto given = [&](const std::optional<Input>& value) {
    if (!value.has_value()) return Output();
    return convert_to_tensor(*value, std::nullopt, "Const", options.dtype);
  };
  Output on = given(options.on_value);
  Output off = given(options.off_value);
  DataType dtype = options.dtype.value_or(float32);
  if (!options.dtype.has_value() && off.has_value()) dtype = BaseType(off.dtype());
  if (!options.dtype.has_value() && on.has_value()) dtype = BaseType(on.dtype());
  if (!on.has_value()) on = convert_to_tensor(1, dtype, "on_value");
  if (!off.has_value()) off = convert_to_tensor(0, dtype, "off_value");
  CheckType("on_value", on, dtype);
  CheckType("off_value", off, dtype);
  return OpBuilder("OneHot", scope.name())
      .Input(indices)
      .Input(depth)
      .Input(on)
      .Input(off)
      .Attr("axis", options.axis)
      .Build();
}

}  // namespace sessile
