#include <cmath>
#include <limits>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "sessile/ops/constant.h"
#include "sessile/ops/math.h"
#include "sessile/tests/op_testing.h"

namespace sessile {
namespace {

using ::testing::HasSubstr;

TEST(CumsumTest, AddsUpFromEitherEnd) {
  const Input x = {{1, 2, 3}, {4, 5, 6}};
  EXPECT_THAT(Eval(cumsum(x)), IsTensor({{1, 2, 3}, {5, 7, 9}}));
  EXPECT_THAT(Eval(cumsum(x, 1)), IsTensor({{1, 3, 6}, {4, 9, 15}}));
  EXPECT_THAT(Eval(cumsum(x, -1, {.exclusive = true})), IsTensor({{0, 1, 3}, {0, 4, 9}}));
  EXPECT_THAT(Eval(cumsum(x, 1, {.reverse = true})), IsTensor({{6, 5, 3}, {15, 11, 6}}));
  EXPECT_THAT(Eval(cumprod(x, 1, {.exclusive = true, .reverse = true})),
              IsTensor({{6, 3, 1}, {30, 6, 1}}));
}

TEST(CumsumTest, RefusesAnAxisThatIsNotThere) {
  EXPECT_THAT(ErrorOf([] {
                Eval(cumsum({1, 2}, 1));
              }),
              HasSubstr("ScanOp: Expected scan axis in the range [-1, 1), but got 1"));
}

TEST(CumsumTest, GradientsMatchDifferences) {
  ExpectGradient([](Output x) { return cumsum(x, 1, {.exclusive = true}); }, {{2, 3}});
  ExpectGradient([](Output x) { return cumsum(x, 0, {.reverse = true}); }, {{3, 2}});
  ExpectGradient([](Output x) { return cumprod(x, 1); }, {{2, 3}}, {.low = 0.5, .high = 1.5});
}

TEST(CumulativeLogsumexpTest, AddsUpLogarithms) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  const Input x = {1.0, 2.0, -kInfinity, 3.0};
  EXPECT_THAT(Eval(cumulative_logsumexp(x, 0, {.exclusive = true})),
              IsTensor({-kInfinity, 1.0, 2.313261687518223, 2.313261687518223}));
  EXPECT_THAT(Eval(cumulative_logsumexp({-kInfinity, -kInfinity, 1000.0, 1000.0})),
              IsTensor({-kInfinity, -kInfinity, 1000.0, 1000.0 + std::log(2.0)}));
  EXPECT_THAT(Eval(cumulative_logsumexp({{0.0, 0.0}, {0.0, 0.0}}, 1, {.reverse = true})),
              IsTensor({{std::log(2.0), 0.0}, {std::log(2.0), 0.0}}));
}

TEST(CumulativeLogsumexpTest, GradientsMatchDifferences) {
  for (const bool reverse : {false, true}) {
    ExpectGradient([reverse](Output x) { return cumulative_logsumexp(x, 1, {.reverse = reverse}); },
                   {{2, 4}});
  }
}

}  // namespace
}  // namespace sessile
