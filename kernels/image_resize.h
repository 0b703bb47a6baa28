// What the kernels of resized images share: where a pixel lies, and checked sizes.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <memory>

#include "absl/status/statusor.h"
#include "sessile/core/framework/kernel.h"
#include "sessile/core/framework/kernel_registry.h"
#include "sessile/core/framework/shape.h"
#include "sessile/core/framework/status.h"
#include "sessile/kernels/blocks.h"

namespace sessile {

// Of the images that are resized.
using PixelTypes =
    TypeList<int8_t, uint8_t, int16_t, uint16_t, int32_t, int64_t, Half, float, double, BFloat16>;

// One of the two dimensions, from `small` pixels of the images to `large` of the resized ones.
struct ResizedAxis {
  int64_t from = 0;
  int64_t to = 0;
  float scale = 1;
  bool align = false;
  bool half = false;

  struct Between {
    int64_t lower;
    int64_t upper;
    float weight;  // of the upper one
  };
  Between Around(int64_t i) const {
    const float at =
        half ? (static_cast<float>(i) + 0.5f) * scale - 0.5f : static_cast<float>(i) * scale;
    const float floor = std::floor(at);
    return {std::clamp<int64_t>(static_cast<int64_t>(floor), 0, from - 1),
            std::min<int64_t>(static_cast<int64_t>(std::ceil(at)), from - 1), at - floor};
  }
  int64_t Nearest(int64_t i) const {
    const float at = (static_cast<float>(i) + (half ? 0.5f : 0.0f)) * scale;
    const float nearest = align ? std::round(at) : std::floor(at);
    return std::clamp<int64_t>(static_cast<int64_t>(nearest), 0, from - 1);
  }
};

struct ResizeSizes {
  int64_t batch = 0;
  int64_t channels = 0;
  ResizedAxis y;
  ResizedAxis x;
};

// `images` and `resized` are [batch, height, width, channels]. Errors as TensorFlow's.
absl::StatusOr<ResizeSizes> ResizeSizesOf(const PrepareContext& ctx, const Shape& images,
                                          const Shape& resized);

// `images` with the height and width that input 1 has as its value.
absl::StatusOr<Shape> WithSize(const PrepareContext& ctx, const Shape& images);

// A block makes whole rows of the resized images.
class ResizeKernel : public Prepared {
 protected:
  ResizeKernel(const ResizeSizes& sizes, DataType dtype, const Shape& output) : s_(sizes) {
    AddOutput(dtype, output);
    if (output.num_elements() == 0) return;
    AddPhase(BlocksOf(s_.batch * s_.y.to, s_.x.to * s_.channels * 16));
  }
  int64_t InImages(int64_t b, int64_t y, int64_t x) const {
    return ((b * s_.y.from + y) * s_.x.from + x) * s_.channels;
  }
  const ResizeSizes s_;
};

// K(sizes, output) for images that are resized to the value of input 1.
template <typename K>
absl::StatusOr<std::unique_ptr<Prepared>> PrepareResize(const PrepareContext& ctx) {
  SESSILE_ASSIGN_OR_RETURN(const Shape output, WithSize(ctx, ctx.input_shape(0)));
  SESSILE_ASSIGN_OR_RETURN(const ResizeSizes sizes, ResizeSizesOf(ctx, ctx.input_shape(0), output));
  return std::make_unique<K>(sizes, output);
}

// A gradient: a block makes whole images, of which each pixel gets what was made of it, in order.
class ResizeGradKernel : public Prepared {
 protected:
  ResizeGradKernel(const ResizeSizes& sizes, DataType dtype, const Shape& output, size_t bytes)
      : s_(sizes), image_(s_.y.from * s_.x.from * s_.channels) {
    AddOutput(dtype, output);
    if (output.num_elements() == 0) return;
    AddPhase(BlocksOf(s_.batch, (image_ + s_.y.to * s_.x.to * s_.channels) * 8));
    SetScratch(num_blocks(0), static_cast<size_t>(image_) * bytes);
  }
  const ResizeSizes s_;
  const int64_t image_;
};

// K(sizes, output) for gradients, input 0, by images of the shape of input 1.
template <typename K>
absl::StatusOr<std::unique_ptr<Prepared>> PrepareResizeGrad(const PrepareContext& ctx) {
  const Shape& grads = ctx.input_shape(0);
  const Shape& images = ctx.input_shape(1);
  if (grads.rank() != 4 || images.rank() != 4 || grads.dim(0) != images.dim(0) ||
      grads.dim(3) != images.dim(3)) {
    return InvalidArgument("input_grad ", grads.ToString(), " and original_image ",
                           images.ToString(), " must be 4-dimensional and fit");
  }
  SESSILE_ASSIGN_OR_RETURN(const ResizeSizes sizes, ResizeSizesOf(ctx, images, grads));
  return std::make_unique<K>(sizes, images);
}

}  // namespace sessile
