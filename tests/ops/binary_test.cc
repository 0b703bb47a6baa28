#include <cmath>
#include <limits>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "sessile/ops/array.h"
#include "sessile/ops/constant.h"
#include "sessile/ops/math.h"
#include "sessile/ops/op_builder.h"
#include "sessile/ops/operators.h"
#include "sessile/tests/golden_values.h"
#include "sessile/tests/op_testing.h"

namespace sessile {
namespace {

TEST(BinaryTest, Broadcasts) {
  for (const char* op : {"AddV2", "Add", "Sub", "Mul", "RealDiv", "Div", "FloorDiv", "FloorMod",
                         "Maximum", "Minimum", "SquaredDifference", "Pow"}) {
    ExpectShape(op, "[2,1];[3]", "[2,3]");
    ExpectShape(op, "[?,3];[]", "[?,3]");
    ExpectShape(op, "?;[3]", "?");
    ExpectShapeError(op, "[2,3];[4]", "Dimensions must be equal, but are 3 and 4");
  }
}

TEST(BinaryTest, GivesKnownValues) {
  EXPECT_THAT(Eval(add({1, 2}, 3)), IsTensor({4, 5}));
  EXPECT_THAT(Eval(subtract({1, 2}, 3)), IsTensor({-2, -1}));
  EXPECT_THAT(Eval(multiply({1, 2}, {3, 4})), IsTensor({3, 8}));
  EXPECT_THAT(Eval(divide({1.0, 3.0}, 2.0)), IsTensor({0.5, 1.5}));
  EXPECT_THAT(Eval(maximum({1, 5}, 3)), IsTensor({3, 5}));
  EXPECT_THAT(Eval(minimum({1, 5}, 3)), IsTensor({1, 3}));
  EXPECT_THAT(Eval(squared_difference({1.0, 5.0}, 3.0)), IsTensor({4.0, 4.0}));
  EXPECT_THAT(Eval(pow({2.0, 3.0}, {3.0, 2.0})), IsTensor({8.0, 9.0}));
}

TEST(BinaryTest, FloorsQuotientsTowardsMinusInfinity) {
  EXPECT_THAT(Eval(floordiv({7, -7, 7, -7}, {2, 2, -2, -2})), IsTensor({3, -4, -4, 3}));
  EXPECT_THAT(Eval(floormod({7, -7, 7, -7}, {2, 2, -2, -2})), IsTensor({1, 1, -1, -1}));
}

TEST(BinaryTest, DividesIntegersTruly) {
  const Output quotient = truediv(constant({1, 3}), 2);
  EXPECT_EQ(quotient.dtype(), float64);
  EXPECT_THAT(Eval(quotient), IsTensor({0.5, 1.5}));
}

TEST(BinaryTest, RefusesTwoTypes) {
  const Output x = placeholder(float32, {2});
  const Output y = placeholder(float64, {2});
  EXPECT_THAT(ErrorOf([&] { multiply(x, y); }),
              ::testing::HasSubstr("has type float64 that does not match type float32"));
  EXPECT_THAT(ErrorOf([&] { truediv(x, y); }),
              ::testing::HasSubstr("`x` and `y` must have the same dtype"));
}

TEST(BinaryTest, FoldsIntegersForShapeInference) {
  const Output x = placeholder(float32);
  const auto shape_of = [&](const Output& size) { return reshape(x, stack({size})).get_shape(); };
  EXPECT_EQ(shape_of(add(constant(2), 3)), Shape({5}));
  EXPECT_EQ(shape_of(subtract(constant(7), 3)), Shape({4}));
  EXPECT_EQ(shape_of(floordiv(constant(7), 2)), Shape({3}));
  EXPECT_EQ(shape_of(floormod(constant(-1), 4)), Shape({3}));
  EXPECT_EQ(shape_of(maximum(constant(7), 9)), Shape({9}));
  EXPECT_EQ(shape_of(floordiv(constant(7), 0)), Shape({None}));
}

TEST(BinaryTest, GradientsMatchDifferences) {
  const GradientOptions positive = {.low = 0.5, .high = 2.0};
  const std::vector<Shape> shapes = {{2, 3}, {3}};
  ExpectGradient([](Output x, Output y) { return add(x, y); }, shapes);
  ExpectGradient([](Output x, Output y) { return subtract(x, y); }, shapes);
  ExpectGradient([](Output x, Output y) { return multiply(x, y); }, shapes);
  ExpectGradient([](Output x, Output y) { return divide(x, y); }, shapes, positive);
  ExpectGradient([](Output x, Output y) { return maximum(x, y); }, shapes);
  ExpectGradient([](Output x, Output y) { return minimum(x, y); }, shapes);
  ExpectGradient([](Output x, Output y) { return squared_difference(x, y); }, shapes);
  ExpectGradient([](Output x, Output y) { return pow(x, y); }, shapes, positive);
  // Between the multiples of y.
  ExpectGradient([](Output x, Output y) { return floormod(x + 5.3, y + 1.0); }, shapes,
                 {.low = 0.2, .high = 0.3});
}

TEST(BinaryTest, GradientsOfOldOperationsMatchDifferences) {
  const auto old = [](const char* op) {
    return [op](Output x, Output y) { return OpBuilder(op).Input(x).Input(y).Build(); };
  };
  ExpectGradient(old("Add"), {{2, 3}, {3}});
  ExpectGradient(old("Div"), {{2, 3}, {3}}, {.low = 0.5, .high = 2.0});
}

TEST(BinaryTest, GradientsMatchDifferencesForOtherBroadcasts) {
  const auto product = [](Output x, Output y) { return multiply(x, y); };
  ExpectGradient(product, {{2, 3}, {2, 3}});
  ExpectGradient(product, {{2, 1}, {1, 3}});
  ExpectGradient(product, {Shape(), {2, 1, 2}});
  ExpectGradient(product, {{1, 1, 2}, {2}});
}

TEST(BinaryTest, GradientsOfGradientsMatchDifferences) {
  ExpectSecondGradient([](Output x, Output y) { return multiply(x, y); }, {{2, 3}, {3}});
  ExpectSecondGradient([](Output x, Output y) { return divide(x, y); }, {{2}, {2}},
                       {.low = 0.5, .high = 2.0, .tolerance = 1e-5});
}

TEST(BinaryTest, GradientsOfMoreFunctionsMatchDifferences) {
  const GradientOptions positive = {.low = 0.5, .high = 2.0};
  const std::vector<Shape> shapes = {{2, 3}, {3}};
  for (auto* fn : {atan2, xlogy, xdivy, div_no_nan}) {
    ExpectGradient([fn](Output x, Output y) { return fn(x, y, {}); }, shapes, positive);
  }
  for (auto* fn : {igamma, igammac}) {
    ExpectGradient([fn](Output a, Output x) { return fn(a, x, {}); }, shapes, positive);
  }
  ExpectGradient([](Output x, Output y) { return multiply_no_nan(x, y); }, shapes);
  ExpectGradient(
      [](Output x) {
        return polygamma(constant({1.0, 2.0}, {.dtype = float64}), x);
      },
      {{2}}, positive);
  ExpectGradient(
      [](Output q) {
        return zeta(constant({2.0, 3.5}, {.dtype = float64}), q);
      },
      {{2}}, positive);
  ExpectGradient([](Output x, Output y) { return x + truncatediv(x, y); }, {{2}, {2}},
                 {.low = 0.5, .high = 0.9});
}

TEST(BinaryTest, DividesInEachWay) {
  const Input x = {7, -7, 7, -7};
  const Input y = {2, 2, -2, -2};
  EXPECT_THAT(Eval(div(x, y)), IsTensor({3, -4, -4, 3}));
  EXPECT_THAT(Eval(mod(x, y)), IsTensor({1, 1, -1, -1}));
  EXPECT_THAT(Eval(truncatediv(x, y)), IsTensor({3, -3, -3, 3}));
  EXPECT_THAT(Eval(truncatemod(x, y)), IsTensor({1, -1, 1, -1}));
  EXPECT_THAT(Eval(div_no_nan({1.0, 0.0, 3.0}, {0.0, 0.0, 2.0})), IsTensor({0.0, 0.0, 1.5}));
}

TEST(BinaryTest, HasTheValuesOfSpecialFunctions) {
  // Abramowitz and Stegun: zeta(2) = pi^2/6, psi(1/2) = -gamma - 2 log 2, psi'(1) = zeta(2).
  const double zeta2 = 1.6449340668482264;
  EXPECT_THAT(Eval(zeta(constant({2.0}, {.dtype = float64}), {1.0})), IsTensor({zeta2}, 1e-14));
  EXPECT_THAT(Eval(polygamma(constant({1.0, 0.0}, {.dtype = float64}), {1.0, 0.5})),
              IsTensor({zeta2, -1.9635100260214235}, 1e-14));
  EXPECT_THAT(Eval(digamma(constant({-1e-30}, {.dtype = float64})) * 1e-30),
              IsTensor({1.0}, 1e-12));
  EXPECT_THAT(Eval(digamma(constant({-0.5, 10.0}, {.dtype = float64}))),
              IsTensor({0.03648997397857652, 2.251752589066721}, 1e-14));
}

TEST(BinaryTest, IncompleteGammaFunctionsAreTensorFlows) {
  const Output a = constant({0.01, 0.3, 1.0, 2.5, 7.0, 40.0, 300.0}, {.dtype = float64});
  const Output x = constant({{0.0}, {1e-3}, {0.4}, {1.0}, {1.5}, {6.0}, {39.0}, {45.0}, {310.0}},
                            {.dtype = float64});
  ExpectKernelValues("igamma", Eval(igamma(a, x)), 1e-8);
  ExpectKernelValues("igammac", Eval(igammac(a, x)), 1e-8);
  ExpectKernelValues("igamma_grad_a", Eval(OpBuilder("IgammaGradA").Input(a).Input(x).Build()),
                     1e-7);
}

TEST(BinaryTest, IncompleteGammaFunctionsHaveNoValueOutside) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double inf = std::numeric_limits<double>::infinity();
  const Tensor lower = Eval(igamma({-1.0, 0.0, 1.0, nan, 2.0}, {1.0, 1.0, -1.0, 1.0, inf}));
  for (size_t i = 0; i < 4; ++i) EXPECT_TRUE(std::isnan(lower.flat<float>()[i])) << i;
  EXPECT_EQ(lower.flat<float>()[4], 1.0f);
}

TEST(BinaryTest, WorksOnBits) {
  EXPECT_THAT(Eval(bitwise_and({12, 5}, {10, 4})), IsTensor({8, 4}));
  EXPECT_THAT(Eval(bitwise_or({12, 5}, {10, 4})), IsTensor({14, 5}));
  EXPECT_THAT(Eval(bitwise_xor({12, 5}, {10, 4})), IsTensor({6, 1}));
  EXPECT_THAT(Eval(left_shift({1, -1}, {4, 1})), IsTensor({16, -2}));
  EXPECT_THAT(Eval(right_shift({16, -5}, {2, 1})), IsTensor({4, -3}));
  EXPECT_THAT(Eval(logical_xor({true, false}, true)), IsTensor({false, true}));
}

TEST(BinaryTest, TakesLogarithmsOfOneMore) {
  EXPECT_THAT(Eval(xlog1py({0.0, 1.0, 2.0}, {-1.0, 2.0, 1e-12})),
              IsTensor({0.0, std::log(3.0), 2e-12}));
}

TEST(BinaryTest, StepsToTheNextNumber) {
  EXPECT_EQ(Eval(nextafter(1.0, 2.0)).scalar<float>(), std::nextafter(1.0f, 2.0f));
  EXPECT_EQ(Eval(nextafter(0.0, -1.0)).scalar<float>(), -std::numeric_limits<float>::denorm_min());
}

TEST(BinaryTest, GradientsOfRareFunctionsMatchDifferences) {
  const GradientOptions positive = {.low = 0.5, .high = 2.0};
  ExpectGradient([](Output x, Output y) { return xlog1py(x, y); }, {{2, 3}, {3}}, positive);
  ExpectGradient([](Output x, Output y) { return nextafter(x, y); }, {{2, 3}, {3}});
}

}  // namespace
}  // namespace sessile
