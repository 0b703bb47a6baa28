#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "sessile/core/session/session.h"
#include "sessile/ops/collections.h"
#include "sessile/ops/constant.h"
#include "sessile/ops/math.h"
#include "sessile/ops/train.h"
#include "sessile/ops/variable.h"
#include "sessile/tests/error_of.h"
#include "sessile/tests/front_testing.h"
#include "sessile/tests/golden_values.h"
#include "sessile/tests/graph_listing.h"

namespace sessile {
namespace {

using ::testing::DoubleNear;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pointwise;

class SchedulesTest : public FrontTest {
 protected:
  static Variable Step() { return Variable(0, {.trainable = false, .name = "step"}); }

  // As TensorFlow builds and computes the case.
  void Expect(const std::string& name, const Variable& step, const std::vector<Output>& rates) {
    ExpectListing("schedules.txt", name, graph_);
    const auto golden = ReadGoldenValues("schedule_values.txt");
    Session sess;
    for (size_t i = 0; i < rates.size(); ++i) {
      std::vector<double> values;
      for (const int n : {0, 3, 7, 10, 15, 20, 31}) {
        values.push_back(sess.run<float>(rates[i], {{step.value(), n}}));
      }
      EXPECT_THAT(values, Pointwise(DoubleNear(1e-7), golden.at(name + "_" + std::to_string(i))));
    }
  }
};

TEST_F(SchedulesTest, ExponentialDecay) {
  const Variable step = Step();
  std::vector<Output> rates = {train::exponential_decay(0.1, step, 10, 0.5)};
  rates.push_back(
      train::exponential_decay(0.1, step, 10, 0.5, {.staircase = true, .name = "stairs"}));
  Expect("exponential", step, rates);
}

TEST_F(SchedulesTest, NaturalExponentialDecay) {
  const Variable step = Step();
  const Output rate = train::natural_exp_decay(0.1, step, 10, 0.5, {.staircase = true});
  Expect("natural", step, {rate});
}

TEST_F(SchedulesTest, InverseTimeDecay) {
  const Variable step = Step();
  std::vector<Output> rates = {train::inverse_time_decay(0.1, step, 10, 0.5)};
  rates.push_back(
      train::inverse_time_decay(0.1, step, 10, 0.5, {.staircase = true, .name = "stairs"}));
  Expect("inverse", step, rates);
}

TEST_F(SchedulesTest, PolynomialDecay) {
  const Variable step = Step();
  std::vector<Output> rates = {train::polynomial_decay(0.1, step, 10, {.end_learning_rate = 0.01})};
  rates.push_back(
      train::polynomial_decay(0.1, step, 10, {.power = 0.5, .cycle = true, .name = "cycle"}));
  Expect("polynomial", step, rates);
}

TEST_F(SchedulesTest, CosineDecay) {
  const Variable step = Step();
  std::vector<Output> rates = {train::cosine_decay(0.1, step, 10)};
  rates.push_back(train::cosine_decay(0.1, step, 10, {.alpha = 0.25, .name = "c"}));
  Expect("cosine", step, rates);
}

TEST_F(SchedulesTest, PiecewiseConstant) {
  const Variable step = Step();
  std::vector<Output> rates = {train::piecewise_constant(step, {7, 15}, {0.5, 0.25, 0.125})};
  rates.push_back(train::piecewise_constant(step, {10}, {1.0, 0.5}, {.name = "one"}));
  Expect("piecewise", step, rates);
}

TEST_F(SchedulesTest, PiecewiseConstantByLargeSteps) {
  const Variable step(0, {.trainable = false, .name = "step", .dtype = int64});
  train::piecewise_constant(step, {5, 10, 20}, {1.0, 0.5, 0.25, 0.125});
  ExpectListing("schedules.txt", "piecewise_by_large_steps", graph_);
}

TEST_F(SchedulesTest, PiecesThatDoNotFitAreErrors) {
  const Variable step = Step();
  const auto error = [&](const std::vector<Input>& boundaries, const std::vector<Input>& values) {
    return ErrorOf([&] { train::piecewise_constant(step, boundaries, values); });
  };
  EXPECT_THAT(error({5}, {1.0}), HasSubstr("got 1 boundaries and 1 values"));
  EXPECT_THAT(error({}, {1.0}), HasSubstr("got 0 boundaries and 1 values"));
  EXPECT_THAT(error({5.0}, {1.0, 0.5}),
              HasSubstr("`boundaries` (float) must have the same dtype as x (int32)."));
  EXPECT_THAT(error({5}, {1.0, 2}), HasSubstr("same dtype (float vs int32)"));
}

}  // namespace
}  // namespace sessile
