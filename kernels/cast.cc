// Cast between any two of the numbers and bool.
//
// Floats lose their fraction. What does not fit into an integer becomes what x86 makes of it, on
// every machine: the lowest int32 (or, for targets of 32 unsigned or of 64 bits, the lowest int64),
// cut down to the target's bits. Integers are cut down to the target's bits. A complex number
// becomes its real part.

#include <cmath>
#include <complex>
#include <cstring>
#include <limits>
#include <type_traits>

#include "sessile/core/framework/kernel_registry.h"
#include "sessile/core/framework/status.h"
#include "sessile/kernels/blocks.h"
#include "sessile/kernels/numeric.h"
#include "sessile/kernels/register_all.h"

namespace sessile {
namespace {

template <typename T>
inline constexpr bool kIsComplex =
    std::is_same_v<T, std::complex<float>> || std::is_same_v<T, std::complex<double>>;

// The value without its fraction, or the lowest Int if it does not fit.
template <typename Int, typename F>
Int Truncate(F value) {
  constexpr F kLowest = static_cast<F>(std::numeric_limits<Int>::min());  // a power of two: exact
  const F whole = std::trunc(value);
  return whole >= kLowest && whole < -kLowest ? static_cast<Int>(whole)
                                              : std::numeric_limits<Int>::min();
}

template <typename Dst, typename F>
Dst FloatToInteger(F value) {
  if constexpr (std::is_same_v<Dst, uint64_t>) {
    constexpr F kHalf = static_cast<F>(uint64_t{1} << 63);
    if (value >= kHalf && value < 2 * kHalf) return static_cast<uint64_t>(value);
    return static_cast<uint64_t>(Truncate<int64_t>(value));
  } else if constexpr (sizeof(Dst) == 8 || std::is_same_v<Dst, uint32_t>) {
    return static_cast<Dst>(Truncate<int64_t>(value));
  } else {
    return static_cast<Dst>(Truncate<int32_t>(value));
  }
}

template <typename Dst, typename Src>
Dst Convert(Src stored) {
  const auto value = Widen(stored);
  using From = std::remove_const_t<decltype(value)>;
  if constexpr (std::is_same_v<Src, Dst>) {
    return stored;
  } else if constexpr (kIsComplex<Src>) {
    if constexpr (kIsComplex<Dst>) {
      return Dst(value);
    } else {
      return Convert<Dst>(value.real());
    }
  } else if constexpr (kIsComplex<Dst>) {
    return Dst(static_cast<typename Dst::value_type>(value));
  } else if constexpr (std::is_same_v<Dst, bool>) {
    return value != From{0};
  } else if constexpr (std::is_floating_point_v<From> && std::is_integral_v<Dst>) {
    return FloatToInteger<Dst>(value);
  } else {
    return Narrow<Dst>(static_cast<Wide<Dst>>(value));
  }
}

template <typename Src, typename Dst>
class Cast final : public Prepared {
 public:
  explicit Cast(const Shape& shape) : size_(shape.num_elements()) {
    AddOutput(DataTypeOf<Dst>::value, shape);
    TakesRows(0);
    if (std::is_same_v<Src, Dst>) {
      Alias(0, 0);
    } else {
      AddPhase(BlocksOf(size_, sizeof(Src) + sizeof(Dst)));
    }
  }
  absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch, int,
                   int64_t block) const override {
    const Src* x = in[0].data<Src>();
    Dst* y = out[0].data<Dst>();
    for (const int64_t i : BlockRange(size_, block, num_blocks(0))) y[i] = Convert<Dst>(x[i]);
    return absl::OkStatus();
  }

 private:
  const int64_t size_;
};

using PreparedOr = absl::StatusOr<std::unique_ptr<Prepared>>;
using CastTypes =
    TypeList<float, double, int8_t, int16_t, int32_t, int64_t, uint8_t, uint16_t, uint32_t,
             uint64_t, Half, BFloat16, bool, std::complex<float>, std::complex<double>>;

// Calls f with the one of Ts that `dtype` names.
template <typename F, typename... Ts>
PreparedOr WithType(DataType dtype, TypeList<Ts...>, F f) {
  PreparedOr result = Unimplemented("Cast of ", DataTypeName(dtype), " is not supported");
  ((DataTypeOf<Ts>::value == dtype ? void(result = f(std::type_identity<Ts>())) : void()), ...);
  return result;
}

PreparedOr PrepareCast(const PrepareContext& ctx) {
  return WithType(ctx.input_dtype(0), CastTypes(), [&]<typename Src>(std::type_identity<Src>) {
    return WithType(ctx.output_dtype(0), CastTypes(),
                    [&]<typename Dst>(std::type_identity<Dst>) -> PreparedOr {
                      return std::make_unique<Cast<Src, Dst>>(ctx.input_shape(0));
                    });
  });
}

template <typename... Ts>
std::vector<DataType> Names(TypeList<Ts...>) {
  return {DataTypeOf<Ts>::value...};
}

}  // namespace

void RegisterCast(KernelRegistry& kernels) {
  kernels.Add("Cast", PrepareCast)
      .Types("SrcT", Names(CastTypes()))
      .Types("DstT", Names(CastTypes()));
  for (const char* attr : {"SrcT", "DstT"}) {
    kernels.Lacks("Cast", attr, {string}, "strings are no numbers");
    kernels.Lacks("Cast", attr, QuantizedTypes(), kNoQuantizedKernels);
    kernels.Lacks("Cast", attr, ObjectTypes(), kNoObjectKernels);
  }
}

}  // namespace sessile
