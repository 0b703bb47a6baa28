#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "sessile/ops/array.h"
#include "sessile/ops/constant.h"
#include "sessile/ops/math.h"
#include "sessile/ops/variable.h"
#include "sessile/tests/op_testing.h"

namespace sessile {
namespace {

using ::testing::HasSubstr;

TEST(SubscriptTest, KnowsTheShapeOfAPart) {
  const Output x = placeholder(float32, {None, 5, 4});
  EXPECT_EQ(x[0].get_shape(), Shape({5, 4}));
  EXPECT_EQ((x[{{}, -1}].get_shape()), Shape({None, 4}));
  EXPECT_EQ((x[{{1, 3}, {{}, -1}, {{}, {}, 3}}].get_shape()), Shape({None, 4, 2}));
  EXPECT_EQ((x[{ellipsis, 0}].get_shape()), Shape({None, 5}));
  EXPECT_EQ((x[{0, newaxis, ellipsis}].get_shape()), Shape({1, 5, 4}));
  EXPECT_EQ(x[placeholder(int32, Shape())].get_shape(), Shape({5, 4}));
}

TEST(SubscriptTest, TakesElementsAndRanges) {
  const Output x = constant({{1, 2, 3}, {4, 5, 6}, {7, 8, 9}});
  EXPECT_THAT(Eval(x[1]), IsTensor({4, 5, 6}));
  EXPECT_THAT(Eval(x[-1]), IsTensor({7, 8, 9}));
  EXPECT_THAT(Eval(x[{1, 2}]), IsTensor(6));
  EXPECT_THAT(Eval(x[{{}, 0}]), IsTensor({1, 4, 7}));
  EXPECT_THAT(Eval(x[{{{}, {}, -2}}]), IsTensor({{7, 8, 9}, {1, 2, 3}}));
  EXPECT_THAT(Eval(x[{{1, {}}, {{}, -1}}]), IsTensor({{4, 5}, {7, 8}}));
  EXPECT_THAT(Eval(x[{{2, 1}}]), HasShape({0, 3}));
  EXPECT_THAT(Eval(x[{{-100, 100}, 1}]), IsTensor({2, 5, 8}));
  EXPECT_THAT(Eval(x[{{}, newaxis, 0}]), IsTensor({{1}, {4}, {7}}));
}

TEST(SubscriptTest, TakesTensorsAsBounds) {
  const Output x = constant({10, 20, 30, 40});
  const Output i = placeholder(int32, Shape());
  EXPECT_THAT(Eval(x[i], {{i, 2}}), IsTensor(30));
  EXPECT_THAT(Eval(x[{{i, {}}}], {{i, 2}}), IsTensor({30, 40}));
  EXPECT_THAT(ErrorOf([&] {
                Eval(x[i], {{i, 4}});
              }),
              HasSubstr("slice index 4 of dimension 0 out of bounds."));
}

TEST(SubscriptTest, IsForVariablesToo) {
  const Variable v(constant({1.0, 2.0}));
  EXPECT_EQ(v[0].get_shape(), Shape());
  EXPECT_EQ((v[{{1, {}}}].get_shape()), Shape({1}));
}

TEST(SubscriptTest, KnowsPartsOfShapes) {
  const Output x = placeholder(float32, {None, 5, 4});
  const Output sizes = shape(x);
  EXPECT_EQ((zeros(sizes[{{1, {}}}]).get_shape()), Shape({5, 4}));
  EXPECT_EQ((zeros(sizes[{{{}, 2}}]).get_shape()), Shape({None, 5}));
  EXPECT_EQ(fill(stack({sizes[1], sizes[2]}), 0.0).get_shape(), Shape({5, 4}));
}

TEST(SubscriptTest, RefusesWhatIsNotThere) {
  const Output x = placeholder(float32, {2, 3});
  EXPECT_THAT(ErrorOf([&] { x[2]; }), HasSubstr("slice index 2 of dimension 0 out of bounds."));
  EXPECT_THAT(ErrorOf([&] {
                x[{0, 0, 0}];
              }),
              HasSubstr("Index out of range using input dim 2; input has only 2 dims"));
  EXPECT_THAT(ErrorOf([&] {
                x[{ellipsis, ellipsis}];
              }),
              HasSubstr("Multiple ellipses in slice spec not allowed"));
  EXPECT_THAT(ErrorOf([&] { x[{{{}, {}, 0}}]; }), HasSubstr("strides[0] must be non-zero"));
  EXPECT_THAT(ErrorOf([&] { x[constant(1.5)]; }), HasSubstr("are valid indices, got float32"));
  EXPECT_THAT(ErrorOf([&] { placeholder(float32, Shape())[0]; }),
              HasSubstr("Attempting to slice scalar input."));
}

TEST(StridedSliceTest, GradientsMatchDifferences) {
  ExpectGradient([](Output x) { return x[{{1, {}}, {{}, {}, -2}}]; }, {{3, 4}});
  ExpectSecondGradient([](Output x) { return square(x[{0, newaxis, {1, 3}}]); }, {{2, 4}});
}

}  // namespace
}  // namespace sessile
