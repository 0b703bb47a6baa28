// FusedBatchNormV3 and FusedBatchNormGradV3. With N elements for each channel:
//
//   mean = sum(x) / N
//   variance = sum((x - mean)^2) / N
//   y = (x - mean) * scale / sqrt(variance + epsilon) + offset
//
// and, for the gradient g of y, with r = 1 / sqrt(variance + epsilon):
//
//   scale_backprop = r * sum(g * (x - mean))
//   offset_backprop = sum(g)
//   x_backprop = scale * r * (g - sum(g) / N - (x - mean) * r^2 * sum(g * (x - mean)) / N)
//
// Sums and per-channel values are kept in double: deep networks amplify what is lost here. Phase 0
// sums each block of rows, phase 1 joins the blocks in order, phase 2 computes the elements as
// a * x + b, or a * g + b * x + c. If not training, mean and variance are given, and nothing is
// subtracted from g. With ReLU, y = max(y, 0), and g counts only where the ReLU's output is
// positive (kernels/relu.cc says the same of NaN).

#include "sessile/kernels/fused_batch_norm.h"

#include <cmath>
#include <limits>
#include <string>
#include <type_traits>

#include "sessile/core/framework/kernel_registry.h"
#include "sessile/core/framework/status.h"
#include "sessile/kernels/blocks.h"
#include "sessile/kernels/channels.h"
#include "sessile/kernels/elementwise.h"
#include "sessile/kernels/numeric.h"
#include "sessile/kernels/register_all.h"

namespace sessile {
namespace {

struct BatchNormAttrs {
  Channels dims;
  bool training = true;
  double epsilon = 0;
  double factor = 1;  // how much of the batch's statistics goes into the running ones

  // `x` is the input that is normalized.
  static absl::StatusOr<BatchNormAttrs> Of(const PrepareContext& ctx, const Shape& x) {
    if (x.rank() != 4 && x.rank() != 5) {
      return InvalidArgument("input must be 4 or 5-dimensional", x.ToString());
    }
    BatchNormAttrs attrs;
    SESSILE_ASSIGN_OR_RETURN(const DataFormat format, DataFormat::Of(ctx.attrs()));
    attrs.dims = Channels::Of(x, format);
    SESSILE_ASSIGN_OR_RETURN(attrs.training, ctx.Attr<bool>("is_training"));
    SESSILE_ASSIGN_OR_RETURN(attrs.epsilon, ctx.Attr<float>("epsilon"));
    SESSILE_ASSIGN_OR_RETURN(attrs.factor, ctx.attrs().GetOr("exponential_avg_factor", 1.0f));
    return attrs;
  }
};

absl::Status CheckIsVector(const char* name, const Shape& shape) {
  if (shape.rank() == 1) return absl::OkStatus();
  return InvalidArgument(name, " must be 1-dimensional", shape.ToString());
}

absl::Status CheckChannels(const std::string& name, const Shape& shape, const Channels& dims) {
  if (shape.num_elements() == dims.channels) return absl::OkStatus();
  return InvalidArgument(name, " must have the same number of elements as the channels of x, got ",
                         shape.num_elements(), " and ", dims.channels);
}

// Arrays of lanes() doubles in one slot of scratch.
class Lanes {
 public:
  Lanes(const Channels& dims, Scratch scratch, int64_t slot)
      : lanes_(dims.lanes()), data_(scratch.slot<double>(slot)) {}
  double* operator[](int64_t i) const { return data_ + i * lanes_; }
  void Clear(int64_t i) const { std::fill_n((*this)[i], lanes_, 0.0); }

 private:
  const int64_t lanes_;
  double* const data_;
};

// In inference, y = x * slope + shift element by element. Of the rows, in double:
//
//   slope = scale / sqrt(variance + epsilon)
//   shift = offset - mean * slope
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

class ShiftOfMean final : public Elementwise {
 public:
  int operands() const override { return 3; }
  void RunTile(const float* const* in, float* out, int64_t n) const override {
    for (int64_t i = 0; i < n; ++i) {
      out[i] = static_cast<float>(double{in[0][i]} - double{in[1][i]} * double{in[2][i]});
    }
  }
};

class SlopeAndShift final : public Elementwise {
 public:
  explicit SlopeAndShift(bool relu) : relu_(relu) {}
  int operands() const override { return 3; }
  void RunTile(const float* const* in, float* out, int64_t n) const override {
    const float *x = in[0], *slope = in[1], *shift = in[2];
    const bool relu = relu_;
    Vectorized([=] {
      SESSILE_NO_CARRIED_DEPENDENCE
      for (int64_t i = 0; i < n; ++i) {
        const float normal = x[i] * slope[i] + shift[i];
        out[i] = relu && normal < 0 ? 0 : normal;
      }
    });
  }

 private:
  const bool relu_;
};

template <typename T>
class FusedBatchNorm final : public Prepared, public ElementwiseComposite {
 public:
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
    constexpr DataType type = DataTypeOf<T>::value;
    AddOutput(type, shape);
    for (int i = 0; i < 4; ++i) AddOutput(type, Shape({dims_.channels}));
    if (third_reserve) AddOutput(type, Shape());
    MayForward(0, 0);
    AddPhase(attrs.training ? blocks_ : 1);
    AddPhase(1);
    AddPhase(blocks_);
    SetScratch(blocks_ + 1, static_cast<size_t>(2 * dims_.lanes()) * sizeof(double));
  }

  std::shared_ptr<const Prepared> WithRelu() const {
    return std::make_shared<FusedBatchNorm>(attrs_, outputs()[0].shape, outputs().size() > 5, true);
  }

  std::vector<Part> Parts() const override {
    if (attrs_.training || dims_.inner != 1 || !std::is_same_v<T, float>) return {};
    constexpr int kX = 0, kScale = 1, kOffset = 2, kMean = 3, kVariance = 4, kSlope = ~0,
                  kShift = ~1;
    return {{std::make_shared<SlopeOfVariance>(attrs_.epsilon), {kScale, kVariance}},
            {std::make_shared<ShiftOfMean>(), {kOffset, kMean, kSlope}},
            {std::make_shared<SlopeAndShift>(relu_), {kX, kSlope, kShift}}};
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

  // [0] mean of the block, [1] sum of squared distances from it.
  void BlockStatistics(const T* x, int64_t block, Scratch scratch) const {
    const Lanes lanes(dims_, scratch, block);
    lanes.Clear(0);
    lanes.Clear(1);
    double* mean = lanes[0];
    double* squares = lanes[1];
    dims_.Walk(Rows(block), [=](int64_t i, int64_t lane) { mean[lane] += double{x[i]}; });
    dims_.Fold(mean);
    for (int64_t c = 0; c < dims_.channels; ++c) mean[c] /= Count(block);
    dims_.Tile(mean);
    dims_.Walk(Rows(block), [=](int64_t i, int64_t lane) {
      const double distance = double{x[i]} - mean[lane];
      squares[lane] += distance * distance;
    });
    dims_.Fold(squares);
  }

  void Statistics(Inputs in, Outputs out, Scratch scratch) const {
    const Lanes lanes(dims_, scratch, blocks_);
    for (int64_t c = 0; c < dims_.channels; ++c) {
      double mean, variance;
      if (attrs_.training) {
        JoinBlocks(scratch, c, &mean, &variance);
      } else {
        mean = double{in[3].data<T>()[c]};
        variance = double{in[4].data<T>()[c]};
      }
      StoreStatistics(in, out, c, mean, variance);
      const double slope = double{in[1].data<T>()[c]} / std::sqrt(variance + attrs_.epsilon);
      lanes[0][c] = slope;
      lanes[1][c] = double{in[2].data<T>()[c]} - mean * slope;
    }
    dims_.Tile(lanes[0]);
    dims_.Tile(lanes[1]);
    if (outputs().size() > 5) out[5].data<T>()[0] = 0;
  }

  void JoinBlocks(Scratch scratch, int64_t c, double* mean, double* variance) const {
    const auto count = static_cast<double>(dims_.per_channel());
    *mean = 0;
    for (int64_t block = 0; block < blocks_; ++block) {
      *mean += Lanes(dims_, scratch, block)[0][c] * Count(block);
    }
    *mean /= count;
    double squares = 0;
    for (int64_t block = 0; block < blocks_; ++block) {
      const Lanes lanes(dims_, scratch, block);
      const double distance = lanes[0][c] - *mean;
      squares += lanes[1][c] + distance * distance * Count(block);
    }
    *variance = squares / count;
  }

  // The running statistics (an estimate of the variance divides by N - 1), and what the gradient
  // needs. An empty batch has none.
  void StoreStatistics(Inputs in, Outputs out, int64_t c, double mean, double variance) const {
    const auto store = [&](int output, double value) {
      out[static_cast<size_t>(output)].data<T>()[c] = static_cast<T>(value);
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
      store(1, f == 1 ? mean : (1 - f) * double{in[3].data<T>()[c]} + f * mean);
      store(2, f == 1 ? unbiased : (1 - f) * double{in[4].data<T>()[c]} + f * unbiased);
    }
    const bool kept = attrs_.training && count != 0;
    store(3, kept ? mean : 0);
    store(4, kept ? variance : 0);
  }

  void Normalize(const T* x, const Lanes& lanes, int64_t block, T* y) const {
    const double* a = lanes[0];
    const double* b = lanes[1];
    if (relu_) {
      dims_.Walk(Rows(block), [=](int64_t i, int64_t lane) {
        const T normal = static_cast<T>(a[lane] * double{x[i]} + b[lane]);
        y[i] = normal < T{0} ? T{0} : normal;
      });
      return;
    }
    dims_.Walk(Rows(block), [=](int64_t i, int64_t lane) {
      y[i] = static_cast<T>(a[lane] * double{x[i]} + b[lane]);
    });
  }

  const BatchNormAttrs attrs_;
  const Channels dims_;
  const bool relu_;
  const int64_t blocks_;
};

template <typename T>
class FusedBatchNormGrad final : public Prepared {
 public:
  static absl::StatusOr<std::unique_ptr<Prepared>> Prepare(const PrepareContext& ctx) {
    const Shape& gradient = ctx.input_shape(0);
    const Shape& x = ctx.input_shape(1);
    SESSILE_ASSIGN_OR_RETURN(const BatchNormAttrs attrs, BatchNormAttrs::Of(ctx, x));
    if (x != gradient) {
      return InvalidArgument("x and y_backprop must have same shape, but x has shape ",
                             x.ToString(), " and y_backprop has shape ", gradient.ToString());
    }
    const char* const names[] = {"scale", "reserve_space_1", "reserve_space_2"};
    for (int i = 0; i < 3; ++i) {
      SESSILE_RETURN_IF_ERROR(CheckIsVector(names[i], ctx.input_shape(2 + i)));
    }
    for (int i = 0; i < 3; ++i) {
      SESSILE_RETURN_IF_ERROR(CheckChannels(names[i], ctx.input_shape(2 + i), attrs.dims));
    }
    return std::make_unique<FusedBatchNormGrad>(attrs, x);
  }

  // With `features` >= 0 that input is a ReLU's output, whose gradient input 0 is.
  FusedBatchNormGrad(const BatchNormAttrs& attrs, const Shape& shape, int features = -1)
      : attrs_(attrs),
        dims_(attrs.dims),
        features_(features),
        blocks_(BlocksOf(dims_.outer, 2 * dims_.stride() * static_cast<int64_t>(sizeof(T)))) {
    constexpr DataType type = DataTypeOf<T>::value;
    AddOutput(type, shape);
    for (int i = 0; i < 2; ++i) AddOutput(type, Shape({dims_.channels}));
    for (int i = 0; i < 2; ++i) AddOutput(type, Shape({0}));
    MayForward(0, 0);
    AddPhase(blocks_);
    AddPhase(1);
    AddPhase(blocks_);
    SetScratch(blocks_ + 1, static_cast<size_t>(3 * dims_.lanes()) * sizeof(double));
  }

  std::shared_ptr<const Prepared> AfterReluGrad() const {
    constexpr int kInputs = 6;
    return std::make_shared<FusedBatchNormGrad>(attrs_, outputs()[0].shape, kInputs);
  }

  absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch scratch, int phase,
                   int64_t block) const override {
    switch (phase) {
      case 0:
        BlockSums(in, block, Lanes(dims_, scratch, block));
        break;
      case 1:
        JoinBlocks(in, out, scratch);
        break;
      default:
        BackwardElements(in, Lanes(dims_, scratch, blocks_), block, out[0].data<T>());
    }
    return absl::OkStatus();
  }

 private:
  IndexRange Rows(int64_t block) const { return BlockRange(dims_.outer, block, blocks_); }

  // [0] sum(g), [1] sum(g * (x - mean)) of the block.
  void BlockSums(Inputs in, int64_t block, const Lanes& lanes) const {
    const T* x = in[1].data<T>();
    lanes.Clear(0);
    lanes.Clear(1);
    double* sum = lanes[0];
    double* products = lanes[1];
    double* mean = lanes[2];
    for (int64_t c = 0; c < dims_.channels; ++c) mean[c] = double{in[3].data<T>()[c]};
    dims_.Tile(mean);
    WithGradient(in, [&](auto g) {
      dims_.Walk(Rows(block), [=](int64_t i, int64_t lane) {
        const double gradient = g(i);
        sum[lane] += gradient;
        products[lane] += gradient * (double{x[i]} - mean[lane]);
      });
    });
    dims_.Fold(sum);
    dims_.Fold(products);
  }

  void JoinBlocks(Inputs in, Outputs out, Scratch scratch) const {
    const Lanes lanes(dims_, scratch, blocks_);
    const auto count = static_cast<double>(dims_.per_channel());
    for (int64_t c = 0; c < dims_.channels; ++c) {
      double sum = 0;
      double products = 0;
      for (int64_t block = 0; block < blocks_; ++block) {
        sum += Lanes(dims_, scratch, block)[0][c];
        products += Lanes(dims_, scratch, block)[1][c];
      }
      const double mean = double{in[3].data<T>()[c]};
      const double r = 1 / std::sqrt(double{in[4].data<T>()[c]} + attrs_.epsilon);
      out[1].data<T>()[c] = static_cast<T>(r * products);
      out[2].data<T>()[c] = static_cast<T>(sum);
      const double slope = double{in[2].data<T>()[c]} * r;
      const double correction = attrs_.training ? -slope * r * r * products / count : 0;
      lanes[0][c] = slope;
      lanes[1][c] = correction;
      lanes[2][c] = attrs_.training ? -slope * sum / count - correction * mean : 0;
    }
    for (int64_t i = 0; i < 3; ++i) dims_.Tile(lanes[i]);
  }

  void BackwardElements(Inputs in, const Lanes& lanes, int64_t block, T* x_backprop) const {
    const T* x = in[1].data<T>();
    const double* a = lanes[0];
    const double* b = lanes[1];
    const double* c = lanes[2];
    WithGradient(in, [&](auto g) {
      if (!attrs_.training) {
        dims_.Walk(Rows(block), [=](int64_t i, int64_t lane) {
          x_backprop[i] = static_cast<T>(a[lane] * g(i));
        });
        return;
      }
      dims_.Walk(Rows(block), [=](int64_t i, int64_t lane) {
        x_backprop[i] = static_cast<T>(a[lane] * g(i) + (b[lane] * double{x[i]} + c[lane]));
      });
    });
  }

  // Calls use(g) with g(i), element i of the gradient of the normalized values.
  template <typename Use>
  void WithGradient(Inputs in, Use use) const {
    const T* g = in[0].data<T>();
    if (features_ < 0) {
      use([g](int64_t i) { return double{g[i]}; });
      return;
    }
    const T* features = in[static_cast<size_t>(features_)].data<T>();
    use([g, features](int64_t i) { return double{g[i] * OneIfPositive(features[i])}; });
  }

  const BatchNormAttrs attrs_;
  const Channels dims_;
  const int features_;
  const int64_t blocks_;
};

}  // namespace

std::shared_ptr<const Prepared> BatchNormThenRelu(const Prepared& kernel) {
  const auto* const batch_norm = dynamic_cast<const FusedBatchNorm<float>*>(&kernel);
  return batch_norm != nullptr ? batch_norm->WithRelu() : nullptr;
}

std::shared_ptr<const Prepared> ReluGradThenBatchNormGrad(const Prepared& kernel) {
  const auto* const gradient = dynamic_cast<const FusedBatchNormGrad<float>*>(&kernel);
  return gradient != nullptr ? gradient->AfterReluGrad() : nullptr;
}

void RegisterFusedBatchNorm(KernelRegistry& kernels) {
  constexpr char kOnlyFloat[] = "kernels compute with float and double only";
  const auto add = [&](const char* op, PrepareFn in_float, PrepareFn in_double) {
    kernels.Add(op, in_float).Types("T", {float32}).Types("U", {float32});
    kernels.Add(op, in_double).Types("T", {float64}).Types("U", {float64}).YardstickOnly();
    kernels.Lacks(op, "T", {float16, bfloat16}, kOnlyFloat);
  };
  for (const char* op : {"FusedBatchNormV2", "FusedBatchNormV3"}) {
    add(op, FusedBatchNorm<float>::Prepare, FusedBatchNorm<double>::Prepare);
  }
  for (const char* op : {"FusedBatchNormGradV2", "FusedBatchNormGradV3"}) {
    add(op, FusedBatchNormGrad<float>::Prepare, FusedBatchNormGrad<double>::Prepare);
  }
  kernels.Lacks("FusedBatchNormV3", "U", {bfloat16}, kOnlyFloat);
  const auto add_first = [&](const char* op, PrepareFn in_float, PrepareFn in_double) {
    kernels.Add(op, in_float).Types("T", {float32});
    kernels.Add(op, in_double).Types("T", {float64}).YardstickOnly();
  };
  add_first("FusedBatchNorm", FusedBatchNorm<float>::Prepare, FusedBatchNorm<double>::Prepare);
  add_first("FusedBatchNormGrad", FusedBatchNormGrad<float>::Prepare,
            FusedBatchNormGrad<double>::Prepare);
}

}  // namespace sessile
