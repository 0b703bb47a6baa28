// Where: the places of the elements that are not zero; and boolean_mask, which is made of it.

#include "sessile/core/framework/errors.h"
#include "sessile/core/framework/op_registry.h"
#include "sessile/core/framework/shape_inference.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/graph/scope.h"
#include "sessile/ops/array.h"
#include "sessile/ops/op_builder.h"
#include "sessile/ops/operators.h"
#include "sessile/ops/register_all.h"

namespace sessile {
namespace {

absl::Status WhereShape(ShapeContext& ctx) {
  const Shape in = ctx.input(0);
  ctx.SetOutput(0, Shape({None, in.has_rank() ? in.rank() : None}));
  return absl::OkStatus();
}

}  // namespace

void RegisterWhere(OpRegistry& ops) {
  ops.Add("Where")
      .Input("input: T")
      .Output("index: int64")
      .Attr(
          "T: {float, double, int32, uint8, int16, int8, complex64, int64, qint8, quint8, qint32, "
          "bfloat16, qint16, quint16, uint16, complex128, half, uint32, uint64, bool} = DT_BOOL")
      .Shape(WhereShape)
      .NoGradient("places have no derivative")
      .Doc("The places of the elements that are not zero, a row for each.");
}

Output where(Input condition, std::string_view name) {
  SourceScope here(condition);
  const name_scope scope(name.empty() ? "Where" : name, graph_of({&condition, 1}).impl());
  const Output tensor = convert_to_tensor(condition, std::nullopt, "condition", bool_);
  return OpBuilder("Where", scope.name()).Input(tensor).Build();
}

Output boolean_mask(Input tensor, Input mask, BooleanMaskOptions options) {
  SourceScope here(tensor);
  const std::array<Input, 2> inputs = {tensor, mask};
  const name_scope scope(options.name, graph_of(inputs).impl());
  const Output x = convert_to_tensor(tensor, std::nullopt, "tensor");
  const Output chosen = convert_to_tensor(mask, std::nullopt, "mask");
  const Shape mask_shape = chosen.get_shape();
  if (!mask_shape.has_rank() || mask_shape.rank() == 0) {
    errors::ThrowIfError(InvalidArgument(
        mask_shape.has_rank() ? "mask cannot be scalar."
                              : "Number of mask dimensions must be specified, even if some "
                                "dimensions are None.  E.g. shape=[None] is ok, but shape=None is "
                                "not."));
  }
  const auto axis = options.axis;
  const int64_t end = axis + mask_shape.rank();
  const Shape known = x.get_shape();
  if (axis < 0 || (known.has_rank() && end > known.rank())) {
    errors::ThrowIfError(InvalidArgument("A mask of shape ", mask_shape.ToPythonString(),
                                         " at axis ", axis, " does not fit shape ",
                                         known.ToPythonString()));
  }
  std::optional<Shape> masked;  // those dimensions of the tensor that the mask has too
  if (known.has_rank()) {
    masked = known.Slice(static_cast<int>(axis), static_cast<int>(end));
    errors::ThrowIfError(Shape::Merge(*masked, mask_shape).status());
  }
  const Output masked_sizes = shape(x)[{{axis, end}}];
  const Output leading = OpBuilder("Prod").Input(masked_sizes).Input({0}).Build();
  const Output before = shape(x)[{{{}, axis}}];
  const Output after = shape(x)[{{end, {}}}];
  const Output flat = reshape(x, concat({before, {leading}, after}, 0));
  if (known.has_rank()) {
    flat.set_shape(
        Shape::Concat(known.Slice(0, static_cast<int>(axis)).Append(masked->num_elements()),
                      known.Slice(static_cast<int>(end))));
  }
  const Output rows = squeeze(where(reshape(chosen, {-1})), {.axis = {1}});
  return gather(flat, rows, {.axis = axis});
}

}  // namespace sessile
