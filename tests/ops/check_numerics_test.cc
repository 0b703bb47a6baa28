#include <limits>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "sessile/ops/check.h"
#include "sessile/ops/constant.h"
#include "sessile/ops/math.h"
#include "sessile/tests/op_testing.h"

namespace sessile {
namespace {

using ::testing::HasSubstr;

TEST(CheckNumericsTest, PassesNumbersOn) {
  EXPECT_THAT(Eval(check_numerics({1.0, -2.0}, "x")), IsTensor({1.0, -2.0}));
  EXPECT_THAT(Eval(verify_tensor_all_finite({1.0, -2.0}, "x")), IsTensor({1.0, -2.0}));
}

TEST(CheckNumericsTest, SaysWhatIsNoNumber) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
  const auto error = [](const Input& x) {
    return ErrorOf([&] { Eval(verify_tensor_all_finite(x, "loss")); });
  };
  EXPECT_THAT(error({1.0, kNan}), HasSubstr("loss : Tensor had NaN values"));
  EXPECT_THAT(error({1.0, -kInfinity}), HasSubstr("loss : Tensor had Inf values"));
  EXPECT_THAT(error({kNan, kInfinity}), HasSubstr("loss : Tensor had Inf and NaN values"));
}

TEST(CheckNumericsTest, ChecksGradientsToo) {
  ExpectGradient([](Output x) { return check_numerics(x, "x"); }, {{2, 3}});
  const Output x = placeholder(float32, {1});
  const Output y = sqrt(check_numerics(x, "x"));
  const Output by_x = gradients(y, x)[0];
  EXPECT_THAT(ErrorOf([&] {
                Eval(by_x, {{x, {0.0}}});
              }),
              HasSubstr("values detected in gradient. b'x' : Tensor had Inf values"));
}

}  // namespace
}  // namespace sessile
