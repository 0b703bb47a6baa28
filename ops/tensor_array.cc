// TensorArrayV3 and what reads and writes it: lists of tensors that live as long as a run needs
// them.

#include "sessile/ops/tensor_array.h"

#include <span>
#include <string>
#include <vector>

#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "sessile/core/framework/op_registry.h"
#include "sessile/core/framework/shape_inference.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/graph/scope.h"
#include "sessile/ops/array.h"
#include "sessile/ops/grad_context.h"
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

constexpr const char* kHandle = "a handle has no derivative";

using ListGrads = absl::StatusOr<std::vector<Output>>;

// The gradients that one call of tf::gradients writes have a list of their own. It is named after
// the scope of the call, which the name of what it has built begins with.
absl::StatusOr<std::string> SourceOf(const Output& grad) {
  const std::vector<std::string> parts = absl::StrSplit(grad.op().name(), '/');
  for (size_t i = parts.size(); i > 0; --i) {
    if (!parts[i - 1].starts_with("gradients")) continue;
    return absl::StrJoin(parts.begin(), parts.begin() + static_cast<std::ptrdiff_t>(i), "/");
  }
  return InvalidArgument(
      "Expected op/tensor name to start with gradients (excluding scope), got: ", grad.op().name(),
      ". The name of a call of tf::gradients whose way leads through a "
      "TensorArray must start with 'gradients'.");
}

// The list for the gradients of the elements of the list that `node` works on, after `flow`.
absl::StatusOr<TensorArray> ListOfGradients(const GradContext& ctx, const Node& node,
                                            const char* type_attr, const Output& grad,
                                            const Output& flow) {
  SESSILE_ASSIGN_OR_RETURN(const DataType dtype, node.attrs().Get<DataType>(type_attr));
  SESSILE_ASSIGN_OR_RETURN(const std::string source, SourceOf(grad));
  const TensorArray list(
      dtype, {.colocate_with_first_write_call = false, .handle = ctx.input(node, 0), .flow = flow});
  return list.grad(source, flow);
}

// What is read has its gradient written; so all that is written later has been read before: the
// flow, whose gradient this is, goes from reader to writer.
absl::StatusOr<TensorArray> ReadersList(const GradContext& ctx, const Node& node,
                                        const Output& grad) {
  return ListOfGradients(ctx, node, "dtype", grad, ctx.input(node, node.num_inputs() - 1));
}

// The gradient's list is not made before the forward write has run.
Output AfterWriting(const GradContext& ctx, const Node& node, const Output& flow) {
  const Output written = identity(ctx.output(node, 0), "flow_out");
  const control_dependencies after({written});
  return identity(flow, "write_barrier");
}

ListGrads ReadGradient(GradContext& ctx, const Node& node, std::span<const Output> grads) {
  SESSILE_ASSIGN_OR_RETURN(const TensorArray list, ReadersList(ctx, node, grads[0]));
  return std::vector<Output>{{}, {}, list.write(ctx.input(node, 1), grads[0]).flow()};
}

ListGrads GatherElementsGradient(GradContext& ctx, const Node& node,
                                 std::span<const Output> grads) {
  SESSILE_ASSIGN_OR_RETURN(const TensorArray list, ReadersList(ctx, node, grads[0]));
  return std::vector<Output>{{}, {}, list.scatter(ctx.input(node, 1), grads[0]).flow()};
}

ListGrads ConcatElementsGradient(GradContext& ctx, const Node& node,
                                 std::span<const Output> grads) {
  SESSILE_ASSIGN_OR_RETURN(const TensorArray list, ReadersList(ctx, node, grads[0]));
  return std::vector<Output>{{}, list.split(grads[0], ctx.output(node, 1)).flow()};
}

ListGrads WriteGradient(GradContext& ctx, const Node& node, std::span<const Output> grads) {
  const Output flow = AfterWriting(ctx, node, grads[0]);
  SESSILE_ASSIGN_OR_RETURN(const TensorArray list, ListOfGradients(ctx, node, "T", grads[0], flow));
  return std::vector<Output>{{}, {}, list.read(ctx.input(node, 1)), flow};
}

ListGrads ScatterElementsGradient(GradContext& ctx, const Node& node,
                                  std::span<const Output> grads) {
  const Output flow = AfterWriting(ctx, node, grads[0]);
  SESSILE_ASSIGN_OR_RETURN(const TensorArray list, ListOfGradients(ctx, node, "T", grads[0], flow));
  return std::vector<Output>{{}, {}, list.gather(ctx.input(node, 1)), flow};
}

ListGrads SplitElementsGradient(GradContext& ctx, const Node& node, std::span<const Output> grads) {
  const Output flow = AfterWriting(ctx, node, grads[0]);
  SESSILE_ASSIGN_OR_RETURN(const TensorArray list, ListOfGradients(ctx, node, "T", grads[0], flow));
  return std::vector<Output>{{}, list.concat(), {}, flow};
}

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
      .Gradient(WriteGradient)
      .Stateful()
      .Doc("Makes `value` element `index` of a list.");
  ops.Add("TensorArrayReadV3")
      .Input("handle: resource")
      .Input("index: int32")
      .Input("flow_in: float")
      .Output("value: dtype")
      .Attr("dtype: type")
      .Shape(ReadElementShape)
      .Gradient(ReadGradient)
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
      .Gradient(GatherElementsGradient)
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
      .Gradient(ScatterElementsGradient)
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
      .Gradient(ConcatElementsGradient)
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
      .Gradient(SplitElementsGradient)
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

}  // namespace sessile
