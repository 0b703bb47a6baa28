#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "sessile/ops/array.h"
#include "sessile/tests/op_testing.h"

namespace sessile {
namespace {

TEST(SelectTest, TakesAConditionOfTheSameShapeOrOfRows) {
  ExpectShape("Select", "[2,3];[2,?];[?,3]", "[2,3]");
  ExpectShape("Select", "[2];[?,3];[?,3]", "[2,3]");
  ExpectShape("Select", "[];[2,3];[2,3]", "[2,3]");
  ExpectShape("Select", "?;[2,3];?", "[2,3]");
}

TEST(SelectTest, RefusesOtherShapes) {
  ExpectShapeError("Select", "[2];[2,3];[2,4]",
                   "Dimension 1 in both shapes must be equal, but are 3 and 4");
  ExpectShapeError("Select", "[3];[2,3];[2,3]",
                   "Dimension 0 in both shapes must be equal, but are");
  ExpectShapeError("Select", "[2];[];[]", "Shapes must be equal rank, but are 0 and 1");
}

TEST(SelectTest, ChoosesElementsOrRows) {
  EXPECT_THAT(Eval(where({true, false}, {1, 2}, {3, 4})), IsTensor({1, 4}));
  EXPECT_THAT(Eval(where({true, false}, {{1, 2}, {3, 4}}, {{5, 6}, {7, 8}})),
              IsTensor({{1, 2}, {7, 8}}));
}

TEST(SelectTest, GradientGoesToWhatWasChosen) {
  ExpectGradient([](Output x, Output y) { return where({true, false, true}, x, y); }, {{3}, {3}});
}

TEST(SelectV2Test, BroadcastsAndSumsItsGradient) {
  ExpectShape("SelectV2", "[2,1];[3];[]", "[2,3]");
  ExpectShapeError("SelectV2", "[2];[3];[]", "Dimensions must be equal, but are 2 and 3");
  EXPECT_THAT(Eval(where_v2({{true}, {false}}, {1, 2}, 0)), IsTensor({{1, 2}, {0, 0}}));
  ExpectGradient(
      [](Output x, Output y) {
        return where_v2({{true}, {false}}, x, y);
      },
      {{2}, Shape()});
}

}  // namespace
}  // namespace sessile
