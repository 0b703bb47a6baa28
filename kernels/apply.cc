// One step of an optimizer on a variable and its slots, in place.

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <string_view>
#include <type_traits>

#include "sessile/core/framework/kernel_registry.h"
#include "sessile/kernels/apply_rule.h"
#include "sessile/kernels/handles.h"
#include "sessile/kernels/numeric.h"
#include "sessile/kernels/register_all.h"

namespace sessile {
namespace {

//   var -= alpha * delta
struct GradientDescent {
  static constexpr std::array kInputs = {"alpha", "delta"};
  static constexpr int kSlots = 0;
  static constexpr int kGrad = 2;
  static constexpr std::string_view kFlag = "";
  template <typename W>
  struct Step {
    template <typename S>
    Step(const S& in, bool) : alpha(in[1]) {}
    void operator()(W& var, W delta) const { var -= alpha * delta; }
    const W alpha;
  };
};

// Adam (Kingma and Ba, 2015), in the form before its section 2.1's end:
//   step = lr * sqrt(1 - beta2^t) / (1 - beta1^t)
//   m += (grad - m) * (1 - beta1)
//   v += (grad^2 - v) * (1 - beta2)
//   var -= step * m / (sqrt(v) + epsilon)
// With Nesterov's momentum m is replaced by beta1 * m + (1 - beta1) * grad in the last line.
struct Adam {
  static constexpr std::array kInputs = {"m",     "v",     "beta1_power", "beta2_power", "lr",
                                         "beta1", "beta2", "epsilon",     "grad"};
  static constexpr int kSlots = 2;
  static constexpr int kGrad = 9;
  static constexpr std::string_view kFlag = "use_nesterov";
  template <typename W>
  struct Step {
    template <typename S>
    Step(const S& in, bool flag)
        : beta1(in[6]),
          fresh1(W{1} - beta1),
          fresh2(W{1} - in[7]),
          epsilon(in[8]),
          step(in[5] * std::sqrt(W{1} - in[4]) / (W{1} - in[3])),
          nesterov(flag) {}
    void operator()(W& var, W& m, W& v, W grad) const {
      m += (grad - m) * fresh1;
      v += (grad * grad - v) * fresh2;
      const W momentum = nesterov ? grad * fresh1 + beta1 * m : m;
      var -= momentum * step / (std::sqrt(v) + epsilon);
    }
    const W beta1, fresh1, fresh2, epsilon, step;
    const bool nesterov;
  };
};

//   accum = momentum * accum + grad
//   var -= lr * accum, or Nesterov's: var -= lr * grad + lr * momentum * accum
struct Momentum {
  static constexpr std::array kInputs = {"accum", "lr", "grad", "momentum"};
  static constexpr int kSlots = 1;
  static constexpr int kGrad = 3;
  static constexpr std::string_view kFlag = "use_nesterov";
  template <typename W>
  struct Step {
    template <typename S>
    Step(const S& in, bool flag) : lr(in[2]), momentum(in[4]), nesterov(flag) {}
    void operator()(W& var, W& accum, W grad) const {
      accum = accum * momentum + grad;
      var -= nesterov ? grad * lr + accum * momentum * lr : accum * lr;
    }
    const W lr, momentum;
    const bool nesterov;
  };
};

// Keras's, whose velocity has the rate in it:
//   accum = momentum * accum - lr * grad
//   var += accum, or Nesterov's: var += momentum * accum - lr * grad
struct KerasMomentum {
  static constexpr std::array kInputs = {"accum", "lr", "grad", "momentum"};
  static constexpr int kSlots = 1;
  static constexpr int kGrad = 3;
  static constexpr std::string_view kFlag = "use_nesterov";
  template <typename W>
  struct Step {
    template <typename S>
    Step(const S& in, bool flag) : lr(in[2]), momentum(in[4]), nesterov(flag) {}
    void operator()(W& var, W& accum, W grad) const {
      accum = accum * momentum - grad * lr;
      var += nesterov ? accum * momentum - grad * lr : accum;
    }
    const W lr, momentum;
    const bool nesterov;
  };
};

//   ms += (grad^2 - ms) * (1 - rho)
//   mom = momentum * mom + lr * grad / sqrt(ms + epsilon)
//   var -= mom
struct RMSProp {
  static constexpr std::array kInputs = {"ms", "mom", "lr", "rho", "momentum", "epsilon", "grad"};
  static constexpr int kSlots = 2;
  static constexpr int kGrad = 7;
  static constexpr std::string_view kFlag = "";
  template <typename W>
  struct Step {
    template <typename S>
    Step(const S& in, bool) : lr(in[3]), fresh(W{1} - in[4]), momentum(in[5]), epsilon(in[6]) {}
    void operator()(W& var, W& ms, W& mom, W grad) const {
      ms += (grad * grad - ms) * fresh;
      mom = mom * momentum + grad * lr / std::sqrt(ms + epsilon);
      var -= mom;
    }
    const W lr, fresh, momentum, epsilon;
  };
};

// The same with the variance ms - mg^2 in place of ms, and mg += (grad - mg) * (1 - rho).
struct CenteredRMSProp {
  static constexpr std::array kInputs = {"mg",  "ms",       "mom",     "lr",
                                         "rho", "momentum", "epsilon", "grad"};
  static constexpr int kSlots = 3;
  static constexpr int kGrad = 8;
  static constexpr std::string_view kFlag = "";
  template <typename W>
  struct Step {
    template <typename S>
    Step(const S& in, bool) : lr(in[4]), fresh(W{1} - in[5]), momentum(in[6]), epsilon(in[7]) {}
    void operator()(W& var, W& mg, W& ms, W& mom, W grad) const {
      ms += (grad * grad - ms) * fresh;
      mg += (grad - mg) * fresh;
      mom = mom * momentum + grad * lr / std::sqrt(ms - mg * mg + epsilon);
      var -= mom;
    }
    const W lr, fresh, momentum, epsilon;
  };
};

//   accum += grad^2 (with update_slots)
//   var -= lr * grad / sqrt(accum)
struct Adagrad {
  static constexpr std::array kInputs = {"accum", "lr", "grad"};
  static constexpr int kSlots = 1;
  static constexpr int kGrad = 3;
  static constexpr std::string_view kFlag = "update_slots";
  template <typename W>
  struct Step {
    template <typename S>
    Step(const S& in, bool flag) : lr(in[2]), update_slots(flag) {}
    void operator()(W& var, W& accum, W grad) const {
      if (update_slots) accum += grad * grad;
      var -= grad * lr / std::sqrt(accum);
    }
    const W lr;
    const bool update_slots;
  };
};

//   accum += grad^2 (with update_slots)
//   var -= lr * grad / (sqrt(accum) + epsilon)
struct AdagradV2 {
  static constexpr std::array kInputs = {"accum", "lr", "epsilon", "grad"};
  static constexpr int kSlots = 1;
  static constexpr int kGrad = 4;
  static constexpr std::string_view kFlag = "update_slots";
  template <typename W>
  struct Step {
    template <typename S>
    Step(const S& in, bool flag) : lr(in[2]), epsilon(in[3]), update_slots(flag) {}
    void operator()(W& var, W& accum, W grad) const {
      if (update_slots) accum += grad * grad;
      var -= grad * lr / (std::sqrt(accum) + epsilon);
    }
    const W lr, epsilon;
    const bool update_slots;
  };
};

//   accum = rho * accum + (1 - rho) * grad^2
//   update = sqrt(accum_update + epsilon) / sqrt(accum + epsilon) * grad
//   var -= lr * update
//   accum_update = rho * accum_update + (1 - rho) * update^2
struct Adadelta {
  static constexpr std::array kInputs = {"accum", "accum_update", "lr", "rho", "epsilon", "grad"};
  static constexpr int kSlots = 2;
  static constexpr int kGrad = 6;
  static constexpr std::string_view kFlag = "";
  template <typename W>
  struct Step {
    template <typename S>
    Step(const S& in, bool) : lr(in[3]), rho(in[4]), epsilon(in[5]) {}
    void operator()(W& var, W& accum, W& accum_update, W grad) const {
      accum = accum * rho + grad * grad * (W{1} - rho);
      const W update = std::sqrt(accum_update + epsilon) / std::sqrt(accum + epsilon) * grad;
      var -= update * lr;
      accum_update = accum_update * rho + update * update * (W{1} - rho);
    }
    const W lr, rho, epsilon;
  };
};

// With g = grad + 2 * l2_shrinkage * var, n = accum + grad^2 and p = lr_power:
//   linear += g - (n^-p - accum^-p) / lr * var
//   var = (clip(linear, -l1, l1) - linear) / (n^-p / lr + 2 * l2)
//   accum = n
// With multiply_linear_by_lr all of `linear` is lr times as large.
template <typename W>
struct FtrlStep {
  void operator()(W& var, W& accum, W& linear, W grad) const {
    const W sum = accum + grad * grad;
    const W shrunk = grad + W{2} * shrinkage * var;
    const W root = Root(sum);
    const W scale = times_lr ? lr : W{1};
    const W over = times_lr ? W{1} : lr;
    linear += shrunk * scale - (root - Root(accum)) / over * var;
    const W bound = l1 * scale;
    const W quadratic = root / over + W{2} * l2 * scale;
    const W clipped = linear > bound ? bound : linear < -bound ? -bound : linear;
    var = std::abs(linear) > bound ? (clipped - linear) / quadratic : W{0};
    accum = sum;
  }
  W Root(W x) const { return power == W{-0.5} ? std::sqrt(x) : std::pow(x, -power); }
  const W lr, l1, l2, shrinkage, power;
  const bool times_lr;
};

struct Ftrl {
  static constexpr std::array kInputs = {"accum", "linear", "grad", "lr", "l1", "l2", "lr_power"};
  static constexpr int kSlots = 2;
  static constexpr int kGrad = 3;
  static constexpr std::string_view kFlag = "multiply_linear_by_lr";
  template <typename W>
  struct Step : FtrlStep<W> {
    template <typename S>
    Step(const S& in, bool flag) : FtrlStep<W>{in[4], in[5], in[6], W{0}, in[7], flag} {}
  };
};

struct FtrlV2 {
  static constexpr std::array kInputs = {"accum", "linear", "grad",         "lr",
                                         "l1",    "l2",     "l2_shrinkage", "lr_power"};
  static constexpr int kSlots = 2;
  static constexpr int kGrad = 3;
  static constexpr std::string_view kFlag = "multiply_linear_by_lr";
  template <typename W>
  struct Step : FtrlStep<W> {
    template <typename S>
    Step(const S& in, bool flag) : FtrlStep<W>{in[4], in[5], in[6], in[7], in[8], flag} {}
  };
};

template <template <typename> class K, typename Types>
KernelDefBuilder AddApplyKernel(KernelRegistry& kernels, const std::string& op) {
  kernels.Lacks(op, "T", {int8, int16, int32, int64, uint8, uint16, uint32, uint64},
                kNoKernelInTensorFlow);
  if constexpr (std::is_same_v<Types, AllFloatTypes>) {
    kernels.Lacks(op, "T", ComplexTypes(), kNoKernelInTensorFlow);
  }
  kernels.Lacks(op, "T", QuantizedTypes(), kNoQuantizedKernels);
  return kernels.Add<K>(op).template For<Types>("T");
}

// For variables that come as references, and for those that come as handles.
enum class Comes { kEitherWay, kAsHandle };

template <template <typename> class K, typename Types>
void AddKernels(KernelRegistry& kernels, const std::string& op, Comes comes) {
  if (comes == Comes::kEitherWay) AddApplyKernel<K, Types>(kernels, op);
  AddApplyKernel<OnHandles<K>::template Kernel, Types>(kernels, "Resource" + op).UpdatesHandles();
}

// Of all elements.
template <typename Rule, typename Types = WithComplex<AllFloatTypes>>
void AddDense(KernelRegistry& kernels, const std::string& op, Comes comes = Comes::kEitherWay) {
  AddKernels<Apply<Rule>::template Kernel, Types>(kernels, op, comes);
}
// Of all elements, and of rows.
template <typename Rule, typename Types = WithComplex<AllFloatTypes>>
void AddBoth(KernelRegistry& kernels, const std::string& op, Comes comes = Comes::kEitherWay) {
  AddDense<Rule, Types>(kernels, op, comes);
  AddKernels<SparseApply<Rule>::template Kernel, Types>(kernels, "Sparse" + op, comes);
}

}  // namespace

void RegisterApply(KernelRegistry& kernels) {
  AddDense<GradientDescent>(kernels, "ApplyGradientDescent");
  AddDense<Adam>(kernels, "ApplyAdam");
  AddBoth<Momentum>(kernels, "ApplyMomentum");
  AddBoth<KerasMomentum>(kernels, "ApplyKerasMomentum", Comes::kAsHandle);
  AddBoth<RMSProp>(kernels, "ApplyRMSProp");
  AddBoth<CenteredRMSProp>(kernels, "ApplyCenteredRMSProp");
  AddBoth<Adagrad>(kernels, "ApplyAdagrad");
  AddBoth<AdagradV2>(kernels, "ApplyAdagradV2");
  AddBoth<Adadelta>(kernels, "ApplyAdadelta");
  AddBoth<Ftrl, AllFloatTypes>(kernels, "ApplyFtrl");
  AddBoth<FtrlV2, AllFloatTypes>(kernels, "ApplyFtrlV2");
}

}  // namespace sessile
