#include "sessile/core/framework/half.h"

#include <cmath>
#include <limits>

#include "gtest/gtest.h"

namespace sessile {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

TEST(HalfTest, EveryNumberSurvivesTheWayThereAndBack) {
  for (int bits = 0; bits < 65536; ++bits) {
    const Half half{static_cast<uint16_t>(bits)};
    const double value = ToDouble(half);
    if (std::isnan(value)) {
      EXPECT_TRUE(std::isnan(ToDouble(ToHalf(value))));
    } else {
      EXPECT_EQ(ToHalf(value).bits, bits);
    }
  }
}

TEST(HalfTest, RoundsToTheNearestAndTiesToEven) {
  EXPECT_EQ(ToHalf(1.0).bits, 0x3c00);
  EXPECT_EQ(ToHalf(1.0 + 0x1p-11).bits, 0x3c00);
  EXPECT_EQ(ToHalf(1.0 + 0x1p-11 + 0x1p-40).bits, 0x3c01);
  EXPECT_EQ(ToHalf(1.0 + 3 * 0x1p-11).bits, 0x3c02);
  EXPECT_EQ(ToHalf(2.0 - 0x1p-12).bits, 0x4000);
}

TEST(HalfTest, KeepsSubnormalsAndOverflows) {
  EXPECT_EQ(ToHalf(0x1p-24).bits, 1);
  EXPECT_EQ(ToHalf(0x1p-25).bits, 0);
  EXPECT_EQ(ToHalf(0x1p-14 - 0x1p-26).bits, 0x0400);
  EXPECT_EQ(ToHalf(65504.0).bits, 0x7bff);
  EXPECT_EQ(ToHalf(65519.9).bits, 0x7bff);
  EXPECT_EQ(ToHalf(65520.0).bits, 0x7c00);
  EXPECT_EQ(ToHalf(-kInfinity).bits, 0xfc00);
  EXPECT_EQ(ToHalf(-0.0).bits, 0x8000);
}

TEST(BFloat16Test, IsTheUpperHalfOfAFloatRounded) {
  EXPECT_EQ(ToBFloat16(1.0).bits, 0x3f80);
  EXPECT_EQ(ToBFloat16(1.0 + 0x1p-8).bits, 0x3f80);
  EXPECT_EQ(ToBFloat16(1.0 + 3 * 0x1p-8).bits, 0x3f82);
  EXPECT_EQ(ToBFloat16(kInfinity).bits, 0x7f80);
  EXPECT_TRUE(std::isnan(ToDouble(ToBFloat16(std::nan("")))));
  EXPECT_EQ(ToDouble(BFloat16{0x4049}), 3.140625);
}

}  // namespace
}  // namespace sessile
