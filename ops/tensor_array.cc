// TensorArrayV3 and what reads and writes it: lists of tensors that live as long as a run needs
// them; TensorArray, which builds these nodes.

#include "sessile/ops/tensor_array.h"

#include <optional>
#include <utility>
#include <vector>

#include "sessile/core/framework/errors.h"
#include "sessile/core/framework/op_registry.h"
#include "sessile/core/framework/shape_inference.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/graph/scope.h"
#include "sessile/ops/array.h"
#include "sessile/ops/math.h"
#include "sessile/ops/op_builder.h"
#include "sessile/ops/register_all.h"

namespace sessile {
namespace {

// A flow is a scalar, and what handles and elements look like is not known.
absl::Status MakeArrayShape(ShapeContext& ctx) {
  SESSILE_RETURN_IF_ERROR(ctx.InputIsScalar(0));
  ctx.SetOutput(1, Shape());
  return absl::OkStatus();
}

absl::Status FlowInputShape(ShapeContext& ctx) { return ctx.InputIsScalar(ctx.num_inputs() - 1); }

absl::Status MakeGradientShape(ShapeContext& ctx) {
  SESSILE_RETURN_IF_ERROR(FlowInputShape(ctx));
  ctx.SetOutput(1, Shape());
  return absl::OkStatus();
}

absl::Status FlowShape(ShapeContext& ctx) {
  SESSILE_RETURN_IF_ERROR(FlowInputShape(ctx));
  ctx.SetOutput(0, Shape());
  return absl::OkStatus();
}

absl::Status WriteElementShape(ShapeContext& ctx) {
  SESSILE_RETURN_IF_ERROR(ctx.InputIsScalar(1));
  return FlowShape(ctx);
}

absl::Status ScatterElementsShape(ShapeContext& ctx) {
  SESSILE_RETURN_IF_ERROR(ctx.InputWithRank(1, 1).status());
  return FlowShape(ctx);
}

absl::Status SplitElementsShape(ShapeContext& ctx) {
  SESSILE_RETURN_IF_ERROR(ctx.InputWithRank(2, 1).status());
  return FlowShape(ctx);
}

absl::Status ReadElementShape(ShapeContext& ctx) {
  SESSILE_RETURN_IF_ERROR(ctx.InputIsScalar(1));
  return FlowInputShape(ctx);
}

absl::Status GatherElementsShape(ShapeContext& ctx) {
  SESSILE_RETURN_IF_ERROR(ctx.InputWithRank(1, 1).status());
  return FlowInputShape(ctx);
}

absl::Status ConcatElementsShape(ShapeContext& ctx) {
  SESSILE_RETURN_IF_ERROR(FlowInputShape(ctx));
  ctx.SetOutput(1, Shape({None}));
  return absl::OkStatus();
}

absl::Status SizeOfArrayShape(ShapeContext& ctx) { return FlowShape(ctx); }

constexpr const char* kNotYet = "gradients through a TensorArray are not implemented";
constexpr const char* kHandle = "a handle has no derivative";

// A list, that of its gradients, and one element of it.
void RegisterElements(OpRegistry& ops) {
  ops.Add("TensorArrayV3")
      .Input("size: int32")
      .Output("handle: resource")
      .Output("flow: float")
      .Attr("dtype: type")
      .Attr("element_shape: shape", Shape::Unknown())
      .Attr("dynamic_size: bool = false")
      .Attr("clear_after_read: bool = true")
      .Attr("identical_element_shapes: bool = false")
      .Attr("tensor_array_name: string = ''")
      .Shape(MakeArrayShape)
      .NotDifferentiable(kHandle)
      .Stateful()
      .Doc("A new list of `size` tensors.");
  ops.Add("TensorArrayGradV3")
      .Input("handle: resource")
      .Input("flow_in: float")
      .Output("grad_handle: resource")
      .Output("flow_out: float")
      .Attr("source: string")
      .Shape(MakeGradientShape)
      .NotDifferentiable(kHandle)
      .Stateful()
      .Doc(
          "The list of the gradients of a list's elements, in which what is written twice is "
          "added.");
  ops.Add("TensorArrayWriteV3")
      .Input("handle: resource")
      .Input("index: int32")
      .Input("value: T")
      .Input("flow_in: float")
      .Output("flow_out: float")
      .Attr("T: type")
      .Shape(WriteElementShape)
      .NoGradient(kNotYet)
      .Stateful()
      .Doc("Makes `value` element `index` of a list.");
  ops.Add("TensorArrayReadV3")
      .Input("handle: resource")
      .Input("index: int32")
      .Input("flow_in: float")
      .Output("value: dtype")
      .Attr("dtype: type")
      .Shape(ReadElementShape)
      .NoGradient(kNotYet)
      .Stateful()
      .Doc("Element `index` of a list.");
}

// Many elements, as one tensor.
void RegisterStacks(OpRegistry& ops) {
  ops.Add("TensorArrayGatherV3")
      .Input("handle: resource")
      .Input("indices: int32")
      .Input("flow_in: float")
      .Output("value: dtype")
      .Attr("dtype: type")
      .Attr("element_shape: shape", Shape::Unknown())
      .Shape(GatherElementsShape)
      .NoGradient(kNotYet)
      .Stateful()
      .Doc("Elements of a list, stacked.");
  ops.Add("TensorArrayScatterV3")
      .Input("handle: resource")
      .Input("indices: int32")
      .Input("value: T")
      .Input("flow_in: float")
      .Output("flow_out: float")
      .Attr("T: type")
      .Shape(ScatterElementsShape)
      .NoGradient(kNotYet)
      .Stateful()
      .Doc("Makes the rows of `value` elements of a list.");
  ops.Add("TensorArrayConcatV3")
      .Input("handle: resource")
      .Input("flow_in: float")
      .Output("value: dtype")
      .Output("lengths: int64")
      .Attr("dtype: type")
      .Attr("element_shape_except0: shape", Shape::Unknown())
      .Shape(ConcatElementsShape)
      .NoGradient(kNotYet)
      .Stateful()
      .Doc("All elements of a list, one after the other along axis 0, and their lengths.");
  ops.Add("TensorArraySplitV3")
      .Input("handle: resource")
      .Input("value: T")
      .Input("lengths: int64")
      .Input("flow_in: float")
      .Output("flow_out: float")
      .Attr("T: type")
      .Shape(SplitElementsShape)
      .NoGradient(kNotYet)
      .Stateful()
      .Doc("Makes pieces of `value` of these lengths the elements of a list.");
}

}  // namespace

void RegisterTensorArray(OpRegistry& ops) {
  RegisterElements(ops);
  RegisterStacks(ops);
  ops.Add("TensorArraySizeV3")
      .Input("handle: resource")
      .Input("flow_in: float")
      .Output("size: int32")
      .Shape(SizeOfArrayShape)
      .NotDifferentiable(kHandle)
      .Stateful()
      .Doc("How many elements a list has.");
  ops.Add("TensorArrayCloseV3")
      .Input("handle: resource")
      .Shape(NoOutputs)
      .NotDifferentiable(kHandle)
      .Stateful()
      .Doc("Frees the elements of a list.");
}

// What all copies share. The first write gives the place and, with infer_shape, the shape.
struct TensorArray::List {
  DataType dtype = DataType::kInvalid;
  TensorArrayOptions options;
  Output handle;
  std::optional<Output> colocated;
};

TensorArray::TensorArray(DataType dtype, const TensorArrayOptions& options)
    : list_(std::make_shared<List>()) {
  if (!options.size.has_value()) {
    errors::ThrowIfError(InvalidArgument("Argument `size` of TensorArray must be provided"));
  }
  const SourceScope here(*options.size);
  list_->dtype = BaseType(dtype);
  list_->options = options;
  std::optional<device> anywhere;
  std::optional<colocate_with> alone;
  if (options.colocate_with_first_write_call) {
    anywhere.emplace(nullptr);
    alone.emplace(nullptr);
  }
  const std::vector<Output> outputs =
      OpBuilder("TensorArrayV3", options.name.empty() ? "TensorArray" : options.name)
          .Input(*options.size)
          .Attr("dtype", list_->dtype)
          .Attr("element_shape", options.element_shape)
          .Attr("dynamic_size", options.dynamic_size)
          .Attr("clear_after_read", options.clear_after_read)
          .Attr("identical_element_shapes", options.infer_shape)
          .Attr("tensor_array_name", options.tensor_array_name)
          .BuildAll();
  list_->handle = outputs[0];
  flow_ = outputs[1];
}

DataType TensorArray::dtype() const { return list_->dtype; }
Output TensorArray::handle() const { return list_->handle; }
Shape TensorArray::element_shape() const { return list_->options.element_shape; }

TensorArray TensorArray::with_flow(Output flow) const {
  TensorArray later = *this;
  later.flow_ = std::move(flow);
  return later;
}

void TensorArray::CheckElementShape(const Shape& shape) const {
  Shape& known = list_->options.element_shape;
  if (!Shape::Compatible(known, shape)) {
    errors::ThrowIfError(InvalidArgument("Inconsistent shapes: saw ", shape.ToPythonString(),
                                         " but expected ", known.ToPythonString()));
  }
  if (list_->options.infer_shape) known = errors::ValueOrThrow(Shape::Merge(known, shape));
}

TensorArray TensorArray::Written(const char* op, const Input& place, const Output& value,
                                 std::string_view name) const {
  if (BaseType(value.dtype()) != dtype()) {
    errors::ThrowIfError(InvalidArgument("TensorArray dtype is ", PythonName(dtype()),
                                         ", but the value written has dtype ",
                                         PythonName(value.dtype())));
  }
  std::optional<colocate_with> near;
  if (list_->options.colocate_with_first_write_call) {
    if (!list_->colocated.has_value()) list_->colocated = value;
    near.emplace(Dependency(*list_->colocated));
  }
  return with_flow(
      OpBuilder(op, name).Input(handle()).Input(place).Input(value).Input(flow_).Build());
}

TensorArray TensorArray::write(Input index, Input value, std::string_view name) const {
  const SourceScope here(value);
  const name_scope scope(name.empty() ? "TensorArrayWrite" : name, handle().graph_impl());
  const Output tensor = convert_to_tensor(value, {}, "value", dtype());
  CheckElementShape(tensor.get_shape());
  return Written("TensorArrayWriteV3", index, tensor, name);
}

Output TensorArray::read(Input index, std::string_view name) const {
  const SourceScope here(index);
  const Output value = OpBuilder("TensorArrayReadV3", name)
                           .Input(handle())
                           .Input(std::move(index))
                           .Input(flow_)
                           .Attr("dtype", dtype())
                           .Build();
  value.set_shape(element_shape());
  return value;
}

Output TensorArray::gather(Input indices, std::string_view name) const {
  const SourceScope here(indices);
  const Shape element = element_shape();
  const Output value = OpBuilder("TensorArrayGatherV3", name)
                           .Input(handle())
                           .Input(std::move(indices))
                           .Input(flow_)
                           .Attr("dtype", dtype())
                           .Attr("element_shape", element)
                           .Build();
  if (element.has_rank()) value.set_shape(Shape::Concat(Shape({None}), element));
  return value;
}

Output TensorArray::stack(std::string_view name) const {
  const SourceScope here(flow_);
  const colocate_with near{Dependency(handle())};
  const name_scope scope(name.empty() ? "TensorArrayStack" : name, handle().graph_impl());
  const Output count = size();
  return gather(range(0, count), name);
}

Output TensorArray::concat(std::string_view name) const {
  const SourceScope here(flow_);
  const Shape element = element_shape();
  const Shape rest = element.has_rank() && element.rank() > 0 ? element.Slice(1) : Shape::Unknown();
  const std::vector<Output> outputs = OpBuilder("TensorArrayConcatV3", name)
                                          .Input(handle())
                                          .Input(flow_)
                                          .Attr("dtype", dtype())
                                          .Attr("element_shape_except0", rest)
                                          .BuildAll();
  if (rest.has_rank()) outputs[0].set_shape(Shape::Concat(Shape({None}), rest));
  return outputs[0];
}

TensorArray TensorArray::unstack(Input value, std::string_view name) const {
  const SourceScope here(value);
  const name_scope scope(name.empty() ? "TensorArrayUnstack" : name, handle().graph_impl());
  const Output tensor = convert_to_tensor(value, {}, "Const", dtype());
  const Output rows = shape(tensor)[0];
  const Output indices = range(0, rows);
  return scatter(indices, tensor, name);
}

TensorArray TensorArray::scatter(Input indices, Input value, std::string_view name) const {
  const SourceScope here(value);
  const name_scope scope(name.empty() ? "TensorArrayScatter" : name, handle().graph_impl());
  const Output tensor = convert_to_tensor(value, {}, "value", dtype());
  const Shape known = tensor.get_shape();
  if (known.has_rank() && known.rank() > 0) CheckElementShape(known.Slice(1));
  return Written("TensorArrayScatterV3", indices, tensor, name);
}

Output TensorArray::size(std::string_view name) const {
  const SourceScope here(flow_);
  if (!list_->options.dynamic_size) return convert_to_tensor(*list_->options.size, int32);
  return OpBuilder("TensorArraySizeV3", name).Input(handle()).Input(flow_).Build();
}

Operation TensorArray::close(std::string_view name) const {
  const SourceScope here(flow_);
  return OpBuilder("TensorArrayCloseV3", name).Input(handle()).BuildOperation();
}

}  // namespace sessile
