#include <limits>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "sessile/ops/array.h"
#include "sessile/ops/constant.h"
#include "sessile/ops/math.h"
#include "sessile/ops/op_builder.h"
#include "sessile/tests/op_testing.h"

namespace sessile {
namespace {

using ::testing::HasSubstr;

TEST(UniqueTest, FindsEqualSlices) {
  const auto along = [](const Input& x, int64_t axis) {
    return OpBuilder("UniqueWithCountsV2").Input(x).Input(std::vector<int64_t>{axis}).BuildAll();
  };
  const std::vector<Output> columns = along({{1, 2, 1}, {3, 4, 3}}, 1);
  EXPECT_THAT(Eval(columns[0]), IsTensor({{1, 2}, {3, 4}}));
  EXPECT_THAT(Eval(columns[1]), IsTensor({0, 1, 0}));
  EXPECT_THAT(Eval(columns[2]), IsTensor({2, 1}));
  EXPECT_THAT(Eval(along({{1, 2}, {1, 2}}, -2)[0]), IsTensor({{1, 2}}));
  EXPECT_THAT(Eval(along(zeros({0, 2}), 1)[0]), HasShape({0, 1}));
  EXPECT_THAT(Eval(along(zeros({2, 0}), 0)[2]), IsTensor({2}));
  EXPECT_THAT(ErrorOf([&] { Eval(along({{1, 2}}, 2)[0]); }), HasSubstr("axis"));
}

TEST(UniqueTest, WithoutAnAxisTakesVectors) {
  const Output none = zeros({0}, int64);
  const auto of = [&](const Input& x) {
    return OpBuilder("UniqueV2").Input(x).Input(none).BuildAll();
  };
  EXPECT_THAT(Eval(of({3, 1, 3})[0]), IsTensor({3, 1}));
  EXPECT_THAT(Eval(cast(of(cast({1.0, 2.0, 1.0}, float16))[0], float32)), IsTensor({1.0, 2.0}));
  const Output x = placeholder(float32, Shape::Unknown());
  EXPECT_THAT(ErrorOf([&] {
                Eval(of(x)[0], {{x, {{1.0}}}});
              }),
              HasSubstr("unique expects a 1D vector"));
}

TEST(UniqueTest, TellsNanApartAndZerosNot) {
  constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_THAT(Eval(unique({kNan, 0.0, -0.0, kNan}).idx), IsTensor({0, 1, 1, 2}));
  EXPECT_THAT(Eval(unique_with_counts({"b", "a", "b"}).count), IsTensor({2, 1}));
}

}  // namespace
}  // namespace sessile
