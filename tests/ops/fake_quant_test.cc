#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "sessile/core/graph/scope.h"
#include "sessile/ops/op_builder.h"
#include "sessile/ops/quantization.h"
#include "sessile/sessile.h"
#include "sessile/tests/front_testing.h"
#include "sessile/tests/golden_values.h"
#include "sessile/tests/op_testing.h"

namespace sessile {
namespace {

class FakeQuantTest : public FrontTest {};

using quantization::FakeQuantArgsOptions;

TEST_F(FakeQuantTest, InfersShapes) {
  ExpectShape("FakeQuantWithMinMaxArgs", "[2,?]", "[2,?]");
  ExpectShape("FakeQuantWithMinMaxVarsPerChannel", "[2,?];[3];[?]", "[2,3]");
  ExpectShape("FakeQuantWithMinMaxVarsGradient", "[2,3];?;[];[]", "[2,3];[];[]");
  ExpectShapeError("FakeQuantWithMinMaxVars", "[2];[1];[]", "Shapes must be equal rank");
  ExpectShapeError("FakeQuantWithMinMaxVarsPerChannel", "[2,4];[3];[3]",
                   "Dimensions must be equal, but are 4 and 3");
}

TEST_F(FakeQuantTest, ConstantLimitsGiveTensorFlowsValues) {
  const Tensor x = Wave({40}, 3, 8);
  const Tensor grad = Wave({40}, 5);
  const std::vector<std::pair<std::string, FakeQuantArgsOptions>> cases = {
      {"default", {}},
      {"narrow", {.num_bits = 4, .narrow_range = true}},
      {"shifted", {.min = -1.3, .max = 5.2, .num_bits = 5}},
      {"above", {.min = 1.0, .max = 5.0, .num_bits = 4}}};
  for (const auto& [name, options] : cases) {
    const Output input = constant(x);
    const Output y = quantization::fake_quant_with_min_max_args(input, options);
    ExpectKernelValues("fake_quant_args_" + name, Eval(y));
    const Output by_input = gradients(y, input, {.grad_ys = {grad}})[0];
    ExpectKernelValues("fake_quant_args_grad_" + name, Eval(by_input));
  }
}

TEST_F(FakeQuantTest, LimitsThatAreTensorsGiveTensorFlowsValues) {
  for (const auto& [suffix, low, high] :
       {std::tuple<std::string, double, double>("", -2.7, 3.1), {"_empty", 0.0, 0.0}}) {
    const std::vector<Output> in = {constant(Wave({40}, 3, 8)), constant(low), constant(high)};
    const Output y =
        quantization::fake_quant_with_min_max_vars(in[0], in[1], in[2], {.num_bits = 6});
    ExpectKernelValues("fake_quant_vars" + suffix, Eval(y));
    const auto grads = gradients(y, in, {.grad_ys = {Wave({40}, 5)}});
    for (size_t i = 0; i < 3; ++i) {
      ExpectKernelValues("fake_quant_vars_grad" + suffix + "_" + std::to_string(i), Eval(grads[i]));
    }
  }
}

TEST_F(FakeQuantTest, LimitsOfChannelsGiveTensorFlowsValues) {
  const std::vector<Output> in = {constant(Wave({10, 4}, 3, 8)), constant(Wave({4}, 1)) - 2,
                                  constant(Wave({4}, 2)) + 2};
  const Output y = quantization::fake_quant_with_min_max_vars_per_channel(in[0], in[1], in[2]);
  ExpectKernelValues("fake_quant_channels", Eval(y));
  const auto grads = gradients(y, in, {.grad_ys = {Wave({10, 4}, 5)}});
  for (size_t i = 0; i < 3; ++i) {
    ExpectKernelValues("fake_quant_channels_grad_" + std::to_string(i), Eval(grads[i]));
  }
}

// Inside of the limits the gradient is that of no rounding, which differences do not see.
TEST_F(FakeQuantTest, GradientsMatchDifferencesOutsideOfTheLimits) {
  const GradientOptions outside = {.low = 4, .high = 6, .yardstick = true};
  const auto expect = [&](auto fake_quant) {
    ExpectGradient([=](Output x) { return cast(fake_quant(cast(x, float32)), float64); }, {{3, 2}},
                   outside);
  };
  expect([](Output x) {
    return quantization::fake_quant_with_min_max_args(x, {.min = -3, .max = 3});
  });
  expect([](Output x) { return quantization::fake_quant_with_min_max_vars(x, -3.0, 3.0); });
  expect([](Output x) {
    return quantization::fake_quant_with_min_max_vars_per_channel(x, {-3.0, -2.0}, {3.0, 1.0});
  });
}

TEST_F(FakeQuantTest, RefusesWhatIsNoRange) {
  const auto error = [](const FakeQuantArgsOptions& options) {
    return ErrorOf([&] { Eval(quantization::fake_quant_with_min_max_args({1.0}, options)); });
  };
  EXPECT_NE(error({.min = 2, .max = 2}).find("min has to be smaller than max, was: 2 >= 2"),
            std::string::npos);
  EXPECT_NE(error({.num_bits = 17}).find("num_bits must be between 2 and 16, inclusive, got 17"),
            std::string::npos);
}

TEST_F(FakeQuantTest, TakesTensorsWithoutElements) {
  const Output y =
      quantization::fake_quant_with_min_max_vars_per_channel(zeros({3, 0}), zeros({0}), zeros({0}));
  EXPECT_THAT(Eval(y), HasShape({3, 0}));
}

}  // namespace
}  // namespace sessile
