// SpaceToBatchND, BatchToSpaceND and their kin: blocks of an image become images of a batch, or
// channels, and back. BroadcastArgs.

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

using Outputs = std::vector<Output>;

// `blocks` and `margins` are those of the spatial dimensions, which follow the batch.
absl::Status BlocksShape(ShapeContext& ctx, const std::vector<int64_t>& blocks,
                         const std::optional<std::vector<int64_t>>& margins, bool to_batch) {
  const Shape input = ctx.input(0);
  if (!input.has_rank()) return absl::OkStatus();
  if (input.rank() < static_cast<int>(blocks.size()) + 1) {
    return InvalidArgument("Shape must be at least rank ", blocks.size() + 1, " but is rank ",
                           input.rank());
  }
  if (margins.has_value() && margins->size() != 2 * blocks.size()) {
    return InvalidArgument("There must be two margins for each of ", blocks.size(), " dimensions");
  }
  std::vector<int64_t> dims(input.dims().begin(), input.dims().end());
  for (size_t i = 0; i < blocks.size(); ++i) {
    const int64_t block = blocks[i];
    int64_t& size = dims[i + 1];
    if (block <= 0) return InvalidArgument("block_shape must be positive, got ", block);
    int64_t product = 0;
    if (dims[0] != None) {
      if (__builtin_mul_overflow(dims[0], block, &product)) {
        return InvalidArgument("block_shape ", block, " is too large");
      }
      if (!to_batch && dims[0] % block != 0) {
        return InvalidArgument("Dimension size must be evenly divisible by ", block, " but is ",
                               dims[0]);
      }
      dims[0] = to_batch ? product : dims[0] / block;
    }
    if (!margins.has_value() || size == None) {
      size = None;
      continue;
    }
    const int64_t before = (*margins)[2 * i];
    const int64_t after = (*margins)[2 * i + 1];
    if (before < 0 || after < 0) {
      return InvalidArgument("margins must be non-negative: ", before, " ", after);
    }
    int64_t margin = 0;
    if (__builtin_add_overflow(before, after, &margin)) {
      return InvalidArgument("margins ", before, " and ", after, " are too large");
    }
    if (to_batch) {
      if (__builtin_add_overflow(size, margin, &size) || size % block != 0) {
        return InvalidArgument("Dimension size must be evenly divisible by ", block,
                               " but is padded to ", size);
      }
      size /= block;
    } else if (__builtin_mul_overflow(size, block, &size) ||
               __builtin_sub_overflow(size, margin, &size) || size < 0) {
      return InvalidArgument("Cropped size must be non-negative, got ", size);
    }
  }
  SESSILE_ASSIGN_OR_RETURN(Shape output, Shape::FromDims(dims));
  ctx.SetOutput(0, std::move(output));
  return absl::OkStatus();
}

template <bool to_batch>
absl::Status BlocksNDShape(ShapeContext& ctx) {
  SESSILE_ASSIGN_OR_RETURN(const Shape blocks, ctx.InputWithRank(1, 1));
  SESSILE_ASSIGN_OR_RETURN(const Shape margins, ctx.InputWithRank(2, 2));
  SESSILE_RETURN_IF_ERROR(ctx.MergeDim(margins.dim(0), blocks.dim(0)).status());
  SESSILE_RETURN_IF_ERROR(ctx.MergeDim(margins.dim(1), 2).status());
  const std::optional<std::vector<int64_t>> known = KnownInts(ctx, 1);
  if (known.has_value()) return BlocksShape(ctx, *known, KnownInts(ctx, 2), to_batch);
  const Shape input = ctx.input(0);
  if (input.has_rank()) ctx.SetOutput(0, Shape::UnknownOfRank(input.rank()));
  return absl::OkStatus();
}

template <bool to_batch>
absl::Status SquareBlocksShape(ShapeContext& ctx) {
  SESSILE_RETURN_IF_ERROR(ctx.InputWithRank(0, 4).status());
  SESSILE_ASSIGN_OR_RETURN(const int64_t block, ctx.Attr<int64_t>("block_size"));
  return BlocksShape(ctx, {block, block}, KnownInts(ctx, 1), to_batch);
}

// [batch, height, width, channels] with a block's pixels in the channels.
template <bool to_depth>
absl::Status DepthShape(ShapeContext& ctx) {
  SESSILE_ASSIGN_OR_RETURN(const Shape input, ctx.InputWithRank(0, 4));
  SESSILE_ASSIGN_OR_RETURN(const int64_t block, ctx.Attr<int64_t>("block_size"));
  SESSILE_ASSIGN_OR_RETURN(const std::string format, ctx.Attr<std::string>("data_format"));
  if (format == "NCHW_VECT_C") return absl::OkStatus();
  const bool last = format == "NHWC";
  std::vector<int64_t> dims(input.dims().begin(), input.dims().end());
  int64_t area = 0;
  if (block < 2 || __builtin_mul_overflow(block, block, &area)) {
    return InvalidArgument("Block size should be > 1 and below 2^31, got ", block);
  }
  const size_t channels = last ? 3 : 1;
  for (size_t i = 1; i < 4; ++i) {
    int64_t& size = dims[i];
    if (size == None) continue;
    const int64_t factor = i == channels ? area : block;
    if ((i == channels) == to_depth) {
      if (__builtin_mul_overflow(size, factor, &size)) {
        return InvalidArgument("Block size ", block, " is too large for ", input.ToString());
      }
    } else if (size % factor != 0) {
      return InvalidArgument("Dimension size must be evenly divisible by ", factor, " but is ",
                             size);
    } else {
      size /= factor;
    }
  }
  SESSILE_ASSIGN_OR_RETURN(Shape output, Shape::FromDims(dims));
  ctx.SetOutput(0, std::move(output));
  return absl::OkStatus();
}

// The gradient of an op that moves elements is the op that moves them back.
template <const char* kInverse>
absl::StatusOr<Outputs> MovedBack(GradContext& ctx, const Node& node,
                                  std::span<const Output> grads) {
  OpBuilder builder(kInverse);
  builder.Input(grads[0]);
  for (int i = 1; i < node.num_inputs(); ++i) builder.Input(ctx.input(node, i));
  for (const char* attr : {"block_size", "data_format"}) {
    if (node.attrs().Find(attr) != nullptr) builder.CopyAttr(node, attr);
  }
  Outputs moved(static_cast<size_t>(node.num_inputs()));
  moved[0] = builder.Build();
  return moved;
}
constexpr char kSpaceToBatchND[] = "SpaceToBatchND";
constexpr char kBatchToSpaceND[] = "BatchToSpaceND";
constexpr char kSpaceToBatch[] = "SpaceToBatch";
constexpr char kBatchToSpace[] = "BatchToSpace";
constexpr char kSpaceToDepth[] = "SpaceToDepth";
constexpr char kDepthToSpace[] = "DepthToSpace";

absl::Status BroadcastArgsShape(ShapeContext& ctx) {
  int64_t length = 0;
  for (int i = 0; i < 2; ++i) {
    SESSILE_ASSIGN_OR_RETURN(const Shape shape, ctx.InputWithRank(i, 1));
    if (shape.dim(0) == None || length == None) {
      length = None;
    } else {
      length = std::max(length, shape.dim(0));
    }
  }
  ctx.SetOutput(0, Shape({length}));
  return absl::OkStatus();
}

}  // namespace

void RegisterSpaceBatch(OpRegistry& ops) {
  ops.Add(kSpaceToBatchND)
      .Input("input: T")
      .Input("block_shape: Tblock_shape")
      .Input("paddings: Tpaddings")
      .Output("output: T")
      .Attr("T: type")
      .Attr("Tblock_shape: {int32, int64} = DT_INT32")
      .Attr("Tpaddings: {int32, int64} = DT_INT32")
      .Shape(BlocksNDShape<true>)
      .Gradient(MovedBack<kBatchToSpaceND>)
      .Doc("Pads the spatial dimensions and moves the positions within each block to the batch.");
  ops.Add(kBatchToSpaceND)
      .Input("input: T")
      .Input("block_shape: Tblock_shape")
      .Input("crops: Tcrops")
      .Output("output: T")
      .Attr("T: type")
      .Attr("Tblock_shape: {int32, int64} = DT_INT32")
      .Attr("Tcrops: {int32, int64} = DT_INT32")
      .Shape(BlocksNDShape<false>)
      .Gradient(MovedBack<kSpaceToBatchND>)
      .Doc("Moves parts of the batch into the spatial dimensions and crops them.");
  ops.Add(kSpaceToBatch)
      .Input("input: T")
      .Input("paddings: Tpaddings")
      .Output("output: T")
      .Attr("T: type")
      .Attr("Tpaddings: {int32, int64} = DT_INT32")
      .Attr("block_size: int >= 2")
      .Shape(SquareBlocksShape<true>)
      .Gradient(MovedBack<kBatchToSpace>)
      .Doc("SpaceToBatchND of images, with square blocks.");
  ops.Add(kBatchToSpace)
      .Input("input: T")
      .Input("crops: Tidx")
      .Output("output: T")
      .Attr("T: type")
      .Attr("block_size: int >= 2")
      .Attr("Tidx: {int32, int64} = DT_INT32")
      .Shape(SquareBlocksShape<false>)
      .Gradient(MovedBack<kSpaceToBatch>)
      .Doc("BatchToSpaceND of images, with square blocks.");
  ops.Add(kSpaceToDepth)
      .Input("input: T")
      .Output("output: T")
      .Attr("T: type")
      .Attr("block_size: int >= 2")
      .Attr("data_format: {'NHWC', 'NCHW', 'NCHW_VECT_C'} = 'NHWC'")
      .Shape(DepthShape<true>)
      .Gradient(MovedBack<kDepthToSpace>)
      .Doc("Moves the pixels of each square block of an image to its channels.");
  ops.Add(kDepthToSpace)
      .Input("input: T")
      .Output("output: T")
      .Attr("T: type")
      .Attr("block_size: int >= 2")
      .Attr("data_format: {'NHWC', 'NCHW', 'NCHW_VECT_C'} = 'NHWC'")
      .Shape(DepthShape<false>)
      .Gradient(MovedBack<kSpaceToDepth>)
      .Doc("Moves channels of an image to the pixels of square blocks.");
  ops.Add("BroadcastArgs")
      .Input("s0: T")
      .Input("s1: T")
      .Output("r0: T")
      .Attr("T: {int32, int64} = DT_INT32")
      .Shape(BroadcastArgsShape)
      .NoGradient("shapes are integers")
      .Doc("The shape to which two shapes broadcast.");
}

}  // namespace sessile
