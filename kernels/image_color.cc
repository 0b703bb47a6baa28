// AdjustContrastv2, AdjustSaturation, AdjustHue, RGBToHSV and HSVToRGB. Hue, saturation and value
// are those of A. R. Smith (1978): hue in sixths of the colour circle, here divided by 6.

#include <algorithm>
#include <array>
#include <cmath>

#include "sessile/core/framework/kernel_registry.h"
#include "sessile/core/framework/status.h"
#include "sessile/kernels/blocks.h"
#include "sessile/kernels/numeric.h"
#include "sessile/kernels/register_all.h"
#include "sessile/kernels/storage.h"

namespace sessile {
namespace {

template <typename W>
using Color = std::array<W, 3>;

template <typename W>
Color<W> ToHsv(const Color<W>& rgb) {
  const auto [r, g, b] = rgb;
  const W value = std::max({r, g, b});
  const W range = value - std::min({r, g, b});
  const W saturation = value > 0 ? range / value : W{0};
  if (!(range > 0)) return {W{0}, saturation, value};
  const W norm = W{1} / (W{6} * range);
  W hue = norm * (r - g) + W{4} / W{6};
  if (r == value) {
    hue = norm * (g - b);
  } else if (g == value) {
    hue = norm * (b - r) + W{2} / W{6};
  }
  return {hue < 0 ? hue + W{1} : hue, saturation, value};
}

template <typename W>
Color<W> ToRgb(const Color<W>& hsv) {
  const auto [h, s, v] = hsv;
  const W sixths = h * W{6};
  const auto clip = [](W x) { return std::clamp(x, W{0}, W{1}); };
  const W red = clip(std::abs(sixths - W{3}) - W{1});
  const W green = clip(W{2} - std::abs(sixths - W{2}));
  const W blue = clip(W{2} - std::abs(sixths - W{4}));
  const W grey = W{1} - s;
  return {(grey + s * red) * v, (grey + s * green) * v, (grey + s * blue) * v};
}

// Applies `f` to each colour; with an argument that is the same for all.
enum class ColorChange { kToHsv, kToRgb, kSaturation, kHue };

template <ColorChange change, typename W>
Color<W> Changed(const Color<W>& color, W by) {
  if constexpr (change == ColorChange::kToHsv) return ToHsv(color);
  if constexpr (change == ColorChange::kToRgb) return ToRgb(color);
  Color<W> hsv = ToHsv(color);
  if constexpr (change == ColorChange::kSaturation) {
    hsv[1] = std::clamp(hsv[1] * by, W{0}, W{1});
  } else {
    const W turned = hsv[0] + by;
    hsv[0] = turned - std::floor(turned);
  }
  return ToRgb(hsv);
}

// A scalar argument is a float, in the float64 mode a double.
double ScalarOf(const TensorView& view) {
  return view.dtype() == DataType::kDouble ? *view.data<double>()
                                           : static_cast<double>(*view.data<float>());
}

template <ColorChange change>
struct ColorsOf {
  template <typename T>
  class Kernel final : public Prepared {
   public:
    static PreparedOr Prepare(const PrepareContext& ctx) {
      const Shape& images = ctx.input_shape(0);
      if (images.rank() < 1 || images.dim(images.rank() - 1) != 3) {
        return InvalidArgument("input must have 3 channels but instead has shape ",
                               images.ToString());
      }
      if (ctx.num_inputs() > 1 && ctx.input_shape(1).rank() != 0) {
        return InvalidArgument("the change must be scalar: ", ctx.input_shape(1).ToString());
      }
      return std::make_unique<Kernel>(images);
    }
    explicit Kernel(const Shape& images) : pixels_(images.num_elements() / 3) {
      AddOutput(DataTypeOf<T>::value, images);
      MayForward(0, 0);
      AddPhase(BlocksOf(pixels_, 3 * static_cast<int64_t>(sizeof(T)) * 4));
    }

    absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch, int,
                     int64_t block) const override {
      using W = Wide<T>;
      const W by = in.size() > 1 ? static_cast<W>(ScalarOf(in[1])) : W{0};
      const T* const from = in[0].template data<T>();
      T* const to = out[0].template data<T>();
      for (const int64_t i : BlockRange(pixels_, block, num_blocks(0))) {
        const Color<W> color = {Widen(from[3 * i]), Widen(from[3 * i + 1]), Widen(from[3 * i + 2])};
        const Color<W> changed = Changed<change, W>(color, by);
        for (size_t c = 0; c < 3; ++c) to[3 * i + static_cast<int64_t>(c)] = Narrow<T>(changed[c]);
      }
      return absl::OkStatus();
    }

   private:
    const int64_t pixels_;
  };
};

// (x - mean) * factor + mean, the mean being that of one channel of one image.
template <typename T>
class AdjustContrast final : public Prepared {
 public:
  static PreparedOr Prepare(const PrepareContext& ctx) {
    const Shape& images = ctx.input_shape(0);
    if (images.rank() < 3) {
      return InvalidArgument("input must be at least 3-D, got shape", images.ToString());
    }
    if (ctx.input_shape(1).rank() != 0) {
      return InvalidArgument("contrast_factor must be scalar: ", ctx.input_shape(1).ToString());
    }
    return std::make_unique<AdjustContrast>(images);
  }
  explicit AdjustContrast(const Shape& images)
      : images_(images.Slice(0, images.rank() - 3).num_elements()),
        pixels_(images.dim(images.rank() - 3) * images.dim(images.rank() - 2)),
        channels_(images.dim(images.rank() - 1)) {
    AddOutput(DataTypeOf<T>::value, images);
    if (images.num_elements() == 0) return;
    AddPhase(BlocksOf(images_ * channels_, pixels_ * static_cast<int64_t>(sizeof(T)) * 2));
  }

  absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch, int,
                   int64_t block) const override {
    const double factor = ScalarOf(in[1]);
    for (const int64_t at : BlockRange(images_ * channels_, block, num_blocks(0))) {
      const int64_t first = at / channels_ * pixels_ * channels_ + at % channels_;
      const T* const from = in[0].template data<T>() + first;
      T* const to = out[0].template data<T>() + first;
      double sum = 0;
      for (int64_t i = 0; i < pixels_; ++i) {
        sum += static_cast<double>(Widen(from[i * channels_]));
      }
      const double mean = sum / static_cast<double>(pixels_);
      for (int64_t i = 0; i < pixels_; ++i) {
        const double distance = static_cast<double>(Widen(from[i * channels_])) - mean;
        to[i * channels_] = Narrow<T>(static_cast<Wide<T>>(distance * factor + mean));
      }
    }
    return absl::OkStatus();
  }

 private:
  const int64_t images_;
  const int64_t pixels_;
  const int64_t channels_;
};

template <template <typename> class K>
void AddAdjustment(KernelRegistry& kernels, const char* op) {
  kernels.Add<K>(op).template For<TypeList<Half, float>>("T");
  kernels.Add<K>(op).template For<TypeList<double>>("T").YardstickOnly();
}

}  // namespace

void RegisterImageColor(KernelRegistry& kernels) {
  AddAdjustment<AdjustContrast>(kernels, "AdjustContrastv2");
  AddAdjustment<ColorsOf<ColorChange::kSaturation>::Kernel>(kernels, "AdjustSaturation");
  AddAdjustment<ColorsOf<ColorChange::kHue>::Kernel>(kernels, "AdjustHue");
  kernels.Add<ColorsOf<ColorChange::kToHsv>::Kernel>("RGBToHSV").For<AllFloatTypes>("T");
  kernels.Add<ColorsOf<ColorChange::kToRgb>::Kernel>("HSVToRGB").For<AllFloatTypes>("T");
}

}  // namespace sessile
