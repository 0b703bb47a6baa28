#include "sessile/ops/operators.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "sessile/ops/constant.h"
#include "sessile/ops/variable.h"
#include "sessile/tests/front_testing.h"
#include "sessile/tests/graph_listing.h"

namespace sessile {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class OperatorsTest : public FrontTest {};

TEST_F(OperatorsTest, ArithmeticEqualsTensorFlow) {
  const Output x = placeholder(float32, {None, 3}, "x");
  const Output w = placeholder(float32, {3}, "w");
  const Output n = placeholder(int32, Shape::Unknown(), "n");
  const Output d = placeholder(float64, Shape::Unknown(), "d");
  x + w;
  x + 1;
  1 + x;
  x - w;
  x - 1;
  1 - d;
  x* w;
  2 * x;
  x * 2.5;
  x / w;
  x / 2;
  2 / d;
  n / 2;
  n / n;
  n % 3;
  -x;
  x* std::vector<double>{1.0, 2.0, 3.0};
  ExpectListing("front_values.txt", "arithmetic", graph_);
}

TEST_F(OperatorsTest, ComparisonsEqualTensorFlow) {
  const Output x = placeholder(float32, {None, 3}, "x");
  (void)(x < 1);
  (void)(x <= x);
  (void)(x > 1);
  (void)(x >= 1);
  (void)(1 < x);
  (void)(1 <= x);
  (void)(1 > x);
  (void)(1 >= x);
  ExpectListing("front_values.txt", "comparisons", graph_);
}

TEST_F(OperatorsTest, VariablesAreTensors) {
  const Variable v(1.0);
  const Variable w(2.0);
  const Output sum = v + w;
  EXPECT_EQ(sum.op().inputs()[0].name(), "Variable/read:0");
  EXPECT_EQ(sum.op().inputs()[1].name(), "Variable_1/read:0");
  EXPECT_EQ((v < sum).op().type(), "Less");
}

TEST_F(OperatorsTest, EqualityIsIdentity) {
  const Output x = constant(1.0);
  const Output y = constant(1.0);
  EXPECT_TRUE(x == Output(x));
  EXPECT_FALSE(x == y);
}

TEST_F(OperatorsTest, RefuseOperandsThatDoNotFit) {
  const Output x = placeholder(float32, {2, 3}, "x");
  const Output n = placeholder(int32, {2, 3}, "n");
  EXPECT_THAT(ErrorOf([&] { x + n; }),
              HasSubstr("Input 'y' of 'AddV2' Op has type int32 that does not match type float32 "
                        "of argument 'x'."));
  EXPECT_THAT(ErrorOf([&] { n * 1.5; }), HasSubstr("Expected int32, but got 1.5"));
  EXPECT_THAT(ErrorOf([&] {
                x + std::vector<float>{1, 2};
              }),
              HasSubstr("Dimensions must be equal, but are 3 and 2"));
  EXPECT_THAT(ErrorOf([&] { x / n; }), HasSubstr("must have the same dtype"));
}

TEST_F(OperatorsTest, ErrorsNameTheLineOfTheOperator) {
  const Output x = placeholder(float32, {2, 3}, "x");
  const Output y = placeholder(float32, {4}, "y");
  const int line = __LINE__ + 1;
  EXPECT_THAT(ErrorOf([&] { x + y; }), HasSubstr("operators_test.cc:" + std::to_string(line)));
}

TEST_F(OperatorsTest, RefuseTensorsOfTwoGraphs) {
  const Output x = constant(1.0, {.name = "x"});
  Graph other;
  const DefaultGraphScope with = other.as_default();
  const Output y = constant(1.0, {.name = "y"});
  EXPECT_THAT(
      ErrorOf([&] { x + y; }),
      AllOf(HasSubstr("Tensor 'y:0' (line operators_test.cc:"),
            HasSubstr(") must be from the same graph as Tensor 'x:0' (line operators_test.cc:"),
            HasSubstr("(built at operators_test.cc:")));
}

}  // namespace
}  // namespace sessile
