#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "sessile/ops/constant.h"
#include "sessile/ops/math.h"
#include "sessile/tests/op_testing.h"

namespace sessile {
namespace {

TEST(AddNTest, MergesAllShapes) {
  ExpectShape("AddN", "[2,?];[?,3];?", "[2,3]");
  ExpectShapeError("AddN", "[2,3];[2,4]",
                   "Dimension 1 in both shapes must be equal, but are 3 and 4");
  ExpectShapeError("AddN", "[2,3];[2,4]", "From merging shape 0 with other shapes.");
}

TEST(AddNTest, Sums) { EXPECT_THAT(Eval(add_n({{1, 2}, {3, 4}, {5, 6}})), IsTensor({9, 12})); }

TEST(AddNTest, OfOneTensorIsThatTensor) {
  const Output x = placeholder(float32, {2});
  EXPECT_TRUE(add_n({x}) == x);
  EXPECT_EQ(add_n({x}, "named").op().type(), "Identity");
  EXPECT_THAT(ErrorOf([] { add_n({}); }), ::testing::HasSubstr("at least one Tensor"));
}

TEST(AddNTest, GradientsMatchDifferences) {
  ExpectGradient([](Output x, Output y) { return add_n({x, y, x}); }, {{2}, {2}});
}

}  // namespace
}  // namespace sessile
