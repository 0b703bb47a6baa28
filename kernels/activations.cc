// Activation functions, y = f(x), and their gradients, dx = g(dy, x): a row each.

#include <cmath>

#include "sessile/core/framework/kernel_registry.h"
#include "sessile/core/graph/node.h"
#include "sessile/kernels/map.h"
#include "sessile/kernels/numeric.h"
#include "sessile/kernels/register_all.h"
#include "sessile/kernels/vector_math.h"

namespace sessile {
namespace {

// Selu's scale, and that times its alpha (Klambauer et al., 2017): with them a unit of mean 0 and
// variance 1 stays so.
constexpr double kSeluScale = 1.0507009873554804934193349852946;
constexpr double kSeluScaleAlpha = 1.7580993408473768599402175208123;

// clang-format off
struct Relu6 { template <typename T> static T Apply(T x) { return x < T{0} ? T{0} : x > T{6} ? T{6} : x; } };
struct LeakyRelu { template <typename T> static T Apply(T x, Alpha alpha) { return x > T{0} ? x : x * static_cast<T>(alpha.value); } };
struct Elu { template <typename T> static T Apply(T x) { return x < T{0} ? vector_math::Expm1(x) : x; } };
struct Selu {
  template <typename T> static T Apply(T x) {
    return x < T{0} ? static_cast<T>(kSeluScaleAlpha) * vector_math::Expm1(x) : static_cast<T>(kSeluScale) * x;
  }
};
struct Softplus { template <typename T> static T Apply(T x) { return vector_math::Softplus(x); } };
struct Softsign { template <typename T> static T Apply(T x) { return x / (T{1} + std::abs(x)); } };

// A product, so that an infinite gradient of a dead unit is NaN, as ReluGrad's.
struct Relu6Grad {
  template <typename T> static T Apply(T dy, T x) { return static_cast<T>(dy * (x > T{0} && x < T{6} ? T{1} : T{0})); }
};
struct LeakyReluGrad { template <typename T> static T Apply(T dy, T x, Alpha alpha) { return x > T{0} ? dy : dy * static_cast<T>(alpha.value); } };
// By the outputs: e^x = y + 1.
struct EluGrad { template <typename T> static T Apply(T dy, T y) { return y < T{0} ? (y + T{1}) * dy : dy; } };
struct SeluGrad {
  template <typename T> static T Apply(T dy, T y) {
    return y < T{0} ? dy * (y + static_cast<T>(kSeluScaleAlpha)) : dy * static_cast<T>(kSeluScale);
  }
};
struct SoftplusGrad { template <typename T> static T Apply(T dy, T x) { return dy / (vector_math::Exp(-x) + T{1}); } };
struct SoftsignGrad {
  template <typename T> static T Apply(T dy, T x) {
    const T d = T{1} + std::abs(x);
    return dy / (d * d);
  }
};
// clang-format on

absl::Status CheckShapes(const PrepareContext& ctx) {
  return CheckSameShapes(ctx, ctx.node().op_type());
}

template <typename Function, typename Gradient, typename Types = AllFloatTypes>
void AddActivation(KernelRegistry& kernels, const char* op, const char* grad_op) {
  kernels.Add<Map<Function>::template Kernel>(op).template For<Types>("T");
  kernels.Add<Map<Gradient, CheckShapes>::template Kernel>(grad_op).template For<Types>("T");
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
