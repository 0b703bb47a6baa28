// Conv3D and its gradients, as plain loops over rows of channels. Sums run in the order of the
// filter's dimensions, those of 16-bit types in float.

#include <algorithm>
#include <array>
#include <vector>

#include "sessile/core/framework/kernel_registry.h"
#include "sessile/core/framework/shape_inference.h"
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

// Sizes of all three tensors, strides in elements of the two volumes.
struct VolumeSizes {
  int64_t batch = 0;
  int64_t in_channels = 0;
  int64_t out_channels = 0;
  std::array<int64_t, 3> in = {};
  std::array<int64_t, 3> filter = {};
  std::array<int64_t, 3> out = {};
  std::array<int64_t, 3> stride = {};
  std::array<int64_t, 3> dilation = {};
  std::array<int64_t, 3> pad = {};
  bool last = true;  // channels

  int64_t Volume(const std::array<int64_t, 3>& dims) const { return dims[0] * dims[1] * dims[2]; }
  // Element (b, place, channel) of a volume of these dimensions.
  int64_t At(const std::array<int64_t, 3>& dims, int64_t channels, int64_t b, int64_t place,
             int64_t channel) const {
    const int64_t volume = Volume(dims);
    return last ? (b * volume + place) * channels + channel
                : (b * channels + channel) * volume + place;
  }
};

absl::StatusOr<VolumeSizes> VolumesOf(const PrepareContext& ctx, const Shape& input,
                                      const Shape& filter, const Shape* output) {
  SESSILE_ASSIGN_OR_RETURN(const WindowGeometry window, WindowGeometry::Of("Conv3D", ctx.attrs()));
  if (input.rank() != 5 || filter.rank() != 5) {
    return InvalidArgument("input and filter must be 5-dimensional, got ", input.ToString(),
                           " and ", filter.ToString());
  }
  VolumeSizes s;
  s.last = window.format().name() == "NDHWC";
  const int channel = s.last ? 4 : 1;
  s.batch = input.dim(0);
  s.in_channels = input.dim(channel);
  s.out_channels = filter.dim(4);
  if (filter.dim(3) != s.in_channels) {
    return InvalidArgument("input depth must be equal to filter depth: ", s.in_channels, " vs ",
                           filter.dim(3));
  }
  Shape expected = input.WithDim(channel, s.out_channels);
  for (int i = 0; i < 3; ++i) {
    const auto at = static_cast<size_t>(i);
    const int dim = i + (s.last ? 1 : 2);
    s.in[at] = input.dim(dim);
    s.filter[at] = filter.dim(i);
    if (s.filter[at] <= 0) {
      return InvalidArgument("filter must not be empty: ", filter.ToString());
    }
    SESSILE_ASSIGN_OR_RETURN(const WindowExtent extent, window.Extent(i, s.in[at], s.filter[at]));
    s.out[at] = extent.output;
    s.pad[at] = extent.pad_before;
    s.stride[at] = window.stride(i);
    s.dilation[at] = window.dilation(i);
    expected = expected.WithDim(dim, extent.output);
  }
  SESSILE_RETURN_IF_ERROR(Shape::FromDims(expected.dims()).status());
  if (output != nullptr && *output != expected) {
    return InvalidArgument("out_backprop has shape ", output->ToString(), ", but ",
                           expected.ToString(), " follows from the other sizes");
  }
  return s;
}

Shape OutputOf(const VolumeSizes& s) {
  return s.last ? Shape({s.batch, s.out[0], s.out[1], s.out[2], s.out_channels})
                : Shape({s.batch, s.out_channels, s.out[0], s.out[1], s.out[2]});
}

// Calls f(input place, filter place) for each tap of the window at output place `place` that lies
// inside of the volume.
template <typename F>
void ForEachTap(const VolumeSizes& s, int64_t place, F f) {
  const std::array<int64_t, 3> o = {place / (s.out[1] * s.out[2]), place / s.out[2] % s.out[1],
                                    place % s.out[2]};
  for (int64_t d = 0; d < s.filter[0]; ++d) {
    const int64_t z = o[0] * s.stride[0] + d * s.dilation[0] - s.pad[0];
    if (z < 0 || z >= s.in[0]) continue;
    for (int64_t h = 0; h < s.filter[1]; ++h) {
      const int64_t y = o[1] * s.stride[1] + h * s.dilation[1] - s.pad[1];
      if (y < 0 || y >= s.in[1]) continue;
      for (int64_t w = 0; w < s.filter[2]; ++w) {
        const int64_t x = o[2] * s.stride[2] + w * s.dilation[2] - s.pad[2];
        if (x < 0 || x >= s.in[2]) continue;
        f((z * s.in[1] + y) * s.in[2] + x, (d * s.filter[1] + h) * s.filter[2] + w);
      }
    }
  }
}

enum class Conv3DKind { kForward, kInput, kFilter };

template <Conv3DKind kind>
struct Conv3DOf {
  template <typename T>
  class Kernel final : public Prepared {
   public:
    using W = Wide<T>;
    // A sum of the filter's gradient is as long as the whole batch.
    using Sum = std::conditional_t<kind == Conv3DKind::kFilter, double, W>;

    static PreparedOr Prepare(const PrepareContext& ctx) {
      Shape input = ctx.input_shape(0);
      Shape filter = ctx.input_shape(1);
      if constexpr (kind == Conv3DKind::kInput) {
        SESSILE_ASSIGN_OR_RETURN(input, ShapeOfSizes(*ctx.input_value(0)));
      }
      if constexpr (kind == Conv3DKind::kFilter) {
        SESSILE_ASSIGN_OR_RETURN(filter, ShapeOfSizes(*ctx.input_value(1)));
      }
      const Shape* const output = kind == Conv3DKind::kForward ? nullptr : &ctx.input_shape(2);
      SESSILE_ASSIGN_OR_RETURN(const VolumeSizes sizes, VolumesOf(ctx, input, filter, output));
      return std::make_unique<Kernel>(sizes, input, filter);
    }

    Kernel(const VolumeSizes& sizes, const Shape& input, const Shape& filter) : s_(sizes) {
      const double work =
          static_cast<double>(s_.Volume(s_.filter)) * static_cast<double>(s_.in_channels);
      if constexpr (kind == Conv3DKind::kForward) {
        AddOutput(DataTypeOf<T>::value, OutputOf(s_));
        AddPhase(BlocksOfWork(s_.batch * s_.Volume(s_.out),
                              work * static_cast<double>(s_.out_channels)));
        SetScratch(num_blocks(0), static_cast<size_t>(s_.out_channels) * sizeof(W));
      } else if constexpr (kind == Conv3DKind::kInput) {
        AddOutput(DataTypeOf<T>::value, input);
        AddPhase(BlocksOfWork(s_.batch, work * static_cast<double>(s_.out_channels) *
                                            static_cast<double>(s_.Volume(s_.out))));
        // What windows that overlap give to one element is added up.
        SetScratch(num_blocks(0),
                   static_cast<size_t>(s_.Volume(s_.in) * s_.in_channels) * sizeof(W));
      } else {
        AddOutput(DataTypeOf<T>::value, filter);
        AddPhase(BlocksOfWork(s_.in_channels, static_cast<double>(s_.Volume(s_.filter)) *
                                                  static_cast<double>(s_.out_channels) *
                                                  static_cast<double>(s_.batch) *
                                                  static_cast<double>(s_.Volume(s_.out))));
        SetScratch(num_blocks(0),
                   static_cast<size_t>(s_.Volume(s_.filter) * s_.out_channels) * sizeof(Sum));
      }
    }

    absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch scratch, int,
                     int64_t block) const override {
      Sum* const sums = scratch.slot<Sum>(block);
      if constexpr (kind == Conv3DKind::kForward) RunForward(in, out, sums, block);
      if constexpr (kind == Conv3DKind::kInput) RunInput(in, out, sums, block);
      if constexpr (kind == Conv3DKind::kFilter) RunFilter(in, out, sums, block);
      return absl::OkStatus();
    }

   private:
    SESSILE_OPTIMIZE_SPEED void RunForward(Inputs in, Outputs out, W* sums, int64_t block) const {
      const T* const input = in[0].template data<T>();
      const T* const filter = in[1].template data<T>();
      const int64_t volume = s_.Volume(s_.out);
      for (const int64_t i : BlockRange(s_.batch * volume, block, num_blocks(0))) {
        std::fill_n(sums, s_.out_channels, W{0});
        ForEachTap(s_, i % volume, [&](int64_t place, int64_t tap) {
          for (int64_t c = 0; c < s_.in_channels; ++c) {
            const W x = Widen(input[s_.At(s_.in, s_.in_channels, i / volume, place, c)]);
            const T* const row = filter + (tap * s_.in_channels + c) * s_.out_channels;
            for (int64_t k = 0; k < s_.out_channels; ++k) sums[k] += x * Widen(row[k]);
          }
        });
        for (int64_t k = 0; k < s_.out_channels; ++k) {
          out[0].template data<T>()[s_.At(s_.out, s_.out_channels, i / volume, i % volume, k)] =
              Narrow<T>(sums[k]);
        }
      }
    }

    SESSILE_OPTIMIZE_SPEED void RunInput(Inputs in, Outputs out, W* sums, int64_t block) const {
      const T* const filter = in[1].template data<T>();
      const T* const grads = in[2].template data<T>();
      const int64_t volume = s_.Volume(s_.in);
      for (const int64_t b : BlockRange(s_.batch, block, num_blocks(0))) {
        std::fill_n(sums, volume * s_.in_channels, W{0});
        for (int64_t i = 0; i < s_.Volume(s_.out); ++i) {
          ForEachTap(s_, i, [&](int64_t place, int64_t tap) {
            for (int64_t c = 0; c < s_.in_channels; ++c) {
              const T* const row = filter + (tap * s_.in_channels + c) * s_.out_channels;
              W sum{0};
              for (int64_t k = 0; k < s_.out_channels; ++k) {
                sum += Widen(row[k]) * Widen(grads[s_.At(s_.out, s_.out_channels, b, i, k)]);
              }
              sums[place * s_.in_channels + c] += sum;
            }
          });
        }
        for (int64_t i = 0; i < volume; ++i) {
          for (int64_t c = 0; c < s_.in_channels; ++c) {
            out[0].template data<T>()[s_.At(s_.in, s_.in_channels, b, i, c)] =
                Narrow<T>(sums[i * s_.in_channels + c]);
          }
        }
      }
    }

    SESSILE_OPTIMIZE_SPEED void RunFilter(Inputs in, Outputs out, Sum* sums, int64_t block) const {
      const T* const input = in[0].template data<T>();
      const T* const grads = in[2].template data<T>();
      const int64_t taps = s_.Volume(s_.filter);
      for (const int64_t c : BlockRange(s_.in_channels, block, num_blocks(0))) {
        std::fill_n(sums, taps * s_.out_channels, Sum{0});
        for (int64_t b = 0; b < s_.batch; ++b) {
          for (int64_t i = 0; i < s_.Volume(s_.out); ++i) {
            ForEachTap(s_, i, [&](int64_t place, int64_t tap) {
              const Sum x = Widen(input[s_.At(s_.in, s_.in_channels, b, place, c)]);
              for (int64_t k = 0; k < s_.out_channels; ++k) {
                sums[tap * s_.out_channels + k] +=
                    x * Sum{Widen(grads[s_.At(s_.out, s_.out_channels, b, i, k)])};
              }
            });
          }
        }
        for (int64_t tap = 0; tap < taps; ++tap) {
          T* const row = out[0].template data<T>() + (tap * s_.in_channels + c) * s_.out_channels;
          for (int64_t k = 0; k < s_.out_channels; ++k) {
            row[k] = Narrow<T>(static_cast<W>(sums[tap * s_.out_channels + k]));
          }
        }
      }
    }

    const VolumeSizes s_;
  };
};

}  // namespace

void RegisterConv3D(KernelRegistry& kernels) {
  kernels.Add<InWiderType<Conv3DOf<Conv3DKind::kForward>::Kernel>::Kernel>("Conv3D")
      .For<AllFloatTypes>("T");
  kernels.Add<InWiderType<Conv3DOf<Conv3DKind::kInput>::Kernel>::Kernel>("Conv3DBackpropInputV2")
      .For<AllFloatTypes>("T")
      .ValueInput(0);
  kernels.Add<InWiderType<Conv3DOf<Conv3DKind::kFilter>::Kernel>::Kernel>("Conv3DBackpropFilterV2")
      .For<AllFloatTypes>("T")
      .ValueInput(1);
}

}  // namespace sessile
