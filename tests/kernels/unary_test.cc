#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>

#include "sessile/kernels/numeric.h"
#include "sessile/tests/kernel_testing.h"

namespace sessile {
namespace {

using Function = std::function<double(double)>;

template <typename T>
Tensor Values(std::vector<T> values) {
  return Tensor::FromValues<T>({static_cast<int64_t>(values.size())}, values).value();
}

TEST(UnaryTest, ComputesEachFunction) {
  const std::vector<std::pair<const char*, Function>> rows = {
      {"Neg", [](double x) { return -x; }},
      {"Abs", [](double x) { return std::abs(x); }},
      {"Sign", [](double x) { return x > 0   ? 1.0
                                     : x < 0 ? -1.0
                                             : x; }},
      {"Square", [](double x) { return x * x; }},
      {"Reciprocal", [](double x) { return 1 / x; }},
      {"Exp", [](double x) { return std::exp(x); }},
      {"Log", [](double x) { return std::log(x); }},
      {"Log1p", [](double x) { return std::log1p(x); }},
      {"Sqrt", [](double x) { return std::sqrt(x); }},
      {"Rsqrt", [](double x) { return 1 / std::sqrt(x); }},
      {"Tanh", [](double x) { return std::tanh(x); }},
      {"Sigmoid", [](double x) { return 1 / (1 + std::exp(-x)); }}};
  const std::vector<float> points = {-3, -0.5f, -1e-7f, -0.0f, 0, 1e-7f, 0.25f, 1, 3, 20};
  const Tensor x = Values(points);
  const Tensor wide = Values(std::vector<double>(points.begin(), points.end()));
  for (const auto& [op, function] : rows) {
    const Tensor y = RunKernelOrFail({.op = op, .attrs = {{"T", float32}}, .inputs = {x}});
    const Tensor z = RunKernelOrFail({.op = op, .attrs = {{"T", float64}}, .inputs = {wide}});
    for (size_t i = 0; i < points.size(); ++i) {
      const double expected = function(points[i]);
      if (std::isnan(expected)) {
        EXPECT_TRUE(std::isnan(y.flat<float>()[i])) << op << points[i];
        EXPECT_TRUE(std::isnan(z.flat<double>()[i])) << op << points[i];
        continue;
      }
      EXPECT_FLOAT_EQ(y.flat<float>()[i], static_cast<float>(expected)) << op << points[i];
      EXPECT_DOUBLE_EQ(z.flat<double>()[i], expected) << op << points[i];
    }
  }
}

TEST(UnaryTest, SigmoidDoesNotOverflow) {
  const Tensor y = RunKernelOrFail(
      {.op = "Sigmoid", .attrs = {{"T", float32}}, .inputs = {Values<float>({-1e9f, 1e9f, -87})}});
  EXPECT_EQ(y.flat<float>()[0], 0);
  EXPECT_EQ(y.flat<float>()[1], 1);
  EXPECT_FLOAT_EQ(y.flat<float>()[2], std::exp(-87.0f));
}

TEST(UnaryTest, SignKeepsNaN) {
  const Tensor y =
      RunKernelOrFail({.op = "Sign", .attrs = {{"T", float32}}, .inputs = {Values<float>({NAN})}});
  EXPECT_TRUE(std::isnan(y.flat<float>()[0]));
}

TEST(UnaryTest, IntegersWrapAround) {
  const Tensor x = Values<int32_t>({INT32_MIN, -3, 0, 65536});
  const auto run = [&x](const char* op) {
    const Tensor y = RunKernelOrFail({.op = op, .attrs = {{"T", int32}}, .inputs = {x}});
    return std::vector<int32_t>(y.flat<int32_t>().begin(), y.flat<int32_t>().end());
  };
  EXPECT_EQ(run("Neg"), (std::vector<int32_t>{INT32_MIN, 3, 0, -65536}));
  EXPECT_EQ(run("Abs"), (std::vector<int32_t>{INT32_MIN, 3, 0, 65536}));
  EXPECT_EQ(run("Square"), (std::vector<int32_t>{0, 9, 0, 0}));
  EXPECT_EQ(run("Sign"), (std::vector<int32_t>{-1, -1, 0, 1}));
}

TEST(UnaryTest, HalvesAreRoundedOnce) {
  const Tensor x = Values<Half>({Narrow<Half>(3.0f)});
  const Tensor y = RunKernelOrFail({.op = "Reciprocal", .attrs = {{"T", float16}}, .inputs = {x}});
  EXPECT_EQ(y.flat<Half>()[0], Narrow<Half>(1.0f / 3.0f));
}

// Each is dy * f'(x), written with y = f(x).
TEST(UnaryGradTest, EqualsTheDerivative) {
  struct Case {
    const char* op;
    Function f;
    Function derivative;
  };
  const std::vector<Case> rows = {
      {"SigmoidGrad", [](double x) { return 1 / (1 + std::exp(-x)); },
       [](double x) { return std::exp(-x) / std::pow(1 + std::exp(-x), 2); }},
      {"TanhGrad", [](double x) { return std::tanh(x); },
       [](double x) { return 1 / std::pow(std::cosh(x), 2); }},
      {"SqrtGrad", [](double x) { return std::sqrt(x); },
       [](double x) { return 0.5 / std::sqrt(x); }},
      {"RsqrtGrad", [](double x) { return 1 / std::sqrt(x); },
       [](double x) { return -0.5 * std::pow(x, -1.5); }},
      {"ReciprocalGrad", [](double x) { return 1 / x; }, [](double x) { return -1 / (x * x); }}};
  for (const Case& row : rows) {
    for (const double x : {0.3, 1.0, 2.5}) {
      const Tensor dx =
          RunKernelOrFail({.op = row.op,
                           .attrs = {{"T", float64}},
                           .inputs = {Values<double>({row.f(x)}), Values<double>({3})}});
      EXPECT_NEAR(dx.flat<double>()[0], 3 * row.derivative(x), 1e-13) << row.op << x;
    }
  }
}

TEST(UnaryGradTest, ZeroStaysZeroWhereTheFunctionIsInfinitelySteep) {
  const float inf = std::numeric_limits<float>::infinity();
  for (const auto& [op, y] : {std::pair("SqrtGrad", 0.0f), std::pair("RsqrtGrad", inf),
                              std::pair("ReciprocalGrad", inf)}) {
    const Tensor dx = RunKernelOrFail({.op = op,
                                       .attrs = {{"T", float32}},
                                       .inputs = {Values<float>({y, y}), Values<float>({0, 1})}});
    EXPECT_EQ(dx.flat<float>()[0], 0) << op;
    EXPECT_TRUE(std::isinf(dx.flat<float>()[1])) << op;
  }
}

TEST(UnaryGradTest, RefusesAnotherNumberOfElements) {
  ExpectError(RunKernel({.op = "TanhGrad",
                         .attrs = {{"T", float32}},
                         .inputs = {Values<float>({1, 2}), Values<float>({1})}})
                  .status(),
              absl::StatusCode::kInvalidArgument,
              "The two arguments to a cwise op must have same number of elements, got 2 and 1");
}

TEST(UnaryTest, GivesTheSameBitsInAnyOrder) {
  ExpectSameBitsInAnyOrder(
      {.op = "Tanh", .attrs = {{"T", float32}}, .inputs = {RandomTensor<float>({300, 211}, 1)}});
  ExpectSameBitsInAnyOrder(
      {.op = "Exp", .attrs = {{"T", float32}}, .inputs = {RandomTensor<float>({0, 3}, 1)}});
}

}  // namespace
}  // namespace sessile
