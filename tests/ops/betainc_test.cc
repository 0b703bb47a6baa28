#include <cmath>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "sessile/ops/constant.h"
#include "sessile/ops/math.h"
#include "sessile/tests/op_testing.h"

namespace sessile {
namespace {

using ::testing::HasSubstr;

TEST(BetaincTest, GivesKnownValues) {
  const auto wide = [](const Input& x) { return constant(x, {.dtype = float64}); };
  EXPECT_THAT(
      Eval(betainc(wide({1.0, 0.5, 50.0, 2.0, 2.0, 5.0}), wide({2.0, 0.5, 60.0, 3.0, 3.0, 0.1}),
                   wide({0.3, 0.9, 0.5, 0.0, 1.0, 0.999}))),
      IsTensor({0.51, 0.795167235300867, 0.830907293901643, 0.0, 1.0, 0.387101640625006}, 1e-12));
  EXPECT_THAT(Eval(betainc(2.0, 3.0, {0.1, 0.2})), IsTensor({0.0523, 0.1808}));
  EXPECT_TRUE(std::isnan(Eval(betainc(-1.0, 1.0, 0.5)).scalar<float>()));
  EXPECT_TRUE(std::isnan(Eval(betainc(1.0, 1.0, 1.5)).scalar<float>()));
}

TEST(BetaincTest, TakesOneShapeAndScalars) {
  ExpectShape("Betainc", "[];[2,?];[?,3]", "[2,3]");
  ExpectShapeError("Betainc", "[2];[2];[3]", "Dimension 0 in both shapes must be equal");
  const Output a = placeholder(float32, Shape::Unknown());
  EXPECT_THAT(ErrorOf([&] {
                Eval(betainc(a, {3.0, 1.0}, 0.5), {{a, {2.0}}});
              }),
              HasSubstr("Shapes of a and b are inconsistent: [1] vs. [2]"));
}

TEST(BetaincTest, GradientMatchesDifferences) {
  const auto of = [](const Output& x) {
    const Output a = constant(2.0, {.dtype = float64});
    return betainc(a, constant(3.0, {.dtype = float64}), x);
  };
  ExpectGradient([of](Output x) { return of(x); }, {{2, 3}}, {.low = 0.1, .high = 0.9});
}

}  // namespace
}  // namespace sessile
