#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "sessile/sessile.h"
#include "sessile/tests/front_testing.h"
#include "sessile/tests/golden_values.h"
#include "sessile/tests/op_testing.h"

namespace sessile {
namespace {

class RandomRatesTest : public FrontTest {
 protected:
  static Output Samples(const char* op, Input shape, const std::vector<double>& rates,
                        DataType rate_type, int seed, int seed2,
                        DataType dtype = DataType::kInvalid) {
    OpBuilder builder(op);
    builder.Input(shape).Input(cast(constant(rates, {.dtype = float64}), rate_type));
    if (dtype != DataType::kInvalid) builder.Attr("dtype", dtype);
    return builder.Attr("seed", seed).Attr("seed2", seed2).Build();
  }
  // Two runs of one session give the two lines of the golden.
  static void ExpectStream(const std::string& name, const Output& samples) {
    static const auto* const golden =
        new std::map<std::string, std::vector<double>>(ReadGoldenValues("random_rates.txt"));
    const Output flat = cast(reshape(samples, {-1}), float64);
    Session sess;
    for (int run = 0; run < 2; ++run) {
      const auto values = sess.run<std::vector<double>>(flat);
      const auto& expected = golden->at(name + "_" + std::to_string(run));
      ASSERT_EQ(values.size(), expected.size()) << name;
      for (size_t i = 0; i < values.size(); ++i) {
        EXPECT_NEAR(values[i], expected[i], 1e-6 * std::max(1e-3, std::abs(expected[i])))
            << name << " run " << run << " element " << i;
      }
    }
  }

  const std::vector<double> alphas_ = {0.0625, 0.5, 1.0, 1.5, 40.0};
  const std::vector<double> rates_ = {0.25, 1.0, 3.5, 9.99, 10.0, 55.5};
};

TEST_F(RandomRatesTest, InfersShapes) {
  ExpectShape("RandomGamma", "[2];[5]", "[3,4,5]", {.values = {{0, {3, 4}}}});
  ExpectShape("RandomPoissonV2", "[?];[5]", "?");
  ExpectShapeError("RandomPoissonV2", "[];[5]", "Shape must be rank 1 but is rank 0");
}

TEST_F(RandomRatesTest, GammaSamplesAreTensorFlows) {
  for (const DataType dtype : {float16, float32, float64}) {
    ExpectStream("gamma_" + std::string(PythonName(dtype)),
                 Samples("RandomGamma", {3}, alphas_, dtype, 7, 11));
  }
  std::vector<double> larger = alphas_;
  larger.push_back(1e4);
  ExpectStream("gamma_large", Samples("RandomGamma", {2}, larger, float64, 1, 2));
}

TEST_F(RandomRatesTest, PoissonSamplesAreTensorFlows) {
  for (const DataType dtype : {float16, float32, float64, int32, int64}) {
    ExpectStream("poisson_" + std::string(PythonName(dtype)),
                 Samples("RandomPoissonV2", {3}, rates_, float32, 7, 13, dtype));
  }
  ExpectStream("poisson_int_rates",
               Samples("RandomPoissonV2", {2}, {0, 3, 200, 1000000}, int32, 7, 14, int64));
}

TEST_F(RandomRatesTest, DerivativesOfGammaSamplesAreTensorFlows) {
  const Output alpha = constant({0.05, 0.5, 1.0, 3.0, 50.0}, {.dtype = float64});
  const Output sample = constant({{1e-4}, {0.3}, {1.0}, {4.0}, {60.0}}, {.dtype = float64});
  const auto values = Session().run<std::vector<double>>(
      reshape(OpBuilder("RandomGammaGrad").Input(alpha).Input(sample).Build(), {-1}));
  const auto expected = ReadGoldenValues("random_rates.txt").at("gamma_grad");
  ASSERT_EQ(values.size(), expected.size());
  for (size_t i = 0; i < values.size(); ++i) {
    EXPECT_NEAR(values[i], expected[i], 1e-4 * std::max(1e-3, std::abs(expected[i]))) << i;
  }
}

// Differences draw new samples, so that they can only see a gradient that is multiplied away.
TEST_F(RandomRatesTest, GradientsReachTheParametersOfEachSample) {
  ExpectGradient(
      [](Output alpha) {
        const Output samples = OpBuilder("RandomGamma").Input({2}).Input(alpha).Build();
        return square(alpha) + 0.0 * reduce_sum(samples, {.axis = 0});
      },
      {{3}}, {.low = 0.5, .high = 2.0});
  const Output alpha = constant({2.0, 3.0});
  const Output samples = OpBuilder("RandomGamma").Input({4}).Input(alpha).Build();
  const Output by_alpha = gradients(samples, alpha)[0];
  const Tensor value = Eval(by_alpha);
  ASSERT_THAT(value, HasShape({2}));
  for (const float x : value.flat<float>()) EXPECT_GT(x, 0);
}

TEST_F(RandomRatesTest, NoParameterHangs) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double inf = std::numeric_limits<double>::infinity();
  const std::vector<double> hostile = {nan, -1.0, 0.0, inf, 1e300};
  const auto gamma =
      Session().run<std::vector<double>>(Samples("RandomGamma", Shape(), hostile, float64, 1, 2));
  EXPECT_TRUE(std::isnan(gamma[0]));
  EXPECT_TRUE(std::isnan(gamma[1]));
  EXPECT_EQ(gamma[2], 0);
  const auto poisson = Session().run<std::vector<int>>(
      Samples("RandomPoissonV2", Shape(), hostile, float64, 1, 2, int32));
  EXPECT_EQ(poisson[1], 0);
  EXPECT_EQ(poisson[2], 0);
  EXPECT_EQ(poisson[3], std::numeric_limits<int>::max());
  EXPECT_EQ(poisson[4], std::numeric_limits<int>::max());
}

TEST_F(RandomRatesTest, PoissonHasTensorFlowsNames) {
  set_random_seed(3);
  const Output samples = random_poisson({0.5, 20.0}, {3}, {.dtype = int64, .seed = 5});
  EXPECT_EQ(samples.name(), "random_poisson/RandomPoissonV2:0");
  EXPECT_EQ(samples.dtype(), int64);
  EXPECT_EQ(samples.get_shape(), Shape({3, 2}));
}

}  // namespace
}  // namespace sessile
