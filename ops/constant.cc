// Const, and the builders that make one or a Fill: constant, zeros, ones, fill, zeros_like,
// ones_like.

#include "sessile/ops/constant.h"

#include "absl/strings/str_cat.h"
#include "sessile/core/framework/errors.h"
#include "sessile/core/framework/op_registry.h"
#include "sessile/core/framework/shape_inference.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/graph/scope.h"
#include "sessile/ops/convert.h"
#include "sessile/ops/op_builder.h"

namespace sessile {
namespace {

absl::Status ConstShape(ShapeContext& ctx) {
  SESSILE_ASSIGN_OR_RETURN(const Tensor value, ctx.Attr<Tensor>("value"));
  SESSILE_ASSIGN_OR_RETURN(const DataType dtype, ctx.Attr<DataType>("dtype"));
  if (value.has_value() && value.dtype() != dtype) {
    return InvalidArgument("Type mismatch between value (", DataTypeName(value.dtype()),
                           ") and dtype (", DataTypeName(dtype), ")");
  }
  ctx.SetOutput(0, value.shape());
  return absl::OkStatus();
}

std::optional<Tensor> ConstValue(ShapeContext& ctx, int /*index*/) {
  absl::StatusOr<Tensor> value = ctx.Attr<Tensor>("value");
  if (!value.ok()) return std::nullopt;
  return *std::move(value);
}

absl::StatusOr<Output> AddConstant(GraphImpl& graph, const Input& value,
                                   const ConstantOptions& options) {
  if (value.is_output()) {
    return InvalidArgument("Expected a value for a constant, but got the tensor ",
                           Describe(value.output()));
  }
  std::optional<DataType> dtype = options.dtype;
  if (!dtype.has_value() && value.is_shape()) dtype = int32;
  SESSILE_ASSIGN_OR_RETURN(const Tensor tensor, InputToTensor(value, dtype));
  if (!options.shape.has_value()) return AddConst(graph, tensor, options.name);
  if (!options.shape->IsFullyDefined()) {
    return InvalidArgument("A constant cannot have the unknown shape ",
                           options.shape->ToPythonString());
  }
  if (options.verify_shape && tensor.shape() != *options.shape) {
    return InvalidArgument("Expected Tensor's shape: ", options.shape->ToPythonString(),
                           ", but got ", tensor.shape().ToPythonString(), ".");
  }
  return AddSplatConst(graph, tensor, *options.shape, options.name);
}

// The value of `shape` where it is no tensor of a graph.
absl::StatusOr<std::optional<Shape>> StaticShape(const Input& shape) {
  if (shape.is_output() || shape.list() != nullptr) return std::nullopt;
  SESSILE_ASSIGN_OR_RETURN(Tensor dims, InputToTensor(shape, int64));
  if (dims.rank() == 0) {  // TensorFlow reads a number as a vector of one
    SESSILE_ASSIGN_OR_RETURN(dims, dims.Reshaped(Shape({1})));
  }
  SESSILE_ASSIGN_OR_RETURN(const Shape known, ShapeFromTensor(dims));
  if (!known.IsFullyDefined()) {
    return InvalidArgument("Cannot convert a partially known TensorShape ", known.ToPythonString(),
                           " to a Tensor.");
  }
  return known;
}

// TensorFlow keeps a constant of this many elements as a Fill.
constexpr int64_t kManyElements = 1000;

// `number` in every element: a Const if it is small, else a Fill.
Output Filled(Input shape, int64_t number, DataType dtype, std::string_view name,
              std::string_view default_name) {
  SourceScope here(shape);
  const Graph graph = graph_of(std::span(&shape, 1));
  const name_scope scope(name.empty() ? default_name : name, graph.impl());
  dtype = BaseType(dtype);
  Literal value{.kind = Literal::Kind::kInt, .integers = {number}};
  if (dtype == bool_) value.kind = Literal::Kind::kBool;
  if (dtype == string && number == 0) {
    value = {.kind = Literal::Kind::kString, .strings = {""}};
  }
  const Tensor element = errors::ValueOrThrow(LiteralToTensor(value, dtype));
  const std::optional<Shape> known = errors::ValueOrThrow(StaticShape(shape));
  // Of a number as its shape TensorFlow makes a Fill, however small.
  const bool number_shape = shape.literal() != nullptr && shape.literal()->shape.empty();
  if (known.has_value() && !number_shape && known->num_elements() < kManyElements) {
    if (known->num_elements() == 0) {
      const Tensor none = errors::ValueOrThrow(Tensor::Allocate(dtype, *known));
      return errors::ValueOrThrow(AddConst(*graph.impl(), none, scope.name()));
    }
    return errors::ValueOrThrow(AddSplatConst(*graph.impl(), element, *known, scope.name()));
  }
  Output dims;
  if (known.has_value()) {
    dims = errors::ValueOrThrow(ConvertToTensor(*graph.impl(), *known, {}, "shape_as_tensor"));
  } else {
    dims = errors::ValueOrThrow(ConvertToTensor(*graph.impl(), shape, {}, "packed"));
    if (!dims.get_shape().has_rank() || dims.get_shape().rank() == 0) {
      dims = OpBuilder("Reshape").Input(dims).Input({-1}).Build();
    }
  }
  const Output one = errors::ValueOrThrow(AddConst(*graph.impl(), element, "Const"));
  return OpBuilder("Fill", scope.name()).Input(dims).Input(one).Build();
}

// The shape of a tensor as TensorFlow's shape_internal(optimize=True) gives it: a Const if it is
// known.
Output ShapeOf(const Output& tensor, bool optimize) {
  const Shape shape = tensor.get_shape();
  if (!optimize || !shape.IsFullyDefined()) {
    return OpBuilder("Shape").Input(tensor).Build();
  }
  const name_scope scope("Shape", tensor.graph_impl());
  return errors::ValueOrThrow(
      ConvertToTensor(*tensor.graph_impl(), shape, int32, "shape_as_tensor"));
}

}  // namespace

void RegisterConstant(OpRegistry& ops) {
  ops.Add("Const")
      .Output("output: dtype")
      .Attr("value: tensor")
      .Attr("dtype: type")
      .Shape(ConstShape)
      .Value(ConstValue)
      .NotDifferentiable("a constant has no inputs")
      .Doc("A tensor with the value of an attribute.");
}

Output constant(Input value, const ConstantOptions& options) {
  SourceScope here(value);
  return errors::ValueOrThrow(AddConstant(*get_default_graph().impl(), value, options));
}

Output zeros(Input shape, DataType dtype, std::string_view name) {
  return Filled(std::move(shape), 0, dtype, name, "zeros");
}

Output ones(Input shape, DataType dtype, std::string_view name) {
  return Filled(std::move(shape), 1, dtype, name, "ones");
}

Output fill(Input dims, Input value, std::string_view name) {
  SourceScope here(dims);
  return OpBuilder("Fill", name).Input(std::move(dims)).Input(std::move(value)).Build();
}

Output zeros_like(Input tensor, const LikeOptions& options) {
  SourceScope here(tensor);
  const Graph graph = graph_of(std::span(&tensor, 1));
  const name_scope scope(options.name.empty() ? "zeros_like" : options.name, graph.impl());
  const Output like = errors::ValueOrThrow(ConvertToTensor(*graph.impl(), tensor, {}, "tensor"));
  const DataType own = BaseType(like.dtype());
  const DataType dtype = options.dtype.value_or(own);
  if (options.optimize && like.get_shape().IsFullyDefined() && dtype != variant) {
    return zeros(like.get_shape(), dtype, scope.name());
  }
  if (dtype == own) return OpBuilder("ZerosLike", scope.name()).Input(like).Build();
  return zeros(ShapeOf(like, options.optimize), dtype, scope.name());
}

Output ones_like(Input tensor, const LikeOptions& options) {
  SourceScope here(tensor);
  const Graph graph = graph_of(std::span(&tensor, 1));
  const name_scope scope(options.name.empty() ? "ones_like" : options.name, graph.impl());
  const Output like = errors::ValueOrThrow(ConvertToTensor(*graph.impl(), tensor, {}, "tensor"));
  const Output shape = ShapeOf(like, options.optimize);
  const Output result = ones(shape, options.dtype.value_or(BaseType(like.dtype())), scope.name());
  result.set_shape(like.get_shape());
  return result;
}

}  // namespace sessile
