// Shape, ShapeN, Size and Rank: what is known of a tensor, as a tensor.

#include <algorithm>
#include <limits>

#include "sessile/core/framework/errors.h"
#include "sessile/core/framework/op_registry.h"
#include "sessile/core/framework/shape_inference.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/graph/node.h"
#include "sessile/core/graph/scope.h"
#include "sessile/ops/array.h"
#include "sessile/ops/convert.h"
#include "sessile/ops/folding.h"
#include "sessile/ops/op_builder.h"
#include "sessile/ops/register_all.h"

namespace sessile {
namespace {

absl::Status ShapeVectors(ShapeContext& ctx) {
  for (int i = 0; i < ctx.num_outputs(); ++i) {
    const Shape input = ctx.input(i);
    ctx.SetOutput(i, Shape({input.has_rank() ? int64_t{input.rank()} : None}));
  }
  return absl::OkStatus();
}

std::optional<Tensor> ShapeValue(ShapeContext& ctx, int index) {
  const Shape input = ctx.input(0);
  if (!input.IsFullyDefined()) return std::nullopt;
  const std::vector<int64_t> dims(input.dims().begin(), input.dims().end());
  return IntTensor(OutputType(ctx, index), Shape({input.rank()}), dims);
}

std::optional<Shape> InputShape(ShapeContext& ctx, int index) { return ctx.input(index); }

std::optional<Tensor> SizeValue(ShapeContext& ctx, int index) {
  const int64_t size = ctx.input(0).num_elements();
  if (size < 0) return std::nullopt;
  return IntTensor(OutputType(ctx, index), Shape(), {size});
}

std::optional<Tensor> RankValue(ShapeContext& ctx, int) {
  const Shape input = ctx.input(0);
  if (!input.has_rank()) return std::nullopt;
  return IntTensor(int32, Shape(), {input.rank()});
}

constexpr std::string_view kOutType = "out_type: {int32, int64} = DT_INT32";
constexpr std::string_view kReason = "it depends on the input's shape, not on its values";

// A Const where Python makes one instead of the node that would compute it.
Output IntConst(const Output& input, const std::vector<int64_t>& values, const Shape& shape,
                DataType dtype, std::string_view name) {
  for (const int64_t value : values) {
    if (dtype == int32 && value > std::numeric_limits<int32_t>::max()) {
      errors::ThrowIfError(InvalidArgument("The shape ", input.get_shape().ToPythonString(), " of ",
                                           input.name(), " does not fit in int32: ask for int64"));
    }
  }
  const std::optional<Tensor> tensor = IntTensor(dtype, shape, values);
  if (!tensor.has_value()) {
    errors::ThrowIfError(
        InvalidArgument("out_type must be int32 or int64, got ", PythonName(dtype)));
  }
  return errors::ValueOrThrow(AddConst(*input.graph_impl(), *tensor, name));
}

}  // namespace

void RegisterShape(OpRegistry& ops) {
  ops.Add("Shape")
      .Input("input: T")
      .Output("output: out_type")
      .Attr("T: type")
      .Attr(kOutType)
      .Shape(ShapeVectors)
      .Value(ShapeValue)
      .ValueAsShape(InputShape)
      .NotDifferentiable(kReason)
      .Doc("The shape of `input`, as a vector.");
  ops.Add("ShapeN")
      .Input("input: N * T")
      .Output("output: N * out_type")
      .Attr("N: int >= 1")
      .Attr("T: type")
      .Attr(kOutType)
      .Shape(ShapeVectors)
      .ValueAsShape(InputShape)
      .NotDifferentiable(kReason)
      .Doc("The shapes of several tensors.");
  ops.Add("Size")
      .Input("input: T")
      .Output("output: out_type")
      .Attr("T: type")
      .Attr(kOutType)
      .Shape(ScalarShape)
      .Value(SizeValue)
      .NotDifferentiable(kReason)
      .Doc("The number of elements of `input`.");
  ops.Add("Rank")
      .Input("input: T")
      .Output("output: int32")
      .Attr("T: type")
      .Shape(ScalarShape)
      .Value(RankValue)
      .NotDifferentiable(kReason)
      .Doc("The number of dimensions of `input`.");
}

Output shape(Input input, ShapeOptions options) {
  SourceScope here(input);
  const name_scope scope(options.name.empty() ? "Shape" : options.name,
                         graph_of({&input, 1}).impl());
  const Output tensor = convert_to_tensor(input);
  const Shape known = tensor.get_shape();
  if (known.IsFullyDefined()) {
    const std::vector<int64_t> dims(known.dims().begin(), known.dims().end());
    return IntConst(tensor, dims, Shape({known.rank()}), options.out_type, scope.name());
  }
  return OpBuilder("Shape", scope.name()).Input(tensor).Attr("out_type", options.out_type).Build();
}

Output size(Input input, ShapeOptions options) {
  SourceScope here(input);
  const name_scope scope(options.name.empty() ? "Size" : options.name,
                         graph_of({&input, 1}).impl());
  const Output tensor = convert_to_tensor(input);
  const Shape known = tensor.get_shape();
  if (known.IsFullyDefined()) {
    return IntConst(tensor, {known.num_elements()}, Shape(), options.out_type, scope.name());
  }
  const auto dims = known.dims();
  if (std::find(dims.begin(), dims.end(), 0) != dims.end()) {
    return IntConst(tensor, {0}, Shape(), options.out_type, scope.name());
  }
  return OpBuilder("Size", scope.name()).Input(tensor).Attr("out_type", options.out_type).Build();
}

Output rank(Input input, std::string_view name) {
  SourceScope here(input);
  const name_scope scope(name.empty() ? "Rank" : name, graph_of({&input, 1}).impl());
  const Output tensor = convert_to_tensor(input);
  const Shape known = tensor.get_shape();
  if (known.has_rank()) return IntConst(tensor, {known.rank()}, Shape(), int32, scope.name());
  return OpBuilder("Rank", scope.name()).Input(tensor).Build();
}

std::vector<Output> shape_n(const InputList& input, ShapeNOptions options) {
  SourceScope here(input.empty() ? SourceLocation() : input.front().location());
  return OpBuilder("ShapeN", options.name)
      .InputList(input)
      .Attr("out_type", options.out_type)
      .BuildAll();
}

}  // namespace sessile
