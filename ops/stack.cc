// Pack: tensors stacked along a new dimension. Unpack: the slices along one.

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "sessile/core/framework/errors.h"
#include "sessile/core/framework/op_registry.h"
#include "sessile/core/framework/shape_inference.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/graph/node.h"
#include "sessile/core/graph/scope.h"
#include "sessile/ops/array.h"
#include "sessile/ops/folding.h"
#include "sessile/ops/grad_context.h"
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

absl::StatusOr<std::vector<Output>> PackGradient(GradContext&, const Node& node,
                                                 std::span<const Output> grads) {
  SESSILE_ASSIGN_OR_RETURN(const int64_t num, node.attrs().Get<int64_t>("N"));
  SESSILE_ASSIGN_OR_RETURN(const int64_t axis, node.attrs().Get<int64_t>("axis"));
  return unstack(grads[0], {.num = num, .axis = axis});
}

absl::Status UnpackShape(ShapeContext& ctx) {
  const Shape whole = ctx.input(0);
  if (!whole.has_rank()) return absl::OkStatus();
  SESSILE_ASSIGN_OR_RETURN(const int64_t given, ctx.Attr<int64_t>("axis"));
  const int64_t axis = given < 0 ? given + whole.rank() : given;
  if (axis < 0 || axis >= whole.rank()) {
    return InvalidArgument("Invalid axis: ", given, "; must be in [", -whole.rank(), ",",
                           whole.rank(), ")");
  }
  const auto place = static_cast<int>(axis);
  SESSILE_RETURN_IF_ERROR(ctx.MergeDim(whole.dim(place), ctx.num_outputs()).status());
  const Shape slice = Shape::Concat(whole.Slice(0, place), whole.Slice(place + 1));
  for (int i = 0; i < ctx.num_outputs(); ++i) ctx.SetOutput(i, slice);
  return absl::OkStatus();
}

// Element `index` of a vector of integers.
std::optional<Tensor> UnpackValue(ShapeContext& ctx, int index) {
  const std::optional<std::vector<int64_t>> whole = KnownInts(ctx, 0);
  if (!whole.has_value() || ctx.input_value(0)->rank() != 1) return std::nullopt;
  if (static_cast<size_t>(index) >= whole->size()) return std::nullopt;
  return IntTensor(OutputType(ctx, index), Shape(), {(*whole)[static_cast<size_t>(index)]});
}

absl::StatusOr<std::vector<Output>> UnpackGradient(GradContext&, const Node& node,
                                                   std::span<const Output> grads) {
  SESSILE_ASSIGN_OR_RETURN(const int64_t axis, node.attrs().Get<int64_t>("axis"));
  return std::vector<Output>{stack({grads.begin(), grads.end()}, {.axis = axis})};
}

bool HoldsTensors(const Input& value) {
  if (value.list() == nullptr) return value.is_output();
  return std::any_of(value.list()->begin(), value.list()->end(), HoldsTensors);
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
      .Gradient(PackGradient)
      .Doc("Stacks tensors of one shape along a new dimension.");
  ops.Add("Unpack")
      .Input("value: T")
      .Output("output: num * T")
      .Attr("num: int >= 0")
      .Attr("T: type")
      .Attr("axis: int = 0")
      .Shape(UnpackShape)
      .Value(UnpackValue)
      .Gradient(UnpackGradient)
      .Doc("The `num` slices of a tensor along a dimension, without that dimension.");
}

// Along axis 0 this is what Python makes of a list: a Const, or with tensors a Pack. Numbers in it
// become Consts "stack/0", "stack/1", ... of the tensors' dtype. Along another axis Python looks at
// the rank of the first item, which leaves an unused Const in the graph if that is no tensor yet.
Output stack(const InputList& values, StackOptions options) {
  if (values.empty()) errors::ThrowIfError(InvalidArgument("stack needs at least one tensor"));
  SourceScope here(values.front());
  std::optional<DataType> dtype;
  for (const Input& value : values) {
    if (!dtype.has_value() && value.is_output()) dtype = value.dtype();
  }
  if (options.axis == 0 && std::none_of(values.begin(), values.end(), HoldsTensors)) {
    return convert_to_tensor(Input(values), std::nullopt, options.name);
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

std::vector<Output> unstack(Input value, UnstackOptions options) {
  SourceScope here(value);
  if (!options.num.has_value()) {
    const Output tensor = convert_to_tensor(value);
    const Shape shape = tensor.get_shape();
    if (shape.has_rank() && (options.axis < -shape.rank() || options.axis >= shape.rank())) {
      errors::ThrowIfError(InvalidArgument("Argument `axis` = ", options.axis, " not in range [",
                                           -shape.rank(), ", ", shape.rank(), ")"));
    }
    const int64_t axis =
        options.axis < 0 && shape.has_rank() ? options.axis + shape.rank() : options.axis;
    if (!shape.has_rank() || shape.dim(static_cast<int>(axis)) < 0) {
      errors::ThrowIfError(
          InvalidArgument("Cannot infer argument `num` from shape ", shape.ToPythonString()));
    }
    options.num = shape.dim(static_cast<int>(axis));
    value = tensor;
  }
  return OpBuilder("Unpack", options.name)
      .Input(value)
      .Attr("num", *options.num)
      .Attr("axis", options.axis)
      .BuildAll();
}

}  // namespace sessile
