#include "sessile/ops/assert.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "sessile/core/graph/scope.h"
#include "sessile/ops/array.h"
#include "sessile/ops/constant.h"
#include "sessile/ops/operators.h"
#include "sessile/tests/op_testing.h"

namespace sessile {
namespace {

using ::testing::HasSubstr;

Output Checked(const Operation& check) {
  const control_dependencies after({check});
  return identity(1);
}

TEST(AssertTest, FailsWithItsData) {
  const Output condition = placeholder(bool_, Shape());
  const Output y = Checked(Assert(condition, {"broken:", {1, 2, 3, 4}}));
  EXPECT_THAT(Eval(y, {{condition, true}}), IsTensor(1));
  EXPECT_THAT(ErrorOf([&] {
                Eval(y, {{condition, false}});
              }),
              HasSubstr("assertion failed: [broken:] [1 2 3...]"));
}

TEST(AssertTest, ShowsMatricesRowByRow) {
  const Output y = Checked(Assert(false, {{{1, 2}, {3, 4}}}, {.summarize = -1}));
  EXPECT_THAT(ErrorOf([&] { Eval(y); }), HasSubstr("assertion failed: [[1 2][3 4]]"));
}

TEST(AssertTest, CopiesOtherDataOnlyWhenItFails) {
  const Output condition = placeholder(bool_, Shape());
  const Output y = Checked(Assert(condition, {0.5}));
  EXPECT_THAT(Eval(y, {{condition, true}}), IsTensor(1));
  EXPECT_THAT(ErrorOf([&] {
                Eval(y, {{condition, false}});
              }),
              HasSubstr("assertion failed: [0.5]"));
}

TEST(PrintTest, PassesItsInputAndShowsData) {
  const Output x = constant({1.5, 2.0});
  ::testing::internal::CaptureStderr();
  EXPECT_THAT(Eval(Print(x, {x, 7}, {.message = "x: "})), IsTensor({1.5, 2.0}));
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "x: [1.5 2][7]\n");
}

TEST(PrintTest, GradientPassesThrough) {
  ::testing::internal::CaptureStderr();
  ExpectGradient([](Output x) { return Print(x * x, {x}, {.first_n = 1}); }, {{2}});
  EXPECT_FALSE(::testing::internal::GetCapturedStderr().empty());
}

}  // namespace
}  // namespace sessile
