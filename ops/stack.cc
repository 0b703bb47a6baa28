// Pack: tensors stacked along a new dimension.

#include "absl/strings/str_cat.h"
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

absl::Status PackShape(ShapeContext& ctx) {
  Shape one = ctx.input(ctx.num_inputs() - 1);
  for (int i = ctx.num_inputs() - 2; i >= 0; --i) {
    absl::StatusOr<Shape> merged = ctx.Merge(ctx.input(i), one);
    if (!merged.ok()) {
      return WithSuffix(merged.status(),
                        absl::StrCat("\n\tFrom merging shape ", i, " with other shapes."));
    }
    one = *std::move(merged);
  }
  if (!one.has_rank()) return absl::OkStatus();
  SESSILE_ASSIGN_OR_RETURN(int64_t axis, ctx.Attr<int64_t>("axis"));
  const int rank = one.rank() + 1;
  if (axis < -rank || axis >= rank) {
    return InvalidArgument("Invalid axis: ", axis, "; must be in [", -rank, ",", rank, ")");
  }
  if (axis < 0) axis += rank;
  std::vector<int64_t> dims(one.dims().begin(), one.dims().end());
  dims.insert(dims.begin() + axis, ctx.num_inputs());
  ctx.SetOutput(0, Shape(dims));
  return absl::OkStatus();
}

// Scalars stacked: the way in which shapes are put together. Null if one of them is not known.
std::optional<Tensor> PackValue(ShapeContext& ctx, int index) {
  std::vector<int64_t> values;
  for (int i = 0; i < ctx.num_inputs(); ++i) {
    const std::optional<std::vector<int64_t>> part = KnownInts(ctx, i);
    if (!part.has_value()) return std::nullopt;
    values.insert(values.end(), part->begin(), part->end());
  }
  if (ctx.Attr<int64_t>("axis").value_or(-1) != 0) return std::nullopt;
  Shape shape({ctx.num_inputs()});
  return IntTensor(OutputType(ctx, index), Shape::Concat(shape, ctx.input_value(0)->shape()),
                   values);
}

// Scalars stacked, where those that are not known leave a dimension open.
std::optional<Shape> PackValueAsShape(ShapeContext& ctx, int) {
  if (ctx.Attr<int64_t>("axis").value_or(-1) != 0) return std::nullopt;
  std::vector<int64_t> dims;
  for (int i = 0; i < ctx.num_inputs(); ++i) {
    if (ctx.input(i).has_rank() && ctx.input(i).rank() != 0) return std::nullopt;
    const int64_t dim = KnownInt(ctx, i).value_or(-1);
    if (dim < -1) return std::nullopt;
    dims.push_back(dim);
  }
  absl::StatusOr<Shape> shape = Shape::FromDims(dims);
  if (!shape.ok()) return std::nullopt;
  return *std::move(shape);
}

}  // namespace

void RegisterStack(OpRegistry& ops) {
  ops.Add("Pack")
      .Input("values: N * T")
      .Output("output: T")
      .Attr("N: int >= 1")
      .Attr("T: type")
      .Attr("axis: int = 0")
      .Shape(PackShape)
      .Value(PackValue)
      .ValueAsShape(PackValueAsShape)
      .NoGradient("its gradient needs Unpack, which is not supported yet")
      .Doc("Stacks tensors of one shape along a new dimension.");
}

// Along axis 0 this is what Python makes of a list of tensors: numbers in it become Consts
// "stack/0", "stack/1", ... of the tensors' dtype. Along another axis Python looks at the rank of
// the first item, which leaves an unused Const in the graph if that is no tensor yet.
Output stack(const std::vector<Input>& values, StackOptions options) {
  if (values.empty()) errors::ThrowIfError(InvalidArgument("stack needs at least one tensor"));
  SourceScope here(values.front());
  std::optional<DataType> dtype;
  for (const Input& value : values) {
    if (!dtype.has_value() && value.is_output()) dtype = value.dtype();
  }
  if (options.axis != 0) convert_to_tensor(values.front(), std::nullopt, options.name);
  const name_scope scope(options.name, graph_of(values).impl());
  std::vector<Output> tensors;
  for (size_t i = 0; i < values.size(); ++i) {
    const bool listed = options.axis == 0;
    const std::string name = listed ? absl::StrCat(i) : absl::StrCat("values_", i);
    tensors.push_back(convert_to_tensor(values[i], dtype, name));
    if (!dtype.has_value()) dtype = BaseType(tensors.front().dtype());
  }
  return OpBuilder("Pack", scope.name()).InputList(tensors).Attr("axis", options.axis).Build();
}

}  // namespace sessile
