// Slice and ReverseV2: a part of a tensor, and a tensor turned around.

#include "sessile/core/framework/op_registry.h"
#include "sessile/core/framework/shape_inference.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/graph/node.h"
#include "sessile/ops/array.h"
#include "sessile/ops/folding.h"
#include "sessile/ops/grad_context.h"
#include "sessile/ops/op_builder.h"
#include "sessile/ops/operators.h"
#include "sessile/ops/register_all.h"

namespace sessile {
namespace {

using Outputs = std::vector<Output>;

// One dimension of a slice, as far as it is known; size -1 means up to the end.
absl::StatusOr<int64_t> SlicedDim(int64_t dim, std::optional<int64_t> begin,
                                  std::optional<int64_t> size) {
  if (begin.has_value() && (*begin < 0 || (dim >= 0 && *begin > dim))) {
    return InvalidArgument("Expected begin in [0, ", dim, "], but got ", *begin);
  }
  if (size.has_value() && *size < -1) {
    return InvalidArgument("Expected size to be at least -1, but got ", *size);
  }
  if (size == -1) return begin.has_value() && dim >= 0 ? dim - *begin : Shape::kUnknownDim;
  if (size.has_value() && begin.has_value() && dim >= 0 && *size > dim - *begin) {
    return InvalidArgument("Expected size in [0, ", dim - *begin, "], but got ", *size);
  }
  return size.value_or(Shape::kUnknownDim);
}

absl::Status SliceShape(ShapeContext& ctx) {
  SESSILE_ASSIGN_OR_RETURN(const Shape begin_shape, ctx.InputWithRank(1, 1));
  SESSILE_ASSIGN_OR_RETURN(const Shape size_shape, ctx.InputWithRank(2, 1));
  SESSILE_ASSIGN_OR_RETURN(const int64_t items,
                           ctx.MergeDim(begin_shape.dim(0), size_shape.dim(0)));
  Shape in = ctx.input(0);
  const std::optional<std::vector<int64_t>> begin = KnownInts(ctx, 1);
  const std::optional<std::vector<int64_t>> sizes = KnownInts(ctx, 2);
  // Where only a part of the sizes is known. An open one may mean -1.
  SESSILE_ASSIGN_OR_RETURN(const Shape partial, ctx.input_value_as_shape(2));
  if (!in.has_rank()) {
    if (items < 0 || items > Shape::kMaxRank) return absl::OkStatus();
    in = Shape::UnknownOfRank(static_cast<int>(items));
  }
  SESSILE_RETURN_IF_ERROR(ctx.MergeDim(items, in.rank()).status());
  std::vector<int64_t> dims;
  for (int i = 0; i < in.rank(); ++i) {
    const auto at = static_cast<size_t>(i);
    std::optional<int64_t> size;
    if (sizes.has_value()) {
      size = (*sizes)[at];
    } else if (partial.has_rank() && partial.dim(i) >= 0) {
      size = partial.dim(i);
    }
    SESSILE_ASSIGN_OR_RETURN(
        dims.emplace_back(),
        SlicedDim(in.dim(i), begin.has_value() ? std::optional((*begin)[at]) : std::nullopt, size));
  }
  SESSILE_ASSIGN_OR_RETURN(Shape out, Shape::FromDims(dims));
  ctx.SetOutput(0, std::move(out));
  return absl::OkStatus();
}

// A part of a vector of integers.
std::optional<Tensor> SliceValue(ShapeContext& ctx, int index) {
  const std::optional<std::vector<int64_t>> x = KnownInts(ctx, 0);
  const std::optional<int64_t> begin = KnownInt(ctx, 1);
  const std::optional<int64_t> size = KnownInt(ctx, 2);
  if (!x.has_value() || ctx.input_value(0)->rank() != 1 || !begin.has_value()) return std::nullopt;
  const auto length = static_cast<int64_t>(x->size());
  if (!size.has_value() || *begin < 0 || *begin > length) return std::nullopt;
  const int64_t count = *size == -1 ? length - *begin : *size;
  if (count < 0 || count > length - *begin) return std::nullopt;
  const auto first = x->begin() + *begin;
  return IntTensor(OutputType(ctx, index), Shape({count}),
                   std::vector<int64_t>(first, first + count));
}

// Zeros go where the slice took nothing from.
absl::StatusOr<Outputs> SliceGradient(GradContext& ctx, const Node& node,
                                      std::span<const Output> grads) {
  const Output input = ctx.input(node, 0);
  const Output begin = ctx.input(node, 1);
  const Output count = rank(input);
  const Output taken = shape(ctx.output(node, 0), {.out_type = begin.dtype()});
  const Output column = stack({count, 1});
  const Output before = reshape(begin, column);
  const Output all = shape(input, {.out_type = begin.dtype()});
  const Output not_taken = all - taken;
  const Output after = reshape(not_taken - begin, column);
  const Output paddings = concat({before, after}, 1);
  return Outputs{pad(grads[0], paddings), Output(), Output()};
}

absl::Status ReverseShape(ShapeContext& ctx) {
  const Shape in = ctx.input(0);
  SESSILE_RETURN_IF_ERROR(ctx.InputWithRank(1, 1).status());
  const std::optional<std::vector<int64_t>> axes = KnownInts(ctx, 1);
  if (axes.has_value() && in.has_rank()) {
    std::vector<bool> seen(static_cast<size_t>(in.rank()), false);
    for (const int64_t axis : *axes) {
      const int64_t place = axis < 0 ? axis + in.rank() : axis;
      if (place < 0 || place >= in.rank()) {
        return InvalidArgument("dimension ", place, " is outside of a tensor with ", in.rank(),
                               " dimensions");
      }
      if (seen[static_cast<size_t>(place)]) {
        return InvalidArgument("axis ", place, " specified more than once.");
      }
      seen[static_cast<size_t>(place)] = true;
    }
  }
  ctx.SetOutput(0, in);
  return absl::OkStatus();
}

// Of the first version, which has a bool for each dimension.
absl::Status ReverseFlaggedShape(ShapeContext& ctx) {
  Shape in = ctx.input(0);
  SESSILE_ASSIGN_OR_RETURN(const Shape dims, ctx.InputWithRank(1, 1));
  if (dims.dim(0) != None) {
    SESSILE_ASSIGN_OR_RETURN(in, ctx.InputWithRank(0, static_cast<int>(dims.dim(0))));
  }
  ctx.SetOutput(0, in);
  return absl::OkStatus();
}

absl::StatusOr<Outputs> ReverseFlaggedGradient(GradContext& ctx, const Node& node,
                                               std::span<const Output> grads) {
  return Outputs{OpBuilder("Reverse").Input(grads[0]).Input(ctx.input(node, 1)).Build(), Output()};
}

absl::StatusOr<Outputs> ReverseGradient(GradContext& ctx, const Node& node,
                                        std::span<const Output> grads) {
  return Outputs{reverse(grads[0], ctx.input(node, 1)), Output()};
}

}  // namespace

void RegisterSlice(OpRegistry& ops) {
  ops.Add("Slice")
      .Input("input: T")
      .Input("begin: Index")
      .Input("size: Index")
      .Output("output: T")
      .Attr("T: type")
      .Attr("Index: {int32, int64}")
      .Shape(SliceShape)
      .Value(SliceValue)
      .Gradient(SliceGradient)
      .Doc("The part of `input` that begins at `begin` and has shape `size`; -1 is up to the end.");
  ops.Add("Reverse")
      .Input("tensor: T")
      .Input("dims: bool")
      .Output("output: T")
      .Attr(
          "T: {uint8, int8, uint16, int16, uint32, int32, uint64, int64, bool, bfloat16, half, "
          "float, double, complex64, complex128, string}")
      .Shape(ReverseFlaggedShape)
      .Gradient(ReverseFlaggedGradient)
      .Doc("`tensor` turned around along the dimensions whose element of `dims` is true.");
  ops.Add("ReverseV2")
      .Input("tensor: T")
      .Input("axis: Tidx")
      .Output("output: T")
      .Attr("Tidx: {int32, int64} = DT_INT32")
      .Attr(
          "T: {uint8, int8, uint16, int16, int32, uint32, int64, uint64, bool, bfloat16, half, "
          "float, double, complex64, complex128, string}")
      .Shape(ReverseShape)
      .Gradient(ReverseGradient)
      .Doc("`tensor` with the order of its elements turned around along the dimensions of `axis`.");
}

Output slice(Input input, Input begin, Input size, std::string_view name) {
  SourceScope here(input);
  return OpBuilder("Slice", name).Input(input).Input(begin).Input(size).Build();
}

Output reverse(Input tensor, Input axis, std::string_view name) {
  SourceScope here(tensor);
  return OpBuilder("ReverseV2", name).Input(tensor).Input(axis).Build();
}

}  // namespace sessile
