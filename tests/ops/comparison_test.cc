#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "sessile/ops/math.h"
#include "sessile/tests/op_testing.h"

namespace sessile {
namespace {

TEST(ComparisonTest, GivesBoolsOfTheBroadcastShape) {
  for (const char* op : {"Equal", "NotEqual", "Less", "LessEqual", "Greater", "GreaterEqual",
                         "LogicalAnd", "LogicalOr"}) {
    ExpectShape(op, "[2,1];[3]", "[2,3]");
    ExpectShapeError(op, "[2,3];[4]", "Dimensions must be equal, but are 3 and 4");
  }
  ExpectShape("LogicalNot", "[2,?]", "[2,?]");
}

TEST(EqualTest, MayTakeAnyShapes) {
  const NodeFacts lenient = {.attrs = {{"incompatible_shape_error", false}}};
  ExpectShape("Equal", "[2,3];[4]", "?", lenient);
  ExpectShape("Equal", "[2,3];[2,3]", "[2,3]", lenient);
}

TEST(ComparisonTest, Compares) {
  EXPECT_THAT(Eval(equal({1, 2, 3}, 2)), IsTensor({false, true, false}));
  EXPECT_THAT(Eval(not_equal({1, 2, 3}, 2)), IsTensor({true, false, true}));
  EXPECT_THAT(Eval(less({1, 2, 3}, 2)), IsTensor({true, false, false}));
  EXPECT_THAT(Eval(less_equal({1, 2, 3}, 2)), IsTensor({true, true, false}));
  EXPECT_THAT(Eval(greater({1, 2, 3}, 2)), IsTensor({false, false, true}));
  EXPECT_THAT(Eval(greater_equal({1, 2, 3}, 2)), IsTensor({false, true, true}));
}

TEST(ComparisonTest, JoinsTruthValues) {
  EXPECT_THAT(Eval(logical_and({true, true, false}, {true, false, false})),
              IsTensor({true, false, false}));
  EXPECT_THAT(Eval(logical_or({true, true, false}, {true, false, false})),
              IsTensor({true, true, false}));
  EXPECT_THAT(Eval(logical_not({true, false})), IsTensor({false, true}));
}

}  // namespace
}  // namespace sessile
