#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "sessile/ops/math.h"
#include "sessile/tests/op_testing.h"

namespace sessile {
namespace {

TEST(ArgMaxTest, RemovesTheAxis) {
  for (const char* op : {"ArgMax", "ArgMin"}) {
    ExpectShape(op, "[2,?,4];[]", "[2,4]", {.values = {{1, 1}}});
    ExpectShape(op, "[2,?,4];[]", "[2,?]", {.values = {{1, -1}}});
    ExpectShape(op, "[2,3,4];[]", "[?,?]");
    ExpectShape(op, "[3];[]", "[]");
    ExpectShape(op, "?;[]", "?");
    ExpectShapeError(op, "[2,3];[]", "Dimension (2) must be in the range [-2, 2)",
                     {.values = {{1, 2}}});
    ExpectShapeError(op, "[2,3];[1]", "Shape must be rank 0 but is rank 1");
  }
}

TEST(ArgMaxTest, FindsTheFirstOfTheLargest) {
  EXPECT_THAT(Eval(argmax({{1, 3, 3}, {5, 4, 5}}, 1)), IsTensor({1, 0}));
  EXPECT_THAT(Eval(argmin({{1, 3, 3}, {5, 4, 4}}, 1)), IsTensor({0, 1}));
  EXPECT_EQ(argmax({1, 2}, 0, {.output_type = int32}).dtype(), int32);
}

}  // namespace
}  // namespace sessile
