#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "sessile/ops/array.h"
#include "sessile/tests/op_testing.h"

namespace sessile {
namespace {

TEST(PackTest, AddsADimension) {
  ExpectShape("Pack", "[2,?];[?,3]", "[2,2,3]");
  ExpectShape("Pack", "[2,3];[2,3]", "[2,3,2]", {.attrs = {{"axis", -1}}});
  ExpectShape("Pack", "?;?", "?");
  ExpectShapeError("Pack", "[2,3];[2,4]",
                   "Dimension 1 in both shapes must be equal, but are 3 and 4");
  ExpectShapeError("Pack", "[2,3]", "Invalid axis: 3; must be in [-3,3)", {.attrs = {{"axis", 3}}});
}

TEST(StackTest, StacksAlongAnyAxis) {
  EXPECT_THAT(Eval(stack({{1, 2}, {3, 4}})), IsTensor({{1, 2}, {3, 4}}));
  EXPECT_THAT(Eval(stack({{1, 2}, {3, 4}}, {.axis = 1})), IsTensor({{1, 3}, {2, 4}}));
}

}  // namespace
}  // namespace sessile
