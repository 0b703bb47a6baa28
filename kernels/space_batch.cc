// SpaceToBatchND and BatchToSpaceND, SpaceToDepth and DepthToSpace, BroadcastArgs.
//
// With blocks b and a batch of n images, image (o * n + i) of the larger batch has those pixels of
// image i that lie at offset o within their block (offsets counted row by row).

#include <algorithm>
#include <array>
#include <vector>

#include "sessile/core/framework/kernel_registry.h"
#include "sessile/core/framework/shape_inference.h"
#include "sessile/core/framework/status.h"
#include "sessile/kernels/blocks.h"
#include "sessile/kernels/register_all.h"
#include "sessile/kernels/storage.h"

namespace sessile {
namespace {

// A spatial dimension of the images before their blocks were taken apart.
struct SpaceDim {
  int64_t block = 1;
  int64_t before = 0;  // the margin
  int64_t space = 0;   // size without margins
  int64_t blocks = 0;  // number of blocks, margins included
};

struct SpaceBatchShapes {
  std::vector<SpaceDim> dims;
  int64_t images = 0;  // of the smaller batch
  int64_t inner = 1;   // elements of a pixel
  Shape output;
};

absl::StatusOr<SpaceBatchShapes> SpaceBatchShapesOf(const PrepareContext& ctx,
                                                    const std::vector<int64_t>& blocks,
                                                    const Tensor& margin_tensor, bool to_batch) {
  const Shape& input = ctx.input_shape(0);
  const int count = static_cast<int>(blocks.size());
  if (input.rank() < count + 1) {
    return InvalidArgument("input rank should be >= ", count + 1, " instead of ", input.rank());
  }
  if (margin_tensor.shape() != Shape({count, 2})) {
    return InvalidArgument(to_batch ? "paddings" : "crops", " should have shape [", count,
                           ", 2] instead of ", margin_tensor.shape().ToString());
  }
  SESSILE_ASSIGN_OR_RETURN(const std::vector<int64_t> margins, IntsFromTensor(margin_tensor));
  SpaceBatchShapes shapes;
  std::vector<int64_t> dims(input.dims().begin(), input.dims().end());
  for (int i = 0; i < count; ++i) {
    SpaceDim dim;
    dim.block = blocks[static_cast<size_t>(i)];
    dim.before = margins[static_cast<size_t>(2 * i)];
    const int64_t after = margins[static_cast<size_t>(2 * i + 1)];
    const int64_t size = input.dim(i + 1);
    if (dim.block < 1) return InvalidArgument("All values in block_shape must be positive");
    int64_t whole = 0;
    int64_t margin = 0;
    if (dim.before < 0 || after < 0 || __builtin_add_overflow(dim.before, after, &margin)) {
      return InvalidArgument(to_batch ? "Paddings" : "Crops", " must be non-negative");
    }
    if (to_batch) {
      if (__builtin_add_overflow(size, margin, &whole) || whole % dim.block != 0) {
        return InvalidArgument("padded_shape[", i, "]=", whole, " is not divisible by block_shape[",
                               i, "]=", dim.block);
      }
      dim.space = size;
      dim.blocks = whole / dim.block;
      if (__builtin_mul_overflow(dims[0], dim.block, &dims[0])) {
        return InvalidArgument("block_shape is too large");
      }
      dims[static_cast<size_t>(i) + 1] = dim.blocks;
    } else {
      if (__builtin_mul_overflow(size, dim.block, &whole)) {
        return InvalidArgument("block_shape is too large");
      }
      if (margin > whole) {
        return InvalidArgument("cropped_shape[", i, "]=", whole - margin, " must be non-negative");
      }
      if (dims[0] % dim.block != 0) {
        return InvalidArgument("Input batch dimension (", input.dim(0),
                               ") is not divisible by product of block sizes");
      }
      dims[0] /= dim.block;
      dim.space = whole - margin;
      dim.blocks = size;
      dims[static_cast<size_t>(i) + 1] = dim.space;
    }
    shapes.dims.push_back(dim);
  }
  SESSILE_ASSIGN_OR_RETURN(shapes.output, Shape::FromDims(dims));
  shapes.images = to_batch ? input.dim(0) : dims[0];
  shapes.inner = input.Slice(count + 1).num_elements();
  return shapes;
}

// Blocks are ranges of rows of the output: the pixels of its last dimension of blocks.
template <typename T>
class SpaceBatch final : public Prepared {
 public:
  SpaceBatch(const PrepareContext& ctx, SpaceBatchShapes shapes, bool to_batch)
      : shapes_(std::move(shapes)), to_batch_(to_batch) {
    AddOutput(ctx.output_dtype(0), shapes_.output);
    if (shapes_.dims.empty()) shapes_.dims.push_back({1, 0, 1, 1});
    last_ = shapes_.dims.back();
    length_ = to_batch_ ? last_.blocks : last_.space;
    if (shapes_.output.num_elements() > 0) {
      rows_ = shapes_.output.num_elements() / shapes_.inner / length_;
    }
    AddPhase(BlocksOf(rows_, length_ * (shapes_.inner * static_cast<int64_t>(sizeof(T)) + 16)));
  }

  absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch, int,
                   int64_t block) const override {
    const T* const from = Elements<T>(in[0]);
    T* const to = Elements<T>(out[0]);
    for (const int64_t row : BlockRange(rows_, block, num_blocks(0))) {
      T* const row_to = to + row * length_ * shapes_.inner;
      if (to_batch_) {
        ToBatch(from, row, row_to);
      } else {
        FromBatch(from, row, row_to);
      }
    }
    return absl::OkStatus();
  }

 private:
  void ToBatch(const T* from, int64_t row, T* to) const {
    const int64_t inner = shapes_.inner;
    int64_t rest = row;
    int64_t grid = 1;
    for (size_t i = 0; i + 1 < shapes_.dims.size(); ++i) grid *= shapes_.dims[i].blocks;
    const int64_t batch = rest / grid;
    int64_t place = rest % grid;
    const int64_t image = batch % shapes_.images;
    int64_t offset = batch / shapes_.images;
    const int64_t first = offset % last_.block - last_.before;  // where the row begins, in space
    offset /= last_.block;
    int64_t source = 0;
    int64_t stride = last_.space;
    bool is_margin = false;
    for (size_t i = shapes_.dims.size() - 1; i-- > 0;) {
      const SpaceDim& dim = shapes_.dims[i];
      const int64_t x = place % dim.blocks * dim.block + offset % dim.block - dim.before;
      is_margin |= x < 0 || x >= dim.space;
      source += x * stride;
      stride *= dim.space;
      place /= dim.blocks;
      offset /= dim.block;
    }
    source += image * stride;
    for (int64_t i = 0; i < length_; ++i, to += inner) {
      const int64_t x = first + i * last_.block;
      if (is_margin || x < 0 || x >= last_.space) {
        std::fill_n(to, inner, T());
      } else {
        std::copy_n(from + (source + x) * inner, inner, to);
      }
    }
  }

  void FromBatch(const T* from, int64_t row, T* to) const {
    const int64_t inner = shapes_.inner;
    int64_t rest = row;
    int64_t place = 0;
    int64_t grid = last_.blocks;
    int64_t offset = 0;
    int64_t offsets = last_.block;
    for (size_t i = shapes_.dims.size() - 1; i-- > 0;) {
      const SpaceDim& dim = shapes_.dims[i];
      const int64_t x = rest % dim.space + dim.before;
      rest /= dim.space;
      place += x / dim.block * grid;
      grid *= dim.blocks;
      offset += x % dim.block * offsets;
      offsets *= dim.block;
    }
    // Of the row's pixels: which block, and where in it.
    int64_t at = last_.before / last_.block;
    int64_t within = last_.before % last_.block;
    for (int64_t i = 0; i < length_; ++i, to += inner) {
      const int64_t source = ((offset + within) * shapes_.images + rest) * grid + place + at;
      std::copy_n(from + source * inner, inner, to);
      if (++within == last_.block) {
        within = 0;
        ++at;
      }
    }
  }

  SpaceBatchShapes shapes_;
  const bool to_batch_;
  SpaceDim last_;
  int64_t length_ = 0;  // pixels of a row
  int64_t rows_ = 0;
};

PreparedOr MakeSpaceBatch(const PrepareContext& ctx, const std::vector<int64_t>& blocks,
                          const Tensor& margins, bool to_batch) {
  SESSILE_ASSIGN_OR_RETURN(SpaceBatchShapes shapes,
                           SpaceBatchShapesOf(ctx, blocks, margins, to_batch));
  return WithStorage(ctx.output_dtype(0), [&]<typename T>(Stored<T>) -> PreparedOr {
    return std::make_unique<SpaceBatch<T>>(ctx, std::move(shapes), to_batch);
  });
}

template <bool to_batch>
PreparedOr PrepareSpaceBatchND(const PrepareContext& ctx) {
  if (ctx.input_shape(1).rank() != 1) {
    return InvalidArgument("block_shape rank should be 1 instead of ", ctx.input_shape(1).rank());
  }
  SESSILE_ASSIGN_OR_RETURN(const std::vector<int64_t> blocks, IntsFromTensor(*ctx.input_value(1)));
  return MakeSpaceBatch(ctx, blocks, *ctx.input_value(2), to_batch);
}

template <bool to_batch>
PreparedOr PrepareSpaceBatch(const PrepareContext& ctx) {
  SESSILE_ASSIGN_OR_RETURN(const int64_t block, ctx.Attr<int64_t>("block_size"));
  if (ctx.input_shape(0).rank() != 4) {
    return InvalidArgument("Input rank should be 4 instead of ", ctx.input_shape(0).rank());
  }
  return MakeSpaceBatch(ctx, {block, block}, *ctx.input_value(1), to_batch);
}

// Channels of `image` [height, width, channels]: c = (dy * block + dx) * depth + d.
template <typename T>
class Depth final : public Prepared {
 public:
  // Sizes are those of the side with fewer pixels.
  struct Sizes {
    int64_t batch, height, width, block, depth;
  };
  Depth(const PrepareContext& ctx, const Sizes& sizes, Shape output, bool to_depth, bool last)
      : s_(sizes), to_depth_(to_depth), last_(last) {
    const bool is_empty = output.num_elements() == 0;
    AddOutput(ctx.output_dtype(0), std::move(output));
    if (is_empty) return;
    AddPhase(BlocksOf(s_.batch * s_.height,
                      s_.width * s_.block * s_.block * s_.depth * static_cast<int64_t>(sizeof(T))));
  }

  absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch, int,
                   int64_t block) const override {
    const T* const from = Elements<T>(in[0]);
    T* const to = Elements<T>(out[0]);
    for (const int64_t row : BlockRange(s_.batch * s_.height, block, num_blocks(0))) {
      const int64_t b = row / s_.height;
      const int64_t y = row % s_.height;
      for (int64_t x = 0; x < s_.width; ++x) {
        for (int64_t offset = 0; offset < s_.block * s_.block; ++offset) {
          for (int64_t d = 0; d < s_.depth; ++d) {
            const int64_t deep = Deep(b, y, x, offset * s_.depth + d);
            const int64_t wide =
                Wide_(b, y * s_.block + offset / s_.block, x * s_.block + offset % s_.block, d);
            if (to_depth_) {
              to[deep] = from[wide];
            } else {
              to[wide] = from[deep];
            }
          }
        }
      }
    }
    return absl::OkStatus();
  }

 private:
  int64_t Deep(int64_t b, int64_t y, int64_t x, int64_t c) const {
    const int64_t channels = s_.block * s_.block * s_.depth;
    return last_ ? ((b * s_.height + y) * s_.width + x) * channels + c
                 : ((b * channels + c) * s_.height + y) * s_.width + x;
  }
  int64_t Wide_(int64_t b, int64_t y, int64_t x, int64_t d) const {
    const int64_t height = s_.height * s_.block;
    const int64_t width = s_.width * s_.block;
    return last_ ? ((b * height + y) * width + x) * s_.depth + d
                 : ((b * s_.depth + d) * height + y) * width + x;
  }

  const Sizes s_;
  const bool to_depth_;
  const bool last_;
};

template <bool to_depth>
PreparedOr PrepareDepth(const PrepareContext& ctx) {
  const Shape& input = ctx.input_shape(0);
  SESSILE_ASSIGN_OR_RETURN(const int64_t block, ctx.Attr<int64_t>("block_size"));
  SESSILE_ASSIGN_OR_RETURN(const std::string format, ctx.Attr<std::string>("data_format"));
  if (input.rank() != 4) {
    return InvalidArgument("Input rank should be: 4 instead of: ", input.rank());
  }
  int64_t area = 0;
  if (block < 2 || __builtin_mul_overflow(block, block, &area)) {
    return InvalidArgument("Block size should be > 1, got ", block);
  }
  if (format == "NCHW_VECT_C") {
    return Unimplemented("data_format NCHW_VECT_C is for GPUs");
  }
  const bool last = format == "NHWC";
  const int64_t height = input.dim(last ? 1 : 2);
  const int64_t width = input.dim(last ? 2 : 3);
  const int64_t channels = input.dim(last ? 3 : 1);
  if (to_depth ? height % block != 0 || width % block != 0 : channels % area != 0) {
    return InvalidArgument("Image of shape ", input.ToString(), " cannot be cut by block_size ",
                           block);
  }
  std::array<int64_t, 3> sizes = {height, width, channels};
  if (to_depth) {
    sizes = {height / block, width / block, 0};
    if (__builtin_mul_overflow(channels, area, &sizes[2])) {
      return InvalidArgument("Block size ", block, " is too large");
    }
  } else if (__builtin_mul_overflow(height, block, &sizes[0]) ||
             __builtin_mul_overflow(width, block, &sizes[1])) {
    return InvalidArgument("Block size ", block, " is too large");
  } else {
    sizes[2] = channels / area;
  }
  const std::vector<int64_t> dims =
      last ? std::vector<int64_t>{input.dim(0), sizes[0], sizes[1], sizes[2]}
           : std::vector<int64_t>{input.dim(0), sizes[2], sizes[0], sizes[1]};
  SESSILE_ASSIGN_OR_RETURN(Shape output, Shape::FromDims(dims));
  return WithStorage(ctx.output_dtype(0), [&]<typename T>(Stored<T>) -> PreparedOr {
    const typename Depth<T>::Sizes small = {input.dim(0), to_depth ? sizes[0] : height,
                                            to_depth ? sizes[1] : width, block,
                                            to_depth ? channels : sizes[2]};
    return std::make_unique<Depth<T>>(ctx, small, std::move(output), to_depth, last);
  });
}

template <typename T>
class BroadcastArgs final : public Prepared {
 public:
  static PreparedOr Prepare(const PrepareContext& ctx) {
    for (int i = 0; i < 2; ++i) {
      if (ctx.input_shape(i).rank() != 1) {
        return InvalidArgument("In[", i, "] must be a vector.", ctx.input_shape(i).ToString());
      }
    }
    return std::make_unique<BroadcastArgs>(
        std::max(ctx.input_shape(0).dim(0), ctx.input_shape(1).dim(0)));
  }
  explicit BroadcastArgs(int64_t size) : size_(size) {
    AddOutput(DataTypeOf<T>::value, Shape({size}));
    AddPhase(1);
  }

  absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch, int, int64_t) const override {
    for (int64_t i = 0; i < size_; ++i) {
      const T a = At(in[0], i);
      const T b = At(in[1], i);
      if (a != b && a != 1 && b != 1) {
        return InvalidArgument("Incompatible shapes: element ", i, " is ", a, " vs. ", b);
      }
      out[0].data<T>()[i] = a == 1 ? b : a;
    }
    return absl::OkStatus();
  }

 private:
  // Missing leading dimensions are 1.
  T At(const TensorView& sizes, int64_t i) const {
    const int64_t at = i - (size_ - sizes.num_elements());
    return at < 0 ? T{1} : sizes.data<T>()[at];
  }
  const int64_t size_;
};

}  // namespace

void RegisterSpaceBatch(KernelRegistry& kernels) {
  kernels.Add("SpaceToBatchND", PrepareSpaceBatchND<true>).ValueInput(1).ValueInput(2);
  kernels.Add("BatchToSpaceND", PrepareSpaceBatchND<false>).ValueInput(1).ValueInput(2);
  kernels.Add("SpaceToBatch", PrepareSpaceBatch<true>).ValueInput(1);
  kernels.Add("BatchToSpace", PrepareSpaceBatch<false>).ValueInput(1);
  kernels.Add("SpaceToDepth", PrepareDepth<true>);
  kernels.Add("DepthToSpace", PrepareDepth<false>);
  kernels.Add<BroadcastArgs>("BroadcastArgs").For<TypeList<int32_t, int64_t>>("T");
}

}  // namespace sessile
