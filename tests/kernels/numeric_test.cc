#include "sessile/kernels/numeric.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace sessile {
namespace {

// The value of half bits by the definition.
double HalfByDefinition(uint16_t bits) {
  const double sign = (bits & 0x8000) != 0 ? -1 : 1;
  const int exponent = bits >> 10 & 31;
  const int mantissa = bits & 1023;
  if (exponent == 31) {
    return mantissa != 0 ? std::nan("") : sign * std::numeric_limits<double>::infinity();
  }
  if (exponent == 0) return sign * std::ldexp(mantissa, -24);
  return sign * std::ldexp(1024 + mantissa, exponent - 25);
}

TEST(HalfTest, ConvertsEveryValueThereAndBack) {
  for (int i = 0; i < 1 << 16; ++i) {
    const Half half{static_cast<uint16_t>(i)};
    const double expected = HalfByDefinition(half.bits);
    const float actual = Widen(half);
    if (std::isnan(expected)) {
      EXPECT_TRUE(std::isnan(actual));
      EXPECT_TRUE(std::isnan(Widen(Narrow<Half>(actual))));
      continue;
    }
    ASSERT_EQ(actual, expected) << i;
    ASSERT_EQ(Narrow<Half>(actual).bits, half.bits);
  }
}

TEST(HalfTest, RoundsToNearestTiesToEven) {
  for (int i = 0; i < 0x7bff; ++i) {  // between each finite value and the next
    const double low = HalfByDefinition(static_cast<uint16_t>(i));
    const double high = HalfByDefinition(static_cast<uint16_t>(i + 1));
    const auto middle = static_cast<float>((low + high) / 2);  // exact
    const int even = i % 2 == 0 ? i : i + 1;
    ASSERT_EQ(Narrow<Half>(middle).bits, even) << i;
    ASSERT_EQ(Narrow<Half>(std::nextafter(middle, 0.0f)).bits, i) << i;
    ASSERT_EQ(Narrow<Half>(std::nextafter(middle, 1e9f)).bits, i + 1) << i;
    ASSERT_EQ(Narrow<Half>(-middle).bits, even | 0x8000) << i;
  }
  EXPECT_EQ(Narrow<Half>(65519.0f).bits, 0x7bff);
  EXPECT_EQ(Narrow<Half>(65520.0f).bits, 0x7c00);
  EXPECT_EQ(Narrow<Half>(1e30f).bits, 0x7c00);
}

TEST(BFloat16Test, RoundsToNearestTiesToEven) {
  EXPECT_EQ(Narrow<BFloat16>(1.0f).bits, 0x3f80);
  EXPECT_EQ(Narrow<BFloat16>(1.0f + 0x1p-8f).bits, 0x3f80);
  EXPECT_EQ(Narrow<BFloat16>(1.0f + 0x1p-7f + 0x1p-8f).bits, 0x3f82);
  EXPECT_EQ(Widen(BFloat16{0x4049}), 3.140625f);
  EXPECT_TRUE(std::isnan(Widen(Narrow<BFloat16>(std::nanf("")))));
  EXPECT_TRUE(std::isinf(Widen(Narrow<BFloat16>(3.4e38f))));
}

TEST(WrapTest, IntegersWrapAround) {
  EXPECT_EQ(WrapAdd<int32_t>(INT32_MAX, 1), INT32_MIN);
  EXPECT_EQ(WrapMul<uint16_t>(65535, 65535), 1);
  EXPECT_EQ(WrapSub<int64_t>(INT64_MIN, 1), INT64_MAX);
  EXPECT_EQ(WrapNeg<int8_t>(-128), -128);
  EXPECT_TRUE(std::signbit(WrapNeg(0.0f)));
}

}  // namespace
}  // namespace sessile
