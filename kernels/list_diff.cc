// ListDiff: the elements of x that y does not have, in their order, and where they stand in x. The
// values decide the shape, so all is computed when the kernel is prepared.

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "sessile/core/framework/kernel_registry.h"
#include "sessile/core/framework/status.h"
#include "sessile/kernels/numeric.h"
#include "sessile/kernels/register_all.h"

namespace sessile {
namespace {

template <typename T>
class ListDiff final : public Prepared {
 public:
  static absl::StatusOr<std::unique_ptr<Prepared>> Prepare(const PrepareContext& ctx) {
    for (const int i : {0, 1}) {
      if (ctx.input_shape(i).rank() == 1) continue;
      return InvalidArgument(i == 0 ? "x" : "y", " should be a 1D vector.");
    }
    auto kernel = std::make_unique<ListDiff>();
    kernel->Compute(ctx.input_value(0)->flat<T>(), ctx.input_value(1)->flat<T>());
    const Shape shape({kernel->places_.size()});
    kernel->AddOutput(DataTypeOf<T>::value, shape);
    kernel->AddOutput(ctx.output_dtype(1), shape);
    kernel->AddPhase(1);
    return kernel;
  }

  absl::Status Run(RunContext&, Inputs, Outputs out, Scratch, int, int64_t) const override {
    std::copy(values_.begin(), values_.end(), out[0].data<T>());
    for (size_t i = 0; i < places_.size(); ++i) {
      if (out[1].dtype() == int32) {
        out[1].data<int32_t>()[i] = static_cast<int32_t>(places_[i]);
      } else {
        out[1].data<int64_t>()[i] = places_[i];
      }
    }
    return absl::OkStatus();
  }

 private:
  static bool Less(const T& a, const T& b) {
    if constexpr (std::is_same_v<T, std::string>) {
      return a < b;
    } else {
      return Widen(a) < Widen(b);
    }
  }
  void Compute(std::span<const T> x, std::span<const T> y) {
    std::vector<T> sorted(y.begin(), y.end());
    // NaN equals nothing, and has no place in an order.
    std::erase_if(sorted, [](const T& v) { return !IsOrdered(v); });
    std::sort(sorted.begin(), sorted.end(), Less);
    for (size_t i = 0; i < x.size(); ++i) {
      if (IsOrdered(x[i]) && std::binary_search(sorted.begin(), sorted.end(), x[i], Less)) continue;
      values_.push_back(x[i]);
      places_.push_back(static_cast<int64_t>(i));
    }
  }
  static bool IsOrdered(const T& v) {
    if constexpr (std::is_same_v<T, std::string>) {
      return true;
    } else {
      return Widen(v) == Widen(v);
    }
  }

  std::vector<T> values_;
  std::vector<int64_t> places_;
};

}  // namespace

void RegisterListDiff(KernelRegistry& kernels) {
  kernels.Add<ListDiff>("ListDiff").For<AllNumberTypes>("T").AllValueInputs();
  kernels.Add<ListDiff>("ListDiff").For<TypeList<std::string>>("T").AllValueInputs();
  kernels.Lacks("ListDiff", "T", {bool_, resource, variant}, kNoKernelInTensorFlow);
  kernels.Lacks("ListDiff", "T", ComplexTypes(), kNoKernelInTensorFlow);
  kernels.Lacks("ListDiff", "T", QuantizedTypes(), kNoQuantizedKernels);
}

}  // namespace sessile
