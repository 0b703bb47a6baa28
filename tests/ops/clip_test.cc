#include <cmath>
#include <complex>
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

using ::testing::HasSubstr;

TEST(ClipTest, KeepsValuesWithinBounds) {
  EXPECT_THAT(Eval(clip_by_value({-2.0, 0.5, 3.0}, -1.0, 1.0)), IsTensor({-1.0, 0.5, 1.0}));
  EXPECT_THAT(ErrorOf([] {
                clip_by_value({1.0}, {0.0, 0.0}, 1.0);
              }),
              HasSubstr("bounds must not broadcast"));
}

TEST(ClipTest, ScalesToANorm) {
  EXPECT_THAT(Eval(clip_by_norm({3.0, 4.0}, 1.0)), IsTensor({0.6, 0.8}));
  EXPECT_THAT(Eval(clip_by_norm({0.3, 0.4}, 1.0)), IsTensor({0.3, 0.4}));
  EXPECT_THAT(Eval(clip_by_norm({0.0, 0.0}, 1.0)), IsTensor({0.0, 0.0}));
  EXPECT_THAT(Eval(clip_by_norm({{3.0, 4.0}, {0.0, 2.0}}, 1.0, {.axes = {1}})),
              IsTensor({{0.6, 0.8}, {0.0, 1.0}}));
}

TEST(ClipTest, TakesSlices) {
  const IndexedSlices slices{constant({{3.0}, {4.0}}), constant({1, 0}), constant({2, 1})};
  EXPECT_THAT(Eval(clip_by_norm(slices, 1.0)), IsTensor({{0.8}, {0.6}}));
  EXPECT_THAT(Eval(clip_by_value(slices, 0.0, 3.5)), IsTensor({{3.5}, {3.0}}));
}

TEST(ClipTest, ScalesTensorsToACommonNorm) {
  const Output x = constant({3.0});
  const Output y = constant({{4.0}});
  EXPECT_THAT(Eval(global_norm({x, y, Output()})), IsTensor(5.0));
  const auto [clipped, norm] = clip_by_global_norm({x, Output(), y}, 1.0);
  EXPECT_THAT(Eval(norm), IsTensor(5.0));
  EXPECT_THAT(Eval(clipped[0]), IsTensor({0.6}));
  EXPECT_FALSE(clipped[1].has_value());
  EXPECT_THAT(Eval(clipped[2]), IsTensor({{0.8}}));
}

TEST(NormTest, OfVectorsOfAnyOrder) {
  const Input x = {{3.0, -4.0}, {0.0, 2.0}};
  EXPECT_THAT(Eval(norm(x, {.axis = 1})), IsTensor({5.0, 2.0}));
  EXPECT_THAT(Eval(norm(x, {.ord = 1, .axis = 1, .keepdims = true})), IsTensor({{7.0}, {2.0}}));
  EXPECT_THAT(Eval(norm(x, {.ord = std::numeric_limits<double>::infinity()})), IsTensor(4.0));
  EXPECT_THAT(Eval(norm(x, {.ord = 3, .axis = 0})), IsTensor({3.0, std::cbrt(72.0)}, 1e-5));
  EXPECT_THAT(ErrorOf([&] { norm(x, {.ord = -1}); }), HasSubstr("supported vector norm, got -1"));
}

TEST(NormTest, OfMatrices) {
  const Input x = {{{3.0, -4.0}, {0.0, 2.0}}};
  const double infinity = std::numeric_limits<double>::infinity();
  EXPECT_THAT(Eval(norm(x, {.ord = "fro", .axis = {1, 2}})), IsTensor({std::sqrt(29.0)}, 1e-5));
  EXPECT_THAT(Eval(norm(x, {.ord = 1, .axis = {-2, -1}})), IsTensor({6.0}));
  EXPECT_THAT(Eval(norm(x, {.ord = infinity, .axis = {-2, -1}})), IsTensor({7.0}));
  EXPECT_THAT(ErrorOf([&] { norm(x, {.ord = 2, .axis = {1, 2}}); }), HasSubstr("'ord' 2"));
  EXPECT_THAT(ErrorOf([&] {
                norm(x, {.ord = 3, .axis = {1, 2}});
              }),
              HasSubstr("supported matrix norm, got 3"));
  EXPECT_THAT(ErrorOf([&] { norm(x, {.axis = {1, 1}}); }), HasSubstr("2 unique integers"));
}

TEST(NormTest, OfComplexNumbersIsReal) {
  const Input x = Tensor::FromValues<std::complex<float>>({2}, {{3, 4}, {0, 12}}).value();
  EXPECT_THAT(Eval(real(norm(x))), IsTensor(13.0));
}

TEST(CountNonzeroTest, CountsAlongAxes) {
  EXPECT_THAT(Eval(count_nonzero({{1, 0}, {2, 3}}, {.axis = 0})), IsTensor({2, 1}));
  EXPECT_THAT(Eval(count_nonzero({true, false, true}, {.dtype = int32})), IsTensor(2));
}

TEST(CastTest, KnowsTheOlderNames) {
  EXPECT_EQ(to_float(constant(1)).dtype(), float32);
  EXPECT_EQ(to_int32(constant(1.5)).dtype(), int32);
  EXPECT_EQ(to_int64(constant(1.5)).op().name(), "ToInt64");
  EXPECT_EQ(to_double(constant(1)).dtype(), float64);
}

Output ClipOp(const Input& t, const Input& low, const Input& high) {
  return OpBuilder("ClipByValue").Input(t).Input(low).Input(high).Build();
}

TEST(ClipByValueTest, KeepsValuesWithinBounds) {
  EXPECT_THAT(Eval(ClipOp({1, 5, 9}, 2, 7)), IsTensor({2, 5, 7}));
  EXPECT_THAT(Eval(ClipOp({1.0, 5.0, 9.0}, {2.0, 6.0, 1.0}, 7.0)), IsTensor({2.0, 6.0, 7.0}));
  EXPECT_THAT(Eval(ClipOp({1.0, 9.0}, 7.0, 2.0)), IsTensor({7.0, 7.0}));
  EXPECT_THAT(ErrorOf([] {
                Eval(ClipOp({{1.0, 5.0}}, {2.0, 6.0}, 7.0));
              }),
              HasSubstr("must be either of the same shape as input, or a scalar"));
}

TEST(ClipByValueTest, GradientsMatchDifferences) {
  ExpectGradient([](Output t, Output low, Output high) { return ClipOp(t, low, 2.0 + high); },
                 {{3, 4}, Shape(), Shape()}, {.low = -3, .high = 3});
}

}  // namespace
}  // namespace sessile
