#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "sessile/ops/constant.h"
#include "sessile/ops/math.h"
#include "sessile/tests/op_testing.h"

namespace sessile {
namespace {

TEST(CastTest, KeepsTheShape) {
  ExpectShape("Cast", "[2,?]", "[2,?]", {.attrs = {{"SrcT", float32}, {"DstT", int32}}});
}

TEST(CastTest, MakesNoNodeForTheSameType) {
  const Output x = placeholder(float32, {2});
  EXPECT_TRUE(cast(x, float32) == x);
}

TEST(CastTest, CutsTowardsZero) {
  EXPECT_THAT(Eval(cast({1.9, -1.9}, int32)), IsTensor({1, -1}));
  EXPECT_THAT(Eval(cast({true, false}, float32)), IsTensor({1, 0}));
}

TEST(CastTest, GradientIsCastBack) {
  ExpectGradient([](Output x) { return cast(cast(x, float32), float64); }, {{3}},
                 {.tolerance = 1e-1});
}

TEST(CastTest, GradientStopsAtIntegers) {
  const Output x = placeholder(float32, {2});
  const Output integer = cast(x, int32);
  EXPECT_FALSE(gradients(cast(integer, float32), x)[0].has_value());
}

}  // namespace
}  // namespace sessile
