#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "sessile/ops/array.h"
#include "sessile/tests/op_testing.h"

namespace sessile {
namespace {

TEST(TransposeTest, PermutesDimensions) {
  ExpectShape("Transpose", "[2,?,4];[3]", "[4,2,?]", {.values = {{1, {2, 0, 1}}}});
  ExpectShape("Transpose", "[2,3];?", "[?,?]");
  ExpectShape("Transpose", "?;[2]", "[?,?]");
  ExpectShapeError("Transpose", "[2,3];[2]", "perm dim 2 is out of range of input rank 2",
                   {.values = {{1, {0, 2}}}});
  ExpectShapeError("Transpose", "[2,3];[1]", "Dimension must be 2 but is 1");
}

TEST(TransposeTest, MovesElements) {
  EXPECT_THAT(Eval(transpose({{1, 2, 3}, {4, 5, 6}})), IsTensor({{1, 4}, {2, 5}, {3, 6}}));
  EXPECT_THAT(Eval(transpose({{{1, 2}, {3, 4}}}, {2, 0, 1})), IsTensor({{{1, 3}}, {{2, 4}}}));
}

TEST(TransposeTest, RefusesWhatIsNoPermutation) {
  EXPECT_THAT(ErrorOf([] {
                Eval(transpose({{1, 2}}, {0, 0}));
              }),
              ::testing::HasSubstr("1 is missing from"));
}

TEST(TransposeTest, GradientIsTransposedBack) {
  ExpectGradient([](Output x) { return transpose(x, {2, 0, 1}); }, {{2, 3, 2}});
}

}  // namespace
}  // namespace sessile
