// Arithmetic of two elements, one row each. Integers wrap around; dividing one by zero is an error.

#include "sessile/kernels/binary.h"

#include <cmath>
#include <limits>
#include <string>
#include <utility>

#include "sessile/kernels/complex_math.h"
#include "sessile/kernels/half_as_float.h"
#include "sessile/kernels/register_all.h"
#include "sessile/kernels/special_functions.h"
#include "sessile/kernels/vector_math.h"

namespace sessile {

BroadcastingKernel::BroadcastingKernel(const PrepareContext& ctx, Broadcast broadcast,
                                       DataType output)
    : broadcast_(std::move(broadcast)), size_(broadcast_.output().num_elements()) {
  AddOutput(output, broadcast_.output());
  for (int i = 0; i < 2; ++i) {
    if (BaseType(ctx.input_dtype(i)) == output && ctx.input_shape(i) == broadcast_.output())
      MayForward(i, 0);
  }
  AddPhase(BlocksOf(size_, static_cast<int64_t>(2 * DataTypeSize(BaseType(ctx.input_dtype(0))) +
                                                DataTypeSize(output))));
}

BroadcastingKernel::~BroadcastingKernel() = default;

absl::Status FaultStatus(Fault fault) {
  if (fault == 0) return absl::OkStatus();
  return InvalidArgument((fault & kDivisionByZero) != 0
                             ? "Integer division by zero"
                             : "Integers to negative integer powers are not allowed");
}

namespace {

// Integers are divided without branches, so that it can be done in vectors.

// The divisor, or 1 after noting a fault.
template <typename T>
T Divisor(T y, Fault* fault) {
  const T is_zero = static_cast<T>(y == 0);
  *fault |= kDivisionByZero & (0u - static_cast<Fault>(y == 0));
  return static_cast<T>(y + is_zero);
}

// Of x by a divisor. The one quotient that overflows, lowest / -1, wraps to lowest. The quotient of
// two int32 in double is exact once its fraction is gone.
template <typename T>
T Quotient(T x, T divisor) {
  if constexpr (std::is_signed_v<T>) {
    const int overflows = static_cast<int>(x == std::numeric_limits<T>::min()) &
                          static_cast<int>(divisor == static_cast<T>(-1));
    divisor = static_cast<T>(divisor + static_cast<T>(2 * overflows));
  }
  if constexpr (std::is_same_v<T, int32_t>) {
    return static_cast<T>(static_cast<double>(x) / static_cast<double>(divisor));
  } else {
    return static_cast<T>(x / divisor);
  }
}

template <typename T>
T Remainder(T x, T divisor) {
  return WrapSub(x, WrapMul(Quotient(x, divisor), divisor));
}

// 1 if x and a divisor have other signs and leave a remainder.
template <typename T>
T RoundsUp(T x, T divisor, T remainder) {
  if constexpr (std::is_signed_v<T>) {
    return static_cast<T>(static_cast<int>(remainder != 0) & static_cast<int>((x ^ divisor) < 0));
  } else {
    return T{0};
  }
}

template <typename T>
T IntegerPower(T base, T exponent, Fault* fault) {
  if (exponent < 0) {
    *fault |= kNegativePower;
    return 0;
  }
  T power = 1;
  for (; exponent > 0; exponent = static_cast<T>(exponent / 2)) {
    if (exponent % 2 != 0) power = WrapMul(power, base);
    base = WrapMul(base, base);
  }
  return power;
}

// clang-format off
struct Add { template <typename T> static T Apply(T x, T y, Fault*) { return WrapAdd(x, y); } };
struct Sub { template <typename T> static T Apply(T x, T y, Fault*) { return WrapSub(x, y); } };
struct Mul { template <typename T> static T Apply(T x, T y, Fault*) { return WrapMul(x, y); } };
struct RealDiv { template <typename T> static T Apply(T x, T y, Fault*) { return x / y; } };
// 0 * NaN and 0 * infinity are 0 here: where y is 0.
struct MulNoNan { template <typename T> static T Apply(T x, T y, Fault*) { return y == T{0} ? T{0} : x * y; } };
struct DivNoNan { template <typename T> static T Apply(T x, T y, Fault*) { return y == T{0} ? T{0} : x / y; } };
// clang-format on

struct SquaredDifference {
  template <typename T>
  static T Apply(T x, T y, Fault*) {
    const T difference = WrapSub(x, y);
    return WrapMul(difference, Conjugate(difference));
  }
};

// Rounds towards zero for integers.
struct Div {
  template <typename T>
  static T Apply(T x, T y, Fault* fault) {
    if constexpr (std::is_integral_v<T>) {
      return Quotient(x, Divisor(y, fault));
    } else {
      return x / y;
    }
  }
};
struct TruncateDiv {
  template <typename T>
  static T Apply(T x, T y, Fault* fault) {
    if constexpr (std::is_integral_v<T>) {
      return Quotient(x, Divisor(y, fault));
    } else {
      return std::trunc(x / y);
    }
  }
};

// Rounds towards minus infinity, as Python's // does.
struct FloorDiv {
  template <typename T>
  static T Apply(T x, T y, Fault* fault) {
    if constexpr (std::is_integral_v<T>) {
      const T divisor = Divisor(y, fault);
      const T quotient = Quotient(x, divisor);
      const T remainder = WrapSub(x, WrapMul(quotient, divisor));
      return WrapSub(quotient, RoundsUp(x, divisor, remainder));
    } else {
      return std::floor(x / y);
    }
  }
};

// Has the sign of y, as Python's % does.
struct FloorMod {
  template <typename T>
  static T Apply(T x, T y, Fault* fault) {
    if constexpr (std::is_integral_v<T>) {
      const T divisor = Divisor(y, fault);
      const T remainder = Remainder(x, divisor);
      return WrapAdd(remainder, WrapMul(divisor, RoundsUp(x, divisor, remainder)));
    } else {
      const T remainder = std::fmod(x, y);
      const bool other_sign = remainder != 0 && (remainder < 0) != (y < 0);
      return other_sign ? static_cast<T>(remainder + y) : remainder;
    }
  }
};

// NaN if either is NaN.
struct Maximum {
  template <typename T>
  static T Apply(T x, T y, Fault*) {
    return x > y || x != x ? x : y;
  }
};
struct Minimum {
  template <typename T>
  static T Apply(T x, T y, Fault*) {
    return x < y || x != x ? x : y;
  }
};

struct Pow {
  template <typename T>
  static T Apply(T x, T y, Fault* fault) {
    if constexpr (std::is_integral_v<T>) {
      return IntegerPower(x, y, fault);
    } else {
      return std::pow(x, y);
    }
  }
};

// Has the sign of x, as C++'s % does.
struct TruncateMod {
  template <typename T>
  static T Apply(T x, T y, Fault* fault) {
    if constexpr (std::is_integral_v<T>) {
      return Remainder(x, Divisor(y, fault));
    } else {
      return std::fmod(x, y);
    }
  }
};

// clang-format off
struct Atan2 { template <typename T> static T Apply(T y, T x, Fault*) { return std::atan2(y, x); } };
struct Xlogy { template <typename T> static T Apply(T x, T y, Fault*) { return x == T{0} ? T{0} : x * std::log(y); } };
struct Xdivy { template <typename T> static T Apply(T x, T y, Fault*) { return x == T{0} ? T{0} : x / y; } };
struct Xlog1py { template <typename T> static T Apply(T x, T y, Fault*) { return x == T{0} ? T{0} : x * static_cast<T>(vector_math::Log1p(y)); } };
struct NextAfter { template <typename T> static T Apply(T x, T y, Fault*) { return std::nextafter(x, y); } };
struct PolygammaOp { template <typename T> static T Apply(T n, T x, Fault*) { return static_cast<T>(Polygamma(n, x)); } };
struct Igamma { template <typename T> static T Apply(T a, T x, Fault*) { return static_cast<T>(RegularizedGamma(a, x).lower); } };
struct Igammac { template <typename T> static T Apply(T a, T x, Fault*) { return static_cast<T>(RegularizedGamma(a, x).upper); } };
struct IgammaGradA { template <typename T> static T Apply(T a, T x, Fault*) { return static_cast<T>(RegularizedGamma(a, x).lower_by_a); } };
struct RandomGammaGrad { template <typename T> static T Apply(T a, T x, Fault*) { return static_cast<T>(GammaSampleByA(a, x)); } };
struct ZetaOp { template <typename T> static T Apply(T x, T q, Fault*) { return static_cast<T>(Zeta(x, q)); } };
struct BitwiseAnd { template <typename T> static T Apply(T x, T y, Fault*) { return static_cast<T>(x & y); } };
struct BitwiseOr { template <typename T> static T Apply(T x, T y, Fault*) { return static_cast<T>(x | y); } };
struct BitwiseXor { template <typename T> static T Apply(T x, T y, Fault*) { return static_cast<T>(x ^ y); } };
// clang-format on

// A count outside of the type's bits is the nearest one inside.
template <typename T>
int ShiftBy(T y) {
  constexpr T kMost = static_cast<T>(8 * sizeof(T) - 1);
  return static_cast<int>(y < T{0} ? T{0} : y > kMost ? kMost : y);
}
struct LeftShift {
  template <typename T>
  static T Apply(T x, T y, Fault*) {
    return static_cast<T>(static_cast<uint64_t>(x) << ShiftBy(y));
  }
};
struct RightShift {
  template <typename T>
  static T Apply(T x, T y, Fault*) {
    return static_cast<T>(x >> ShiftBy(y));
  }
};

struct Concatenate {
  static std::string Apply(const std::string& x, const std::string& y, Fault*) { return x + y; }
};

using PowerTypes = TypeList<float, double, int8_t, int16_t, int32_t, int64_t, Half, BFloat16>;
using DifferenceTypes = TypeList<float, double, int32_t, int64_t, Half, BFloat16>;

template <typename Op, typename Types>
void Row(KernelRegistry& kernels, const char* op) {
  kernels.Add<HalfAsFloat<Binary<Op>::template Kernel>::template Kernel>(op).template For<Types>(
      "T");
}

}  // namespace

void RegisterBinary(KernelRegistry& kernels) {
  Row<Add, WithComplex<AllNumberTypes>>(kernels, "Add");
  kernels.Add<Binary<Concatenate>::Kernel>("Add").For<TypeList<std::string>>("T");
  Row<Add, WithComplex<AllNumberTypes>>(kernels, "AddV2");
  Row<Sub, WithComplex<AllNumberTypes>>(kernels, "Sub");
  Row<Mul, WithComplex<AllNumberTypes>>(kernels, "Mul");
  Row<MulNoNan, WithComplex<AllFloatTypes>>(kernels, "MulNoNan");
  Row<Div, WithComplex<AllNumberTypes>>(kernels, "Div");
  Row<RealDiv, WithComplex<AllFloatTypes>>(kernels, "RealDiv");
  kernels.Lacks("RealDiv", "T", {int8, int16, int32, int64, uint8, uint16, uint32, uint64},
                kNoKernelInTensorFlow);
  Row<DivNoNan, WithComplex<AllFloatTypes>>(kernels, "DivNoNan");
  Row<FloorDiv, AllNumberTypes>(kernels, "FloorDiv");
  Row<FloorMod, AllNumberTypes>(kernels, "FloorMod");
  Row<Maximum, AllNumberTypes>(kernels, "Maximum");
  Row<Minimum, AllNumberTypes>(kernels, "Minimum");
  Row<SquaredDifference, WithComplex<DifferenceTypes>>(kernels, "SquaredDifference");
  Row<Pow, WithComplex<PowerTypes>>(kernels, "Pow");
  Row<TruncateDiv, AllNumberTypes>(kernels, "TruncateDiv");
  for (const char* op : {"FloorDiv", "TruncateDiv"}) {
    kernels.Lacks(op, "T", ComplexTypes(), kNoKernelInTensorFlow);
  }
  using ModTypes = TypeList<float, double, int32_t, int64_t, Half, BFloat16>;
  Row<TruncateMod, ModTypes>(kernels, "TruncateMod");
  Row<TruncateMod, ModTypes>(kernels, "Mod");
  Row<Atan2, AllFloatTypes>(kernels, "Atan2");
  Row<Xlogy, WithComplex<AllFloatTypes>>(kernels, "Xlogy");
  Row<Xdivy, WithComplex<AllFloatTypes>>(kernels, "Xdivy");
  Row<Xlog1py, WithComplex<AllFloatTypes>>(kernels, "Xlog1py");
  kernels.Add<Binary<NextAfter>::Kernel>("NextAfter").For<FloatTypes>("T");
  Row<PolygammaOp, FloatTypes>(kernels, "Polygamma");
  Row<ZetaOp, FloatTypes>(kernels, "Zeta");
  Row<Igamma, AllFloatTypes>(kernels, "Igamma");
  Row<Igammac, AllFloatTypes>(kernels, "Igammac");
  Row<IgammaGradA, FloatTypes>(kernels, "IgammaGradA");
  Row<RandomGammaGrad, FloatTypes>(kernels, "RandomGammaGrad");
  Row<BitwiseAnd, IntTypes>(kernels, "BitwiseAnd");
  Row<BitwiseOr, IntTypes>(kernels, "BitwiseOr");
  Row<BitwiseXor, IntTypes>(kernels, "BitwiseXor");
  Row<LeftShift, IntTypes>(kernels, "LeftShift");
  Row<RightShift, IntTypes>(kernels, "RightShift");
}

}  // namespace sessile
