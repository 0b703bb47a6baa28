// Arithmetic of two elements, one row each. Integers wrap around; dividing one by zero is an error.

#include "sessile/kernels/binary.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <limits>
#include <memory>
#include <string>
#include <utility>

#include "sessile/core/framework/broadcast_shape.h"
#include "sessile/core/framework/kernel_registry.h"
#include "sessile/core/framework/status.h"
#include "sessile/kernels/blocks.h"
#include "sessile/kernels/complex_math.h"
#include "sessile/kernels/elementwise.h"
#include "sessile/kernels/numeric.h"
#include "sessile/kernels/register_all.h"
#include "sessile/kernels/special_functions.h"
#include "sessile/kernels/vector_math.h"

namespace sessile {
namespace {

absl::Status FaultStatus(Fault fault) {
  if (fault == 0) return absl::OkStatus();
  return InvalidArgument((fault & kDivisionByZero) != 0
                             ? "Integer division by zero"
                             : "Integers to negative integer powers are not allowed");
}

// Elements of these sizes, which are those of the types that are computed in vectors.
bool IsRepeatable(int64_t element_size) {
  return element_size == 1 || element_size == 4 || element_size == 8;
}

// Repeats the first of n elements.
void FillPiece(int64_t element_size, char* elements, int64_t n) {
  switch (element_size) {
    case 1:
      return FillRow(reinterpret_cast<uint8_t*>(elements), n, static_cast<uint8_t>(*elements));
    case 4:
      return FillRow(reinterpret_cast<uint32_t*>(elements), n,
                     *reinterpret_cast<uint32_t*>(elements));
    default:
      return FillRow(reinterpret_cast<uint64_t*>(elements), n,
                     *reinterpret_cast<uint64_t*>(elements));
  }
}

// The elements of operand k that go into n elements of the output from `first` on.
template <typename Word>
void GatherWords(const Broadcast& broadcast, size_t k, const char* elements, int64_t first,
                 int64_t n, char* buffer) {
  const Word* const x = reinterpret_cast<const Word*>(elements);
  Word* y = reinterpret_cast<Word*>(buffer);
  const int64_t step = broadcast.run_stride(static_cast<int>(k));
  broadcast.ForEachRun(first, first + n, [&](int64_t, int64_t count, const Broadcast::Offsets& at) {
    const Word* from = x + at[k];
    for (int64_t i = 0; i < count; ++i, from += step) *y++ = *from;
  });
}

class BinaryKernel final : public Prepared, public Elementwise {
 public:
  BinaryKernel(const PrepareContext& ctx, Broadcast broadcast, DataType wide, BinaryLoop loop)
      : broadcast_(std::move(broadcast)),
        size_(broadcast_.output().num_elements()),
        loop_(loop),
        in_(BaseType(ctx.input_dtype(0))),
        out_(ctx.output_dtype(0)),
        how_(Widening::Of(in_, wide)),
        is_whole_({ctx.input_shape(0).num_elements() == size_,
                   ctx.input_shape(1).num_elements() == size_}),
        in_size_(StoredSize(in_)),
        out_size_(StoredSize(out_)) {
    AddOutput(out_, broadcast_.output());
    for (int i = 0; i < 2; ++i) {
      if (BaseType(ctx.input_dtype(i)) == out_ && ctx.input_shape(i) == broadcast_.output())
        MayForward(i, 0);
    }
    AddPhase(BlocksOf(size_, static_cast<int64_t>(2 * DataTypeSize(in_) + DataTypeSize(out_))));
  }

  absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch, int,
                   int64_t block) const override {
    const Operands x = {static_cast<const char*>(in[0].raw()),
                        static_cast<const char*>(in[1].raw())};
    auto* const z = static_cast<char*>(out[0].raw());
    Fault fault = 0;
    const IndexRange range = BlockRange(size_, block, num_blocks(0));
    if (how_.converts() || (broadcast_.run_length() < kShortRow && in_size_ <= 8)) {
      RunInPieces(x, z, range, &fault);
      return FaultStatus(fault);
    }
    const int64_t x_step = broadcast_.run_stride(0);
    const int64_t y_step = broadcast_.run_stride(1);
    const bool repeats = x_step + y_step == 1 && IsRepeatable(in_size_);
    broadcast_.ForEachRun(range.first(), range.last(),
                          [&](int64_t begin, int64_t count, const Broadcast::Offsets& at) {
                            const BinaryRun run = {x[0] + at[0] * in_size_,
                                                   x[1] + at[1] * in_size_,
                                                   z + begin * out_size_,
                                                   x_step,
                                                   y_step,
                                                   count,
                                                   &fault};
                            if (repeats && count >= kShortRow) {
                              RunRepeated(run);
                            } else {
                              loop_(run);
                            }
                          });
    return FaultStatus(fault);
  }

  // Of floats, whose operations have no faults.
  bool applies() const override { return in_ == DataType::kFloat && out_ == DataType::kFloat; }
  int operands() const override { return 2; }
  void RunTile(const float* const* in, float* out, int64_t n) const override {
    Fault fault = 0;
    loop_({in[0], in[1], out, 1, 1, n, &fault});
  }

 private:
  using Operands = std::array<const char*, 2>;

  // One operand stays the same: it is repeated, so that the loop runs in vectors.
  void RunRepeated(const BinaryRun& run) const {
    WidePiece same;
    const bool same_x = run.x_step == 0;
    std::memcpy(same.bytes, same_x ? run.x : run.y, static_cast<size_t>(in_size_));
    FillPiece(in_size_, same.bytes, std::min(run.count, kWidePiece));
    for (int64_t i = 0; i < run.count; i += kWidePiece) {
      const void* const x = static_cast<const char*>(run.x) + i * in_size_;
      const void* const y = static_cast<const char*>(run.y) + i * in_size_;
      loop_({same_x ? same.bytes : x, same_x ? y : same.bytes,
             static_cast<char*>(run.z) + i * out_size_, 1, 1, std::min(run.count - i, kWidePiece),
             run.fault});
    }
  }

  void RunInPieces(const Operands& x, char* z, IndexRange range, Fault* fault) const {
    std::array<WidePiece, 2> gathered;
    std::array<WidePiece, 2> wide;
    Operands operands;
    const bool narrows = how_.converts() && in_ == out_;
    for (int64_t i = range.first(); i < range.last(); i += kWidePiece) {
      const int64_t n = std::min(range.last() - i, kWidePiece);
      for (size_t k = 0; k < 2; ++k) {
        operands[k] = is_whole_[k] ? x[k] + i * in_size_ : gathered[k].bytes;
        if (!is_whole_[k]) Gather(k, x[k], i, n, gathered[k].bytes);
        if (!how_.converts()) continue;
        how_.widen(operands[k], wide[k].bytes, 0, n);
        operands[k] = wide[k].bytes;
      }
      char* const to = z + i * out_size_;
      loop_({operands[0], operands[1], narrows ? wide[0].bytes : to, 1, 1, n, fault});
      if (narrows) how_.narrow(wide[0].bytes, to, 0, n);
    }
  }

  void Gather(size_t k, const char* x, int64_t first, int64_t n, char* buffer) const {
    switch (in_size_) {
      case 1:
        return GatherWords<uint8_t>(broadcast_, k, x, first, n, buffer);
      case 2:
        return GatherWords<uint16_t>(broadcast_, k, x, first, n, buffer);
      case 4:
        return GatherWords<uint32_t>(broadcast_, k, x, first, n, buffer);
      default:
        return GatherWords<uint64_t>(broadcast_, k, x, first, n, buffer);
    }
  }

  const Broadcast broadcast_;
  const int64_t size_;
  const BinaryLoop loop_;
  const DataType in_;
  const DataType out_;
  const Widening how_;
  const std::array<bool, 2> is_whole_;  // not broadcast
  const int64_t in_size_;
  const int64_t out_size_;
};

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
struct Add : OfBits { template <typename T> static T Apply(T x, T y, Fault*) { return WrapAdd(x, y); } };
struct Sub : OfBits { template <typename T> static T Apply(T x, T y, Fault*) { return WrapSub(x, y); } };
struct Mul : OfBits { template <typename T> static T Apply(T x, T y, Fault*) { return WrapMul(x, y); } };
struct RealDiv { template <typename T> static T Apply(T x, T y, Fault*) { return x / y; } };
// 0 * NaN and 0 * infinity are 0 here: where y is 0.
struct MulNoNan { template <typename T> static T Apply(T x, T y, Fault*) { return y == T{0} ? T{0} : WrapMul(x, y); } };
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

// The quotients of small floats are rounded to their type before they are made whole.
template <typename Small>
struct TruncateDivIn {
  static float Apply(float x, float y, Fault*) { return std::trunc(Widen(Narrow<Small>(x / y))); }
};
template <typename Small>
struct FloorDivIn {
  static float Apply(float x, float y, Fault*) { return std::floor(Widen(Narrow<Small>(x / y))); }
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
struct BitwiseAnd : OfBits { template <typename T> static T Apply(T x, T y, Fault*) { return static_cast<T>(x & y); } };
struct BitwiseOr : OfBits { template <typename T> static T Apply(T x, T y, Fault*) { return static_cast<T>(x | y); } };
struct BitwiseXor : OfBits { template <typename T> static T Apply(T x, T y, Fault*) { return static_cast<T>(x ^ y); } };
// clang-format on

// A count outside of the type's bits is the nearest one inside.
template <typename T>
int ShiftBy(T y) {
  constexpr T kMost = static_cast<T>(8 * sizeof(T) - 1);
  return static_cast<int>(y < T{0} ? T{0} : y > kMost ? kMost : y);
}
struct LeftShift : OfDigits {
  template <typename T>
  static T Apply(T x, T y, Fault*) {
    return static_cast<T>(static_cast<uint64_t>(x) << ShiftBy(y));
  }
};
struct RightShift : OfDigits {
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
  kernels.Add<Binary<Op>::template Kernel>(op).template For<Types>("T");
}

template <typename Op, template <typename> class OpIn>
void WholeQuotientRow(KernelRegistry& kernels, const char* op) {
  Row<Op, FloatTypes>(kernels, op);
  Row<Op, IntTypes>(kernels, op);
  Row<OpIn<Half>, TypeList<Half>>(kernels, op);
  Row<OpIn<BFloat16>, TypeList<BFloat16>>(kernels, op);
  kernels.Lacks(op, "T", ComplexTypes(), kNoKernelInTensorFlow);
}

}  // namespace

PreparedOr PrepareBinary(const PrepareContext& ctx, DataType wide, BinaryLoop loop) {
  SESSILE_ASSIGN_OR_RETURN(Broadcast broadcast,
                           Broadcast::Of(ctx.input_shape(0), ctx.input_shape(1)));
  return std::make_unique<BinaryKernel>(ctx, std::move(broadcast), wide, loop);
}

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
  WholeQuotientRow<FloorDiv, FloorDivIn>(kernels, "FloorDiv");
  Row<FloorMod, AllNumberTypes>(kernels, "FloorMod");
  Row<Maximum, AllNumberTypes>(kernels, "Maximum");
  Row<Minimum, AllNumberTypes>(kernels, "Minimum");
  Row<SquaredDifference, WithComplex<DifferenceTypes>>(kernels, "SquaredDifference");
  Row<Pow, WithComplex<PowerTypes>>(kernels, "Pow");
  WholeQuotientRow<TruncateDiv, TruncateDivIn>(kernels, "TruncateDiv");
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
