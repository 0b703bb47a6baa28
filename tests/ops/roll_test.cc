#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "sessile/ops/array.h"
#include "sessile/ops/constant.h"
#include "sessile/tests/op_testing.h"

namespace sessile {
namespace {

using ::testing::HasSubstr;

TEST(RollTest, KnowsTheShape) {
  const NodeFacts facts = {.attrs = {{"Tshift", int32}, {"Taxis", int32}}};
  ExpectShape("Roll", "[2,?];[];[]", "[2,?]", facts);
  ExpectShapeError("Roll", "[];[];[]", "Shape must be at least rank 1 but is rank 0", facts);
}

TEST(RollTest, TurnsDimensions) {
  const Input x = {{0, 1, 2, 3, 4}, {5, 6, 7, 8, 9}};
  EXPECT_THAT(Eval(roll(x, 2, 1)), IsTensor({{3, 4, 0, 1, 2}, {8, 9, 5, 6, 7}}));
  EXPECT_THAT(Eval(roll(x, {1, -3}, {0, 1})), IsTensor({{8, 9, 5, 6, 7}, {3, 4, 0, 1, 2}}));
  EXPECT_THAT(Eval(roll(x, {2, -3}, {-1, -1})), IsTensor({{1, 2, 3, 4, 0}, {6, 7, 8, 9, 5}}));
  EXPECT_THAT(Eval(roll(x, 1, 0)), IsTensor({{5, 6, 7, 8, 9}, {0, 1, 2, 3, 4}}));
  EXPECT_THAT(Eval(roll(x, 10, 1)), IsTensor(x));
}

TEST(RollTest, TakesEmptyTensorsAndLargeShifts) {
  EXPECT_THAT(Eval(roll(zeros({0, 3}), {5, 1}, {0, 1})), HasShape({0, 3}));
  EXPECT_THAT(Eval(roll({1, 2, 3}, Input(int64_t{1} << 62), 0)), IsTensor({3, 1, 2}));
  EXPECT_THAT(ErrorOf([] { Eval(roll({1, 2, 3}, 1, 1)); }), HasSubstr("axis 1 is out of range"));
}

TEST(RollTest, GradientsMatchDifferences) {
  ExpectGradient([](Output x) { return roll(x, {1, -1}, {0, 2}); }, {{2, 3, 4}});
}

}  // namespace
}  // namespace sessile
