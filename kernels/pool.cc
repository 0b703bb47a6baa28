// Pools and their gradients, of images and volumes, in both data formats.
//
// All kernels walk over the outputs in order and, for each window, over its positions, with tiles
// of channels as the inner loop. The gradients add to the input's elements, so that their blocks
// are images and tiles of channels, which no two windows of different blocks share.

#include <algorithm>
#include <cstdint>
#include <limits>
#include <memory>

#include "sessile/core/framework/kernel_registry.h"
#include "sessile/core/framework/status.h"
#include "sessile/kernels/blocks.h"
#include "sessile/kernels/numeric.h"
#include "sessile/kernels/pool_windows.h"
#include "sessile/kernels/register_all.h"
#include "sessile/kernels/storage.h"

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
  static void Add(Sum* best, Sum x) {
    if (x > *best || x != x) *best = x;
  }
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
      ForEachWindow(block,
                    [&](int64_t offset, const PoolWindow& window, int64_t first, int64_t count) {
                      PoolTile(input, output + offset, window, first, count);
                    });
      return absl::OkStatus();
    }

   private:
    void PoolTile(const T* input, T* output, const PoolWindow& window, int64_t first,
                  int64_t count) const {
      typename Reduce<T>::Sum sums[kPoolTile];
      std::fill_n(sums, count, Reduce<T>::Start());
      window.ForEach([&](int64_t offset) {
        const T* const x = input + offset + first * dims_.input_channel_step;
        for (int64_t c = 0; c < count; ++c) {
          Reduce<T>::Add(&sums[c], Widen(x[c * dims_.input_channel_step]));
        }
      });
      const int64_t size = window.size();
      T* const y = output + first * dims_.output_channel_step;
      for (int64_t c = 0; c < count; ++c) {
        y[c * dims_.output_channel_step] = Reduce<T>::Finish(sums[c], size);
      }
    }
  };
};

// The places of the maxima of a window for a tile of channels: the first of equal ones. -1 where
// the window is empty.
template <typename T>
void FindPlaces(const PoolDims& dims, const T* input, const PoolWindow& window, int64_t first,
                int64_t count, int64_t* places) {
  Wide<T> best[kPoolTile];
  std::fill_n(places, count, int64_t{-1});
  window.ForEach([&](int64_t offset) {
    for (int64_t c = 0; c < count; ++c) {
      const int64_t place = offset + (first + c) * dims.input_channel_step;
      const Wide<T> x = Widen(input[place]);
      if (places[c] < 0 || x > best[c]) {
        places[c] = place;
        best[c] = x;
      }
    }
  });
}

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
        for (int64_t c = first; c < first + count; ++c) {
          result[offset + c * dims_.input_channel_step] = T{};
        }
      });
      dims_.ForEachOutput(b, 0, rows(), [&](int64_t offset, const PoolWindow& window) {
        f(offset, window, first, count);
      });
    }
  }

  const PoolDims dims_;
};

template <typename T>
class MaxPoolGrad final : public PoolGrad {
 public:
  static PreparedOr Prepare(const PrepareContext& ctx) {
    SESSILE_ASSIGN_OR_RETURN(const PoolDims dims, PoolDims::Of(ctx, ctx.input_shape(0)));
    SESSILE_RETURN_IF_ERROR(CheckPoolShape(ctx.input_shape(1), dims.output, "orig_output"));
    SESSILE_RETURN_IF_ERROR(CheckPoolShape(ctx.input_shape(2), dims.output, "grad"));
    return std::make_unique<MaxPoolGrad>(dims, ctx.input_shape(0));
  }

  MaxPoolGrad(const PoolDims& dims, const Shape& input) : PoolGrad(dims) {
    AddOutput(DataTypeOf<T>::value, input);
    if (input.num_elements() > 0) AddPhaseOfTiles();
  }

  absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch, int,
                   int64_t block) const override {
    const T* const input = in[0].data<T>();
    const T* const grad = in[2].data<T>();
    T* const result = out[0].data<T>();
    ForEachWindow(result, block,
                  [&](int64_t offset, const PoolWindow& window, int64_t first, int64_t count) {
                    int64_t places[kPoolTile];
                    FindPlaces(dims_, input, window, first, count, places);
                    for (int64_t c = 0; c < count; ++c) {
                      if (places[c] < 0) continue;
                      T& to = result[places[c]];
                      const T g = grad[offset + (first + c) * dims_.output_channel_step];
                      to = Narrow<T>(WrapAdd(Widen(to), Widen(g)));
                    }
                  });
    return absl::OkStatus();
  }
};

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
                    int64_t places[kPoolTile];
                    FindPlaces(dims_, input, window, first, count, places);
                    for (int64_t c = 0; c < count; ++c) {
                      result[offset + (first + c) * dims_.output_channel_step] =
                          places[c] < 0 ? T{} : grad[places[c]];
                    }
                  });
    return absl::OkStatus();
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
    ForEachWindow(result, block,
                  [&](int64_t offset, const PoolWindow& window, int64_t first, int64_t count) {
                    const auto size = static_cast<Wide<T>>(window.size());
                    Wide<T> parts[kPoolTile];
                    for (int64_t c = 0; c < count; ++c) {
                      const T g = grad[offset + (first + c) * dims_.output_channel_step];
                      parts[c] = Widen(g) / size;
                    }
                    window.ForEach([&](int64_t place) {
                      T* const to = result + place + first * dims_.input_channel_step;
                      for (int64_t c = 0; c < count; ++c) {
                        T& element = to[c * dims_.input_channel_step];
                        element = Narrow<T>(Widen(element) + parts[c]);
                      }
                    });
                  });
    return absl::OkStatus();
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
  add(float16, K<Half>::Prepare, false);
  add(bfloat16, K<BFloat16>::Prepare, false);
  add(float64, K<double>::Prepare, true);
}

}  // namespace

void RegisterPool(KernelRegistry& kernels) {
  using MaxTypes =
      TypeList<float, double, Half, BFloat16, int32_t, int64_t, uint8_t, int16_t, int8_t, uint16_t>;
  kernels.Add<Pool<MaxOf>::Kernel>("MaxPool").For<MaxTypes>("T");
  kernels.Lacks("MaxPool", "T", {qint8}, kNoQuantizedKernels);
  kernels.Add<MaxPoolGrad>("MaxPoolGrad").For<AllNumberTypes>("T");
  kernels.Add<MaxPoolGradGrad>("MaxPoolGradGrad").For<AllNumberTypes>("T");
  kernels.Add<Pool<MeanOf>::Kernel>("AvgPool").For<AllFloatTypes>("T");
  kernels.Add<AvgPoolGrad>("AvgPoolGrad").For<AllFloatTypes>("T").ValueInput(0);
  AddVolumes<Pool<MaxOf>::Kernel>(kernels, "MaxPool3D", false);
  AddVolumes<MaxPoolGrad>(kernels, "MaxPool3DGrad", true);
  kernels.Add<MaxPoolGradGrad>("MaxPool3DGradGrad").For<AllNumberTypes>("T");
  kernels.Add<Pool<MeanOf>::Kernel>("AvgPool3D").For<AllFloatTypes>("T");
  kernels.Add<AvgPoolGrad>("AvgPool3DGrad").For<AllFloatTypes>("T").ValueInput(0);
}

}  // namespace sessile
