// Operations on one element, and the gradients that are made from one output element y and its
// incoming gradient dy. One row each.

#include <bit>
#include <cmath>
#include <limits>
#include <type_traits>

#include "sessile/core/framework/kernel_registry.h"
#include "sessile/core/framework/status.h"
#include "sessile/kernels/complex_math.h"
#include "sessile/kernels/map.h"
#include "sessile/kernels/numeric.h"
#include "sessile/kernels/register_all.h"
#include "sessile/kernels/special_functions.h"
#include "sessile/kernels/vector_math.h"

namespace sessile {
namespace {

// clang-format off
struct Neg : OfBits { template <typename T> static T Apply(T x) { return WrapNeg(x); } };
struct Square : OfBits { template <typename T> static T Apply(T x) { return WrapMul(x, x); } };
struct Reciprocal { template <typename T> static T Apply(T x) { return T{1} / x; } };
struct Exp { template <typename T> static T Apply(T x) { return vector_math::Exp(x); } };
struct Expm1 { template <typename T> static T Apply(T x) { return vector_math::Expm1(x); } };
struct Log { template <typename T> static T Apply(T x) { return vector_math::Log(x); } };
struct Log1p { template <typename T> static T Apply(T x) { return vector_math::Log1p(x); } };
struct Sqrt { template <typename T> static T Apply(T x) { return std::sqrt(x); } };
struct Rsqrt { template <typename T> static T Apply(T x) { return T{1} / std::sqrt(x); } };
struct Tanh { template <typename T> static T Apply(T x) { return vector_math::Tanh(x); } };
struct Sin { template <typename T> static T Apply(T x) { return std::sin(x); } };
struct Cos { template <typename T> static T Apply(T x) { return std::cos(x); } };
struct Tan { template <typename T> static T Apply(T x) { return std::tan(x); } };
struct Asin { template <typename T> static T Apply(T x) { return std::asin(x); } };
struct Acos { template <typename T> static T Apply(T x) { return std::acos(x); } };
struct Atan { template <typename T> static T Apply(T x) { return std::atan(x); } };
struct Sinh { template <typename T> static T Apply(T x) { return std::sinh(x); } };
struct Cosh { template <typename T> static T Apply(T x) { return std::cosh(x); } };
struct Asinh { template <typename T> static T Apply(T x) { return std::asinh(x); } };
struct Acosh { template <typename T> static T Apply(T x) { return std::acosh(x); } };
struct Atanh { template <typename T> static T Apply(T x) { return std::atanh(x); } };
struct Erf { template <typename T> static T Apply(T x) { return vector_math::Erf(x); } };
struct Erfc { template <typename T> static T Apply(T x) { return vector_math::Erfc(x); } };
struct Erfinv { template <typename T> static T Apply(T x) { return static_cast<T>(InverseErf(static_cast<double>(x))); } };
struct Ndtri { template <typename T> static T Apply(T x) { return static_cast<T>(NormalQuantile(static_cast<double>(x))); } };
struct Lgamma { template <typename T> static T Apply(T x) { return static_cast<T>(LogGamma(x)); } };
struct DigammaOp { template <typename T> static T Apply(T x) { return static_cast<T>(Digamma(x)); } };
struct Invert : OfBits { template <typename T> static T Apply(T x) { return static_cast<T>(~x); } };
// To the nearest whole number, of two to the even one: the rounding mode of the processor.
struct Round {
  template <typename T> static T Apply(T x) {
    if constexpr (std::is_integral_v<T>) return x;
    else return std::nearbyint(x);
  }
};
struct Floor { template <typename T> static T Apply(T x) { return std::floor(x); } };
struct Ceil { template <typename T> static T Apply(T x) { return std::ceil(x); } };
struct Abs {
  template <typename T> static T Apply(T x) {
    if constexpr (std::is_integral_v<T>) return x < 0 ? WrapNeg(x) : x;
    else return std::abs(x);
  }
};
// NaN stays NaN, and so does the sign of zero. Of complex numbers: x / |x|.
struct Sign {
  template <typename T> static T Apply(T x) {
    if constexpr (kIsComplex<T>) return x == T{0} ? x : x / std::abs(x);
    else return x > T{0} ? T{1} : x < T{0} ? static_cast<T>(-1) : x;
  }
};
struct Sigmoid { template <typename T> static T Apply(T x) { return vector_math::Sigmoid(x); } };

// In TensorFlow's order of operations, so that the last bit is the same.
// y = sigmoid(x)
struct SigmoidGrad { template <typename T> static T Apply(T y, T dy) { return y * (T{1} - y) * dy; } };
// y = tanh(x)
struct TanhGrad { template <typename T> static T Apply(T y, T dy) { return dy * (T{1} - y * y); } };

// A gradient of 0 stays 0 where these functions are infinitely steep, so that what has been masked
// out stays out.
// y = sqrt(x)
struct SqrtGrad {
  template <typename T> static T Apply(T y, T dy) {
    return dy == T{0} ? T{0} : dy * (T{0.5} / Conjugate(y));
  }
};
// y = 1 / sqrt(x)
struct RsqrtGrad {
  template <typename T> static T Apply(T y, T dy) {
    const T root = Conjugate(y);
    return dy == T{0} ? T{0} : T{-0.5} * (dy * root) * (root * root);
  }
};
// y = 1 / x
struct ReciprocalGrad {
  template <typename T> static T Apply(T y, T dy) {
    return dy == T{0} ? T{0} : -dy * Conjugate(y * y);
  }
};

struct IsNan { template <typename T> static bool Apply(T x) { return std::isnan(x); } };
struct IsInf { template <typename T> static bool Apply(T x) { return std::isinf(x); } };
struct PopulationCount : OfDigits {
  template <typename T> static uint8_t Apply(T x) {
    return static_cast<uint8_t>(std::popcount(static_cast<std::make_unsigned_t<T>>(x)));
  }
};
struct IsFinite { template <typename T> static bool Apply(T x) { return std::isfinite(x); } };
// clang-format on

using SignedTypes = TypeList<float, double, int8_t, int16_t, int32_t, int64_t, Half, BFloat16>;

template <typename Op, typename Types>
void Row(KernelRegistry& kernels, const char* op) {
  kernels.Add<Map<Op>::template Kernel>(op).template For<Types>("T");
}

absl::Status CheckSameSizes(const PrepareContext& ctx) {
  const int64_t y = ctx.input_shape(0).num_elements();
  const int64_t dy = ctx.input_shape(1).num_elements();
  if (y == dy) return absl::OkStatus();
  return InvalidArgument("The two arguments to a cwise op must have same number of elements, got ",
                         y, " and ", dy);
}

template <typename Op>
void GradRow(KernelRegistry& kernels, const char* op) {
  kernels.Add<Map<Op, CheckSameSizes>::template Kernel>(op)
      .template For<WithComplex<AllFloatTypes>>("T");
}

}  // namespace

void RegisterUnary(KernelRegistry& kernels) {
  Row<Neg, WithComplex<SignedTypes>>(kernels, "Neg");
  Row<Abs, SignedTypes>(kernels, "Abs");
  Row<Sign, WithComplex<SignedTypes>>(kernels, "Sign");
  Row<Square, WithComplex<AllNumberTypes>>(kernels, "Square");
  Row<Reciprocal, WithComplex<AllFloatTypes>>(kernels, "Reciprocal");
  Row<Reciprocal, WithComplex<AllFloatTypes>>(kernels, "Inv");
  Row<Exp, WithComplex<AllFloatTypes>>(kernels, "Exp");
  Row<Expm1, WithComplex<AllFloatTypes>>(kernels, "Expm1");
  Row<Log, WithComplex<AllFloatTypes>>(kernels, "Log");
  Row<Log1p, WithComplex<AllFloatTypes>>(kernels, "Log1p");
  Row<Sqrt, WithComplex<AllFloatTypes>>(kernels, "Sqrt");
  Row<Rsqrt, WithComplex<AllFloatTypes>>(kernels, "Rsqrt");
  Row<Tanh, WithComplex<AllFloatTypes>>(kernels, "Tanh");
  Row<Sigmoid, WithComplex<AllFloatTypes>>(kernels, "Sigmoid");
  Row<Sin, WithComplex<AllFloatTypes>>(kernels, "Sin");
  Row<Cos, WithComplex<AllFloatTypes>>(kernels, "Cos");
  Row<Floor, AllFloatTypes>(kernels, "Floor");
  Row<Ceil, AllFloatTypes>(kernels, "Ceil");
  Row<Tan, WithComplex<AllFloatTypes>>(kernels, "Tan");
  Row<Asin, WithComplex<AllFloatTypes>>(kernels, "Asin");
  Row<Acos, WithComplex<AllFloatTypes>>(kernels, "Acos");
  Row<Atan, WithComplex<AllFloatTypes>>(kernels, "Atan");
  Row<Sinh, WithComplex<AllFloatTypes>>(kernels, "Sinh");
  Row<Cosh, WithComplex<AllFloatTypes>>(kernels, "Cosh");
  Row<Asinh, WithComplex<AllFloatTypes>>(kernels, "Asinh");
  Row<Acosh, WithComplex<AllFloatTypes>>(kernels, "Acosh");
  Row<Atanh, WithComplex<AllFloatTypes>>(kernels, "Atanh");
  Row<Erf, AllFloatTypes>(kernels, "Erf");
  Row<Erfc, AllFloatTypes>(kernels, "Erfc");
  Row<Erfinv, AllFloatTypes>(kernels, "Erfinv");
  Row<Ndtri, AllFloatTypes>(kernels, "Ndtri");
  Row<Lgamma, AllFloatTypes>(kernels, "Lgamma");
  Row<DigammaOp, AllFloatTypes>(kernels, "Digamma");
  Row<Round, SignedTypes>(kernels, "Round");
  Row<Round, AllFloatTypes>(kernels, "Rint");
  Row<Invert, IntTypes>(kernels, "Invert");
  Row<PopulationCount, IntTypes>(kernels, "PopulationCount");
  Row<IsNan, AllFloatTypes>(kernels, "IsNan");
  Row<IsInf, AllFloatTypes>(kernels, "IsInf");
  Row<IsFinite, AllFloatTypes>(kernels, "IsFinite");
  GradRow<SigmoidGrad>(kernels, "SigmoidGrad");
  GradRow<TanhGrad>(kernels, "TanhGrad");
  GradRow<SqrtGrad>(kernels, "SqrtGrad");
  GradRow<RsqrtGrad>(kernels, "RsqrtGrad");
  GradRow<ReciprocalGrad>(kernels, "ReciprocalGrad");
  GradRow<ReciprocalGrad>(kernels, "InvGrad");
  kernels.Lacks("Round", "T", ComplexTypes(), kNoKernelInTensorFlow);
  for (const char* op : {"Reciprocal", "Inv"}) {
    kernels.Lacks(op, "T", {int8, int16, int32, int64}, kNoKernelInTensorFlow);
  }
}

}  // namespace sessile
