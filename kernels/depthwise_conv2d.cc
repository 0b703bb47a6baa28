// Depthwise convolution in plain loops, NHWC. With channels C, multiplier M and filters
// f[ky, kx, c, m]:
//
//   y[b, oy, ox, c * M + m] = sum over ky, kx of x[b, iy, ix, c] * f[ky, kx, c, m]
//   iy = oy * stride + ky * dilation - padding, and ix alike
//
// Sums are kept in double. The gradient by the filters has a block for each (ky, kx), which walks
// over all images in order.

#include <algorithm>
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

struct DepthwiseSide {
  int64_t input = 0;
  int64_t output = 0;
  int64_t filter = 0;
  int64_t stride = 1;
  int64_t dilation = 1;
  int64_t pad = 0;
  // The input's position for an output and a tap; -1 if that lies outside.
  int64_t InputAt(int64_t o, int64_t k) const {
    const int64_t i = o * stride + k * dilation - pad;
    return i >= 0 && i < input ? i : -1;
  }
  // The output whose window has input `i` at tap `k`; -1 if there is none.
  int64_t OutputAt(int64_t i, int64_t k) const {
    const int64_t scaled = i + pad - k * dilation;
    if (scaled < 0 || scaled % stride != 0) return -1;
    return scaled / stride < output ? scaled / stride : -1;
  }
};

struct DepthwiseDims {
  int64_t batch = 0;
  int64_t channels = 0;
  int64_t multiplier = 0;
  DepthwiseSide y, x;
  Shape output;

  int64_t wide() const { return channels * multiplier; }

  static absl::StatusOr<DepthwiseDims> Of(const PrepareContext& ctx, const Shape& input,
                                          const Shape& filter) {
    const char* const op = "DepthwiseConv2dNative";
    SESSILE_ASSIGN_OR_RETURN(const WindowGeometry window, WindowGeometry::Of(op, ctx.attrs()));
    if (!window.format().channels_last()) {
      return Unimplemented(op, " is computed on a CPU for data format NHWC only");
    }
    if (input.rank() != 4) return InvalidArgument("input must be 4-dimensional", input.ToString());
    if (filter.rank() != 4) {
      return InvalidArgument("filter must be 4-dimensional: ", filter.ToString());
    }
    DepthwiseDims dims;
    dims.batch = input.dim(0);
    dims.channels = input.dim(3);
    dims.multiplier = filter.dim(3);
    if (filter.dim(2) != dims.channels) {
      return InvalidArgument("input and filter must have the same depth: ", dims.channels, " vs ",
                             filter.dim(2));
    }
    for (int i = 0; i < 2; ++i) {
      DepthwiseSide& side = i == 0 ? dims.y : dims.x;
      SESSILE_ASSIGN_OR_RETURN(const WindowExtent extent,
                               window.Extent(i, input.dim(i + 1), filter.dim(i)));
      side = {.input = input.dim(i + 1),
              .output = extent.output,
              .filter = filter.dim(i),
              .stride = window.stride(i),
              .dilation = window.dilation(i),
              .pad = extent.pad_before};
    }
    const std::vector<int64_t> sizes = {dims.batch, dims.y.output, dims.x.output, dims.wide()};
    SESSILE_ASSIGN_OR_RETURN(dims.output, Shape::FromDims(sizes));
    return dims;
  }

  double taps() const { return static_cast<double>(y.filter) * static_cast<double>(x.filter); }
};

absl::Status CheckDepthwiseBackprop(const Shape& backprop, const DepthwiseDims& dims) {
  if (backprop == dims.output) return absl::OkStatus();
  return InvalidArgument("out_backprop must have shape ", dims.output.ToString(), ", but has ",
                         backprop.ToString());
}

// sums[c * multiplier + m] += x[c] * f[c * multiplier + m]
template <typename T>
void AddDepthwise(const T* x, const T* f, int64_t channels, int64_t multiplier, double* sums) {
  if (multiplier == 1) {
    for (int64_t c = 0; c < channels; ++c) {
      sums[c] += static_cast<double>(Widen(x[c])) * static_cast<double>(Widen(f[c]));
    }
    return;
  }
  for (int64_t c = 0; c < channels; ++c, f += multiplier, sums += multiplier) {
    const auto value = static_cast<double>(Widen(x[c]));
    for (int64_t m = 0; m < multiplier; ++m) sums[m] += value * static_cast<double>(Widen(f[m]));
  }
}

// A kernel that makes an image of `rows` by `columns` positions with `depth` channels, a position
// after the other, each from sums over taps. Blocks are rows.
class DepthwiseImage : public Prepared {
 protected:
  DepthwiseImage(const DepthwiseDims& dims, DataType type, const Shape& image)
      : d_(dims), rows_(image.dim(1)), columns_(image.dim(2)), depth_(image.dim(3)) {
    AddOutput(type, image);
    if (image.num_elements() == 0) return;
    AddPhase(BlocksOfWork(d_.batch * rows_, static_cast<double>(columns_ * d_.wide()) * d_.taps()));
    SetScratch(num_blocks(0), static_cast<size_t>(depth_) * sizeof(double));
  }

  // add(image, row, column, sums)
  template <typename T, typename Add>
  void ForEachPosition(T* image, double* sums, int64_t block, Add add) const {
    VectorizedFor<T>([=, this] {
      for (const int64_t row : BlockRange(d_.batch * rows_, block, num_blocks(0))) {
        for (int64_t column = 0; column < columns_; ++column) {
          std::fill_n(sums, depth_, 0.0);
          add(row / rows_, row % rows_, column, sums);
          T* const to = image + (row * columns_ + column) * depth_;
          for (int64_t c = 0; c < depth_; ++c) to[c] = Narrow<T>(static_cast<Wide<T>>(sums[c]));
        }
      }
    });
  }

  const DepthwiseDims d_;

 private:
  const int64_t rows_, columns_, depth_;
};

template <typename T>
class DepthwiseForward final : public DepthwiseImage {
 public:
  static PreparedOr Prepare(const PrepareContext& ctx) {
    SESSILE_ASSIGN_OR_RETURN(const DepthwiseDims dims,
                             DepthwiseDims::Of(ctx, ctx.input_shape(0), ctx.input_shape(1)));
    return std::make_unique<DepthwiseForward>(dims);
  }
  explicit DepthwiseForward(const DepthwiseDims& dims)
      : DepthwiseImage(dims, DataTypeOf<T>::value, dims.output) {
    TakesRows(0);
  }
  absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch scratch, int,
                   int64_t block) const override {
    ForEachPosition(
        out[0].data<T>(), scratch.slot<double>(block), block,
        [this, x = in[0].data<T>(), f = in[1].data<T>()](
            int64_t b, int64_t oy, int64_t ox, double* sums) { AddTaps(x, f, b, oy, ox, sums); });
    return absl::OkStatus();
  }

 private:
  void AddTaps(const T* input, const T* filter, int64_t b, int64_t oy, int64_t ox,
               double* sums) const {
    for (int64_t ky = 0; ky < d_.y.filter; ++ky) {
      const int64_t iy = d_.y.InputAt(oy, ky);
      for (int64_t kx = 0; iy >= 0 && kx < d_.x.filter; ++kx) {
        const int64_t ix = d_.x.InputAt(ox, kx);
        if (ix < 0) continue;
        const T* const x = input + ((b * d_.y.input + iy) * d_.x.input + ix) * d_.channels;
        const T* const f = filter + (ky * d_.x.filter + kx) * d_.wide();
        AddDepthwise(x, f, d_.channels, d_.multiplier, sums);
      }
    }
  }
};

template <typename T>
class DepthwiseByInput final : public DepthwiseImage {
 public:
  static PreparedOr Prepare(const PrepareContext& ctx) {
    SESSILE_ASSIGN_OR_RETURN(const Shape input, ShapeOfSizes(*ctx.input_value(0)));
    SESSILE_ASSIGN_OR_RETURN(const DepthwiseDims dims,
                             DepthwiseDims::Of(ctx, input, ctx.input_shape(1)));
    SESSILE_RETURN_IF_ERROR(CheckDepthwiseBackprop(ctx.input_shape(2), dims));
    return std::make_unique<DepthwiseByInput>(dims, input);
  }
  DepthwiseByInput(const DepthwiseDims& dims, const Shape& input)
      : DepthwiseImage(dims, DataTypeOf<T>::value, input) {}
  absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch scratch, int,
                   int64_t block) const override {
    ForEachPosition(
        out[0].data<T>(), scratch.slot<double>(block), block,
        [this, f = in[1].data<T>(), dy = in[2].data<T>()](
            int64_t b, int64_t iy, int64_t ix, double* sums) { AddTaps(f, dy, b, iy, ix, sums); });
    return absl::OkStatus();
  }

 private:
  void AddTaps(const T* filter, const T* backprop, int64_t b, int64_t iy, int64_t ix,
               double* sums) const {
    for (int64_t ky = 0; ky < d_.y.filter; ++ky) {
      const int64_t oy = d_.y.OutputAt(iy, ky);
      for (int64_t kx = 0; oy >= 0 && kx < d_.x.filter; ++kx) {
        const int64_t ox = d_.x.OutputAt(ix, kx);
        if (ox < 0) continue;
        const T* const dy = backprop + ((b * d_.y.output + oy) * d_.x.output + ox) * d_.wide();
        const T* const f = filter + (ky * d_.x.filter + kx) * d_.wide();
        if (d_.multiplier == 1) {
          AddDepthwise(dy, f, d_.channels, 1, sums);
          continue;
        }
        for (int64_t c = 0; c < d_.channels; ++c) {
          for (int64_t m = c * d_.multiplier; m < (c + 1) * d_.multiplier; ++m) {
            sums[c] += static_cast<double>(Widen(dy[m])) * static_cast<double>(Widen(f[m]));
          }
        }
      }
    }
  }
};

template <typename T>
class DepthwiseByFilter final : public Prepared {
 public:
  static PreparedOr Prepare(const PrepareContext& ctx) {
    SESSILE_ASSIGN_OR_RETURN(const Shape filter, ShapeOfSizes(*ctx.input_value(1)));
    SESSILE_ASSIGN_OR_RETURN(const DepthwiseDims dims,
                             DepthwiseDims::Of(ctx, ctx.input_shape(0), filter));
    SESSILE_RETURN_IF_ERROR(CheckDepthwiseBackprop(ctx.input_shape(2), dims));
    return std::make_unique<DepthwiseByFilter>(dims, filter);
  }
  DepthwiseByFilter(const DepthwiseDims& dims, const Shape& filter)
      : d_(dims), taps_(d_.y.filter * d_.x.filter) {
    AddOutput(DataTypeOf<T>::value, filter);
    if (filter.num_elements() == 0) return;
    AddPhase(BlocksOfWork(taps_, static_cast<double>(d_.output.num_elements())));
    SetScratch(num_blocks(0), static_cast<size_t>(d_.wide()) * sizeof(double));
  }
  absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch scratch, int,
                   int64_t block) const override {
    double* const sums = scratch.slot<double>(block);
    for (const int64_t tap : BlockRange(taps_, block, num_blocks(0))) {
      std::fill_n(sums, d_.wide(), 0.0);
      VectorizedFor<T>([=, this, x = in[0].data<T>(), dy = in[2].data<T>()] {
        AddImages(x, dy, tap / d_.x.filter, tap % d_.x.filter, sums);
      });
      T* const f = out[0].data<T>() + tap * d_.wide();
      for (int64_t m = 0; m < d_.wide(); ++m) f[m] = Narrow<T>(static_cast<Wide<T>>(sums[m]));
    }
    return absl::OkStatus();
  }

 private:
  void AddImages(const T* input, const T* backprop, int64_t ky, int64_t kx, double* sums) const {
    for (int64_t row = 0; row < d_.batch * d_.y.output; ++row) {
      const int64_t iy = d_.y.InputAt(row % d_.y.output, ky);
      for (int64_t ox = 0; iy >= 0 && ox < d_.x.output; ++ox) {
        const int64_t ix = d_.x.InputAt(ox, kx);
        if (ix < 0) continue;
        const int64_t b = row / d_.y.output;
        const T* const x = input + ((b * d_.y.input + iy) * d_.x.input + ix) * d_.channels;
        const T* const dy = backprop + (row * d_.x.output + ox) * d_.wide();
        AddDepthwise(x, dy, d_.channels, d_.multiplier, sums);
      }
    }
  }
  const DepthwiseDims d_;
  const int64_t taps_;
};

}  // namespace

void RegisterDepthwiseConv2D(KernelRegistry& kernels) {
  kernels.Add<InWiderType<DepthwiseForward>::Kernel>("DepthwiseConv2dNative")
      .For<AllFloatTypes>("T");
  kernels.Add<InWiderType<DepthwiseByInput>::Kernel>("DepthwiseConv2dNativeBackpropInput")
      .For<AllFloatTypes>("T")
      .ValueInput(0);
  kernels.Add<InWiderType<DepthwiseByFilter>::Kernel>("DepthwiseConv2dNativeBackpropFilter")
      .For<AllFloatTypes>("T")
      .ValueInput(1);
}

}  // namespace sessile
