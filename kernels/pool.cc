// Pools and their gradients, of images and volumes, in both data formats.
//
// All kernels walk over the outputs in order and, for each window, over its positions, with tiles
// of channels as the inner loop. The gradients add to the input's elements, so that their blocks
// are images and tiles of channels, which no two windows of different blocks share.

#include <algorithm>
#include <cstdint>
#include <limits>
#include <memory>
#include <type_traits>

#include "sessile/core/framework/kernel_registry.h"
#include "sessile/core/framework/status.h"
#include "sessile/kernels/blocks.h"
#include "sessile/kernels/in_wider_type.h"
#include "sessile/kernels/numeric.h"
#include "sessile/kernels/pool_windows.h"
#include "sessile/kernels/register_all.h"
#include "sessile/kernels/storage.h"
#include "sessile/kernels/vectorized.h"

namespace sessile {
namespace {

// What a forward pool keeps for a window and a tile of channels.
template <typename T>
struct MaxOf {
  using Sum = Wide<T>;
  static Sum Start() {
    return std::numeric_limits<Sum>::has_infinity ? -std::numeric_limits<Sum>::infinity()
                                                  : std::numeric_limits<Sum>::lowest();
  }
  // NaN wins, and stays.
  static void Add(Sum* best, Sum x) { *best = ((x > *best) | (x != x)) != 0 ? x : *best; }
  static T Finish(Sum best, int64_t) { return Narrow<T>(best); }
};

template <typename T>
struct MeanOf {
  using Sum = double;
  static Sum Start() { return 0; }
  static void Add(Sum* sum, Wide<T> x) { *sum += static_cast<double>(x); }
  static T Finish(Sum sum, int64_t count) {
    return Narrow<T>(static_cast<Wide<T>>(count > 0 ? sum / static_cast<double>(count) : 0));
  }
};

// One result for each output: blocks are rows of outputs.
class PoolOutputs : public Prepared {
 protected:
  PoolOutputs(const PoolDims& dims, DataType type) : dims_(dims) {
    AddOutput(type, dims_.output);
    if (dims_.output.num_elements() == 0) return;
    AddPhase(BlocksOfWork(dims_.batch * rows(),
                          dims_.work_per_output() * static_cast<double>(dims_.axes[2].output)));
  }

  // Calls f(output offset, window, first channel, count) for the windows of a block.
  template <typename F>
  void ForEachWindow(int64_t block, F&& f) const {
    for (const int64_t item : BlockRange(dims_.batch * rows(), block, num_blocks(0))) {
      const int64_t row = item % rows();
      dims_.ForEachOutput(item / rows(), row, row + 1,
                          [&](int64_t offset, const PoolWindow& window) {
                            for (int64_t first = 0; first < dims_.channels; first += kPoolTile) {
                              f(offset, window, first, std::min(kPoolTile, dims_.channels - first));
                            }
                          });
    }
  }

  const PoolDims dims_;

 private:
  int64_t rows() const { return dims_.axes[0].output * dims_.axes[1].output; }
};

// Runs body(input step, output step) with the steps between channels: in vectors and with the steps
// as constants where channels are neighbours. Not for gradients of integers and for integers of 64
// bits, which are not worth code for each instruction set.
template <typename T, bool is_gradient, typename Body>
void WithChannelSteps(const PoolDims& dims, const Body& body) {
  using One = std::integral_constant<int64_t, 1>;
  constexpr bool in_vectors = std::is_floating_point_v<T> || (sizeof(T) < 8 && !is_gradient);
  if constexpr (in_vectors) {
    if (dims.has_close_channels()) return VectorizedFor<T>([&] { body(One{}, One{}); });
  }
  body(dims.input_channel_step, dims.output_channel_step);
}

template <template <typename> class Reduce>
struct Pool {
  template <typename T>
  class Kernel final : public PoolOutputs {
   public:
    static PreparedOr Prepare(const PrepareContext& ctx) {
      SESSILE_ASSIGN_OR_RETURN(const PoolDims dims, PoolDims::Of(ctx, ctx.input_shape(0)));
      return std::make_unique<Kernel>(dims);
    }

    explicit Kernel(const PoolDims& dims) : PoolOutputs(dims, DataTypeOf<T>::value) {
      TakesRows(0);
    }

    absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch, int,
                     int64_t block) const override {
      const T* const input = in[0].data<T>();
      T* const output = out[0].data<T>();
      WithChannelSteps<T, false>(dims_, [=, this](auto input_step, auto output_step) {
        ForEachWindow(
            block, [&](int64_t offset, const PoolWindow& window, int64_t first, int64_t count) {
              PoolTile(input, output + offset, window, first, count, input_step, output_step);
            });
      });
      return absl::OkStatus();
    }

   private:
    void PoolTile(const T* input, T* output, const PoolWindow& window, int64_t first, int64_t count,
                  int64_t input_step, int64_t output_step) const {
      typename Reduce<T>::Sum sums[kPoolTile];
      std::fill_n(sums, count, Reduce<T>::Start());
      window.ForEach([&](int64_t offset) {
        const T* const x = input + offset + first * input_step;
        for (int64_t c = 0; c < count; ++c) Reduce<T>::Add(&sums[c], Widen(x[c * input_step]));
      });
      const int64_t size = window.size();
      T* const y = output + first * output_step;
      for (int64_t c = 0; c < count; ++c) y[c * output_step] = Reduce<T>::Finish(sums[c], size);
    }
  };
};

// Which positions of a window have the maxima of a tile of channels: the first of equal ones.
// Positions are numbered from 1 on; 0 where the window is empty.
template <typename T>
struct PlacesOf {
  // As wide as what is compared, which is what vectors want.
  using Place = std::conditional_t<sizeof(Wide<T>) == 8, uint64_t, uint32_t>;

  PlacesOf(const T* input, const PoolWindow& window, int64_t first, int64_t count, int64_t step) {
    std::fill_n(places, count, Place{0});
    Place place = 0;
    window.ForEach([&](int64_t offset) {
      const T* const x = input + offset + first * step;
      ++place;
      for (int64_t c = 0; c < count; ++c) {
        const Wide<T> value = Widen(x[c * step]);
        const bool takes = (place == 1) | (value > best[c]);
        places[c] = takes ? place : places[c];
        best[c] = takes ? value : best[c];
      }
    });
  }

  Place places[kPoolTile];
  Wide<T> best[kPoolTile] = {};  // the maxima
};

absl::Status CheckPoolShape(const Shape& grad, const Shape& expected, const char* what) {
  if (grad == expected) return absl::OkStatus();
  return InvalidArgument("Expected ", what, " shape to be ", expected.ToString(), ", but got ",
                         grad.ToString());
}

// A gradient by the input: f(input, output offset, window, first channel, count) adds to it.
class PoolGrad : public Prepared {
 protected:
  explicit PoolGrad(const PoolDims& dims) : dims_(dims) {}

  int64_t rows() const { return dims_.axes[0].output * dims_.axes[1].output; }
  void AddPhaseOfTiles() {
    const double outputs = static_cast<double>(rows() * dims_.axes[2].output);
    AddPhase(BlocksOfWork(dims_.batch * dims_.tiles(), outputs * dims_.work_per_output()));
  }
  // Zeros a tile of an image and walks over its windows.
  template <typename T, typename F>
  void ForEachWindow(T* result, int64_t block, F&& f) const {
    for (const int64_t item : BlockRange(dims_.batch * dims_.tiles(), block, num_blocks(0))) {
      const int64_t b = item / dims_.tiles();
      const int64_t first = item % dims_.tiles() * kPoolTile;
      const int64_t count = std::min(kPoolTile, dims_.channels - first);
      const auto& axes = dims_.axes;
      const PoolWindow all{.dims = &dims_,
                           .base = b * dims_.input_batch_step,
                           .begin = {0, 0, 0},
                           .end = {axes[0].input, axes[1].input, axes[2].input}};
      all.ForEach([&](int64_t offset) {
        T* const to = result + offset + first * dims_.input_channel_step;
        if (dims_.input_channel_step == 1) {
          std::fill_n(to, count, T{});
        } else {
          for (int64_t c = 0; c < count; ++c) to[c * dims_.input_channel_step] = T{};
        }
      });
      dims_.ForEachOutput(b, 0, rows(), [&](int64_t offset, const PoolWindow& window) {
        f(offset, window, first, count);
      });
    }
  }

  const PoolDims dims_;
};

// Of equal maxima the first one gets the gradient, or, as TensorFlow has it for volumes, each does.
template <typename T, bool each_maximum>
class MaxPoolGradOf final : public PoolGrad {
 public:
  static PreparedOr Prepare(const PrepareContext& ctx) {
    SESSILE_ASSIGN_OR_RETURN(const PoolDims dims, PoolDims::Of(ctx, ctx.input_shape(0)));
    SESSILE_RETURN_IF_ERROR(CheckPoolShape(ctx.input_shape(1), dims.output, "orig_output"));
    SESSILE_RETURN_IF_ERROR(CheckPoolShape(ctx.input_shape(2), dims.output, "grad"));
    return std::make_unique<MaxPoolGradOf>(dims, ctx.input_shape(0));
  }

  MaxPoolGradOf(const PoolDims& dims, const Shape& input) : PoolGrad(dims) {
    AddOutput(DataTypeOf<T>::value, input);
    if (input.num_elements() > 0) AddPhaseOfTiles();
  }

  absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch, int,
                   int64_t block) const override {
    const T* const input = in[0].data<T>();
    const T* const grad = in[2].data<T>();
    T* const result = out[0].data<T>();
    WithChannelSteps<T, true>(dims_, [=, this](auto input_step, auto output_step) {
      ForEachWindow(result, block,
                    [&](int64_t offset, const PoolWindow& window, int64_t first, int64_t count) {
                      AddWindow(input, grad + offset, window, first, count, input_step, output_step,
                                result);
                    });
    });
    return absl::OkStatus();
  }

 private:
  // Adds the gradients of a window's maxima where those are.
  void AddWindow(const T* input, const T* grad, const PoolWindow& window, int64_t first,
                 int64_t count, int64_t input_step, int64_t output_step, T* result) const {
    const PlacesOf<T> maxima(input, window, first, count, input_step);
    const T* const g = grad + first * output_step;
    typename PlacesOf<T>::Place place = 0;
    window.ForEach([&](int64_t offset) {
      T* const to = result + offset + first * input_step;
      ++place;
      for (int64_t c = 0; c < count; ++c) {
        T& element = to[c * input_step];
        const T sum = Narrow<T>(WrapAdd(Widen(element), Widen(g[c * output_step])));
        const bool is_maximum =
            each_maximum ? Widen(input[offset + (first + c) * input_step]) == maxima.best[c]
                         : maxima.places[c] == place;
        element = is_maximum ? sum : element;
      }
    });
  }
};
template <typename T>
using MaxPoolGrad = MaxPoolGradOf<T, false>;
template <typename T>
using MaxPoolGradOfVolumes = MaxPoolGradOf<T, true>;

template <typename T>
class MaxPoolGradGrad final : public PoolOutputs {
 public:
  static PreparedOr Prepare(const PrepareContext& ctx) {
    SESSILE_ASSIGN_OR_RETURN(const PoolDims dims, PoolDims::Of(ctx, ctx.input_shape(0)));
    SESSILE_RETURN_IF_ERROR(CheckPoolShape(ctx.input_shape(1), dims.output, "orig_output"));
    SESSILE_RETURN_IF_ERROR(CheckPoolShape(ctx.input_shape(2), ctx.input_shape(0), "grad"));
    return std::make_unique<MaxPoolGradGrad>(dims);
  }

  explicit MaxPoolGradGrad(const PoolDims& dims) : PoolOutputs(dims, DataTypeOf<T>::value) {}

  absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch, int,
                   int64_t block) const override {
    const T* const input = in[0].data<T>();
    const T* const grad = in[2].data<T>();
    T* const result = out[0].data<T>();
    ForEachWindow(block,
                  [&](int64_t offset, const PoolWindow& window, int64_t first, int64_t count) {
                    AddWindow(input, grad, window, first, count, result + offset);
                  });
    return absl::OkStatus();
  }

 private:
  void AddWindow(const T* input, const T* grad, const PoolWindow& window, int64_t first,
                 int64_t count, T* result) const {
    const int64_t step = dims_.input_channel_step;
    const PlacesOf<T> maxima(input, window, first, count, step);
    T* const to = result + first * dims_.output_channel_step;
    for (int64_t c = 0; c < count; ++c) to[c * dims_.output_channel_step] = T{};
    typename PlacesOf<T>::Place place = 0;
    window.ForEach([&](int64_t offset) {
      ++place;
      for (int64_t c = 0; c < count; ++c) {
        if (maxima.places[c] != place) continue;
        to[c * dims_.output_channel_step] = grad[offset + (first + c) * step];
      }
    });
  }
};

template <typename T>
class AvgPoolGrad final : public PoolGrad {
 public:
  static PreparedOr Prepare(const PrepareContext& ctx) {
    if (ctx.input_shape(0).rank() != 1) {
      return InvalidArgument("orig_input_shape must be 1-dimensional, got ",
                             ctx.input_shape(0).ToString());
    }
    SESSILE_ASSIGN_OR_RETURN(const Shape input, ShapeOfSizes(*ctx.input_value(0)));
    SESSILE_ASSIGN_OR_RETURN(const PoolDims dims, PoolDims::Of(ctx, input));
    SESSILE_RETURN_IF_ERROR(CheckPoolShape(ctx.input_shape(1), dims.output, "grad"));
    return std::make_unique<AvgPoolGrad>(dims, input);
  }

  AvgPoolGrad(const PoolDims& dims, const Shape& input) : PoolGrad(dims) {
    AddOutput(DataTypeOf<T>::value, input);
    if (input.num_elements() > 0) AddPhaseOfTiles();
  }

  absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch, int,
                   int64_t block) const override {
    const T* const grad = in[1].data<T>();
    T* const result = out[0].data<T>();
    WithChannelSteps<T, true>(dims_, [=, this](auto input_step, auto output_step) {
      ForEachWindow(result, block,
                    [&](int64_t offset, const PoolWindow& window, int64_t first, int64_t count) {
                      AddWindow(grad + offset, window, first, count, input_step, output_step,
                                result);
                    });
    });
    return absl::OkStatus();
  }

 private:
  void AddWindow(const T* grad, const PoolWindow& window, int64_t first, int64_t count,
                 int64_t input_step, int64_t output_step, T* result) const {
    const auto size = static_cast<Wide<T>>(window.size());
    Wide<T> parts[kPoolTile];
    for (int64_t c = 0; c < count; ++c) parts[c] = Widen(grad[(first + c) * output_step]) / size;
    window.ForEach([&](int64_t offset) {
      T* const to = result + offset + first * input_step;
      for (int64_t c = 0; c < count; ++c) {
        T& element = to[c * input_step];
        element = Narrow<T>(Widen(element) + parts[c]);
      }
    });
  }
};

// Of volumes; float64 is for the yardstick only.
template <template <typename> class K>
void AddVolumes(KernelRegistry& kernels, const char* op, bool two_types) {
  const auto add = [&](DataType type, PrepareFn prepare, bool yardstick) {
    KernelDefBuilder kernel = kernels.Add(op, prepare).Types("T", {type});
    if (two_types) kernel.Types("TInput", {type});
    if (yardstick) kernel.YardstickOnly();
  };
  add(float32, K<float>::Prepare, false);
  add(float16, InWiderType<K>::template Kernel<Half>::Prepare, false);
  add(bfloat16, InWiderType<K>::template Kernel<BFloat16>::Prepare, false);
  add(float64, K<double>::Prepare, true);
}

}  // namespace

void RegisterPool(KernelRegistry& kernels) {
  // The maximum of a window of padding alone is the lowest number of its type.
  kernels.Add<HalfInFloat<Pool<MaxOf>::Kernel>::Kernel>("MaxPool").For<AllNumberTypes>("T");
  kernels.Lacks("MaxPool", "T", {qint8}, kNoQuantizedKernels);
  kernels.Add<InWiderType<MaxPoolGrad>::Kernel>("MaxPoolGrad").For<AllNumberTypes>("T");
  kernels.Add<InWiderType<MaxPoolGradGrad>::Kernel>("MaxPoolGradGrad").For<AllNumberTypes>("T");
  kernels.Add<InWiderType<Pool<MeanOf>::Kernel>::Kernel>("AvgPool").For<AllFloatTypes>("T");
  kernels.Add<InWiderType<AvgPoolGrad>::Kernel>("AvgPoolGrad")
      .For<AllFloatTypes>("T")
      .ValueInput(0);
  AddVolumes<Pool<MaxOf>::Kernel>(kernels, "MaxPool3D", false);
  AddVolumes<MaxPoolGradOfVolumes>(kernels, "MaxPool3DGrad", true);
  kernels.Add<InWiderType<MaxPoolGradGrad>::Kernel>("MaxPool3DGradGrad").For<AllNumberTypes>("T");
  kernels.Add<InWiderType<Pool<MeanOf>::Kernel>::Kernel>("AvgPool3D").For<AllFloatTypes>("T");
  kernels.Add<InWiderType<AvgPoolGrad>::Kernel>("AvgPool3DGrad")
      .For<AllFloatTypes>("T")
      .ValueInput(0);
}

}  // namespace sessile
