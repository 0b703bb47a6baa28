// Bincount and HistogramFixedWidth. One block, so that weights are added up in the order in which
// they stand.

#include <algorithm>
#include <cmath>

#include "sessile/core/framework/kernel_registry.h"
#include "sessile/core/framework/status.h"
#include "sessile/kernels/numeric.h"
#include "sessile/kernels/register_all.h"
#include "sessile/kernels/storage.h"

namespace sessile {
namespace {

template <typename T>
class Bincount final : public Prepared {
 public:
  static PreparedOr Prepare(const PrepareContext& ctx) {
    if (ctx.input_shape(1) != Shape()) {
      return InvalidArgument("Shape must be rank 0 but is rank ", ctx.input_shape(1).rank());
    }
    const int64_t size = ctx.input_value(1)->scalar<int32_t>();
    if (size < 0) return InvalidArgument("size (", size, ") must be non-negative");
    const Shape& weights = ctx.input_shape(2);
    if (weights.num_elements() != 0 && weights != ctx.input_shape(0)) {
      return InvalidArgument("Input indices and weights must have the same size.");
    }
    return std::make_unique<Bincount>(size, weights.num_elements() != 0);
  }
  Bincount(int64_t size, bool weighted) : size_(size), weighted_(weighted) {
    AddOutput(DataTypeOf<T>::value, Shape({size}));
    AddPhase(1);
  }

  absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch, int, int64_t) const override {
    T* const bins = out[0].data<T>();
    std::fill_n(bins, size_, T{0});
    const int32_t* const values = in[0].data<int32_t>();
    const T* const weights = in[2].data<T>();
    for (int64_t i = 0; i < in[0].num_elements(); ++i) {
      if (values[i] < 0) return InvalidArgument("Input arr must be non-negative!");
      if (values[i] >= size_) continue;
      bins[values[i]] = WrapAdd(bins[values[i]], weighted_ ? weights[i] : T{1});
    }
    return absl::OkStatus();
  }

 private:
  const int64_t size_;
  const bool weighted_;
};

template <typename Count>
struct Histogram {
  template <typename T>
  class Kernel final : public Prepared {
   public:
    static PreparedOr Prepare(const PrepareContext& ctx) {
      if (ctx.input_shape(1) != Shape({2})) {
        return InvalidArgument("value_range should be a vector of 2 elements.");
      }
      if (ctx.input_shape(2) != Shape()) return InvalidArgument("nbins should be a scalar.");
      const int64_t bins = ctx.input_value(2)->scalar<int32_t>();
      if (bins <= 0) {
        return InvalidArgument("nbins should be a positive number, but got '", bins, "'");
      }
      return std::make_unique<Kernel>(bins);
    }
    explicit Kernel(int64_t bins) : bins_(bins) {
      AddOutput(DataTypeOf<Count>::value, Shape({bins}));
      AddPhase(1);
    }

    absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch, int, int64_t) const override {
      Count* const counts = out[0].data<Count>();
      std::fill_n(counts, bins_, Count{0});
      const T low = in[1].data<T>()[0];
      const T high = in[1].data<T>()[1];
      if (!(low < high)) {
        return InvalidArgument(
            "value_range should satisfy value_range[0] < value_range[1], but got '[", low, ", ",
            high, "]'");
      }
      const double step =
          (static_cast<double>(high) - static_cast<double>(low)) / static_cast<double>(bins_);
      const T* const values = in[0].data<T>();
      for (int64_t i = 0; i < in[0].num_elements(); ++i) {
        if (values[i] != values[i]) {
          return InvalidArgument("Histogram values must not contain NaN");
        }
        const double above =
            static_cast<double>(std::max(values[i], low)) - static_cast<double>(low);
        ++counts[static_cast<int64_t>(std::min(above / step, static_cast<double>(bins_ - 1)))];
      }
      return absl::OkStatus();
    }

   private:
    const int64_t bins_;
  };
};

template <typename Count>
void AddHistogram(KernelRegistry& kernels) {
  kernels.Add<Histogram<Count>::template Kernel>("HistogramFixedWidth")
      .template For<TypeList<int32_t, int64_t, float, double>>("T")
      .When("dtype", DataTypeOf<Count>::value)
      .ValueInput(2);
}

}  // namespace

void RegisterHistogram(KernelRegistry& kernels) {
  kernels.Add<Bincount>("Bincount")
      .For<TypeList<int32_t, int64_t, float, double>>("T")
      .ValueInput(1);
  AddHistogram<int32_t>(kernels);
  AddHistogram<int64_t>(kernels);
}

}  // namespace sessile
