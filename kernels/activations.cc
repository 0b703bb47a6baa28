// Activation functions and their gradients: operations on one element, a row each.

#include <cmath>
#include <limits>

#include "sessile/core/framework/kernel_registry.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/graph/node.h"
#include "sessile/kernels/blocks.h"
#include "sessile/kernels/elementwise.h"
#include "sessile/kernels/half_as_float.h"
#include "sessile/kernels/numeric.h"
#include "sessile/kernels/register_all.h"
#include "sessile/kernels/storage.h"
#include "sessile/kernels/vector_math.h"
#include "sessile/kernels/vectorized.h"

namespace sessile {
namespace {

// y = f(x, alpha); alpha is the attribute, 0 where there is none.
template <typename Op>
struct Activation {
  template <typename T>
  class Kernel final : public Prepared, public Tiled<Kernel<T>, T> {
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
      const IndexRange range = BlockRange(size_, block, num_blocks(0));
      const T* const x = in[0].data<T>() + range.first();
      Tile(&x, out[0].data<T>() + range.first(), range.size());
      return absl::OkStatus();
    }

    int num_operands() const { return 1; }
    void Tile(const T* const* in, T* y, int64_t n) const {
      const T* const x = in[0];
      const auto alpha = static_cast<Wide<T>>(alpha_);
      VectorizedFor<T>([=] {
        SESSILE_NO_CARRIED_DEPENDENCE
        for (int64_t i = 0; i < n; ++i) y[i] = Narrow<T>(Op::Apply(Widen(x[i]), alpha));
      });
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
  class Kernel final : public Prepared, public Tiled<Kernel<T>, T> {
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
      const IndexRange range = BlockRange(size_, block, num_blocks(0));
      const T* const operands[] = {in[0].data<T>() + range.first(),
                                   in[1].data<T>() + range.first()};
      Tile(operands, out[0].data<T>() + range.first(), range.size());
      return absl::OkStatus();
    }

    int num_operands() const { return 2; }
    void Tile(const T* const* in, T* dx, int64_t n) const {
      const T* const dy = in[0];
      const T* const features = in[1];
      const auto alpha = static_cast<Wide<T>>(alpha_);
      VectorizedFor<T>([=] {
        SESSILE_NO_CARRIED_DEPENDENCE
        for (int64_t i = 0; i < n; ++i) {
          dx[i] = Narrow<T>(Op::Apply(Widen(dy[i]), Widen(features[i]), alpha));
        }
      });
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
struct Elu { template <typename T> static T Apply(T x, T) { return x < T{0} ? vector_math::Expm1(x) : x; } };
struct Selu {
  template <typename T> static T Apply(T x, T) {
    return x < T{0} ? static_cast<T>(kSeluScaleAlpha) * vector_math::Expm1(x) : static_cast<T>(kSeluScale) * x;
  }
};
struct Softplus { template <typename T> static T Apply(T x, T) { return vector_math::Softplus(x); } };
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
struct SoftplusGrad { template <typename T> static T Apply(T dy, T x, T) { return dy / (vector_math::Exp(-x) + T{1}); } };
struct SoftsignGrad {
  template <typename T> static T Apply(T dy, T x, T) {
    const T d = T{1} + std::abs(x);
    return dy / (d * d);
  }
};
// clang-format on

template <typename Function, typename Gradient, typename Types = AllFloatTypes>
void AddActivation(KernelRegistry& kernels, const char* op, const char* grad_op) {
  kernels.Add<HalfAsFloat<Activation<Function>::template Kernel>::template Kernel>(op)
      .template For<Types>("T");
  kernels.Add<HalfAsFloat<ActivationGrad<Gradient>::template Kernel>::template Kernel>(grad_op)
      .template For<Types>("T");
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
