// Split and SplitV: a tensor in pieces along an axis, of one size or of given sizes.

#include "absl/strings/str_join.h"
#include "sessile/core/framework/errors.h"
#include "sessile/core/framework/op_registry.h"
#include "sessile/core/framework/shape_inference.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/graph/node.h"
#include "sessile/ops/array.h"
#include "sessile/ops/folding.h"
#include "sessile/ops/grad_context.h"
#include "sessile/ops/op_builder.h"
#include "sessile/ops/register_all.h"

namespace sessile {
namespace {

// The axis, counted from the front, if it and the rank are known. A rank that is too small for the
// axis is an error.
absl::StatusOr<std::optional<int>> KnownAxis(ShapeContext& ctx, int value, int axis) {
  SESSILE_RETURN_IF_ERROR(ctx.InputIsScalar(axis));
  const std::optional<int64_t> given = KnownInt(ctx, axis);
  if (!given.has_value()) return std::optional<int>();
  const int64_t least = *given < 0 ? -*given : *given + 1;
  if (least > Shape::kMaxRank) return InvalidArgument("split_dim ", *given, " is out of range");
  SESSILE_ASSIGN_OR_RETURN(const Shape shape, ctx.InputAtLeastRank(value, static_cast<int>(least)));
  if (!shape.has_rank()) return std::optional<int>();
  return std::optional<int>(static_cast<int>(*given < 0 ? *given + shape.rank() : *given));
}

void SetAll(ShapeContext& ctx, const Shape& shape) {
  for (int i = 0; i < ctx.num_outputs(); ++i) ctx.SetOutput(i, shape);
}

// All that is known where the axis is not: the rank.
void SetRank(ShapeContext& ctx, const Shape& whole) {
  SetAll(ctx, whole.has_rank() ? Shape::UnknownOfRank(whole.rank()) : Shape::Unknown());
}

absl::Status SplitShape(ShapeContext& ctx) {
  const Shape whole = ctx.input(1);
  SESSILE_ASSIGN_OR_RETURN(const std::optional<int> axis, KnownAxis(ctx, 1, 0));
  if (!axis.has_value()) {
    SetRank(ctx, whole);
    return absl::OkStatus();
  }
  const int64_t count = ctx.num_outputs();
  int64_t size = whole.dim(*axis);
  if (size > 0 && count > 0) {
    if (size % count != 0) {
      return InvalidArgument("Dimension size must be evenly divisible by ", count, " but is ",
                             size);
    }
    size /= count;
  }
  SetAll(ctx, whole.WithDim(*axis, size));
  return absl::OkStatus();
}

// Piece `index` of a vector of integers.
std::optional<Tensor> SplitValue(ShapeContext& ctx, int index) {
  const std::optional<std::vector<int64_t>> whole = KnownInts(ctx, 1);
  if (!whole.has_value() || ctx.input_value(1)->rank() != 1) return std::nullopt;
  const auto count = static_cast<size_t>(ctx.num_outputs());
  if (whole->size() % count != 0 || KnownInt(ctx, 0).value_or(1) > 0) return std::nullopt;
  const size_t size = whole->size() / count;
  const auto first = whole->begin() + static_cast<int64_t>(size) * index;
  return IntTensor(OutputType(ctx, index), Shape({size}),
                   std::vector<int64_t>(first, first + static_cast<int64_t>(size)));
}

absl::Status SplitVShape(ShapeContext& ctx) {
  const Shape whole = ctx.input(0);
  SESSILE_RETURN_IF_ERROR(ctx.InputWithRank(1, 1).status());
  SESSILE_ASSIGN_OR_RETURN(const std::optional<int> axis, KnownAxis(ctx, 0, 2));
  if (!axis.has_value()) {
    SetRank(ctx, whole);
    return absl::OkStatus();
  }
  const std::optional<std::vector<int64_t>> sizes = KnownInts(ctx, 1);
  if (!sizes.has_value()) {
    SetAll(ctx, ctx.num_outputs() == 1 ? whole : whole.WithDim(*axis, Shape::kUnknownDim));
    return absl::OkStatus();
  }
  if (static_cast<int>(sizes->size()) != ctx.num_outputs()) {
    return InvalidArgument("Length of size_splits should be equal to num_outputs: ", sizes->size(),
                           " vs. ", ctx.num_outputs());
  }
  int64_t rest = whole.dim(*axis);  // what the open one gets
  for (const int64_t size : *sizes) {
    if (rest >= 0 && size > rest) {
      return InvalidArgument("can't split axis of size ", whole.dim(*axis),
                             " into pieces of size [", absl::StrJoin(*sizes, ","), "]");
    }
    if (rest >= 0 && size > 0) rest -= size;
  }
  for (int i = 0; i < ctx.num_outputs(); ++i) {
    const int64_t size = (*sizes)[static_cast<size_t>(i)];
    ctx.SetOutput(i, whole.WithDim(*axis, size < 0 ? rest : size));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<Output>> SplitGradient(GradContext& ctx, const Node& node,
                                                  std::span<const Output> grads) {
  const std::vector<Input> pieces(grads.begin(), grads.end());
  return std::vector<Output>{Output(), concat(pieces, ctx.input(node, 0))};
}

absl::StatusOr<std::vector<Output>> SplitVGradient(GradContext& ctx, const Node& node,
                                                   std::span<const Output> grads) {
  const std::vector<Input> pieces(grads.begin(), grads.end());
  return std::vector<Output>{concat(pieces, ctx.input(node, 2)), Output(), Output()};
}

// A plain number, and not a list or a tensor.
bool IsCount(const Input& sizes) {
  return sizes.literal() != nullptr && sizes.literal()->shape.empty() &&
         sizes.literal()->kind == Literal::Kind::kInt && sizes.literal()->integers.size() == 1;
}

}  // namespace

void RegisterSplit(OpRegistry& ops) {
  ops.Add("Split")
      .Input("split_dim: int32")
      .Input("value: T")
      .Output("output: num_split * T")
      .Attr("num_split: int >= 1")
      .Attr("T: type")
      .Shape(SplitShape)
      .Value(SplitValue)
      .Gradient(SplitGradient)
      .Doc("`value` in `num_split` pieces of one size along dimension `split_dim`.");
  ops.Add("SplitV")
      .Input("value: T")
      .Input("size_splits: Tlen")
      .Input("split_dim: int32")
      .Output("output: num_split * T")
      .Attr("num_split: int >= 1")
      .Attr("T: type")
      .Attr("Tlen: {int8, int32, int64} = DT_INT64")
      .Shape(SplitVShape)
      .Gradient(SplitVGradient)
      .Doc("`value` in pieces of sizes `size_splits` along dimension `split_dim`; one may be -1.");
}

std::vector<Output> split(Input value, Input num_or_size_splits, SplitOptions options) {
  SourceScope here(value);
  if (IsCount(num_or_size_splits)) {
    return OpBuilder("Split", options.name)
        .Input(options.axis)
        .Input(value)
        .Attr("num_split", num_or_size_splits.literal()->integers[0])
        .BuildAll();
  }
  const Output sizes = convert_to_tensor(num_or_size_splits);
  const Shape shape = sizes.get_shape();
  if (shape.has_rank() && shape.rank() == 0) {
    errors::ThrowIfError(InvalidArgument(
        "Rank-0 tensors are not supported as the num_or_size_splits argument to split. Argument "
        "provided: ",
        sizes.name()));
  }
  std::optional<int64_t> count = options.num;
  if (!count.has_value() && shape.has_rank() && shape.dim(0) >= 0) count = shape.dim(0);
  if (!count.has_value()) {
    errors::ThrowIfError(
        InvalidArgument("Cannot infer argument `num` from shape ", shape.ToPythonString()));
  }
  return OpBuilder("SplitV", options.name)
      .Input(value)
      .Input(sizes)
      .Input(options.axis)
      .Attr("num_split", *count)
      .BuildAll();
}

}  // namespace sessile
