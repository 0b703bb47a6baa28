// ApplyGradientDescent and ApplyAdam: one step of an optimizer on a variable, in place.

#include "sessile/kernels/apply.h"

#include <array>
#include <cmath>
#include <memory>

#include "sessile/core/framework/kernel_registry.h"
#include "sessile/kernels/blocks.h"
#include "sessile/kernels/numeric.h"
#include "sessile/kernels/register_all.h"
#include "sessile/kernels/storage.h"
#include "sessile/kernels/vectorized.h"

namespace sessile {
namespace {

// var -= alpha * delta
template <typename T>
class ApplyGradientDescent final : public Prepared {
 public:
  static PreparedOr Prepare(const PrepareContext& ctx) {
    SESSILE_RETURN_IF_ERROR(CheckScalar(ctx, 1, "alpha"));
    SESSILE_RETURN_IF_ERROR(CheckSameShape(ctx, 2, "delta"));
    return std::make_unique<ApplyGradientDescent>(ctx);
  }
  explicit ApplyGradientDescent(const PrepareContext& ctx)
      : size_(ctx.input_shape(0).num_elements()) {
    Updates(ctx, 0);
    OnlyUpdates();
    AddPhase(BlocksOf(size_, 3 * sizeof(T)));
  }
  absl::Status Run(RunContext&, Inputs in, Outputs, Scratch, int, int64_t block) const override {
    T* const var = in[0].data<T>();
    const Wide<T> alpha = Widen(*in[1].data<T>());
    const T* const delta = in[2].data<T>();
    for (const int64_t i : BlockRange(size_, block, num_blocks(0))) {
      var[i] = Narrow<T>(Widen(var[i]) - alpha * Widen(delta[i]));
    }
    return absl::OkStatus();
  }

 private:
  const int64_t size_;
};

// Adam (Kingma and Ba, 2015), in the form before its section 2.1's end:
//
//   step = lr * sqrt(1 - beta2^t) / (1 - beta1^t)
//   m += (grad - m) * (1 - beta1)
//   v += (grad^2 - v) * (1 - beta2)
//   var -= step * m / (sqrt(v) + epsilon)
//
// With Nesterov's momentum m is replaced by beta1 * m + (1 - beta1) * grad in the last line.
template <typename T>
class ApplyAdam final : public Prepared {
 public:
  enum { kVar, kM, kV, kBeta1Power, kBeta2Power, kRate, kBeta1, kBeta2, kEpsilon, kGrad };

  static PreparedOr Prepare(const PrepareContext& ctx) {
    constexpr std::array<const char*, 6> kScalars = {"beta1_power", "beta2_power", "lr",
                                                     "beta1",       "beta2",       "epsilon"};
    for (size_t i = 0; i < kScalars.size(); ++i) {
      SESSILE_RETURN_IF_ERROR(CheckScalar(ctx, kBeta1Power + static_cast<int>(i), kScalars[i]));
    }
    SESSILE_RETURN_IF_ERROR(CheckSameShape(ctx, kM, "m"));
    SESSILE_RETURN_IF_ERROR(CheckSameShape(ctx, kV, "v"));
    SESSILE_RETURN_IF_ERROR(CheckSameShape(ctx, kGrad, "grad"));
    SESSILE_ASSIGN_OR_RETURN(const bool nesterov, ctx.attrs().GetOr<bool>("use_nesterov", false));
    return std::make_unique<ApplyAdam>(ctx, nesterov);
  }

  ApplyAdam(const PrepareContext& ctx, bool nesterov)
      : size_(ctx.input_shape(0).num_elements()), nesterov_(nesterov) {
    Updates(ctx, 0);
    OnlyUpdates();
    AddPhase(BlocksOf(size_, 7 * sizeof(T)));
  }

  absl::Status Run(RunContext&, Inputs in, Outputs, Scratch, int, int64_t block) const override {
    using W = Wide<T>;
    const auto scalar = [&in](int i) {
      return Widen(*in[static_cast<size_t>(i)].template data<T>());
    };
    const W one = 1;
    const W beta1 = scalar(kBeta1);
    const W keep1 = one - beta1;
    const W keep2 = one - scalar(kBeta2);
    const W epsilon = scalar(kEpsilon);
    const W step =
        scalar(kRate) * std::sqrt(one - scalar(kBeta2Power)) / (one - scalar(kBeta1Power));
    T* const var = in[kVar].template data<T>();
    T* const m = in[kM].template data<T>();
    T* const v = in[kV].template data<T>();
    const T* const grad = in[kGrad].template data<T>();
    const IndexRange range = BlockRange(size_, block, num_blocks(0));
    const bool nesterov = nesterov_;
    const auto update = [=](int64_t i) {
      const W g = Widen(grad[i]);
      const W new_m = Widen(m[i]) + (g - Widen(m[i])) * keep1;
      const W new_v = Widen(v[i]) + (g * g - Widen(v[i])) * keep2;
      const W momentum = nesterov ? g * keep1 + beta1 * new_m : new_m;
      m[i] = Narrow<T>(new_m);
      v[i] = Narrow<T>(new_v);
      var[i] = Narrow<T>(Widen(var[i]) - momentum * step / (std::sqrt(new_v) + epsilon));
    };
    VectorizedFor<T>([=] {
      for (int64_t i = range.first(); i < range.last(); ++i) update(i);
    });
    return absl::OkStatus();
  }

 private:
  const int64_t size_;
  const bool nesterov_;
};

}  // namespace

void RegisterApply(KernelRegistry& kernels) {
  AddApplyKernel<ApplyGradientDescent>(kernels, "ApplyGradientDescent");
  AddApplyKernel<ApplyAdam>(kernels, "ApplyAdam");
  AddResourceApplyKernel<ApplyGradientDescent>(kernels, "ApplyGradientDescent");
  AddResourceApplyKernel<ApplyAdam>(kernels, "ApplyAdam");
}

}  // namespace sessile
