// AddN and AccumulateNV2: the sum of tensors of one shape.

#include "sessile/core/framework/errors.h"
#include "sessile/core/framework/op_registry.h"
#include "sessile/core/framework/shape_inference.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/graph/node.h"
#include "sessile/ops/array.h"
#include "sessile/ops/grad_context.h"
#include "sessile/ops/math.h"
#include "sessile/ops/op_builder.h"
#include "sessile/ops/register_all.h"

namespace sessile {
namespace {

absl::Status AddNShape(ShapeContext& ctx) {
  Shape sum = ctx.input(ctx.num_inputs() - 1);
  for (int i = ctx.num_inputs() - 2; i >= 0; --i) {
    absl::StatusOr<Shape> merged = ctx.Merge(ctx.input(i), sum);
    if (!merged.ok()) {
      return WithSuffix(merged.status(),
                        absl::StrCat("\n\tFrom merging shape ", i, " with other shapes."));
    }
    sum = *std::move(merged);
  }
  ctx.SetOutput(0, sum);
  return absl::OkStatus();
}

absl::StatusOr<std::vector<Output>> AddNGradient(GradContext&, const Node& node,
                                                 std::span<const Output> grads) {
  return std::vector<Output>(static_cast<size_t>(node.num_inputs()), grads[0]);
}

absl::Status AccumulateNShape(ShapeContext& ctx) {
  SESSILE_ASSIGN_OR_RETURN(Shape sum, ctx.Attr<Shape>("shape"));
  for (int i = 0; i < ctx.num_inputs(); ++i) {
    SESSILE_ASSIGN_OR_RETURN(sum, ctx.Merge(sum, ctx.input(i)));
  }
  ctx.SetOutput(0, sum);
  return absl::OkStatus();
}

}  // namespace

void RegisterAddN(OpRegistry& ops) {
  ops.Add("AddN")
      .Input("inputs: N * T")
      .Output("sum: T")
      .Attr("N: int >= 1")
      .Attr(
          "T: {float, double, int32, uint8, int16, int8, complex64, int64, qint8, quint8, qint32, "
          "bfloat16, qint16, quint16, uint16, complex128, half, uint32, uint64, variant}")
      .Shape(AddNShape)
      .Gradient(AddNGradient)
      .Commutative()
      .Aggregate()
      .RowsIndependent()
      .Doc("The sum of all inputs, which have one shape.");
  ops.Add("AccumulateNV2")
      .Input("inputs: N * T")
      .Output("sum: T")
      .Attr("N: int >= 1")
      .Attr("T: numbertype")
      .Attr("shape: shape")
      .Shape(AccumulateNShape)
      .Gradient(AddNGradient)
      .Commutative()
      .Aggregate()
      .RowsIndependent()
      .Doc("As AddN.");
}

Output add_n(const InputList& inputs, std::string_view name) {
  if (inputs.empty()) {
    errors::ThrowIfError(InvalidArgument(
        "Inputs must be an iterable of at least one Tensor/IndexedSlices with the same dtype and "
        "shape."));
  }
  SourceScope here(inputs.front());
  if (inputs.size() > 1) return OpBuilder("AddN", name).InputList(inputs).Build();
  const Output only = convert_to_tensor(inputs.front());
  return name.empty() ? only : identity(only, name);
}

Output accumulate_n(const InputList& inputs, const AccumulateNOptions& options) {
  if (inputs.empty()) {
    errors::ThrowIfError(InvalidArgument(
        "inputs must be a list of at least one Tensor with the same dtype and shape"));
  }
  SourceScope here(inputs.front());
  std::vector<Input> tensors;
  Shape sum = options.shape;
  for (const Input& input : inputs) {
    const Output tensor = convert_to_tensor(input);
    sum = errors::ValueOrThrow(Shape::Merge(sum, tensor.get_shape()));
    if (options.tensor_dtype.value_or(BaseType(tensor.dtype())) != BaseType(tensor.dtype())) {
      errors::ThrowIfError(InvalidArgument(
          "The `tensor_dtype` argument is ", PythonName(*options.tensor_dtype),
          ", but `input` is of type ", PythonName(tensor.dtype()), ". These must be equal."));
    }
    tensors.emplace_back(tensor);
  }
  return add_n(tensors, options.name);
}

}  // namespace sessile
