#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "sessile/core/graph/scope.h"
#include "sessile/ops/array.h"
#include "sessile/ops/constant.h"
#include "sessile/ops/op_builder.h"
#include "sessile/ops/operators.h"
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

TEST(IdentityTest, OldKinKeepValuesToo) {
  for (const char* op : {"PreventGradient", "GuaranteeConst", "Snapshot"}) {
    EXPECT_THAT(Eval(OpBuilder(op).Input({1.5, -2.0}).Build()), IsTensor({1.5, -2.0})) << op;
  }
  const std::vector<Output> both = identity_n({{1, 2}, 3.5});
  EXPECT_THAT(Eval(both[0]), IsTensor({1, 2}));
  EXPECT_THAT(Eval(both[1]), IsTensor(3.5));
}

TEST(IdentityTest, PreventsGradients) {
  const Output x = placeholder(float32, {2});
  const Output y = OpBuilder("PreventGradient").Input(x).Attr("message", "no").Build();
  EXPECT_THAT(ErrorOf([&] { gradients(y, x); }), ::testing::HasSubstr("to prevent gradients"));
}

TEST(IdentityTest, OfSeveralPassesGradientsOn) {
  ExpectGradient([](Output x) { return identity_n({x, 2.0 * x})[1]; }, {{2, 3}});
}

TEST(EnsureShapeTest, SaysMoreOfTheShapeAndChecksIt) {
  ExpectShape("EnsureShape", "[2,?]", "[2,3]", {.attrs = {{"shape", Shape({None, 3})}}});
  ExpectShapeError("EnsureShape", "[2,4]", "Dimension 1 in both shapes must be equal",
                   {.attrs = {{"shape", Shape({None, 3})}}});
  const Output x = placeholder(float32, Shape::Unknown());
  const Output y = ensure_shape(x, {None, 2});
  EXPECT_THAT(Eval(y, {{x, {{1.0, 2.0}}}}), IsTensor({{1.0, 2.0}}));
  EXPECT_THAT(ErrorOf([&] {
                Eval(y, {{x, {1.0, 2.0}}});
              }),
              ::testing::HasSubstr("[2] is not compatible with expected shape [?,2]."));
}

TEST(EnsureShapeTest, PassesGradientsOn) {
  ExpectGradient([](Output x) { return ensure_shape(x, {2, 3}); }, {{2, 3}});
}

TEST(StopGradientTest, IsAConstantForGradients) {
  const Output x = placeholder(float32, {2});
  EXPECT_FALSE(gradients(stop_gradient(x), x)[0].has_value());
}

}  // namespace
}  // namespace sessile
