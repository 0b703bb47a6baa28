// ResizeBilinear, ResizeNearestNeighbor and their gradients, row by row. Where a pixel lies is
// computed in float, as TensorFlow does, so that ties fall to the same side.

#include "sessile/kernels/image_resize.h"

#include <algorithm>
#include <limits>

#include "sessile/core/framework/kernel_registry.h"
#include "sessile/core/framework/status.h"
#include "sessile/kernels/blocks.h"
#include "sessile/kernels/numeric.h"
#include "sessile/kernels/register_all.h"
#include "sessile/kernels/storage.h"
#include "sessile/kernels/vectorized.h"

namespace sessile {

absl::StatusOr<ResizeSizes> ResizeSizesOf(const PrepareContext& ctx, const Shape& images,
                                          const Shape& resized) {
  SESSILE_ASSIGN_OR_RETURN(const bool align, ctx.Attr<bool>("align_corners"));
  SESSILE_ASSIGN_OR_RETURN(const bool half, ctx.Attr<bool>("half_pixel_centers"));
  if (align && half) {
    return InvalidArgument("If half_pixel_centers is True, align_corners must be False.");
  }
  SESSILE_RETURN_IF_ERROR(Shape::FromDims(resized.dims()).status());
  SESSILE_RETURN_IF_ERROR(Shape::FromDims(images.dims()).status());
  const auto axis = [&](int dim) {
    ResizedAxis result;
    result.from = images.dim(dim);
    result.to = resized.dim(dim);
    result.align = align;
    result.half = half;
    const bool corners = align && result.to > 1;
    result.scale = corners ? static_cast<float>(result.from - 1) / static_cast<float>(result.to - 1)
                           : static_cast<float>(result.from) / static_cast<float>(result.to);
    return result;
  };
  const ResizeSizes sizes = {images.dim(0), images.dim(3), axis(1), axis(2)};
  for (const ResizedAxis* each : {&sizes.y, &sizes.x}) {
    if (each->to <= 0) return InvalidArgument("output dimensions must be positive");
    if (each->from <= 0) return InvalidArgument("input image must be of non-zero size");
    if (each->from > std::numeric_limits<int32_t>::max() ||
        each->to > std::numeric_limits<int32_t>::max()) {
      return InvalidArgument("input sizes must be between 0 and max int32");
    }
  }
  return sizes;
}

absl::StatusOr<Shape> WithSize(const PrepareContext& ctx, const Shape& images) {
  if (images.rank() != 4) {
    return InvalidArgument("input must be 4-dimensional", images.ToString());
  }
  if (ctx.input_shape(1) != Shape({2})) {
    return InvalidArgument("shape_t must be 1-dimensional with two elements, got shape ",
                           ctx.input_shape(1).ToString());
  }
  const auto size = ctx.input_value(1)->flat<int32_t>();
  if (size[0] < 0 || size[1] < 0) return InvalidArgument("output dimensions must be positive");
  return images.WithDim(1, size[0]).WithDim(2, size[1]);
}

namespace {

// Of the output's type, which in the float64 mode is double.
template <typename Out>
struct BilinearTo {
  template <typename T>
  class Kernel final : public ResizeKernel {
   public:
    static PreparedOr Prepare(const PrepareContext& ctx) { return PrepareResize<Kernel>(ctx); }
    Kernel(const ResizeSizes& sizes, const Shape& output)
        : ResizeKernel(sizes, DataTypeOf<Out>::value, output) {}

    absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch, int,
                     int64_t block) const override {
      const T* const images = in[0].template data<T>();
      Out* const resized = out[0].template data<Out>();
      VectorizedFor<T>([=, this] {
        for (const int64_t row : BlockRange(s_.batch * s_.y.to, block, num_blocks(0))) {
          Row(images, row, resized + row * s_.x.to * s_.channels);
        }
      });
      return absl::OkStatus();
    }

   private:
    void Row(const T* images, int64_t row, Out* to) const {
      const int64_t b = row / s_.y.to;
      const auto y = s_.y.Around(row % s_.y.to);
      const int64_t channels = s_.channels;
      for (int64_t i = 0; i < s_.x.to; ++i, to += channels) {
        const auto x = s_.x.Around(i);
        const T* const top_left = images + InImages(b, y.lower, x.lower);
        const T* const top_right = images + InImages(b, y.lower, x.upper);
        const T* const low_left = images + InImages(b, y.upper, x.lower);
        const T* const low_right = images + InImages(b, y.upper, x.upper);
        const auto right = static_cast<Out>(x.weight), lower = static_cast<Out>(y.weight);
        const auto between = [right](T left_value, T right_value) {
          const auto left = static_cast<Out>(Widen(left_value));
          return left + (static_cast<Out>(Widen(right_value)) - left) * right;
        };
        SESSILE_NO_CARRIED_DEPENDENCE
        for (int64_t c = 0; c < channels; ++c) {
          const Out top = between(top_left[c], top_right[c]);
          const Out low = between(low_left[c], low_right[c]);
          to[c] = top + (low - top) * lower;
        }
      }
    }
  };
};

template <typename T>
class Nearest final : public ResizeKernel {
 public:
  static PreparedOr Prepare(const PrepareContext& ctx) { return PrepareResize<Nearest>(ctx); }
  Nearest(const ResizeSizes& sizes, const Shape& output)
      : ResizeKernel(sizes, DataTypeOf<T>::value, output) {}

  SESSILE_OPTIMIZE_SPEED absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch, int,
                                          int64_t block) const override {
    for (const int64_t row : BlockRange(s_.batch * s_.y.to, block, num_blocks(0))) {
      const int64_t y = s_.y.Nearest(row % s_.y.to);
      T* to = out[0].template data<T>() + row * s_.x.to * s_.channels;
      for (int64_t i = 0; i < s_.x.to; ++i, to += s_.channels) {
        std::copy_n(in[0].template data<T>() + InImages(row / s_.y.to, y, s_.x.Nearest(i)),
                    s_.channels, to);
      }
    }
    return absl::OkStatus();
  }
};

template <typename In>
struct BilinearGradFrom {
  template <typename T>
  class Kernel final : public ResizeGradKernel {
   public:
    static PreparedOr Prepare(const PrepareContext& ctx) { return PrepareResizeGrad<Kernel>(ctx); }
    Kernel(const ResizeSizes& sizes, const Shape& output)
        : ResizeGradKernel(sizes, DataTypeOf<T>::value, output, sizeof(In)) {}

    absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch scratch, int,
                     int64_t block) const override {
      In* const sums = scratch.slot<In>(block);
      for (const int64_t b : BlockRange(s_.batch, block, num_blocks(0))) {
        std::fill_n(sums, image_, In{0});
        const In* grad = in[0].template data<In>() + b * s_.y.to * s_.x.to * s_.channels;
        for (int64_t j = 0; j < s_.y.to; ++j) {
          const auto y = s_.y.Around(j);
          for (int64_t i = 0; i < s_.x.to; ++i) {
            const auto x = s_.x.Around(i);
            for (int64_t c = 0; c < s_.channels; ++c, ++grad) {
              const In upper = static_cast<In>(y.weight);
              const In right = static_cast<In>(x.weight);
              const auto add = [&](int64_t row, int64_t column, In weight) {
                sums[(row * s_.x.from + column) * s_.channels + c] += *grad * weight;
              };
              add(y.lower, x.lower, (1 - upper) * (1 - right));
              add(y.lower, x.upper, (1 - upper) * right);
              add(y.upper, x.lower, upper * (1 - right));
              add(y.upper, x.upper, upper * right);
            }
          }
        }
        T* const to = out[0].template data<T>() + b * image_;
        for (int64_t i = 0; i < image_; ++i) to[i] = Narrow<T>(static_cast<Wide<T>>(sums[i]));
      }
      return absl::OkStatus();
    }
  };
};

template <typename T>
class NearestGrad final : public ResizeGradKernel {
 public:
  static PreparedOr Prepare(const PrepareContext& ctx) {
    SESSILE_ASSIGN_OR_RETURN(const Shape output, WithSize(ctx, ctx.input_shape(0)));
    SESSILE_ASSIGN_OR_RETURN(const ResizeSizes sizes,
                             ResizeSizesOf(ctx, output, ctx.input_shape(0)));
    return std::make_unique<NearestGrad>(sizes, output);
  }
  NearestGrad(const ResizeSizes& sizes, const Shape& output)
      : ResizeGradKernel(sizes, DataTypeOf<T>::value, output, sizeof(Wide<T>)) {}

  absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch scratch, int,
                   int64_t block) const override {
    using W = Wide<T>;
    W* const sums = scratch.slot<W>(block);
    for (const int64_t b : BlockRange(s_.batch, block, num_blocks(0))) {
      std::fill_n(sums, image_, W{0});
      const T* grad = in[0].template data<T>() + b * s_.y.to * s_.x.to * s_.channels;
      for (int64_t j = 0; j < s_.y.to; ++j) {
        const int64_t y = s_.y.Nearest(j);
        for (int64_t i = 0; i < s_.x.to; ++i) {
          W* const pixel = sums + (y * s_.x.from + s_.x.Nearest(i)) * s_.channels;
          for (int64_t c = 0; c < s_.channels; ++c, ++grad) {
            pixel[c] = WrapAdd(pixel[c], static_cast<W>(Widen(*grad)));
          }
        }
      }
      T* const to = out[0].template data<T>() + b * image_;
      for (int64_t i = 0; i < image_; ++i) to[i] = Narrow<T>(sums[i]);
    }
    return absl::OkStatus();
  }
};

}  // namespace

void RegisterImageResize(KernelRegistry& kernels) {
  kernels.Add<BilinearTo<float>::Kernel>("ResizeBilinear").For<PixelTypes>("T").ValueInput(1);
  kernels.Add<BilinearTo<double>::Kernel>("ResizeBilinear")
      .For<TypeList<double>>("T")
      .ValueInput(1)
      .YardstickOnly();
  kernels.Add<Nearest>("ResizeNearestNeighbor").For<PixelTypes>("T").ValueInput(1);
  kernels.Add<BilinearGradFrom<float>::Kernel>("ResizeBilinearGrad").For<AllFloatTypes>("T");
  kernels.Add<BilinearGradFrom<double>::Kernel>("ResizeBilinearGrad")
      .For<TypeList<double>>("T")
      .YardstickOnly();
  using Gradients = TypeList<uint8_t, int8_t, int32_t, Half, float, double, BFloat16>;
  kernels.Add<NearestGrad>("ResizeNearestNeighborGrad").For<Gradients>("T").ValueInput(1);
}

}  // namespace sessile
