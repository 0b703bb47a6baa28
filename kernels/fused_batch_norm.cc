// FusedBatchNorm in its three versions. With N elements for each channel:
//
//   mean = sum(x) / N
//   variance = sum((x - mean)^2) / N
//   y = (x - mean) * scale / sqrt(variance + epsilon) + offset
//
// Sums are kept in double: deep networks amplify what is lost here. Phase 0 sums each block of
// rows, phase 1 joins the blocks in order, phase 2 computes the elements. Of these, distances alone
// are multiplied, (x - m) * slope + offset with m the mean as T has it: a mean far from zero costs
// no digits. If not training, mean and variance are given. With ReLU, y = max(y, 0)
// (kernels/relu.cc says the same of NaN).

#include "sessile/kernels/fused_batch_norm.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <string>
#include <type_traits>

#include "sessile/core/framework/kernel_registry.h"
#include "sessile/core/framework/status.h"
#include "sessile/kernels/batch_norm_attrs.h"
#include "sessile/kernels/blocks.h"
#include "sessile/kernels/channels.h"
#include "sessile/kernels/elementwise.h"
#include "sessile/kernels/numeric.h"
#include "sessile/kernels/register_all.h"

namespace sessile {
namespace {

// In inference, y = (x - mean) * slope + offset element by element, with slope = scale /
// sqrt(variance + epsilon) in double.
class SlopeOfVariance final : public Elementwise {
 public:
  explicit SlopeOfVariance(double epsilon) : epsilon_(epsilon) {}
  int operands() const override { return 2; }
  void RunTile(const float* const* in, float* out, int64_t n) const override {
    const float *scale = in[0], *variance = in[1];
    const double epsilon = epsilon_;
    Vectorized([=] {
      SESSILE_NO_CARRIED_DEPENDENCE
      for (int64_t i = 0; i < n; ++i) {
        out[i] = static_cast<float>(double{scale[i]} / std::sqrt(double{variance[i]} + epsilon));
      }
    });
  }

 private:
  const double epsilon_;
};

class Normalization final : public Elementwise {
 public:
  explicit Normalization(bool relu) : relu_(relu) {}
  int operands() const override { return 4; }
  void RunTile(const float* const* in, float* out, int64_t n) const override {
    const float *x = in[0], *mean = in[1], *slope = in[2], *offset = in[3];
    const bool relu = relu_;
    Vectorized([=] {
      SESSILE_NO_CARRIED_DEPENDENCE
      for (int64_t i = 0; i < n; ++i) {
        const float normal = (x[i] - mean[i]) * slope[i] + offset[i];
        out[i] = relu && normal < 0 ? 0 : normal;
      }
    });
  }

 private:
  const bool relu_;
};

// Elements are T; what there is for each channel is not rounded to half precision.
template <typename T>
class FusedBatchNorm final : public Prepared, public ElementwiseComposite {
 public:
  using U = Wide<T>;
  using Lanes = BatchNormLanes<U>;
  static constexpr int64_t kArrays = 3;

  static absl::StatusOr<std::unique_ptr<Prepared>> Prepare(const PrepareContext& ctx) {
    SESSILE_ASSIGN_OR_RETURN(const BatchNormAttrs attrs,
                             BatchNormAttrs::Of(ctx, ctx.input_shape(0)));
    const char* const names[] = {"scale", "offset", "estimated_mean", "estimated_variance"};
    for (int i = 0; i < 4; ++i) {
      SESSILE_RETURN_IF_ERROR(CheckIsVector(names[i], ctx.input_shape(1 + i)));
    }
    SESSILE_RETURN_IF_ERROR(CheckChannels("scale", ctx.input_shape(1), attrs.dims));
    SESSILE_RETURN_IF_ERROR(CheckChannels("offset", ctx.input_shape(2), attrs.dims));
    if (!attrs.training || attrs.factor != 1) {
      const std::string when =
          attrs.training ? "When exponential_avg_factor != 1, " : "When is_training=false, ";
      SESSILE_RETURN_IF_ERROR(CheckChannels(when + "mean", ctx.input_shape(3), attrs.dims));
      SESSILE_RETURN_IF_ERROR(CheckChannels(when + "variance", ctx.input_shape(4), attrs.dims));
    }
    const bool third_reserve = ctx.num_outputs() > 5;
    return std::make_unique<FusedBatchNorm>(attrs, ctx.input_shape(0), third_reserve);
  }

  FusedBatchNorm(const BatchNormAttrs& attrs, const Shape& shape, bool third_reserve,
                 bool relu = false)
      : attrs_(attrs),
        dims_(attrs.dims),
        relu_(relu),
        blocks_(BlocksOf(dims_.outer, dims_.stride() * static_cast<int64_t>(sizeof(T)))) {
    constexpr DataType of_channels = DataTypeOf<U>::value;
    AddOutput(DataTypeOf<T>::value, shape);
    for (int i = 0; i < 4; ++i) AddOutput(of_channels, Shape({dims_.channels}));
    if (third_reserve) AddOutput(of_channels, Shape());
    MayForward(0, 0);
    if (!attrs.training) TakesRows(0);
    AddPhase(attrs.training ? blocks_ : 1);
    AddPhase(1);
    AddPhase(blocks_);
    SetScratch(blocks_ + 1, Lanes::Bytes(dims_, kArrays));
  }

  std::shared_ptr<const Prepared> WithRelu() const {
    return std::make_shared<FusedBatchNorm>(attrs_, outputs()[0].shape, outputs().size() > 5, true);
  }

  std::vector<Part> Parts() const override {
    if (attrs_.training || dims_.inner != 1 || !std::is_same_v<T, float>) return {};
    constexpr int kX = 0, kScale = 1, kOffset = 2, kMean = 3, kVariance = 4, kSlope = ~0;
    return {{std::make_shared<SlopeOfVariance>(attrs_.epsilon), {kScale, kVariance}},
            {std::make_shared<Normalization>(relu_), {kX, kMean, kSlope, kOffset}}};
  }

  absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch scratch, int phase,
                   int64_t block) const override {
    switch (phase) {
      case 0:
        if (attrs_.training) BlockStatistics(in[0].data<T>(), block, scratch);
        break;
      case 1:
        Statistics(in, out, scratch);
        break;
      default:
        Normalize(in[0].data<T>(), Lanes(dims_, scratch, blocks_), block, out[0].data<T>());
    }
    return absl::OkStatus();
  }

 private:
  IndexRange Rows(int64_t block) const { return BlockRange(dims_.outer, block, blocks_); }
  double Count(int64_t block) const {
    return static_cast<double>(Rows(block).size() * dims_.inner);
  }

  // Sums [0] mean of the block, [1] sum of squared distances from it.
  //
  // Distances are from an element first, then from the rounded mean: where elements are equal they
  // are exact, and an element far from the others makes errors that are small beside the variance
  // that it makes.
  void BlockStatistics(const T* x, int64_t block, Scratch scratch) const {
    const Lanes lanes(dims_, scratch, block);
    lanes.Clear(0);
    lanes.Clear(1);
    if (Count(block) == 0) return;
    const IndexRange rows = Rows(block);
    double *const mean = lanes.sums(0), *const squares = lanes.sums(1);
    U* const origin = lanes.values(2);
    for (int64_t c = 0; c < dims_.channels; ++c) {
      const U element = Widen(x[rows.first() * dims_.stride() + c * dims_.inner]);
      origin[c] = std::isfinite(element) ? element : U{0};
    }
    dims_.Tile(origin);
    dims_.AddUp<T>(
        rows, Addends{[=](int64_t i, int64_t lane) { return Widen(x[i]) - origin[lane]; }, mean});
    dims_.Fold(mean);
    for (int64_t c = 0; c < dims_.channels; ++c) {
      mean[c] = double{origin[c]} + mean[c] / Count(block);
      origin[c] = static_cast<U>(mean[c]);
    }
    dims_.Tile(origin);
    const auto square = [=](int64_t i, int64_t lane) {
      const U distance = Widen(x[i]) - origin[lane];
      return distance * distance;
    };
    dims_.AddUp<T>(rows, Addends{square, squares});
    dims_.Fold(squares);
    for (int64_t c = 0; c < dims_.channels; ++c) {
      const double off = mean[c] - double{origin[c]};
      squares[c] -= std::min(off * off * Count(block), squares[c]);
    }
  }

  void Statistics(Inputs in, Outputs out, Scratch scratch) const {
    const Lanes lanes(dims_, scratch, blocks_);
    U *const slopes = lanes.values(0), *const means = lanes.values(1),
             *const offsets = lanes.values(2);
    for (int64_t c = 0; c < dims_.channels; ++c) {
      double mean, variance;
      if (attrs_.training) {
        JoinBlocks(scratch, c, &mean, &variance);
      } else {
        mean = double{in[3].data<U>()[c]};
        variance = double{in[4].data<U>()[c]};
      }
      StoreStatistics(in, out, c, mean, variance);
      const double slope = double{in[1].data<U>()[c]} / std::sqrt(variance + attrs_.epsilon);
      slopes[c] = static_cast<U>(slope);
      means[c] = static_cast<U>(mean);
      offsets[c] = static_cast<U>(double{in[2].data<U>()[c]} - (mean - double{means[c]}) * slope);
    }
    for (U* const values : {slopes, means, offsets}) dims_.Tile(values);
    if (outputs().size() > 5) out[5].data<U>()[0] = 0;
  }

  void JoinBlocks(Scratch scratch, int64_t c, double* mean, double* variance) const {
    const auto count = static_cast<double>(dims_.per_channel());
    *mean = 0;
    for (int64_t block = 0; block < blocks_; ++block) {
      *mean += Lanes(dims_, scratch, block).sums(0)[c] * Count(block);
    }
    *mean /= count;
    double squares = 0;
    for (int64_t block = 0; block < blocks_; ++block) {
      const Lanes lanes(dims_, scratch, block);
      const double distance = lanes.sums(0)[c] - *mean;
      squares += lanes.sums(1)[c] + distance * distance * Count(block);
    }
    *variance = squares / count;
  }

  // The running statistics (an estimate of the variance divides by N - 1), and what the gradient
  // needs. An empty batch has none.
  void StoreStatistics(Inputs in, Outputs out, int64_t c, double mean, double variance) const {
    const auto store = [&](int output, double value) {
      out[static_cast<size_t>(output)].data<U>()[c] = static_cast<U>(value);
    };
    const auto count = static_cast<double>(dims_.per_channel());
    if (count == 0) {
      store(1, std::numeric_limits<double>::quiet_NaN());
      store(2, std::numeric_limits<double>::quiet_NaN());
    } else if (!attrs_.training) {
      store(1, mean);
      store(2, variance);
    } else {
      const double unbiased = variance * count / std::max(count - 1, 1.0);
      const double f = attrs_.factor;
      store(1, f == 1 ? mean : (1 - f) * double{in[3].data<U>()[c]} + f * mean);
      store(2, f == 1 ? unbiased : (1 - f) * double{in[4].data<U>()[c]} + f * unbiased);
    }
    const bool kept = attrs_.training && count != 0;
    store(3, kept ? mean : 0);
    store(4, kept ? variance : 0);
  }

  void Normalize(const T* x, const Lanes& lanes, int64_t block, T* y) const {
    const U *const slope = lanes.values(0), *const mean = lanes.values(1),
                   *const offset = lanes.values(2);
    const auto normal = [=](int64_t i, int64_t lane) {
      return (Widen(x[i]) - mean[lane]) * slope[lane] + offset[lane];
    };
    if (relu_) {
      dims_.Walk<T>(Rows(block), [=](int64_t i, int64_t lane) {
        const U value = normal(i, lane);
        y[i] = Narrow<T>(value < U{0} ? U{0} : value);
      });
      return;
    }
    dims_.Walk<T>(Rows(block), [=](int64_t i, int64_t lane) { y[i] = Narrow<T>(normal(i, lane)); });
  }

  const BatchNormAttrs attrs_;
  const Channels dims_;
  const bool relu_;
  const int64_t blocks_;
};

}  // namespace

std::shared_ptr<const Prepared> BatchNormThenRelu(const Prepared& kernel) {
  const auto* const batch_norm = dynamic_cast<const FusedBatchNorm<float>*>(&kernel);
  return batch_norm != nullptr ? batch_norm->WithRelu() : nullptr;
}

void RegisterFusedBatchNorm(KernelRegistry& kernels) {
  RegisterBatchNormVersions<FusedBatchNorm>(kernels, "FusedBatchNorm");
  kernels.Lacks("FusedBatchNormV3", "U", {bfloat16}, kNoKernelInTensorFlow);
}

}  // namespace sessile
