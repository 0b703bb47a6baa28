// Activation functions and their gradients: operations on one element, a row each.

#include <cmath>
#include <limits>

#include "sessile/core/framework/kernel_registry.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/graph/node.h"
#include "sessile/kernels/blocks.h"
#include "sessile/kernels/numeric.h"
#include "sessile/kernels/register_all.h"
#include "sessile/kernels/storage.h"

namespace sessile {
namespace {

// y = f(x, alpha); alpha is the attribute, 0 where there is none.
template <typename Op>
struct Activation {
  template <typename T>
  class Kernel final : public Prepared {
   public:
    static PreparedOr Prepare(const PrepareContext& ctx) {
      SESSILE_ASSIGN_OR_RETURN(const float alpha, ctx.attrs().GetOr<float>("alpha", 0.0f));
      return std::make_unique<Kernel>(ctx.input_shape(0), alpha);
    }
    Kernel(const Shape& shape, float alpha) : size_(shape.num_elements()), alpha_(alpha) {
      AddOutput(DataTypeOf<T>::value, shape);
      MayForward(0, 0);
      AddPhase(BlocksOf(size_, 2 * sizeof(T)));
    }
    absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch, int,
                     int64_t block) const override {
      const T* x = in[0].data<T>();
      T* y = out[0].data<T>();
      const auto alpha = static_cast<Wide<T>>(alpha_);
      for (const int64_t i : BlockRange(size_, block, num_blocks(0))) {
        y[i] = Narrow<T>(Op::Apply(Widen(x[i]), alpha));
      }
      return absl::OkStatus();
    }

   private:
    const int64_t size_;
    const float alpha_;
  };
};

// dx = g(dy, features, alpha).
template <typename Op>
struct ActivationGrad {
  template <typename T>
  class Kernel final : public Prepared {
   public:
    static PreparedOr Prepare(const PrepareContext& ctx) {
      const Shape& gradients = ctx.input_shape(0);
      const Shape& features = ctx.input_shape(1);
      if (gradients != features) {
        const std::string& op = ctx.node().op_type();
        return InvalidArgument("Inputs to operation ", op, " of type ", op,
                               " must have the same size and shape.  Input 0: ",
                               gradients.ToString(), " != input 1: ", features.ToString());
      }
      SESSILE_ASSIGN_OR_RETURN(const float alpha, ctx.attrs().GetOr<float>("alpha", 0.0f));
      return std::make_unique<Kernel>(gradients, alpha);
    }
    Kernel(const Shape& shape, float alpha) : size_(shape.num_elements()), alpha_(alpha) {
      AddOutput(DataTypeOf<T>::value, shape);
      MayForward(0, 0);
      MayForward(1, 0);
      AddPhase(BlocksOf(size_, 3 * sizeof(T)));
    }
    absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch, int,
                     int64_t block) const override {
      const T* dy = in[0].data<T>();
      const T* features = in[1].data<T>();
      T* dx = out[0].data<T>();
      const auto alpha = static_cast<Wide<T>>(alpha_);
      for (const int64_t i : BlockRange(size_, block, num_blocks(0))) {
        dx[i] = Narrow<T>(Op::Apply(Widen(dy[i]), Widen(features[i]), alpha));
      }
      return absl::OkStatus();
    }

   private:
    const int64_t size_;
    const float alpha_;
  };
};

// Selu's scale, and that times its alpha (Klambauer et al., 2017): with them a unit of mean 0 and
// variance 1 stays so.
constexpr double kSeluScale = 1.0507009873554804934193349852946;
constexpr double kSeluScaleAlpha = 1.7580993408473768599402175208123;

// clang-format off
struct Relu6 { template <typename T> static T Apply(T x, T) { return x < T{0} ? T{0} : x > T{6} ? T{6} : x; } };
struct LeakyRelu { template <typename T> static T Apply(T x, T alpha) { return x > T{0} ? x : x * alpha; } };
struct Elu { template <typename T> static T Apply(T x, T) { return x < T{0} ? std::expm1(x) : x; } };
struct Selu {
  template <typename T> static T Apply(T x, T) {
    return x < T{0} ? static_cast<T>(kSeluScaleAlpha) * std::expm1(x) : static_cast<T>(kSeluScale) * x;
  }
};
// Far out log(1 + e^x) is x or e^x to the last bit, and e^x may overflow.
struct Softplus {
  template <typename T> static T Apply(T x, T) {
    static const T threshold = std::log(std::numeric_limits<T>::epsilon()) + T{2};
    return x > -threshold ? x : x < threshold ? std::exp(x) : std::log1p(std::exp(x));
  }
};
struct Softsign { template <typename T> static T Apply(T x, T) { return x / (T{1} + std::abs(x)); } };

// A product, so that an infinite gradient of a dead unit is NaN, as ReluGrad's.
struct Relu6Grad {
  template <typename T> static T Apply(T dy, T x, T) { return static_cast<T>(dy * (x > T{0} && x < T{6} ? T{1} : T{0})); }
};
struct LeakyReluGrad { template <typename T> static T Apply(T dy, T x, T alpha) { return x > T{0} ? dy : dy * alpha; } };
// By the outputs: e^x = y + 1.
struct EluGrad { template <typename T> static T Apply(T dy, T y, T) { return y < T{0} ? (y + T{1}) * dy : dy; } };
struct SeluGrad {
  template <typename T> static T Apply(T dy, T y, T) {
    return y < T{0} ? dy * (y + static_cast<T>(kSeluScaleAlpha)) : dy * static_cast<T>(kSeluScale);
  }
};
struct SoftplusGrad { template <typename T> static T Apply(T dy, T x, T) { return dy / (std::exp(-x) + T{1}); } };
struct SoftsignGrad {
  template <typename T> static T Apply(T dy, T x, T) {
    const T d = T{1} + std::abs(x);
    return dy / (d * d);
  }
};
// clang-format on

template <typename Function, typename Gradient, typename Types = AllFloatTypes>
void AddActivation(KernelRegistry& kernels, const char* op, const char* grad_op) {
  kernels.Add<Activation<Function>::template Kernel>(op).template For<Types>("T");
  kernels.Add<ActivationGrad<Gradient>::template Kernel>(grad_op).template For<Types>("T");
}

}  // namespace

void RegisterActivations(KernelRegistry& kernels) {
  AddActivation<Relu6, Relu6Grad, AllNumberTypes>(kernels, "Relu6", "Relu6Grad");
  AddActivation<LeakyRelu, LeakyReluGrad>(kernels, "LeakyRelu", "LeakyReluGrad");
  AddActivation<Elu, EluGrad>(kernels, "Elu", "EluGrad");
  AddActivation<Selu, SeluGrad>(kernels, "Selu", "SeluGrad");
  AddActivation<Softplus, SoftplusGrad>(kernels, "Softplus", "SoftplusGrad");
  AddActivation<Softsign, SoftsignGrad>(kernels, "Softsign", "SoftsignGrad");
}

}  // namespace sessile
