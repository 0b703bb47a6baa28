#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "sessile/ops/constant.h"
#include "sessile/ops/linalg.h"
#include "sessile/tests/op_testing.h"

namespace sessile {
namespace {

using ::testing::HasSubstr;

TEST(CrossTest, KnowsTheShape) {
  ExpectShape("Cross", "[2,?];[?,3]", "[2,3]");
  ExpectShapeError("Cross", "[2];[2]", "Dimensions must be equal, but are 3 and 2");
}

TEST(CrossTest, MultipliesVectors) {
  EXPECT_THAT(Eval(linalg::cross({{1, 2, 3}, {1, 0, 0}}, {{3, 2, 1}, {0, 1, 0}})),
              IsTensor({{-4, 8, -4}, {0, 0, 1}}));
  const Output x = placeholder(float32, Shape::Unknown());
  EXPECT_THAT(ErrorOf([&] {
                Eval(linalg::cross(x, x), {{x, {1.0, 2.0}}});
              }),
              HasSubstr("only defined for 3-element vectors"));
}

TEST(CrossTest, GradientsMatchDifferences) {
  ExpectGradient([](Output a, Output b) { return linalg::cross(a, b); }, {{2, 3}, {2, 3}});
}

}  // namespace
}  // namespace sessile
