// ResizeBicubic and its gradient: each pixel is made of 4 x 4, with weights of Keys's cubic (1981)
//
//   w(d) = ((a + 2) d - (a + 3)) d^2 + 1 for d up to 1;  ((a d - 5 a) d + 8 a) d - 4 a for d up to
//   2
//
// for distances in steps of 1/1024, as TensorFlow has it: a = -0.75, and pixels outside of the
// image are its border; with half_pixel_centers a = -0.5, and they have no weight.

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "sessile/core/framework/kernel_registry.h"
#include "sessile/core/framework/status.h"
#include "sessile/kernels/image_resize.h"
#include "sessile/kernels/numeric.h"
#include "sessile/kernels/register_all.h"
#include "sessile/kernels/storage.h"
#include "sessile/kernels/vectorized.h"

namespace sessile {
namespace {

struct CubicTaps {
  std::array<int64_t, 4> at;
  std::array<float, 4> weight;
};

CubicTaps CubicTapsOf(const ResizedAxis& axis, int64_t i) {
  constexpr float kSteps = 1024;
  const double a = axis.half ? -0.5 : -0.75;
  const float place = axis.half ? (static_cast<float>(i) + 0.5f) * axis.scale - 0.5f
                                : static_cast<float>(i) * axis.scale;
  const float floor = std::floor(place);
  const float offset = static_cast<float>(std::lrint((place - floor) * kSteps));
  const auto near = [a](double d) {
    return static_cast<float>(((a + 2) * d - (a + 3)) * d * d + 1);
  };
  const auto far = [a](double d) {
    return static_cast<float>(((a * d - 5 * a) * d + 8 * a) * d - 4 * a);
  };
  const double after = static_cast<double>(offset / kSteps);
  const double before = static_cast<double>((kSteps - offset) / kSteps);
  CubicTaps taps{.at = {}, .weight = {far(after + 1), near(after), near(before), far(before + 1)}};
  float sum = 0;
  for (size_t k = 0; k < 4; ++k) {
    const int64_t at = static_cast<int64_t>(floor) - 1 + static_cast<int64_t>(k);
    taps.at[k] = std::clamp<int64_t>(at, 0, axis.from - 1);
    if (axis.half && taps.at[k] != at) taps.weight[k] = 0;
    sum += taps.weight[k];
  }
  if (axis.half && std::abs(sum) >= 1000 * std::numeric_limits<float>::min()) {
    for (float& weight : taps.weight) weight *= 1 / sum;
  }
  return taps;
}

// Of the output's type, which in the float64 mode is double.
template <typename Out>
struct BicubicTo {
  template <typename T>
  class Kernel final : public ResizeKernel {
   public:
    static PreparedOr Prepare(const PrepareContext& ctx) { return PrepareResize<Kernel>(ctx); }
    Kernel(const ResizeSizes& sizes, const Shape& output)
        : ResizeKernel(sizes, DataTypeOf<Out>::value, output) {}

    SESSILE_OPTIMIZE_SPEED absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch, int,
                                            int64_t block) const override {
      const T* const images = in[0].template data<T>();
      for (const int64_t row : BlockRange(s_.batch * s_.y.to, block, num_blocks(0))) {
        const int64_t b = row / s_.y.to;
        const CubicTaps y = CubicTapsOf(s_.y, row % s_.y.to);
        Out* to = out[0].template data<Out>() + row * s_.x.to * s_.channels;
        for (int64_t i = 0; i < s_.x.to; ++i) {
          const CubicTaps x = CubicTapsOf(s_.x, i);
          for (int64_t c = 0; c < s_.channels; ++c) {
            std::array<Out, 4> columns;
            for (size_t k = 0; k < 4; ++k) {
              std::array<Out, 4> pixels;
              for (size_t j = 0; j < 4; ++j) {
                pixels[j] = static_cast<Out>(Widen(images[InImages(b, y.at[j], x.at[k]) + c]));
              }
              columns[k] = Weighted(y.weight, pixels);
            }
            *to++ = Weighted(x.weight, columns);
          }
        }
      }
      return absl::OkStatus();
    }

   private:
    SESSILE_OPTIMIZE_SPEED static Out Weighted(const std::array<float, 4>& weight,
                                               const std::array<Out, 4>& value) {
      Out sum = value[0] * static_cast<Out>(weight[0]);
      for (size_t k = 1; k < 4; ++k) sum += value[k] * static_cast<Out>(weight[k]);
      return sum;
    }
  };
};

template <typename In>
struct BicubicGradFrom {
  template <typename T>
  class Kernel final : public ResizeGradKernel {
   public:
    static PreparedOr Prepare(const PrepareContext& ctx) { return PrepareResizeGrad<Kernel>(ctx); }
    Kernel(const ResizeSizes& sizes, const Shape& output)
        : ResizeGradKernel(sizes, DataTypeOf<T>::value, output, 0) {}

    absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch, int,
                     int64_t block) const override {
      for (const int64_t b : BlockRange(s_.batch, block, num_blocks(0))) {
        T* const sums = out[0].template data<T>() + b * image_;
        std::fill_n(sums, image_, T{0});
        const In* grad = in[0].template data<In>() + b * s_.y.to * s_.x.to * s_.channels;
        for (int64_t j = 0; j < s_.y.to; ++j) {
          const CubicTaps y = CubicTapsOf(s_.y, j);
          for (int64_t i = 0; i < s_.x.to; ++i, grad += s_.channels) {
            const CubicTaps x = CubicTapsOf(s_.x, i);
            for (size_t tap = 0; tap < 16; ++tap) {
              const T weight =
                  static_cast<T>(y.weight[tap / 4]) * static_cast<T>(x.weight[tap % 4]);
              T* const pixel = sums + (y.at[tap / 4] * s_.x.from + x.at[tap % 4]) * s_.channels;
              for (int64_t c = 0; c < s_.channels; ++c) {
                pixel[c] += static_cast<T>(grad[c]) * weight;
              }
            }
          }
        }
      }
      return absl::OkStatus();
    }
  };
};

}  // namespace

void RegisterResizeBicubic(KernelRegistry& kernels) {
  kernels.Add<BicubicTo<float>::Kernel>("ResizeBicubic").For<PixelTypes>("T").ValueInput(1);
  kernels.Add<BicubicTo<double>::Kernel>("ResizeBicubic")
      .For<TypeList<double>>("T")
      .ValueInput(1)
      .YardstickOnly();
  kernels.Add<BicubicGradFrom<float>::Kernel>("ResizeBicubicGrad").For<FloatTypes>("T");
  kernels.Add<BicubicGradFrom<double>::Kernel>("ResizeBicubicGrad")
      .For<TypeList<double>>("T")
      .YardstickOnly();
}

}  // namespace sessile
