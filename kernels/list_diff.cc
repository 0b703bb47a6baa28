// ListDiff: the elements of x that y does not have, in their order, and where they stand in x. The
// values decide the shape, so all is computed when the kernel is prepared.

#include <algorithm>
#include <memory>
#include <span>
#include <type_traits>
#include <vector>

#include "sessile/core/framework/kernel_registry.h"
#include "sessile/core/framework/status.h"
#include "sessile/kernels/float_bits.h"
#include "sessile/kernels/numeric.h"
#include "sessile/kernels/register_all.h"
#include "sessile/kernels/storage.h"

namespace sessile {
namespace {

template <typename T>
class ListDiff final : public Prepared {
 public:
  explicit ListDiff(const PrepareContext& ctx) : type_(ctx.output_dtype(0)) {
    const T* const x = ElementsOf(ctx, 0);
    const T* const y = ElementsOf(ctx, 1);
    Compute({x, static_cast<size_t>(ctx.input_shape(0).num_elements())},
            {y, static_cast<size_t>(ctx.input_shape(1).num_elements())});
    const Shape shape({places_.size()});
    AddOutput(type_, shape);
    AddOutput(ctx.output_dtype(1), shape);
    AddPhase(1);
  }

  absl::Status Run(RunContext&, Inputs, Outputs out, Scratch, int, int64_t) const override {
    std::copy(values_.begin(), values_.end(), Elements<T>(out[0]));
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
  static const T* ElementsOf(const PrepareContext& ctx, int i) {
    return static_cast<const T*>(ctx.input_value(i)->raw_data());
  }

  // What equal elements have in common.
  T Key(const T& x) const {
    if constexpr (std::is_integral_v<T>) {
      return static_cast<T>(FloatBits::Of(type_).Key(x));
    } else {
      return x;
    }
  }
  bool IsNan([[maybe_unused]] const T& x) const {
    if constexpr (std::is_integral_v<T>) return FloatBits::Of(type_).IsNan(x);
    return false;
  }
  void Compute(std::span<const T> x, std::span<const T> y) {
    std::vector<T> sorted;
    for (const T& value : y) {
      if (!IsNan(value)) sorted.push_back(Key(value));
    }
    std::sort(sorted.begin(), sorted.end());
    for (size_t i = 0; i < x.size(); ++i) {
      if (!IsNan(x[i]) && std::binary_search(sorted.begin(), sorted.end(), Key(x[i]))) continue;
      values_.push_back(x[i]);
      places_.push_back(static_cast<int64_t>(i));
    }
  }

  const DataType type_;
  std::vector<T> values_;
  std::vector<int64_t> places_;
};

PreparedOr PrepareListDiff(const PrepareContext& ctx) {
  for (const int i : {0, 1}) {
    if (ctx.input_shape(i).rank() == 1) continue;
    return InvalidArgument(i == 0 ? "x" : "y", " should be a 1D vector.");
  }
  return WithStorage(ctx.input_dtype(0), [&]<typename T>(Stored<T>) -> PreparedOr {
    if constexpr (std::is_same_v<T, Bytes16>) {
      return Unimplemented(kNoComplexKernels);
    } else {
      return std::make_unique<ListDiff<T>>(ctx);
    }
  });
}

}  // namespace

void RegisterListDiff(KernelRegistry& kernels) {
  for (const DataType type : {float32, float64, int8, int16, int32, int64, uint8, uint16, uint32,
                              uint64, float16, bfloat16, string}) {
    kernels.Add("ListDiff", PrepareListDiff).Types("T", {type}).AllValueInputs();
  }
  kernels.Lacks("ListDiff", "T", {bool_, resource, variant}, kNoKernelInTensorFlow);
  kernels.Lacks("ListDiff", "T", ComplexTypes(), kNoKernelInTensorFlow);
  kernels.Lacks("ListDiff", "T", QuantizedTypes(), kNoQuantizedKernels);
}

}  // namespace sessile
