#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "sessile/ops/constant.h"
#include "sessile/ops/math.h"
#include "sessile/tests/op_testing.h"

namespace sessile {
namespace {

TEST(ReductionTest, RemovesOrKeepsAxes) {
  for (const char* op : {"Sum", "Mean", "Prod", "Max", "Min", "All", "Any"}) {
    ExpectShape(op, "[2,3];[]", "[2]", {.values = {{1, 1}}});
    ExpectShape(op, "[2,?,4];[2]", "[?]", {.values = {{1, {0, -1}}}});
    ExpectShape(op, "[2,3];[1]", "[2,1]", {.attrs = {{"keep_dims", true}}, .values = {{1, {1}}}});
    ExpectShape(op, "[2,3];[1]", "?");
    ExpectShape(op, "[2,3];[1]", "[?,?]", {.attrs = {{"keep_dims", true}}});
    ExpectShape(op, "?;[]", "?", {.values = {{1, 0}}});
    ExpectShapeError(op, "[2,3];[]", "Invalid reduction dimension 2 for input with 2 dimensions",
                     {.values = {{1, 2}}});
    ExpectShapeError(op, "[2,3];[1,1]", "Shape must be at most rank 1 but is rank 2");
  }
}

TEST(ReductionTest, MeansOfIntegersDoNotOverflow) {
  const Input x = {2000000000, 2000000000, 1999999999};
  EXPECT_THAT(Eval(reduce_mean(x)), IsTensor(1999999999));
  for (const DataType type : {int8, uint8, int16, uint16, uint32, uint64}) {
    EXPECT_THAT(Eval(cast(reduce_mean(cast({100, 120, 110}, type)), int32)), IsTensor(110));
  }
  EXPECT_THAT(Eval(cast(reduce_mean(cast({-100, -120, -110}, int8)), int32)), IsTensor(-110));
}

TEST(ReductionTest, GivesKnownValues) {
  const Input x = {{1.0, 2.0, 3.0}, {4.0, 5.0, 6.0}};
  EXPECT_THAT(Eval(reduce_sum(x, {.axis = 0})), IsTensor({5.0, 7.0, 9.0}));
  EXPECT_THAT(Eval(reduce_mean(x, {.axis = 1})), IsTensor({2.0, 5.0}));
  EXPECT_THAT(Eval(reduce_prod(x, {.axis = {0, 1}})), IsTensor(720.0));
  EXPECT_THAT(Eval(reduce_max(x, {.axis = 1, .keepdims = true})), IsTensor({{3.0}, {6.0}}));
  EXPECT_THAT(Eval(reduce_min(x)), IsTensor(1.0));
  EXPECT_THAT(Eval(reduce_all({true, false})), IsTensor(false));
  EXPECT_THAT(Eval(reduce_any({true, false})), IsTensor(true));
}

TEST(ReductionTest, OverNoAxesIsTheInput) {
  EXPECT_THAT(Eval(reduce_sum({1.0, 2.0}, {.axis = std::vector<int>{}})), IsTensor({1.0, 2.0}));
}

TEST(ReductionTest, OverAllAxesIsAScalarWhateverIsKnown) {
  EXPECT_EQ(reduce_sum(placeholder(float32)).get_shape(), Shape());
  EXPECT_EQ(reduce_sum(placeholder(float32, {None, 3})).get_shape(), Shape());
}

TEST(ReductionTest, KnowsTheOlderNamesOfItsOptions) {
  const Output x = placeholder(float32, {2, 3});
  EXPECT_EQ(reduce_sum(x, {.reduction_indices = 1, .keep_dims = true}).get_shape(), Shape({2, 1}));
  EXPECT_THAT(ErrorOf([&] { reduce_sum(x, {.axis = 1, .reduction_indices = 1}); }),
              ::testing::HasSubstr("Cannot specify both 'axis' and 'reduction_indices'"));
}

TEST(ReductionTest, GradientsMatchDifferences) {
  ExpectGradient([](Output x) { return reduce_sum(x, {.axis = 1}); }, {{2, 3}});
  ExpectGradient([](Output x) { return reduce_sum(x); }, {{2, 3}});
  ExpectGradient(
      [](Output x) {
        return reduce_sum(x, {.axis = {0, 2}, .keepdims = true});
      },
      {{2, 3, 2}});
  ExpectGradient([](Output x) { return reduce_mean(x, {.axis = {0}}); }, {{2, 3}});
  ExpectGradient([](Output x) { return reduce_mean(x); }, {{2, 3}});
  ExpectGradient([](Output x) { return reduce_max(x, {.axis = 1}); }, {{2, 3}});
  ExpectGradient([](Output x) { return reduce_min(x, {.axis = -1, .keepdims = true}); }, {{2, 3}});
}

// Axes that are known when the graph runs only: the gradient computes the kept shape.
TEST(ReductionTest, GradientsMatchDifferencesForAxesOfTheRun) {
  const auto hidden = [](Input axes) {
    return add(axes, cast(reduce_sum(cast({0.0}, float64)), int32));
  };
  ExpectGradient([&](Output x) { return reduce_sum(x, {.axis = hidden({1})}); }, {{2, 3}});
  ExpectGradient([&](Output x) { return reduce_mean(x, {.axis = hidden({0})}); }, {{2, 3}});
  ExpectGradient([&](Output x) { return reduce_max(x, {.axis = hidden({1})}); }, {{2, 3}});
}

TEST(ReductionTest, GradientsOfGradientsMatchDifferences) {
  ExpectSecondGradient([](Output x) { return square(reduce_sum(x, {.axis = 1})); }, {{2, 3}});
  ExpectSecondGradient([](Output x) { return square(reduce_mean(x)); }, {{2, 3}});
}

TEST(ReductionTest, GradientsOfProductsMatchDifferences) {
  ExpectGradient([](Output x) { return reduce_prod(x, {.axis = 1}); }, {{2, 3}});
  ExpectGradient([](Output x) { return reduce_prod(x); }, {{2, 2}});
  ExpectGradient(
      [](Output x) {
        return reduce_prod(x, {.axis = {-1, 0}, .keepdims = true});
      },
      {{2, 3, 2}});
}

TEST(EuclideanNormTest, IsTheRootOfTheSumOfSquares) {
  EXPECT_THAT(Eval(reduce_euclidean_norm({{3.0, 5.0}, {4.0, 1.0}}, {.axis = 0})),
              IsTensor({5.0, 5.0990195135927845}));
  EXPECT_THAT(Eval(reduce_euclidean_norm({{3, 5}, {4, 1}}, {.axis = 0})), IsTensor({5, 5}));
  EXPECT_THAT(Eval(reduce_euclidean_norm({{3.0, 4.0}}, {.keepdims = true})), IsTensor({{5.0}}));
}

TEST(EuclideanNormTest, GradientsMatchDifferences) {
  for (const bool keepdims : {false, true}) {
    ExpectGradient(
        [keepdims](Output x) {
          return reduce_euclidean_norm(x, {.axis = {0, 2}, .keepdims = keepdims});
        },
        {{2, 3, 4}});
  }
}

}  // namespace
}  // namespace sessile
