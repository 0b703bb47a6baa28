// FakeQuantWithMinMaxArgs, ...Vars, ...VarsPerChannel and their gradients, over a matrix [rows,
// channels], which has one channel unless there are limits for each.
//
// Phase 0 moves the limits so that 0 is one of the numbers; phase 1 goes over the values; phase 2
// of a gradient adds up what the blocks found for the limits.

#include <algorithm>
#include <cmath>
#include <memory>

#include "sessile/core/framework/kernel_registry.h"
#include "sessile/core/framework/status.h"
#include "sessile/kernels/blocks.h"
#include "sessile/kernels/register_all.h"
#include "sessile/kernels/storage.h"
#include "sessile/kernels/vectorized.h"

namespace sessile {
namespace {

// The numbers that values are rounded to: `low`, `low` + `step`, ..., `high`.
template <typename T>
struct QuantGrid {
  T low = 0;
  T high = 0;
  T step = 0;
  T zero = 0;             // the number of the step that is 0
  bool is_empty = false;  // both limits are 0: everything is

  QuantGrid(T min, T max, T first, T last) {
    is_empty = min == 0 && max == 0;
    if (is_empty) return;
    step = (max - min) / (last - first);
    const T exact = first - min / step;
    const T nudged = exact < first ? first : exact > last ? last : std::round(exact);
    low = (first - nudged) * step;
    high = (last - nudged) * step;
    zero = std::floor(-low * (1 / step) + T(0.5));
  }

  bool Contains(T x) const { return is_empty || (x >= low && x <= high); }
  T Rounded(T x) const {
    if (is_empty) return 0;
    const T clamped = std::max(std::min(x, high), low) - low;
    return std::floor(clamped * (1 / step) - zero + T(0.5)) * step;
  }
};

struct FakeQuantFacts {
  int64_t rows = 0;
  int64_t channels = 1;
  bool has_limits = false;  // as tensors
  float min = 0;            // else
  float max = 0;
  float first = 0;  // of the integers that numbers stand for
  float last = 0;
};

// `data`: the input that has the values; limits that are tensors follow it.
absl::StatusOr<FakeQuantFacts> FakeQuantFactsOf(const PrepareContext& ctx, int data,
                                                bool per_channel) {
  SESSILE_ASSIGN_OR_RETURN(const int64_t bits, ctx.Attr<int64_t>("num_bits"));
  SESSILE_ASSIGN_OR_RETURN(const bool narrow, ctx.Attr<bool>("narrow_range"));
  if (bits < 2 || bits > 16) {
    return InvalidArgument("num_bits must be between 2 and 16, inclusive, got ", bits);
  }
  const Shape& values = ctx.input_shape(data);
  if (data == 1 && ctx.input_shape(0) != values) {
    return InvalidArgument("gradient and input must be the same size, got ",
                           ctx.input_shape(0).ToString(), " and ", values.ToString());
  }
  FakeQuantFacts facts{.first = narrow ? 1.0f : 0.0f, .last = static_cast<float>((1 << bits) - 1)};
  facts.has_limits = ctx.num_inputs() > data + 1;
  if (!facts.has_limits) {
    SESSILE_ASSIGN_OR_RETURN(facts.min, ctx.Attr<float>("min"));
    SESSILE_ASSIGN_OR_RETURN(facts.max, ctx.Attr<float>("max"));
    if (!(facts.min < facts.max)) {
      return InvalidArgument("min has to be smaller than max, was: ", facts.min, " >= ", facts.max);
    }
  }
  Shape limit;
  if (per_channel) {
    if (values.rank() < 1) return InvalidArgument("inputs must have at least one dimension");
    facts.channels = values.dim(values.rank() - 1);
    limit = Shape({facts.channels});
  }
  for (int i = data + 1; i < ctx.num_inputs(); ++i) {
    if (ctx.input_shape(i) == limit) continue;
    return InvalidArgument(i == data + 1 ? "min" : "max", " must have shape ", limit.ToString(),
                           ", got ", ctx.input_shape(i).ToString());
  }
  facts.rows = facts.channels == 0 ? 0 : values.num_elements() / facts.channels;
  return facts;
}

template <typename T>
class FakeQuantKernel : public Prepared {
 protected:
  explicit FakeQuantKernel(const FakeQuantFacts& facts) : f_(facts) {}

  // Phase 0 of all: fills slot 0.
  void FindGrids(Inputs in, size_t data, Scratch scratch) const {
    auto* const grids = scratch.slot<QuantGrid<T>>(0);
    for (int64_t c = 0; c < f_.channels; ++c) {
      const T min = f_.has_limits ? in[data + 1].data<T>()[c] : static_cast<T>(f_.min);
      const T max = f_.has_limits ? in[data + 2].data<T>()[c] : static_cast<T>(f_.max);
      new (grids + c) QuantGrid<T>(min, max, static_cast<T>(f_.first), static_cast<T>(f_.last));
    }
  }
  const FakeQuantFacts f_;
};

template <typename T>
class FakeQuantValues final : public FakeQuantKernel<T> {
 public:
  FakeQuantValues(const PrepareContext& ctx, const FakeQuantFacts& facts)
      : FakeQuantKernel<T>(facts) {
    this->AddOutput(DataTypeOf<T>::value, ctx.input_shape(0));
    this->MayForward(0, 0);
    this->AddPhase(1);
    this->AddPhase(BlocksOf(facts.rows, facts.channels * 2 * static_cast<int64_t>(sizeof(T))));
    this->SetScratch(1, static_cast<size_t>(facts.channels) * sizeof(QuantGrid<T>));
  }

  absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch scratch, int phase,
                   int64_t block) const override {
    if (phase == 0) {
      this->FindGrids(in, 0, scratch);
      return absl::OkStatus();
    }
    const auto* const grids = scratch.slot<QuantGrid<T>>(0);
    const int64_t channels = this->f_.channels;
    const T* const values = in[0].data<T>();
    T* const rounded = out[0].data<T>();
    const IndexRange rows = BlockRange(this->f_.rows, block, this->num_blocks(1));
    Vectorized([=] {
      if (channels == 1) {
        const QuantGrid<T> grid = grids[0];
        const int64_t last = rows.last();
        SESSILE_NO_CARRIED_DEPENDENCE
        for (int64_t i = rows.first(); i < last; ++i) rounded[i] = grid.Rounded(values[i]);
        return;
      }
      for (const int64_t row : rows) {
        for (int64_t c = 0; c < channels; ++c) {
          rounded[row * channels + c] = grids[c].Rounded(values[row * channels + c]);
        }
      }
    });
    return absl::OkStatus();
  }
};

template <typename T>
class FakeQuantGradient final : public FakeQuantKernel<T> {
 public:
  FakeQuantGradient(const PrepareContext& ctx, const FakeQuantFacts& facts)
      : FakeQuantKernel<T>(facts) {
    this->AddOutput(DataTypeOf<T>::value, ctx.input_shape(1));
    if (facts.has_limits) {
      for (const int i : {2, 3}) this->AddOutput(DataTypeOf<T>::value, ctx.input_shape(i));
    }
    this->AddPhase(1);
    this->AddPhase(BlocksOf(facts.rows, facts.channels * 3 * static_cast<int64_t>(sizeof(T))));
    if (facts.has_limits) this->AddPhase(1);
    // Slot 0 is for the grids, one a block for its sums: of the lower limits, then of the upper.
    this->SetScratch(
        1 + (facts.has_limits ? this->num_blocks(1) : 0),
        static_cast<size_t>(facts.channels) * std::max(sizeof(QuantGrid<T>), 2 * sizeof(double)));
  }

  absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch scratch, int phase,
                   int64_t block) const override {
    if (phase == 0) {
      this->FindGrids(in, 1, scratch);
    } else if (phase == 1) {
      PassOn(in, out, scratch, block);
    } else {
      AddUp(out, scratch);
    }
    return absl::OkStatus();
  }

 private:
  void PassOn(Inputs in, Outputs out, Scratch scratch, int64_t block) const {
    const auto* const grids = scratch.slot<QuantGrid<T>>(0);
    const int64_t channels = this->f_.channels;
    double* const sums = this->f_.has_limits ? scratch.slot<double>(1 + block) : nullptr;
    if (sums != nullptr) std::fill_n(sums, 2 * channels, 0.0);
    for (const int64_t row : BlockRange(this->f_.rows, block, this->num_blocks(1))) {
      for (int64_t c = 0; c < channels; ++c) {
        const int64_t i = row * channels + c;
        const T grad = in[0].data<T>()[i];
        const T value = in[1].data<T>()[i];
        out[0].data<T>()[i] = grids[c].Contains(value) ? grad : T{0};
        if (sums == nullptr || grids[c].is_empty) continue;
        if (value < grids[c].low) sums[c] += static_cast<double>(grad);
        if (value > grids[c].high) sums[channels + c] += static_cast<double>(grad);
      }
    }
  }
  void AddUp(Outputs out, Scratch scratch) const {
    const int64_t channels = this->f_.channels;
    for (int64_t i = 0; i < 2 * channels; ++i) {
      double sum = 0;
      for (int64_t b = 0; b < this->num_blocks(1); ++b) sum += scratch.slot<double>(1 + b)[i];
      out[i < channels ? 1 : 2].template data<T>()[i % channels] = static_cast<T>(sum);
    }
  }
};

template <template <typename> class Kernel, int data, bool per_channel>
PreparedOr PrepareFakeQuant(const PrepareContext& ctx) {
  SESSILE_ASSIGN_OR_RETURN(const FakeQuantFacts facts, FakeQuantFactsOf(ctx, data, per_channel));
  if (ctx.output_dtype(0) == float64) return std::make_unique<Kernel<double>>(ctx, facts);
  return std::make_unique<Kernel<float>>(ctx, facts);
}

}  // namespace

void RegisterFakeQuant(KernelRegistry& kernels) {
  kernels.Add("FakeQuantWithMinMaxArgs", PrepareFakeQuant<FakeQuantValues, 0, false>);
  kernels.Add("FakeQuantWithMinMaxVars", PrepareFakeQuant<FakeQuantValues, 0, false>);
  kernels.Add("FakeQuantWithMinMaxVarsPerChannel", PrepareFakeQuant<FakeQuantValues, 0, true>);
  kernels.Add("FakeQuantWithMinMaxArgsGradient", PrepareFakeQuant<FakeQuantGradient, 1, false>);
  kernels.Add("FakeQuantWithMinMaxVarsGradient", PrepareFakeQuant<FakeQuantGradient, 1, false>);
  kernels.Add("FakeQuantWithMinMaxVarsPerChannelGradient",
              PrepareFakeQuant<FakeQuantGradient, 1, true>);
}

}  // namespace sessile
