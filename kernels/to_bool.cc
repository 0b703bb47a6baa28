// ToBool: a scalar as a truth value, zero and "" being false; of other tensors, whether they have
// elements.

#include <complex>
#include <string>

#include "sessile/core/framework/kernel_registry.h"
#include "sessile/kernels/numeric.h"
#include "sessile/kernels/register_all.h"

namespace sessile {
namespace {

template <typename T>
class ToBool final : public Prepared {
 public:
  static absl::StatusOr<std::unique_ptr<Prepared>> Prepare(const PrepareContext& ctx) {
    return std::make_unique<ToBool>(ctx.input_shape(0));
  }
  explicit ToBool(const Shape& shape)
      : is_scalar_(shape.rank() == 0), has_elements_(shape.num_elements() > 0) {
    AddOutput(DataType::kBool, Shape());
    AddPhase(1);
  }
  absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch, int, int64_t) const override {
    *out[0].data<bool>() = is_scalar_ ? Holds(*in[0].data<T>()) : has_elements_;
    return absl::OkStatus();
  }

 private:
  static bool Holds(const T& x) {
    if constexpr (std::is_same_v<T, std::string>) {
      return !x.empty();
    } else {
      return Widen(x) != Wide<T>{};
    }
  }

  const bool is_scalar_;
  const bool has_elements_;
};

}  // namespace

void RegisterToBool(KernelRegistry& kernels) {
  kernels.Add<ToBool>("ToBool").For<AllNumberTypes>("T");
  kernels.Add<ToBool>("ToBool")
      .For<TypeList<bool, std::string, std::complex<float>, std::complex<double>>>("T");
  kernels.Lacks("ToBool", "T", QuantizedTypes(), kNoQuantizedKernels);
  kernels.Lacks("ToBool", "T", ObjectTypes(), kNoObjectKernels);
}

}  // namespace sessile
