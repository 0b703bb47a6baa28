#include <cmath>
#include <limits>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "sessile/ops/constant.h"
#include "sessile/ops/math.h"
#include "sessile/ops/op_builder.h"
#include "sessile/ops/operators.h"
#include "sessile/tests/op_testing.h"

namespace sessile {
namespace {

TEST(UnaryTest, KeepsTheShape) {
  for (const char* op : {"Neg", "Exp", "Log", "Log1p", "Reciprocal", "Rsqrt", "Sqrt", "Square",
                         "Abs", "Sign", "Tanh", "Sigmoid"}) {
    ExpectShape(op, "[2,?]", "[2,?]");
  }
  for (const char* op : {"RsqrtGrad", "SqrtGrad", "ReciprocalGrad", "TanhGrad", "SigmoidGrad"}) {
    ExpectShape(op, "[2,?];[2,3]", "[2,?]");
  }
}

TEST(UnaryTest, GivesKnownValues) {
  EXPECT_THAT(Eval(negative({1.0, -2.0})), IsTensor({-1.0, 2.0}));
  EXPECT_THAT(Eval(exp({0.0, 1.0})), IsTensor({1.0, 2.718281828459045}));
  EXPECT_THAT(Eval(log({1.0, 2.0})), IsTensor({0.0, 0.6931471805599453}));
  EXPECT_THAT(Eval(log1p({0.0, 1e-7})), IsTensor({0.0, 1e-7}, 1e-13));
  EXPECT_THAT(Eval(reciprocal({2.0, -4.0})), IsTensor({0.5, -0.25}));
  EXPECT_THAT(Eval(rsqrt({4.0, 16.0})), IsTensor({0.5, 0.25}));
  EXPECT_THAT(Eval(sqrt({4.0, 9.0})), IsTensor({2.0, 3.0}));
  EXPECT_THAT(Eval(square({3, -4})), IsTensor({9, 16}));
  EXPECT_THAT(Eval(abs({3, -4})), IsTensor({3, 4}));
  EXPECT_THAT(Eval(sign({3.0, 0.0, -4.0})), IsTensor({1.0, 0.0, -1.0}));
  EXPECT_THAT(Eval(tanh({0.0, 0.5})), IsTensor({0.0, 0.46211715726000975}));
  EXPECT_THAT(Eval(sigmoid({0.0, 2.0})), IsTensor({0.5, 0.8807970779778823}));
}

TEST(UnaryTest, GradientsMatchDifferences) {
  const GradientOptions positive = {.low = 0.5, .high = 2.0};
  ExpectGradient([](Output x) { return negative(x); }, {{2, 3}});
  ExpectGradient([](Output x) { return exp(x); }, {{2, 3}});
  ExpectGradient([](Output x) { return log(x); }, {{2, 3}}, positive);
  ExpectGradient([](Output x) { return log1p(x); }, {{2, 3}}, positive);
  ExpectGradient([](Output x) { return reciprocal(x); }, {{2, 3}}, positive);
  ExpectGradient([](Output x) { return rsqrt(x); }, {{2, 3}}, positive);
  ExpectGradient([](Output x) { return sqrt(x); }, {{2, 3}}, positive);
  ExpectGradient([](Output x) { return square(x); }, {{2, 3}});
  ExpectGradient([](Output x) { return abs(x); }, {{2, 3}}, positive);
  ExpectGradient([](Output x) { return sign(x); }, {{2, 3}}, positive);
  ExpectGradient([](Output x) { return tanh(x); }, {{2, 3}});
  ExpectGradient([](Output x) { return sigmoid(x); }, {{2, 3}});
}

TEST(UnaryTest, GradientsOfGradientsMatchDifferences) {
  const GradientOptions positive = {.low = 0.5, .high = 2.0};
  ExpectSecondGradient([](Output x) { return reciprocal(x); }, {{3}}, positive);
  ExpectSecondGradient([](Output x) { return rsqrt(x); }, {{3}}, positive);
  ExpectSecondGradient([](Output x) { return sqrt(x); }, {{3}}, positive);
  ExpectSecondGradient([](Output x) { return tanh(x); }, {{3}});
  ExpectSecondGradient([](Output x) { return sigmoid(x); }, {{3}});
  ExpectSecondGradient([](Output x) { return square(x); }, {{3}});
}

TEST(UnaryTest, GradientsOfMoreFunctionsMatchDifferences) {
  const GradientOptions positive = {.low = 0.5, .high = 2.0};
  const GradientOptions small = {.low = -0.7, .high = 0.7};
  for (auto* fn : {expm1, sin, cos, tan, atan, sinh, asinh, erf, erfc}) {
    ExpectGradient([fn](Output x) { return fn(x, {}); }, {{2, 3}});
  }
  for (auto* fn : {asin, acos, atanh}) {
    ExpectGradient([fn](Output x) { return fn(x, {}); }, {{2, 3}}, small);
  }
  for (auto* fn : {cosh, lgamma, digamma}) {
    ExpectGradient([fn](Output x) { return fn(x, {}); }, {{2, 3}}, positive);
  }
  ExpectGradient([](Output x) { return acosh(x + 1.0); }, {{2, 3}}, positive);
}

TEST(UnaryTest, GradientsOfStepsAreNone) {
  for (auto* fn : {floor, ceil, round, rint}) {
    ExpectGradient([fn](Output x) { return x + fn(x, {}); }, {{3}}, {.low = 0.2, .high = 0.3});
  }
}

TEST(UnaryTest, GradientsOfOldNamesMatchDifferences) {
  ExpectSecondGradient([](Output x) { return OpBuilder("Inv").Input(x).Build(); }, {{3}},
                       {.low = 0.5, .high = 2.0});
  ExpectGradient(
      [](Output y, Output dy) { return OpBuilder("InvGrad").Input(y).Input(dy).Build(); },
      {{3}, {3}});
}

TEST(UnaryTest, RoundsToEven) {
  EXPECT_THAT(Eval(round({-2.5, -1.5, 0.5, 1.5, 2.4})), IsTensor({-2.0, -2.0, 0.0, 2.0, 2.0}));
  EXPECT_THAT(Eval(ceil({-0.5, 0.5})), IsTensor({0.0, 1.0}));
  EXPECT_THAT(Eval(invert({0, 5})), IsTensor({-1, -6}));
}

TEST(UnaryTest, InvertsTheErrorFunction) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  EXPECT_THAT(Eval(erfinv(constant({0.0, -1.0, 1.0, 0.5, 1e-10, -0.9}, {.dtype = float64}))),
              IsTensor({0.0, -kInfinity, kInfinity, 0.47693627620446987, 8.862269254527581e-11,
                        -1.1630871536766743},
                       1e-14));
  EXPECT_THAT(
      Eval(ndtri(constant({0.0, 1.0, 0.5, 1e-300, 0.25}, {.dtype = float64}))),
      IsTensor({-kInfinity, kInfinity, 0.0, -37.0470962993612, -0.6744897501960817}, 1e-14));
  EXPECT_TRUE(std::isnan(Eval(erfinv(1.5)).scalar<float>()));
  EXPECT_TRUE(std::isnan(Eval(ndtri(-0.1)).scalar<float>()));
}

TEST(UnaryTest, GradientsOfInverseErrorFunctionsMatchDifferences) {
  ExpectGradient([](Output x) { return erfinv(x); }, {{2, 3}}, {.low = -0.8, .high = 0.8});
  ExpectGradient([](Output x) { return ndtri(x); }, {{2, 3}}, {.low = 0.1, .high = 0.9});
}

TEST(UnaryTest, CountsBits) {
  const Output x = OpBuilder("PopulationCount").Input({0, 5, -1}).Build();
  EXPECT_EQ(x.dtype(), uint8);
  EXPECT_THAT(Eval(x), IsTensor({0, 2, 32}));
}

}  // namespace
}  // namespace sessile
