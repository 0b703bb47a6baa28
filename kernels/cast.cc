// Cast between any two of the numbers and bool.
//
// Floats lose their fraction. What does not fit into an integer becomes what x86 makes of it, on
// every machine: the lowest int32 (or, for targets of 32 unsigned or of 64 bits, the lowest int64),
// cut down to the target's bits. Integers are cut down to the target's bits. A complex number
// becomes its real part.

#include "sessile/kernels/cast.h"

#include <cmath>
#include <complex>
#include <cstring>
#include <limits>
#include <type_traits>

#include "sessile/core/framework/kernel_registry.h"
#include "sessile/core/framework/status.h"
#include "sessile/kernels/blocks.h"
#include "sessile/kernels/in_wider_type.h"
#include "sessile/kernels/numeric.h"
#include "sessile/kernels/register_all.h"
#include "sessile/kernels/vectorized.h"

namespace sessile {
namespace {

// The value without its fraction, or the lowest Int if it does not fit.
template <typename Int, typename F>
Int Truncate(F value) {
  constexpr F kLowest = static_cast<F>(std::numeric_limits<Int>::min());  // a power of two: exact
  return static_cast<Int>(value >= kLowest && value < -kLowest ? value : kLowest);
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

// The types between which conversions are common; small ones are converted from and to wider ones
// by every kernel that goes through those (kernels/in_wider_type.h).
template <typename T>
inline constexpr bool kIsOften = kUsual<T> || std::is_same_v<T, uint8_t> || std::is_same_v<T, bool>;
template <typename Src, typename Dst>
inline constexpr bool kIsOftenFromTo =
    !std::is_same_v<Src, Dst> &&
    ((kIsOften<Src> && kIsOften<Dst>) || std::is_same_v<Wider<Src>, Dst> ||
     std::is_same_v<Src, Wider<Dst>>);

template <typename Src, typename Dst>
void ConvertRange(const void* in, void* out, int64_t first, int64_t last) {
  const auto* const x = static_cast<const Src*>(in);
  auto* const y = static_cast<Dst*>(out);
  const auto loop = [=] {
    SESSILE_NO_CARRIED_DEPENDENCE
    for (int64_t i = first; i < last; ++i) y[i] = Convert<Dst>(x[i]);
  };
  if constexpr (kIsOftenFromTo<Src, Dst>) {
    Vectorized(loop);
  } else {
    loop();
  }
}

// One class for all pairs of types: a pair needs no more than its loop.
class Cast final : public Prepared {
 public:
  Cast(const PrepareContext& ctx, Converter convert)
      : size_(ctx.input_shape(0).num_elements()), convert_(convert) {
    const DataType from = ctx.input_dtype(0), to = ctx.output_dtype(0);
    AddOutput(to, ctx.input_shape(0));
    TakesRows(0);
    if (from == to) {
      Alias(0, 0);
    } else {
      AddPhase(BlocksOf(size_, static_cast<int64_t>(DataTypeSize(from) + DataTypeSize(to))));
    }
  }
  absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch, int,
                   int64_t block) const override {
    const IndexRange range = BlockRange(size_, block, num_blocks(0));
    convert_(in[0].raw(), out[0].raw(), range.first(), range.last());
    return absl::OkStatus();
  }

 private:
  const int64_t size_;
  const Converter convert_;
};

using CastTypes =
    TypeList<float, double, int8_t, int16_t, int32_t, int64_t, uint8_t, uint16_t, uint32_t,
             uint64_t, Half, BFloat16, bool, std::complex<float>, std::complex<double>>;

template <typename Src, typename... Ts>
Converter ConverterTo(DataType dtype, TypeList<Ts...>) {
  Converter found = nullptr;
  ((DataTypeOf<Ts>::value == dtype ? void(found = ConvertRange<Src, Ts>) : void()), ...);
  return found;
}

template <typename... Ts>
Converter ConverterOf(DataType from, DataType to, TypeList<Ts...> types) {
  Converter found = nullptr;
  ((DataTypeOf<Ts>::value == from ? void(found = ConverterTo<Ts>(to, types)) : void()), ...);
  return found;
}

absl::StatusOr<std::unique_ptr<Prepared>> PrepareCast(const PrepareContext& ctx) {
  const Converter convert = FindConverter(ctx.input_dtype(0), ctx.output_dtype(0));
  if (convert == nullptr) {
    return Unimplemented("Cast of ", DataTypeName(ctx.input_dtype(0)), " to ",
                         DataTypeName(ctx.output_dtype(0)), " is not supported");
  }
  return std::make_unique<Cast>(ctx, convert);
}

template <typename... Ts>
std::vector<DataType> Names(TypeList<Ts...>) {
  return {DataTypeOf<Ts>::value...};
}

}  // namespace

Converter FindConverter(DataType from, DataType to) { return ConverterOf(from, to, CastTypes()); }

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
