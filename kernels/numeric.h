// Arithmetic on every element type, so that one kernel template serves them all.
//
//   Wide<Half> a = Widen(x[i]);          // float for half and bfloat16, the type itself otherwise
//   y[i] = Narrow<Half>(a * a);          // rounded to nearest, ties to even
//   z = WrapAdd(x, y);                   // integers wrap around as TensorFlow's do, without
//   overflow
#pragma once

#include <bit>
#include <complex>
#include <concepts>
#include <cstdint>
#include <limits>
#include <type_traits>

#include "sessile/core/framework/data_type.h"
#include "sessile/core/framework/kernel_registry.h"

namespace sessile {

// The types that kernels compute with.
using AllFloatTypes = TypeList<float, double, Half, BFloat16>;
using AllNumberTypes = TypeList<float, double, int8_t, int16_t, int32_t, int64_t, uint8_t, uint16_t,
                                uint32_t, uint64_t, Half, BFloat16>;

template <typename List>
struct WithComplexOf;
template <typename... Ts>
struct WithComplexOf<TypeList<Ts...>> {
  using type = TypeList<Ts..., std::complex<float>, std::complex<double>>;
};
template <typename List>
using WithComplex = typename WithComplexOf<List>::type;

template <typename T>
inline constexpr bool kIsComplex =
    std::is_same_v<T, std::complex<float>> || std::is_same_v<T, std::complex<double>>;

template <typename T>
inline constexpr bool kIsHalf = std::is_same_v<T, Half> || std::is_same_v<T, BFloat16>;

// The type in which one element is computed.
template <typename T>
using Wide = std::conditional_t<kIsHalf<T>, float, T>;

// The type in which many elements are joined: twice the digits, but for integers.
template <typename T>
using InDouble = std::conditional_t<
    std::is_floating_point_v<Wide<T>>, double,
    std::conditional_t<std::is_same_v<T, std::complex<float>>, std::complex<double>, T>>;

// Half: 1 sign, 5 exponent (bias 15) and 10 mantissa bits; BFloat16: the upper half of a float.
inline float HalfToFloat(Half half) {
  const uint32_t sign = static_cast<uint32_t>(half.bits & 0x8000) << 16;
  const uint32_t magnitude = half.bits & 0x7fff;
  if (magnitude >= 0x7c00) {  // infinity and NaN
    return std::bit_cast<float>(sign | 0x7f800000 | ((magnitude & 0x3ff) << 13));
  }
  if (magnitude < 0x400) {  // zero and subnormal numbers, in steps of 2^-24
    const float value = static_cast<float>(magnitude) * 0x1p-24f;
    return std::bit_cast<float>(sign | std::bit_cast<uint32_t>(value));
  }
  return std::bit_cast<float>(sign | ((magnitude << 13) + (112u << 23)));
}

inline Half FloatToHalf(float value) {
  const uint32_t bits = std::bit_cast<uint32_t>(value);
  const auto sign = static_cast<uint16_t>(bits >> 16 & 0x8000);
  uint32_t magnitude = bits & 0x7fffffff;
  uint32_t half;
  if (magnitude > 0x7f800000) {
    half = 0x7e00;
  } else if (magnitude >= 0x47800000) {  // 2^16 and more
    half = 0x7c00;
  } else if (magnitude < 0x38800000) {  // below 2^-14: the sum rounds to a multiple of 2^-24
    half = std::bit_cast<uint32_t>(std::bit_cast<float>(magnitude) + 0.5f) - 0x3f000000;
  } else {
    magnitude += 0xfff + (magnitude >> 13 & 1);
    half = (magnitude - (112u << 23)) >> 13;
  }
  return Half{static_cast<uint16_t>(sign | half)};
}

inline BFloat16 FloatToBFloat16(float value) {
  const uint32_t bits = std::bit_cast<uint32_t>(value);
  if ((bits & 0x7fffffff) > 0x7f800000) return BFloat16{static_cast<uint16_t>(bits >> 16 | 0x40)};
  return BFloat16{static_cast<uint16_t>((bits + 0x7fff + (bits >> 16 & 1)) >> 16)};
}

template <typename T>
Wide<T> Widen(T value) {
  if constexpr (std::is_same_v<T, Half>) {
    return HalfToFloat(value);
  } else if constexpr (std::is_same_v<T, BFloat16>) {
    return std::bit_cast<float>(static_cast<uint32_t>(value.bits) << 16);
  } else {
    return value;
  }
}

template <typename T>
T Narrow(Wide<T> value) {
  if constexpr (std::is_same_v<T, Half>) {
    return FloatToHalf(value);
  } else if constexpr (std::is_same_v<T, BFloat16>) {
    return FloatToBFloat16(value);
  } else {
    return value;
  }
}

// The finite ends of T.
template <typename T>
constexpr T Largest() {
  if constexpr (std::is_same_v<T, Half>) {
    return Half{0x7bff};
  } else if constexpr (std::is_same_v<T, BFloat16>) {
    return BFloat16{0x7f7f};
  } else {
    return std::numeric_limits<T>::max();
  }
}
template <typename T>
constexpr T Lowest() {
  if constexpr (kIsHalf<T>) {
    return T{static_cast<uint16_t>(Largest<T>().bits | 0x8000)};
  } else {
    return std::numeric_limits<T>::lowest();
  }
}

// The unsigned type in which T's arithmetic cannot overflow undefined; T itself for floats.
template <typename T>
struct WrapsIn {
  using type = T;
};
template <std::integral T>
struct WrapsIn<T> {
  using type = std::conditional_t<sizeof(T) <= 4, uint32_t, uint64_t>;
};

// x > 0 ? 1 : 0. Written in bits, because compilers turn a product with the condition into a
// branch, which they cannot compute in vectors.
template <typename T>
T OneIfPositive(T x) {
  if constexpr (std::is_same_v<T, float>) {
    const uint32_t all = 0u - static_cast<uint32_t>(x > 0);
    return std::bit_cast<float>(all & std::bit_cast<uint32_t>(1.0f));
  } else if constexpr (std::is_same_v<T, double>) {
    const uint64_t all = 0u - static_cast<uint64_t>(x > 0);
    return std::bit_cast<double>(all & std::bit_cast<uint64_t>(1.0));
  } else {
    return x > T{0} ? T{1} : T{0};
  }
}

template <typename T>
T WrapAdd(T a, T b) {
  using U = typename WrapsIn<T>::type;
  return static_cast<T>(static_cast<U>(a) + static_cast<U>(b));
}
template <typename T>
T WrapSub(T a, T b) {
  using U = typename WrapsIn<T>::type;
  return static_cast<T>(static_cast<U>(a) - static_cast<U>(b));
}
template <typename T>
T WrapMul(T a, T b) {
  if constexpr (kIsComplex<T>) {
    const auto real = a.real() * b.real() - a.imag() * b.imag();
    const auto imag = a.real() * b.imag() + a.imag() * b.real();
    // Infinite factors make NaNs of what is infinite (C99, annex G).
    return real != real && imag != imag ? a * b : T(real, imag);
  } else {
    using U = typename WrapsIn<T>::type;
    return static_cast<T>(static_cast<U>(a) * static_cast<U>(b));
  }
}
// The complex conjugate; a real number is its own.
template <typename T>
T Conjugate(T x) {
  if constexpr (kIsComplex<T>) {
    return std::conj(x);
  } else {
    return x;
  }
}
// For floats the sign changes, that of zero too.
template <typename T>
T WrapNeg(T a) {
  if constexpr (std::is_integral_v<T>) {
    return WrapSub(T{0}, a);
  } else {
    return -a;
  }
}

// What registrations say of the types that no kernel computes with.
inline constexpr const char* kNoComplexKernels = "it has no kernel for complex numbers";
inline constexpr const char* kNoQuantizedKernels =
    "TensorFlow's CPU device has no kernel for quantized types either";
inline constexpr const char* kNoObjectKernels = "handles and variants are no numbers";
inline constexpr const char* kNoKernelInTensorFlow =
    "TensorFlow's CPU device has no kernel for this type either";

inline std::vector<DataType> QuantizedTypes() { return {qint8, quint8, qint16, quint16, qint32}; }
inline std::vector<DataType> ComplexTypes() { return {complex64, complex128}; }
inline std::vector<DataType> ObjectTypes() { return {resource, variant}; }

}  // namespace sessile
