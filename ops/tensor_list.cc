// Lists of tensors as values, in variants: what TensorFlow 2's control flow keeps histories and
// TensorArrays in. Every operation that changes a list gives a new one.

#include "sessile/core/framework/op_registry.h"
#include "sessile/core/framework/shape_inference.h"
#include "sessile/core/framework/status.h"
#include "sessile/ops/register_all.h"

namespace sessile {
namespace {

// A list is a scalar; what its elements look like is known to who reads it.
absl::Status ListShape(ShapeContext& ctx) {
  ctx.SetOutput(0, Shape());
  return absl::OkStatus();
}

// Output `output` is an element; input `input` gives its shape.
absl::Status SetElement(ShapeContext& ctx, int output, int input) {
  SESSILE_ASSIGN_OR_RETURN(Shape element, ctx.input_value_as_shape(input));
  ctx.SetOutput(output, std::move(element));
  return absl::OkStatus();
}

absl::Status PopBackShape(ShapeContext& ctx) {
  ctx.SetOutput(0, Shape());
  return SetElement(ctx, 1, 1);
}

absl::Status GetItemShape(ShapeContext& ctx) { return SetElement(ctx, 0, 2); }

// `rows` elements below each other; input `input` gives the shape of one.
absl::Status SetRowsOf(ShapeContext& ctx, int64_t rows, int input) {
  SESSILE_ASSIGN_OR_RETURN(const Shape element, ctx.input_value_as_shape(input));
  ctx.SetOutput(0, Shape::Concat(Shape({rows}), element));
  return absl::OkStatus();
}

absl::Status StackShape(ShapeContext& ctx) {
  SESSILE_ASSIGN_OR_RETURN(const int64_t size, ctx.Attr<int64_t>("num_elements"));
  return SetRowsOf(ctx, size < 0 ? None : size, 1);
}

absl::Status GatherElementsOfListShape(ShapeContext& ctx) {
  const Shape indices = ctx.input(1);
  return SetRowsOf(ctx, indices.has_rank() && indices.rank() == 1 ? indices.dim(0) : None, 2);
}

absl::Status SetJoined(ShapeContext& ctx, const Shape& element) {
  ctx.SetOutput(1, Shape({None}));
  if (!element.has_rank() || element.rank() == 0) return absl::OkStatus();
  ctx.SetOutput(0, element.WithDim(0, None));
  return absl::OkStatus();
}

absl::Status JoinedShape(ShapeContext& ctx) {
  SESSILE_ASSIGN_OR_RETURN(const Shape element, ctx.Attr<Shape>("element_shape"));
  return SetJoined(ctx, element);
}

absl::Status JoinedV2Shape(ShapeContext& ctx) {
  SESSILE_ASSIGN_OR_RETURN(const Shape element, ctx.input_value_as_shape(1));
  return SetJoined(ctx, element);
}

constexpr const char* kListGradient =
    "lists come with graphs that have their gradients already; a TensorArray has one";
constexpr const char* kNoNumbers = "the output does not depend on the elements' values";
constexpr const char* kElementType = "element_dtype: type";
constexpr const char* kShapeType = "shape_type: {int32, int64}";

void RegisterNewLists(OpRegistry& ops) {
  ops.Add("EmptyTensorList")
      .Input("element_shape: shape_type")
      .Input("max_num_elements: int32")
      .Output("handle: variant")
      .Attr(kElementType)
      .Attr(kShapeType)
      .Shape(ListShape)
      .NotDifferentiable(kNoNumbers)
      .Doc(
          "A list without elements, which may get `max_num_elements`, or any number if that is "
          "-1.");
  ops.Add("TensorListReserve")
      .Input("element_shape: shape_type")
      .Input("num_elements: int32")
      .Output("handle: variant")
      .Attr(kElementType)
      .Attr(kShapeType)
      .Shape(ListShape)
      .NotDifferentiable(kNoNumbers)
      .Doc("A list of `num_elements` elements that read as zeros until they are written.");
}

void RegisterStepsOfLists(OpRegistry& ops) {
  ops.Add("TensorListPushBack")
      .Input("input_handle: variant")
      .Input("tensor: element_dtype")
      .Output("output_handle: variant")
      .Attr(kElementType)
      .Shape(ListShape)
      .NoGradient(kListGradient)
      .Doc("A list with `tensor` behind its elements.");
  ops.Add("TensorListPopBack")
      .Input("input_handle: variant")
      .Input("element_shape: int32")
      .Output("output_handle: variant")
      .Output("tensor: element_dtype")
      .Attr(kElementType)
      .Shape(PopBackShape)
      .NoGradient(kListGradient)
      .Doc("A list without its last element, and that element.");
  ops.Add("TensorListGetItem")
      .Input("input_handle: variant")
      .Input("index: int32")
      .Input("element_shape: int32")
      .Output("item: element_dtype")
      .Attr(kElementType)
      .Shape(GetItemShape)
      .NoGradient(kListGradient)
      .Doc("Element `index` of a list.");
  ops.Add("TensorListSetItem")
      .Input("input_handle: variant")
      .Input("index: int32")
      .Input("item: element_dtype")
      .Output("output_handle: variant")
      .Attr(kElementType)
      .Attr("resize_if_index_out_of_bounds: bool = false")
      .Shape(ListShape)
      .NoGradient(kListGradient)
      .Doc("A list whose element `index` is `item`.");
  ops.Add("TensorListLength")
      .Input("input_handle: variant")
      .Output("length: int32")
      .Shape(ScalarShape)
      .NotDifferentiable(kNoNumbers)
      .Doc("How many elements a list has.");
  ops.Add("TensorListElementShape")
      .Input("input_handle: variant")
      .Output("element_shape: shape_type")
      .Attr(kShapeType)
      .Shape(UnknownShape)
      .NotDifferentiable(kNoNumbers)
      .Doc("What is known of the shape of a list's elements, -1 for what is not.");
  ops.Add("TensorListResize")
      .Input("input_handle: variant")
      .Input("size: int32")
      .Output("output_handle: variant")
      .Shape(ListShape)
      .NoGradient(kListGradient)
      .Doc("A list cut to `size` elements, or with more that read as zeros.");
}

void RegisterArraysOfLists(OpRegistry& ops) {
  ops.Add("TensorListStack")
      .Input("input_handle: variant")
      .Input("element_shape: int32")
      .Output("tensor: element_dtype")
      .Attr(kElementType)
      .Attr("num_elements: int = -1")
      .Shape(StackShape)
      .NoGradient(kListGradient)
      .Doc("All elements of a list, stacked.");
  ops.Add("TensorListGather")
      .Input("input_handle: variant")
      .Input("indices: int32")
      .Input("element_shape: int32")
      .Output("values: element_dtype")
      .Attr(kElementType)
      .Shape(GatherElementsOfListShape)
      .NoGradient(kListGradient)
      .Doc("Elements of a list, stacked.");
  ops.Add("TensorListConcat")
      .Input("input_handle: variant")
      .Output("tensor: element_dtype")
      .Output("lengths: int64")
      .Attr(kElementType)
      .Attr("element_shape: shape = { unknown_rank: true }")
      .Shape(JoinedShape)
      .NoGradient(kListGradient)
      .Doc("As TensorListConcatV2, of elements that were all written.");
  ops.Add("TensorListConcatV2")
      .Input("input_handle: variant")
      .Input("element_shape: shape_type")
      .Input("leading_dims: int64")
      .Output("tensor: element_dtype")
      .Output("lengths: int64")
      .Attr(kElementType)
      .Attr(kShapeType)
      .Shape(JoinedV2Shape)
      .NoGradient(kListGradient)
      .Doc("All elements of a list, one after the other along axis 0, and their lengths.");
}

void RegisterListsOfArrays(OpRegistry& ops) {
  ops.Add("TensorListFromTensor")
      .Input("tensor: element_dtype")
      .Input("element_shape: shape_type")
      .Output("output_handle: variant")
      .Attr(kElementType)
      .Attr(kShapeType)
      .Shape(ListShape)
      .NoGradient(kListGradient)
      .Doc("A list of the rows of `tensor`.");
  ops.Add("TensorListScatter")
      .Input("tensor: element_dtype")
      .Input("indices: int32")
      .Input("element_shape: shape_type")
      .Output("output_handle: variant")
      .Attr(kElementType)
      .Attr(kShapeType)
      .Shape(ListShape)
      .NoGradient(kListGradient)
      .Doc("A list whose elements `indices` are the rows of `tensor`.");
  ops.Add("TensorListScatterV2")
      .Input("tensor: element_dtype")
      .Input("indices: int32")
      .Input("element_shape: shape_type")
      .Input("num_elements: int32")
      .Output("output_handle: variant")
      .Attr(kElementType)
      .Attr(kShapeType)
      .Shape(ListShape)
      .NoGradient(kListGradient)
      .Doc("As TensorListScatter, a list of `num_elements` elements, or of as many as needed: -1.");
  ops.Add("TensorListScatterIntoExistingList")
      .Input("input_handle: variant")
      .Input("tensor: element_dtype")
      .Input("indices: int32")
      .Output("output_handle: variant")
      .Attr(kElementType)
      .Shape(ListShape)
      .NoGradient(kListGradient)
      .Doc("A list whose elements `indices` are replaced by the rows of `tensor`.");
  ops.Add("TensorListSplit")
      .Input("tensor: element_dtype")
      .Input("element_shape: shape_type")
      .Input("lengths: int64")
      .Output("output_handle: variant")
      .Attr(kElementType)
      .Attr(kShapeType)
      .Shape(ListShape)
      .NoGradient(kListGradient)
      .Doc("A list of pieces of `tensor` of these lengths.");
  ops.Add("TensorListConcatLists")
      .Input("input_a: variant")
      .Input("input_b: variant")
      .Output("output: variant")
      .Attr(kElementType)
      .Shape(ListShape)
      .NoGradient(kListGradient)
      .Doc("The elements of one list, then those of the other.");
}

}  // namespace

void RegisterTensorList(OpRegistry& ops) {
  RegisterNewLists(ops);
  RegisterStepsOfLists(ops);
  RegisterArraysOfLists(ops);
  RegisterListsOfArrays(ops);
}

}  // namespace sessile
