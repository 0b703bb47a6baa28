// Pools and their gradients, of images and volumes, in both data formats.
//
// A window is the part of it that lies in the input: padding takes part in nothing. All kernels
// walk over the outputs in order and, for each window, over its positions, with tiles of channels
// as the inner loop. The gradients add to the input's elements, so that their blocks are images and
// tiles of channels, which no two windows of different blocks share.

#include <algorithm>
#include <array>
#include <limits>
#include <type_traits>

#include "sessile/core/framework/data_format.h"
#include "sessile/core/framework/kernel_registry.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/framework/window_geometry.h"
#include "sessile/kernels/blocks.h"
#include "sessile/kernels/numeric.h"
#include "sessile/kernels/register_all.h"
#include "sessile/kernels/storage.h"

namespace sessile {
namespace {

constexpr int64_t kPoolTile = 64;  // channels that are worked on together

// One spatial dimension; the first of three has size 1 for images.
struct PoolAxis {
  int64_t input = 1;
  int64_t output = 1;
  int64_t ksize = 1;
  int64_t stride = 1;
  int64_t pad = 0;
  int64_t input_step = 0;  // elements from one position to the next
  int64_t output_step = 0;

  int64_t begin(int64_t o) const { return std::max<int64_t>(o * stride - pad, 0); }
  int64_t end(int64_t o) const { return std::min(o * stride - pad + ksize, input); }
};

class PoolDims {
 public:
  static absl::StatusOr<PoolDims> Of(const PrepareContext& ctx, const Shape& input);

  int64_t batch = 0;
  int64_t channels = 0;
  int64_t input_batch_step = 0;
  int64_t output_batch_step = 0;
  int64_t input_channel_step = 1;
  int64_t output_channel_step = 1;
  std::array<PoolAxis, 3> axes;
  Shape output;

  int64_t tiles() const { return (channels + kPoolTile - 1) / kPoolTile; }
  double work_per_output() const {
    double work = static_cast<double>(channels);
    for (const PoolAxis& axis : axes) work *= static_cast<double>(std::min(axis.ksize, axis.input));
    return work;
  }

  // Calls f(output offset, window) for the outputs of image `b` in rows [first, last) of the first
  // two spatial dimensions taken together.
  template <typename F>
  void ForEachOutput(int64_t b, int64_t first, int64_t last, F&& f) const;

 private:
  void SetSteps(const DataFormat& format, const Shape& shape, bool is_input);
};

// The positions of one window: offsets into the input, without the channel.
struct PoolWindow {
  const PoolDims* dims;
  int64_t base;
  std::array<int64_t, 3> begin;
  std::array<int64_t, 3> end;

  int64_t size() const {
    int64_t n = 1;
    for (size_t i = 0; i < 3; ++i) n *= std::max<int64_t>(end[i] - begin[i], 0);
    return n;
  }
  template <typename F>
  void ForEach(F&& f) const {
    const auto& axes = dims->axes;
    for (int64_t z = begin[0]; z < end[0]; ++z) {
      for (int64_t y = begin[1]; y < end[1]; ++y) {
        const int64_t row = base + z * axes[0].input_step + y * axes[1].input_step;
        for (int64_t x = begin[2]; x < end[2]; ++x) f(row + x * axes[2].input_step);
      }
    }
  }
};

template <typename F>
void PoolDims::ForEachOutput(int64_t b, int64_t first, int64_t last, F&& f) const {
  for (int64_t row = first; row < last; ++row) {
    const int64_t z = row / axes[1].output;
    const int64_t y = row % axes[1].output;
    PoolWindow window{.dims = this, .base = b * input_batch_step, .begin = {}, .end = {}};
    window.begin = {axes[0].begin(z), axes[1].begin(y), 0};
    window.end = {axes[0].end(z), axes[1].end(y), 0};
    const int64_t offset =
        b * output_batch_step + z * axes[0].output_step + y * axes[1].output_step;
    for (int64_t x = 0; x < axes[2].output; ++x) {
      window.begin[2] = axes[2].begin(x);
      window.end[2] = axes[2].end(x);
      f(offset + x * axes[2].output_step, window);
    }
  }
}

void PoolDims::SetSteps(const DataFormat& format, const Shape& shape, bool is_input) {
  std::vector<int64_t> steps(static_cast<size_t>(shape.rank()), 1);
  for (int i = shape.rank() - 2; i >= 0; --i) {
    steps[static_cast<size_t>(i)] = steps[static_cast<size_t>(i + 1)] * shape.dim(i + 1);
  }
  const int spatial = shape.rank() - 2;
  for (int i = 0; i < spatial; ++i) {
    PoolAxis& axis = axes[static_cast<size_t>(3 - spatial + i)];
    (is_input ? axis.input_step : axis.output_step) =
        steps[static_cast<size_t>(format.SpatialDim(i))];
  }
  (is_input ? input_batch_step : output_batch_step) = steps[0];
  (is_input ? input_channel_step : output_channel_step) =
      steps[static_cast<size_t>(format.ChannelDim(shape.rank()))];
}

absl::StatusOr<PoolDims> PoolDims::Of(const PrepareContext& ctx, const Shape& input) {
  SESSILE_ASSIGN_OR_RETURN(const WindowGeometry window, WindowGeometry::Of("Pool", ctx.attrs()));
  const int spatial = window.spatial_rank();
  if (input.rank() != spatial + 2) {
    return InvalidArgument("tensor_in must be ", spatial + 2, "-dimensional, got ",
                           input.ToString());
  }
  PoolDims dims;
  dims.batch = input.dim(0);
  dims.channels = input.dim(window.format().ChannelDim(input.rank()));
  dims.output = input;
  for (int i = 0; i < spatial; ++i) {
    const int dim = window.format().SpatialDim(i);
    SESSILE_ASSIGN_OR_RETURN(const WindowExtent extent,
                             window.Extent(i, input.dim(dim), window.ksize(i)));
    PoolAxis& axis = dims.axes[static_cast<size_t>(3 - spatial + i)];
    axis.input = input.dim(dim);
    axis.output = extent.output;
    axis.ksize = window.ksize(i);
    axis.stride = window.stride(i);
    axis.pad = extent.pad_before;
    dims.output = dims.output.WithDim(dim, extent.output);
  }
  // Explicit padding may make the output larger than any memory.
  SESSILE_RETURN_IF_ERROR(Shape::FromDims(dims.output.dims()).status());
  dims.SetSteps(window.format(), input, true);
  dims.SetSteps(window.format(), dims.output, false);
  return dims;
}

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

template <template <typename> class Reduce>
struct Pool {
  template <typename T>
  class Kernel final : public Prepared {
   public:
    static PreparedOr Prepare(const PrepareContext& ctx) {
      SESSILE_ASSIGN_OR_RETURN(const PoolDims dims, PoolDims::Of(ctx, ctx.input_shape(0)));
      return std::make_unique<Kernel>(dims);
    }

    explicit Kernel(const PoolDims& dims)
        : dims_(dims), rows_(dims.axes[0].output * dims.axes[1].output) {
      AddOutput(DataTypeOf<T>::value, dims_.output);
      if (dims_.output.num_elements() == 0) return;
      AddPhase(BlocksOfWork(dims_.batch * rows_,
                            dims_.work_per_output() * static_cast<double>(dims_.axes[2].output)));
    }

    absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch, int,
                     int64_t block) const override {
      const T* const input = in[0].data<T>();
      T* const output = out[0].data<T>();
      for (const int64_t row : BlockRange(dims_.batch * rows_, block, num_blocks(0))) {
        dims_.ForEachOutput(row / rows_, row % rows_, row % rows_ + 1,
                            [&](int64_t offset, const PoolWindow& window) {
                              for (int64_t c = 0; c < dims_.channels; c += kPoolTile) {
                                PoolTile(input, output + offset, window, c);
                              }
                            });
      }
      return absl::OkStatus();
    }

   private:
    void PoolTile(const T* input, T* output, const PoolWindow& window, int64_t first) const {
      const int64_t count = std::min(kPoolTile, dims_.channels - first);
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

    const PoolDims dims_;
    const int64_t rows_;
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
class MaxPoolGradGrad final : public Prepared {
 public:
  static PreparedOr Prepare(const PrepareContext& ctx) {
    SESSILE_ASSIGN_OR_RETURN(const PoolDims dims, PoolDims::Of(ctx, ctx.input_shape(0)));
    SESSILE_RETURN_IF_ERROR(CheckPoolShape(ctx.input_shape(1), dims.output, "orig_output"));
    SESSILE_RETURN_IF_ERROR(CheckPoolShape(ctx.input_shape(2), ctx.input_shape(0), "grad"));
    return std::make_unique<MaxPoolGradGrad>(dims);
  }

  explicit MaxPoolGradGrad(const PoolDims& dims)
      : dims_(dims), rows_(dims.axes[0].output * dims.axes[1].output) {
    AddOutput(DataTypeOf<T>::value, dims_.output);
    if (dims_.output.num_elements() == 0) return;
    AddPhase(BlocksOfWork(dims_.batch * rows_,
                          dims_.work_per_output() * static_cast<double>(dims_.axes[2].output)));
  }

  absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch, int,
                   int64_t block) const override {
    const T* const input = in[0].data<T>();
    const T* const grad = in[2].data<T>();
    T* const result = out[0].data<T>();
    const auto take = [&](int64_t offset, const PoolWindow& window) {
      for (int64_t first = 0; first < dims_.channels; first += kPoolTile) {
        const int64_t count = std::min(kPoolTile, dims_.channels - first);
        int64_t places[kPoolTile];
        FindPlaces(dims_, input, window, first, count, places);
        for (int64_t c = 0; c < count; ++c) {
          result[offset + (first + c) * dims_.output_channel_step] =
              places[c] < 0 ? T{} : grad[places[c]];
        }
      }
    };
    for (const int64_t row : BlockRange(dims_.batch * rows_, block, num_blocks(0))) {
      dims_.ForEachOutput(row / rows_, row % rows_, row % rows_ + 1, take);
    }
    return absl::OkStatus();
  }

 private:
  const PoolDims dims_;
  const int64_t rows_;
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
