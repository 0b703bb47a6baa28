// Multinomial: draws classes by their cumulative probabilities, in the order of the output, as
// TensorFlow does on one thread.

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "sessile/core/framework/kernel_registry.h"
#include "sessile/core/framework/random_fill.h"
#include "sessile/kernels/numeric.h"
#include "sessile/kernels/random_stream.h"
#include "sessile/kernels/register_all.h"
#include "sessile/kernels/storage.h"

namespace sessile {
namespace {

template <typename T, typename Class>
class Multinomial final : public Prepared {
 public:
  Multinomial(const Shape& logits, int64_t samples)
      : batch_(logits.dim(0)), classes_(logits.dim(1)), samples_(samples) {
    AddOutput(DataTypeOf<Class>::value, Shape({batch_, samples_}));
    AddPhase(1);
    SetScratch(1, static_cast<size_t>(classes_) * sizeof(double));
  }

  absl::Status Run(RunContext& ctx, Inputs in, Outputs out, Scratch scratch, int,
                   int64_t) const override {
    if (batch_ == 0 || samples_ == 0) return absl::OkStatus();
    auto* const state = static_cast<StreamState*>(ctx.state());
    // Two words for each double.
    RandomWords words(state->stream.ReserveOutputs(2 * batch_ * ((samples_ + 3) / 4 * 4)));
    double* const sums = scratch.slot<double>(0);
    for (int64_t b = 0; b < batch_; ++b) {
      const double total = AddUp(in[0].data<T>() + b * classes_, sums);
      Class* const drawn = out[0].data<Class>() + b * samples_;
      for (int64_t i = 0; i < samples_; ++i) {
        const double at = NextDouble(&words) * total;
        drawn[i] = static_cast<Class>(std::upper_bound(sums, sums + classes_, at) - sums);
      }
    }
    return absl::OkStatus();
  }

 private:
  // The running sums of e^(logit - largest); logits that are no numbers count as impossible.
  double AddUp(const T* logits, double* sums) const {
    double largest = -std::numeric_limits<double>::infinity();
    for (int64_t c = 0; c < classes_; ++c) {
      const auto x = static_cast<double>(Widen(logits[c]));
      if (std::isfinite(x)) largest = std::max(largest, x);
    }
    double sum = 0;
    for (int64_t c = 0; c < classes_; ++c) {
      const auto x = static_cast<double>(Widen(logits[c]));
      if (std::isfinite(x)) sum += std::exp(x - largest);
      sums[c] = sum;
    }
    return sum;
  }

  // In [0, 1): 52 bits of two words, the first one's 20 lowest above the second.
  static double NextDouble(RandomWords* words) {
    const uint64_t high = words->Next() & 0xfffffu;
    const uint64_t low = words->Next();
    const uint64_t bits = (uint64_t{1023} << 52) | (high << 32) | low;
    return std::bit_cast<double>(bits) - 1.0;
  }

  const int64_t batch_;
  const int64_t classes_;
  const int64_t samples_;
};

template <typename Class>
struct MultinomialOf {
  template <typename T>
  class Kernel {
   public:
    static PreparedOr Prepare(const PrepareContext& ctx) {
      const Shape& logits = ctx.input_shape(0);
      if (logits.rank() != 2) {
        return InvalidArgument("logits should be a matrix, got shape ", logits.ToString());
      }
      if (ctx.input_shape(1).rank() != 0) {
        return InvalidArgument("num_samples should be a scalar, got shape ",
                               ctx.input_shape(1).ToString());
      }
      const int64_t samples = ctx.input_value(1)->flat<int32_t>()[0];
      if (samples < 0) {
        return InvalidArgument("num_samples should be nonnegative, got ", samples);
      }
      if (logits.dim(1) <= 0 || logits.dim(1) > std::numeric_limits<int32_t>::max()) {
        return InvalidArgument("num_classes should be positive and below 2^31, got ",
                               logits.dim(1));
      }
      const std::vector<int64_t> output = {logits.dim(0), samples};
      SESSILE_RETURN_IF_ERROR(Shape::FromDims(output).status());
      return std::make_unique<Multinomial<T, Class>>(logits, samples);
    }
  };
};

}  // namespace

void RegisterMultinomial(KernelRegistry& kernels) {
  const auto add = [&]<typename Class>(DataType dtype, Class) {
    kernels.Add<MultinomialOf<Class>::template Kernel>("Multinomial")
        .template For<AllNumberTypes>("T")
        .When("output_dtype", dtype)
        .ValueInput(1)
        .State(MakeStream);
  };
  add(int32, int32_t{});
  add(int64, int64_t{});
}

}  // namespace sessile
