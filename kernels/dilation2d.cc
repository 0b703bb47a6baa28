// Dilation2D in plain loops, with images x [batch, height, width, channels] and a filter f [rows,
// columns, channels]:
//
//   y[b, oy, ox, c] = max over ky, kx of x[b, iy, ix, c] + f[ky, kx, c]
//   iy = oy * stride + ky * rate - padding, and ix alike; pixels outside take no part
//
// Its gradients give what came for an output to the pixel or the tap of the first maximum. Each
// channel is worked on by itself, so that they are added up in one order.

#include <algorithm>
#include <array>
#include <limits>
#include <memory>
#include <vector>

#include "sessile/core/framework/kernel_registry.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/framework/window_geometry.h"
#include "sessile/kernels/blocks.h"
#include "sessile/kernels/in_wider_type.h"
#include "sessile/kernels/numeric.h"
#include "sessile/kernels/register_all.h"
#include "sessile/kernels/storage.h"
#include "sessile/kernels/vectorized.h"

namespace sessile {
namespace {

struct DilationSide {
  int64_t input = 0;
  int64_t output = 0;
  int64_t filter = 0;
  int64_t stride = 1;
  int64_t rate = 1;
  int64_t pad = 0;

  int64_t InputAt(int64_t o, int64_t k) const { return o * stride + k * rate - pad; }
  bool Has(int64_t i) const { return i >= 0 && i < input; }
};

struct DilationDims {
  int64_t batch = 0;
  int64_t channels = 0;
  DilationSide y, x;
  Shape output;

  // Where the maximum of a window lies: offsets into one image and into the filter, without the
  // channel. If no pixel takes part, those that TensorFlow names: the window's first pixel (or the
  // image's), and the first tap.
  struct Place {
    int64_t pixel = 0;
    int64_t tap = 0;
  };
  // The maximum of the window at (row, column) for channel c of `image`.
  template <typename T>
  Wide<T> MaximumAt(const T* image, const T* filter, int64_t row, int64_t column, int64_t c,
                    Place* place) const;
};

template <typename T>
SESSILE_OPTIMIZE_SPEED Wide<T> DilationDims::MaximumAt(const T* image, const T* filter, int64_t row,
                                                       int64_t column, int64_t c,
                                                       Place* place) const {
  const int64_t first_y = std::clamp<int64_t>(y.InputAt(row, 0), 0, y.input - 1);
  const int64_t first_x = std::clamp<int64_t>(x.InputAt(column, 0), 0, x.input - 1);
  *place = {(first_y * x.input + first_x) * channels, 0};
  Wide<T> best = Widen(Narrow<T>(std::numeric_limits<Wide<T>>::lowest()));
  for (int64_t ky = 0; ky < y.filter; ++ky) {
    const int64_t iy = y.InputAt(row, ky);
    if (!y.Has(iy)) continue;
    for (int64_t kx = 0; kx < x.filter; ++kx) {
      const int64_t ix = x.InputAt(column, kx);
      if (!x.Has(ix)) continue;
      const Place here = {(iy * x.input + ix) * channels, (ky * x.filter + kx) * channels};
      const Wide<T> sum =
          Widen(Narrow<T>(WrapAdd(Widen(image[here.pixel + c]), Widen(filter[here.tap + c]))));
      if (!(sum > best)) continue;
      best = sum;
      *place = here;
    }
  }
  return best;
}

absl::StatusOr<DilationDims> DilationDimsOf(const PrepareContext& ctx) {
  const Shape& input = ctx.input_shape(0);
  const Shape& filter = ctx.input_shape(1);
  SESSILE_ASSIGN_OR_RETURN(const WindowGeometry window,
                           WindowGeometry::Of("Dilation2D", ctx.attrs()));
  if (input.rank() != 4) return InvalidArgument("input must be 4-dimensional", input.ToString());
  if (filter.rank() != 3)
    return InvalidArgument("filter must be 3-dimensional: ", filter.ToString());
  DilationDims dims;
  dims.batch = input.dim(0);
  dims.channels = input.dim(3);
  if (filter.dim(2) != dims.channels) {
    return InvalidArgument("input and filter must have the same depth: ", dims.channels, " vs ",
                           filter.dim(2));
  }
  for (int i = 0; i < 2; ++i) {
    SESSILE_ASSIGN_OR_RETURN(const WindowExtent extent,
                             window.Extent(i, input.dim(i + 1), filter.dim(i)));
    (i == 0 ? dims.y : dims.x) = {.input = input.dim(i + 1),
                                  .output = extent.output,
                                  .filter = filter.dim(i),
                                  .stride = window.stride(i),
                                  .rate = window.dilation(i),
                                  .pad = extent.pad_before};
  }
  const std::vector<int64_t> sizes = {dims.batch, dims.y.output, dims.x.output, dims.channels};
  SESSILE_ASSIGN_OR_RETURN(dims.output, Shape::FromDims(sizes));
  // Every window has a pixel to name.
  if (dims.output.num_elements() > 0 && input.num_elements() == 0) {
    return InvalidArgument("input must not be empty, got shape ", input.ToString());
  }
  if (ctx.num_inputs() > 2 && ctx.input_shape(2) != dims.output) {
    return InvalidArgument("out_backprop must have shape ", dims.output.ToString(), ", but has ",
                           ctx.input_shape(2).ToString());
  }
  return dims;
}

template <typename T>
class Dilation2D final : public Prepared {
 public:
  static PreparedOr Prepare(const PrepareContext& ctx) {
    SESSILE_ASSIGN_OR_RETURN(DilationDims dims, DilationDimsOf(ctx));
    return std::make_unique<Dilation2D>(std::move(dims));
  }
  explicit Dilation2D(DilationDims dims) : d_(std::move(dims)) {
    AddOutput(DataTypeOf<T>::value, d_.output);
    if (d_.output.num_elements() == 0) return;
    AddPhase(
        BlocksOfWork(d_.batch * d_.y.output, static_cast<double>(d_.x.output * d_.channels) *
                                                 static_cast<double>(d_.y.filter * d_.x.filter)));
  }
  absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch, int,
                   int64_t block) const override {
    const int64_t image = d_.y.input * d_.x.input * d_.channels;
    DilationDims::Place place;
    for (const int64_t row : BlockRange(d_.batch * d_.y.output, block, num_blocks(0))) {
      const T* const images = in[0].data<T>() + row / d_.y.output * image;
      T* to = out[0].data<T>() + row * d_.x.output * d_.channels;
      for (int64_t column = 0; column < d_.x.output; ++column) {
        for (int64_t c = 0; c < d_.channels; ++c) {
          *to++ = Narrow<T>(
              d_.MaximumAt(images, in[1].data<T>(), row % d_.y.output, column, c, &place));
        }
      }
    }
    return absl::OkStatus();
  }

 private:
  const DilationDims d_;
};

// By the images: planes of one image and channel. By the filter: planes of one channel, over all
// images. Sums are kept in double for floats.
template <bool by_filter>
struct DilationBackprop {
  template <typename T>
  class Kernel final : public Prepared {
   public:
    using Sum = std::conditional_t<std::is_integral_v<T>, T, double>;

    static PreparedOr Prepare(const PrepareContext& ctx) {
      SESSILE_ASSIGN_OR_RETURN(DilationDims dims, DilationDimsOf(ctx));
      return std::make_unique<Kernel>(ctx, std::move(dims));
    }
    Kernel(const PrepareContext& ctx, DilationDims dims)
        : d_(std::move(dims)),
          planes_(by_filter ? d_.channels : d_.batch * d_.channels),
          plane_(by_filter ? d_.y.filter * d_.x.filter : d_.y.input * d_.x.input) {
      const Shape& output = ctx.input_shape(by_filter ? 1 : 0);
      AddOutput(DataTypeOf<T>::value, output);
      if (output.num_elements() == 0) return;
      constexpr int64_t kMostPlanes = 16;  // each has scratch of its own
      const int64_t windows = d_.output.num_elements() / planes_ + 1;
      AddPhase(BlocksOfWork(
          planes_, static_cast<double>(windows) * static_cast<double>(d_.y.filter * d_.x.filter),
          kMostPlanes));
      SetScratch(num_blocks(0), static_cast<size_t>(plane_) * sizeof(Sum));
    }

    absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch scratch, int,
                     int64_t block) const override {
      Sum* const sums = scratch.slot<Sum>(block);
      for (const int64_t plane : BlockRange(planes_, block, num_blocks(0))) {
        const int64_t c = plane % d_.channels;
        const int64_t b = plane / d_.channels;
        std::fill_n(sums, plane_, Sum{0});
        const int64_t end = d_.output.num_elements() == 0 ? b : by_filter ? d_.batch : b + 1;
        for (int64_t i = b; i < end; ++i) AddImage(in, i, c, sums);
        T* const to = out[0].template data<T>() + b * plane_ * d_.channels + c;
        for (int64_t i = 0; i < plane_; ++i) {
          to[i * d_.channels] = Narrow<T>(static_cast<Wide<T>>(sums[i]));
        }
      }
      return absl::OkStatus();
    }

   private:
    void AddImage(Inputs in, int64_t b, int64_t c, Sum* sums) const {
      const T* const image = in[0].template data<T>() + b * d_.y.input * d_.x.input * d_.channels;
      const T* const grads =
          in[2].template data<T>() + b * d_.y.output * d_.x.output * d_.channels + c;
      DilationDims::Place place;
      for (int64_t row = 0; row < d_.y.output; ++row) {
        for (int64_t column = 0; column < d_.x.output; ++column) {
          d_.MaximumAt(image, in[1].template data<T>(), row, column, c, &place);
          Sum& sum = sums[(by_filter ? place.tap : place.pixel) / d_.channels];
          const T grad = grads[(row * d_.x.output + column) * d_.channels];
          sum = WrapAdd(sum, static_cast<Sum>(Widen(grad)));
        }
      }
    }

    const DilationDims d_;
    const int64_t planes_;
    const int64_t plane_;
  };
};

}  // namespace

void RegisterDilation2D(KernelRegistry& kernels) {
  kernels.Add<HalfInFloat<Dilation2D>::Kernel>("Dilation2D").For<AllNumberTypes>("T");
  kernels.Add<HalfInFloat<DilationBackprop<false>::Kernel>::Kernel>("Dilation2DBackpropInput")
      .For<AllNumberTypes>("T");
  kernels.Add<HalfInFloat<DilationBackprop<true>::Kernel>::Kernel>("Dilation2DBackpropFilter")
      .For<AllNumberTypes>("T");
}

}  // namespace sessile
