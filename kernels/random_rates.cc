// RandomGamma and RandomPoisson: samples for each of many parameters, in TensorFlow's streams.
// Every sample has a piece of the stream of its own, so that they may be drawn in any order.
//
// Gamma: Marsaglia and Tsang (2000). Poisson: products of uniform numbers for rates below 10
// (Knuth), transformed rejection (Hoermann, 1993) above.

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <memory>
#include <new>
#include <vector>

#include "sessile/core/framework/kernel_registry.h"
#include "sessile/core/framework/random_fill.h"
#include "sessile/core/framework/status.h"
#include "sessile/kernels/blocks.h"
#include "sessile/kernels/numeric.h"
#include "sessile/kernels/random_stream.h"
#include "sessile/kernels/register_all.h"
#include "sessile/kernels/special_functions.h"
#include "sessile/kernels/storage.h"

namespace sessile {
namespace {

constexpr double kNoNumber = std::numeric_limits<double>::quiet_NaN();
// No parameter takes nearly as many attempts; a generator that gives the same number for ever
// would.
constexpr int kMostAttempts = 10000;

// The uniform and normal numbers of one sample: pairs of doubles from blocks of one generator, each
// pair's second one first.
class SampleSource {
 public:
  SampleSource(const Philox& start, int64_t sample) : generator_(start) {
    generator_.Skip(static_cast<uint64_t>(sample) * kRandomBlocksPerOutput);
  }
  double Uniform() { return Next<FillUniform<double>>(&uniform_); }
  double Normal() { return Next<FillNormal<double>>(&normal_); }

 private:
  struct Pair {
    std::array<double, 2> values = {};
    size_t left = 0;
  };
  template <auto fill>
  double Next(Pair* pair) {
    if (pair->left == 0) {
      fill(generator_, 0, 1, pair->values);
      generator_.Skip(1);
      pair->left = 2;
    }
    return pair->values[--pair->left];
  }

  Philox generator_;
  Pair uniform_;
  Pair normal_;
};

struct GammaSample {
  template <typename T>
  static double Draw(double alpha, SampleSource source) {
    if (!(alpha >= 0)) return kNoNumber;
    if (alpha == 1) return -std::log1p(-source.Uniform());
    const double d = alpha + (alpha < 1 ? 2.0 / 3 : -1.0 / 3);
    const double c = 1.0 / 3 / std::sqrt(d);
    for (int i = 0; i < kMostAttempts; ++i) {
      const double x = source.Normal();
      double v = 1 + c * x;
      if (v <= 0) continue;
      v = v * v * v;
      const double u = source.Uniform();
      const bool accepted = u < 1 - 0.0331 * (x * x) * (x * x) ||
                            std::log(u) < 0.5 * x * x + d * (1 - v + std::log(v));
      if (!accepted) continue;
      return alpha < 1 ? d * v * std::pow(source.Uniform(), 1 / alpha) : d * v;
    }
    return kNoNumber;
  }
};

// The largest number of events that T can say.
template <typename T>
double MostEvents() {
  if constexpr (std::is_same_v<T, Half>) {
    return 65504;
  } else {
    return static_cast<double>(std::numeric_limits<T>::max());
  }
}

struct PoissonSample {
  template <typename T>
  static double Draw(double rate, SampleSource source) {
    if (std::isnan(rate)) return kNoNumber;
    return rate < 10 ? DrawFew(rate, source) : DrawMany(rate, MostEvents<T>(), source);
  }

 private:
  static double DrawFew(double rate, SampleSource source) {
    const double least = std::exp(-rate);
    double product = 1;
    for (int events = 0; events < kMostAttempts; ++events) {
      product *= source.Uniform();
      if (product <= least) return events;
    }
    return kNoNumber;
  }

  static double DrawMany(double rate, double most, SampleSource source) {
    if (std::isinf(rate)) return rate;
    const double log_rate = std::log(rate);
    const double b = 0.931 + 2.53 * std::sqrt(rate);
    const double a = -0.059 + 0.02483 * b;
    const double inverse_acceptance = 1.1239 + 1.1328 / (b - 3.4);
    for (int i = 0; i < kMostAttempts; ++i) {
      const double u = source.Uniform() - 0.5;
      const double v = source.Uniform();
      const double shifted = 0.5 - std::abs(u);
      const double k = std::floor((2 * a / shifted + b) * u + rate + 0.43);
      if (k > most) continue;
      if (shifted >= 0.07 && v <= 0.9277 - 3.6224 / (b - 2)) return k;
      if (k < 0 || (shifted < 0.013 && v > shifted)) continue;
      const double s = std::log(v * inverse_acceptance / (a / (shifted * shifted) + b));
      if (s <= -rate + k * log_rate - LogGamma(k + 1)) return k;
    }
    return most;
  }
};

// A number of events, or a sample, as T; what T cannot say is its nearest.
template <typename T>
T SampleAs(double value) {
  if constexpr (std::is_integral_v<T>) {
    if (std::isnan(value)) return 0;
    if (value >= MostEvents<T>()) return std::numeric_limits<T>::max();
    return static_cast<T>(value);
  } else {
    return Narrow<T>(static_cast<Wide<T>>(value));
  }
}

// Output [samples..., parameters...], drawn parameter by parameter.
template <typename Sample, typename T, typename P>
class RandomRates final : public Prepared {
 public:
  RandomRates(DataType dtype, const Shape& output, int64_t samples, int64_t parameters)
      : samples_(samples), parameters_(parameters) {
    AddOutput(dtype, output);
    if (output.num_elements() == 0) return;
    constexpr int64_t kCostOfSample = 512;  // as bytes
    AddPhase(1);
    AddPhase(BlocksOf(samples_ * parameters_, kCostOfSample));
    SetScratch(1, sizeof(Philox));
  }

  absl::Status Run(RunContext& ctx, Inputs in, Outputs out, Scratch scratch, int phase,
                   int64_t block) const override {
    if (phase == 0) {
      auto* const state = static_cast<StreamState*>(ctx.state());
      new (scratch.slot<Philox>(0)) Philox(state->stream.ReserveOutputs(samples_ * parameters_));
      return absl::OkStatus();
    }
    const Philox& start = *scratch.slot<Philox>(0);
    for (const int64_t i : BlockRange(samples_ * parameters_, block, num_blocks(1))) {
      const int64_t parameter = i / samples_;
      const auto value = static_cast<double>(Widen(in[1].data<P>()[parameter]));
      const double drawn = Sample::template Draw<T>(value, SampleSource(start, i));
      Store(out[0], i % samples_ * parameters_ + parameter, drawn);
    }
    return absl::OkStatus();
  }

 private:
  // In the yardstick a float is drawn and widened.
  static void Store(const TensorView& out, int64_t i, double drawn) {
    if constexpr (std::is_same_v<T, float>) {
      if (out.dtype() == DataType::kDouble) {
        out.data<double>()[i] = static_cast<double>(static_cast<float>(drawn));
        return;
      }
    }
    out.data<T>()[i] = SampleAs<T>(drawn);
  }

  const int64_t samples_;
  const int64_t parameters_;
};

template <typename Sample, typename T>
PreparedOr PrepareRates(const PrepareContext& ctx) {
  if (ctx.input_shape(0).rank() != 1) {
    return InvalidArgument("shape must be a vector of {int32,int64}, got shape ",
                           ctx.input_shape(0).ToString());
  }
  SESSILE_ASSIGN_OR_RETURN(const Shape samples, ShapeOfSizes(*ctx.input_value(0)));
  const Shape& parameters = ctx.input_shape(1);
  std::vector<int64_t> dims(samples.dims().begin(), samples.dims().end());
  dims.insert(dims.end(), parameters.dims().begin(), parameters.dims().end());
  SESSILE_ASSIGN_OR_RETURN(const Shape output, Shape::FromDims(dims));
  const auto with = [&]<typename P>(P) -> PreparedOr {
    return std::make_unique<RandomRates<Sample, T, P>>(
        ctx.output_dtype(0), output, samples.num_elements(), parameters.num_elements());
  };
  switch (ctx.input_dtype(1)) {
    case DataType::kHalf:
      return with(Half());
    case DataType::kFloat:  // NOLINT: the types differ, which clang-tidy does not see
      return with(float());
    case DataType::kInt32:
      return with(int32_t());
    case DataType::kInt64:
      return with(int64_t());
    default:
      return with(double());
  }
}

template <typename Sample, typename T>
void AddRates(KernelRegistry& kernels, const char* op, const char* attr) {
  kernels.Add(op, PrepareRates<Sample, T>)
      .Types(attr, {DataTypeOf<T>::value})
      .ValueInput(0)
      .State(MakeStream);
}

template <typename Sample>
void AddFloatRates(KernelRegistry& kernels, const char* op, const char* attr) {
  AddRates<Sample, Half>(kernels, op, attr);
  AddRates<Sample, float>(kernels, op, attr);
  AddRates<Sample, double>(kernels, op, attr);
}

}  // namespace

void RegisterRandomRates(KernelRegistry& kernels) {
  AddFloatRates<GammaSample>(kernels, "RandomGamma", "T");
  AddFloatRates<PoissonSample>(kernels, "RandomPoisson", "dtype");
  AddFloatRates<PoissonSample>(kernels, "RandomPoissonV2", "dtype");
  AddRates<PoissonSample, int32_t>(kernels, "RandomPoissonV2", "dtype");
  AddRates<PoissonSample, int64_t>(kernels, "RandomPoissonV2", "dtype");
}

}  // namespace sessile
