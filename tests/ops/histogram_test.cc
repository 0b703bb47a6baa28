#include <limits>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "sessile/ops/constant.h"
#include "sessile/ops/math.h"
#include "sessile/ops/op_builder.h"
#include "sessile/tests/op_testing.h"

namespace sessile {
namespace {

using ::testing::HasSubstr;

Output Bincount(const Input& values, const Input& size, const Input& weights) {
  return OpBuilder("Bincount").Input(values).Input(size).Input(weights).Build();
}

TEST(BincountTest, CountsOrAddsWeights) {
  const Output none = zeros({0}, int32);
  EXPECT_THAT(Eval(Bincount({1, 1, 2, 5}, 4, none)), IsTensor({0, 2, 1, 0}));
  EXPECT_THAT(Eval(Bincount({1, 1, 2, 5}, 4, {1.0, 2.0, 3.0, 4.0})),
              IsTensor({0.0, 3.0, 3.0, 0.0}));
  EXPECT_THAT(ErrorOf([&] { Eval(Bincount({-1}, 4, none)); }),
              HasSubstr("Input arr must be non-negative!"));
  EXPECT_THAT(ErrorOf([&] {
                Eval(Bincount({1}, 4, {1, 2}));
              }),
              HasSubstr("Input indices and weights must have the same size."));
  ExpectShape("Bincount", "[3];[];[0]", "[7]", {.values = {{1, 7}}});
}

TEST(HistogramTest, CountsInPartsOfOneWidth) {
  EXPECT_THAT(Eval(histogram_fixed_width({-1.0, 0.0, 1.5, 2.0, 5.0, 15.0}, {0.0, 5.0},
                                         {.nbins = 5, .dtype = int64})),
              IsTensor({2, 1, 1, 0, 2}));
  EXPECT_THAT(Eval(histogram_fixed_width({-1, 0, 1, 2, 5, 15}, {0, 5}, {.nbins = 5})),
              IsTensor({2, 1, 1, 0, 2}));
  EXPECT_THAT(ErrorOf([] {
                Eval(histogram_fixed_width({1.0}, {5.0, 5.0}));
              }),
              HasSubstr("value_range[0] < value_range[1], but got '[5, 5]'"));
  EXPECT_THAT(ErrorOf([] {
                Eval(histogram_fixed_width({std::numeric_limits<double>::quiet_NaN()}, {0.0, 5.0}));
              }),
              HasSubstr("Histogram values must not contain NaN"));
}

}  // namespace
}  // namespace sessile
