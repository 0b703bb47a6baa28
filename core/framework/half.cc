#include "sessile/core/framework/half.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace sessile {

Half ToHalf(double value) {
  const auto sign = static_cast<uint16_t>(std::signbit(value) ? 0x8000 : 0);
  const auto with_sign = [sign](int bits) { return Half{static_cast<uint16_t>(sign | bits)}; };
  if (std::isnan(value)) return with_sign(0x7e00);
  const double size = std::fabs(value);
  if (size == 0) return with_sign(0);
  if (size >= 65520.0) return with_sign(0x7c00);  // 65504 is the largest; from halfway on: infinity
  int exponent = 0;
  std::frexp(size, &exponent);  // size = m * 2^exponent, 0.5 <= m < 1
  // The spacing of halfs near `size` is 2^(exponent - 11), but never below 2^-24.
  const int spacing = std::max(exponent - 11, -24);
  const auto steps = static_cast<int>(std::nearbyint(std::ldexp(size, -spacing)));
  // Subnormal numbers count in steps from zero; a mantissa that rounds up to the next power of two
  // carries into the exponent by itself.
  return with_sign(spacing == -24 ? steps : ((spacing + 24) << 10) + steps);
}

double ToDouble(Half value) {
  const int exponent = (value.bits >> 10) & 31;
  const int mantissa = value.bits & 1023;
  double size = 0;
  if (exponent == 31) {
    size = mantissa == 0 ? HUGE_VAL : std::nan("");
  } else if (exponent == 0) {
    size = std::ldexp(mantissa, -24);
  } else {
    size = std::ldexp(1024 + mantissa, exponent - 25);
  }
  return (value.bits & 0x8000) != 0 ? -size : size;
}

BFloat16 ToBFloat16(double value) {
  const auto bits = std::bit_cast<uint32_t>(static_cast<float>(value));
  if (std::isnan(value)) return BFloat16{static_cast<uint16_t>((bits >> 16) | 0x40)};
  return BFloat16{static_cast<uint16_t>((bits + 0x7fff + ((bits >> 16) & 1)) >> 16)};
}

double ToDouble(BFloat16 value) {
  return std::bit_cast<float>(static_cast<uint32_t>(value.bits) << 16);
}

}  // namespace sessile
