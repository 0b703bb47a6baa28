#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "sessile/core/graph/scope.h"
#include "sessile/ops/array.h"
#include "sessile/ops/constant.h"
#include "sessile/tests/op_testing.h"

namespace sessile {
namespace {

TEST(IdentityTest, KeepsShapeAndValue) {
  ExpectShape("Identity", "[2,?]", "[2,?]");
  ExpectShape("StopGradient", "?", "?");
  EXPECT_THAT(Eval(identity({1.5, -2.0})), IsTensor({1.5, -2.0}));
}

TEST(IdentityTest, PassesGradientsOn) {
  ExpectGradient([](Output x) { return identity(x); }, {{2, 3}});
}

TEST(StopGradientTest, IsAConstantForGradients) {
  const Output x = placeholder(float32, {2});
  EXPECT_FALSE(gradients(stop_gradient(x), x)[0].has_value());
}

}  // namespace
}  // namespace sessile
