#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "sessile/core/framework/errors.h"
#include "sessile/core/session/session.h"
#include "sessile/ops/collections.h"
#include "sessile/ops/constant.h"
#include "sessile/ops/math.h"
#include "sessile/ops/operators.h"
#include "sessile/ops/train.h"
#include "sessile/ops/variable.h"
#include "sessile/tests/front_testing.h"
#include "sessile/tests/graph_listing.h"

namespace sessile {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

class MovingAveragesTest : public FrontTest {};

TEST_F(MovingAveragesTest, OfVariablesAreTensorFlows) {
  const Variable w({1.0, 2.0}, {.name = "w"});
  const Variable b(3.0, {.name = "b", .dtype = float64});
  train::ExponentialMovingAverage(0.75).apply({w, b});
  ExpectListing("schedules.txt", "moving_averages", graph_);
}

TEST_F(MovingAveragesTest, OfTensorsAreTensorFlows) {
  const Variable w({1.0, 2.0}, {.name = "w"});
  const Output loss = reduce_sum(w, {.name = "loss"});
  const Variable step(0, {.trainable = false, .name = "step"});
  train::ExponentialMovingAverage ema(0.99, {.num_updates = step, .name = "avg"});
  ema.apply({w, loss});
  ema.apply();
  ExpectListing("schedules.txt", "moving_averages_of_steps", graph_);
}

TEST_F(MovingAveragesTest, StartFromTheirVariablesOnTheirDevices) {
  Variable w;
  {
    const device with("/cpu:1");
    w = Variable({1.0, 2.0}, {.name = "w"});
  }
  train::ExponentialMovingAverage ema(0.75);
  {
    const device with("/job:worker");
    ema.apply({w});
  }
  ExpectListing("schedules.txt", "moving_averages_on_a_device", graph_);
  for (const char* name : {"cond/Switch", "cond/read", "cond/Merge"}) {
    EXPECT_EQ(graph_.get_operation_by_name(name).device(), "/job:worker/device:CPU:1") << name;
  }
}

TEST_F(MovingAveragesTest, FollowTheirVariables) {
  const Variable w({1.0, 2.0}, {.name = "w"});
  train::ExponentialMovingAverage ema(0.75);
  EXPECT_FALSE(ema.average(w).has_value());
  EXPECT_EQ(ema.average_name(w), "w/ExponentialMovingAverage");
  const Operation update = ema.apply();
  const Output set = w.assign({5.0, 2.0});
  Session sess;
  sess.run(global_variables_initializer());
  EXPECT_THAT(sess.run<std::vector<float>>(ema.average(w)), ElementsAre(1, 2));
  sess.run(set.op());
  sess.run(update);
  EXPECT_THAT(sess.run<std::vector<float>>(ema.average(w)), ElementsAre(2, 2));
  EXPECT_EQ(get_collection<Variable>(GraphKeys::MOVING_AVERAGE_VARIABLES).size(), 1u);
}

TEST_F(MovingAveragesTest, RefuseWhatIsEmpty) {
  const train::ExponentialMovingAverage ema(0.75);
  EXPECT_THROW(ema.average(Variable()), errors::InvalidArgumentError);
  EXPECT_THROW(ema.average_name(Output()), errors::InvalidArgumentError);
}

TEST_F(MovingAveragesTest, NameWhatIsRestored) {
  const Variable w({1.0, 2.0}, {.name = "w"});
  const Variable step(0, {.trainable = false, .name = "step"});
  train::ExponentialMovingAverage ema(0.75);
  ema.apply();
  std::vector<std::string> names;
  for (const auto& [name, variable] : ema.variables_to_restore()) {
    names.push_back(name + " " + variable.op().name());
  }
  EXPECT_THAT(names, ElementsAre("step step", "w/ExponentialMovingAverage w"));
}

TEST_F(MovingAveragesTest, RefuseIntegers) {
  const Variable n(0, {.name = "n"});
  train::ExponentialMovingAverage ema(0.75);
  EXPECT_THAT([&] { ema.apply({n}); },
              ::testing::ThrowsMessage<errors::InvalidArgumentError>(
                  ::testing::HasSubstr("The variables must be half, float, or double: n:0")));
}

class InitialValueGuardTest : public FrontTest {};

// One run initializes both, although the second is made from the first.
TEST_F(InitialValueGuardTest, ReadsWhatAnotherVariableWillBe) {
  const Variable w({1.0, 2.0}, {.name = "w"});
  const Variable twice(w * 2.0, {.name = "twice"});
  Session sess;
  sess.run(twice.initializer());
  EXPECT_THAT(sess.run<std::vector<float>>(twice), ElementsAre(2, 4));
  sess.run(global_variables_initializer());
  sess.run(w.assign({3.0, 4.0}).op());
  sess.run(twice.initializer());
  EXPECT_THAT(sess.run<std::vector<float>>(twice), ElementsAre(6, 8));
}

}  // namespace
}  // namespace sessile
