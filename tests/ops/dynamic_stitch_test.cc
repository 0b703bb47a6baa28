#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "sessile/ops/op_builder.h"
#include "sessile/tests/op_testing.h"

namespace sessile {
namespace {

Output Stitch(const std::vector<Input>& indices, const std::vector<Input>& data) {
  return OpBuilder("DynamicStitch").InputList(indices).InputList(data).Build();
}

TEST(DynamicStitchTest, HasAsManyRowsAsTheLargestIndexSays) {
  ExpectShape("DynamicStitch", "[2];[1];[2,3];[1,3]", "[5,3]", {.values = {{0, {0, 1}}, {1, {4}}}});
  ExpectShape("DynamicStitch", "[2];[1];[2,3];[1,3]", "[?,3]");
  ExpectShapeError("DynamicStitch", "[2];[1];[2,3];[1,4]",
                   "Dimension 0 in both shapes must be equal, but are");
  ExpectShapeError("DynamicStitch", "[2];[2,3]", "", {.values = {{0, {1}}}});
}

TEST(DynamicStitchTest, PutsRowsInPlace) {
  EXPECT_THAT(Eval(Stitch({{0, 2}, {1}}, {{10, 30}, {20}})), IsTensor({10, 20, 30}));
  EXPECT_THAT(Eval(Stitch({{0, 1}, 1}, {{{1, 2}, {3, 4}}, {5, 6}})), IsTensor({{1, 2}, {5, 6}}));
}

TEST(DynamicStitchTest, GradientGoesToTheRowThatStays) {
  const auto stitch = [](Output x, Output y) { return Stitch({{0, 2}, {1}}, {x, y}); };
  ExpectGradient(stitch, {{2, 3}, {1, 3}});
}

TEST(DynamicStitchTest, RefusesNegativeIndices) {
  EXPECT_THAT(ErrorOf([] {
                Eval(Stitch({{0, -1}}, {{1, 2}}));
              }),
              ::testing::HasSubstr("must be >= 0, got -1"));
}

}  // namespace
}  // namespace sessile
