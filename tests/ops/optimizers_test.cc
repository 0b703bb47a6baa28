#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "sessile/core/framework/errors.h"
#include "sessile/core/graph/scope.h"
#include "sessile/core/session/session.h"
#include "sessile/ops/array.h"
#include "sessile/ops/collections.h"
#include "sessile/ops/constant.h"
#include "sessile/ops/math.h"
#include "sessile/ops/op_builder.h"
#include "sessile/ops/train.h"
#include "sessile/ops/variable_scope.h"
#include "sessile/tests/golden_values.h"
#include "sessile/tests/graph_listing.h"
#include "sessile/tests/op_testing.h"

namespace sessile {
namespace {

using ::testing::DoubleNear;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pointwise;
using ::testing::TestWithParam;
using ::testing::ThrowsMessage;

// The optimizer of the golden called `name`.
std::unique_ptr<train::Optimizer> MakeOptimizer(const std::string& name) {
  using namespace train;  // NOLINT: the table below
  const Output rate_value = constant(0.1, {.name = "rate"});
  const Output rate = placeholder_with_default(rate_value, Shape(), "lr");
  if (name == "momentum") return std::make_unique<MomentumOptimizer>(0.1, 0.75);
  if (name == "nesterov") {
    return std::make_unique<MomentumOptimizer>(
        rate, 0.75, MomentumOptions{.use_locking = true, .name = "Nesterov", .use_nesterov = true});
  }
  if (name == "rms_prop") return std::make_unique<RMSPropOptimizer>(0.1);
  if (name == "rms_prop_centered") {
    return std::make_unique<RMSPropOptimizer>(
        rate, RMSPropOptions{.decay = 0.75, .momentum = 0.5, .epsilon = 0.125, .centered = true});
  }
  if (name == "adagrad") return std::make_unique<AdagradOptimizer>(0.1);
  if (name == "adagrad_of_one") {
    return std::make_unique<AdagradOptimizer>(rate,
                                              AdagradOptions{.initial_accumulator_value = 1.0});
  }
  if (name == "adadelta") return std::make_unique<AdadeltaOptimizer>();
  if (name == "adadelta_faster") {
    return std::make_unique<AdadeltaOptimizer>(rate,
                                               AdadeltaOptions{.rho = 0.5, .epsilon = 0.0625});
  }
  if (name == "ftrl") return std::make_unique<FtrlOptimizer>(0.1);
  return std::make_unique<FtrlOptimizer>(0.1,
                                         FtrlOptions{.learning_rate_power = -0.25,
                                                     .initial_accumulator_value = 0.5,
                                                     .l1_regularization_strength = 0.125,
                                                     .l2_regularization_strength = 0.25,
                                                     .accum_name = "a",
                                                     .linear_name = "l",
                                                     .l2_shrinkage_regularization_strength = 0.0625,
                                                     .beta = 0.5});
}

class OptimizersTest : public TestWithParam<const char*> {
 protected:
  // Compares the nodes of the golden `listing` and where three steps lead.
  void ExpectTensorFlows(const std::string& listing, bool use_resource) {
    const Variable w({{1.0, 2.0}, {0.01, -1.0}}, {.name = "w", .use_resource = use_resource});
    const Variable b(3.0, {.name = "b", .dtype = float64, .use_resource = use_resource});
    const auto optimizer = MakeOptimizer(GetParam());
    auto pairs = optimizer->compute_gradients(exp(w), {.var_list = {{w}}});
    pairs.push_back({ones(Shape(), float64), b});
    const Operation step = optimizer->apply_gradients(pairs);
    ExpectListing("optimizers.txt", listing, graph_);

    Session sess;
    sess.run(global_variables_initializer());
    for (int i = 0; i < 3; ++i) sess.run(step);
    std::vector<double> values;
    for (const float x : sess.run<std::vector<float>>(w)) values.push_back(x);
    values.push_back(sess.run<double>(b));
    EXPECT_THAT(values, Pointwise(DoubleNear(2e-6),
                                  ReadGoldenValues("optimizer_values.txt").at(GetParam())));
  }

  Graph graph_;
  DefaultGraphScope with_ = graph_.as_default();
};

TEST_P(OptimizersTest, BuildsAndComputesWhatTensorFlowDoes) {
  ExpectTensorFlows(GetParam(), /*use_resource=*/false);
}

TEST_P(OptimizersTest, DoesTheSameThroughHandles) {
  ExpectTensorFlows(GetParam() + std::string("_by_handle"), /*use_resource=*/true);
}

INSTANTIATE_TEST_SUITE_P(All, OptimizersTest,
                         ::testing::Values("momentum", "nesterov", "rms_prop", "rms_prop_centered",
                                           "adagrad", "adagrad_of_one", "adadelta",
                                           "adadelta_faster", "ftrl", "ftrl_regularized"),
                         [](const auto& test) { return std::string(test.param); });

class OptimizersOfRowsTest : public OptimizersTest {};

TEST_P(OptimizersOfRowsTest, UpdateTheRowsThatHaveAGradient) {
  const Variable w =
      get_variable("w", {4, 2}, {.initializer = ones_initializer(), .use_resource = true});
  const Output slices = gather(w, {1, 3, 1});
  const Output loss = reduce_sum(exp(slices));
  const Operation step = MakeOptimizer(GetParam())->minimize(loss);
  ExpectListing("optimizers.txt", GetParam() + std::string("_of_rows"), graph_);
  Session sess;
  sess.run(global_variables_initializer());
  sess.run(step);
  const auto moved = sess.run<std::vector<float>>(w);
  EXPECT_EQ(moved[0], 1.0f);
  EXPECT_LT(moved[2], 1.0f);
  EXPECT_EQ(moved[4], 1.0f);
  EXPECT_LT(moved[6], 1.0f);
}

INSTANTIATE_TEST_SUITE_P(Some, OptimizersOfRowsTest,
                         ::testing::Values("momentum", "rms_prop_centered", "adagrad", "adadelta",
                                           "ftrl", "ftrl_regularized"),
                         [](const auto& test) { return std::string(test.param); });

class OptimizerSlotsTest : public OptimizersTest {};

TEST_P(OptimizerSlotsTest, TakeTheShapeOfAVariableWhenItIsInitialized) {
  const Output x = placeholder(float32, Shape::Unknown(), "x");
  const Variable w(x, {.validate_shape = false, .name = "w"});
  const auto optimizer = MakeOptimizer(GetParam());
  const Output grad = ones({2});
  const Operation step = optimizer->apply_gradients({{grad, w}});
  ExpectListing("optimizers.txt", GetParam() + std::string("_of_unknown_shape"), graph_);
  Session sess;
  sess.run(w.initializer(), {{x, {1.0f, 2.0f}}});
  sess.run(global_variables_initializer(), {{x, {1.0f, 2.0f}}});
  sess.run(step);
  const auto moved = sess.run<std::vector<float>>(w);
  ASSERT_EQ(moved.size(), 2u);
  EXPECT_LT(moved[0], 1.0f);
  EXPECT_LT(moved[1], 2.0f);
}

INSTANTIATE_TEST_SUITE_P(All, OptimizerSlotsTest,
                         ::testing::Values("rms_prop", "adagrad", "adadelta"),
                         [](const auto& test) { return std::string(test.param); });

TEST(OptimizerOptionsTest, RefuseNumbersThatMakeNoSense) {
  const auto message = [](const char* text) {
    return ThrowsMessage<errors::InvalidArgumentError>(HasSubstr(text));
  };
  EXPECT_THAT([] { train::AdagradOptimizer(0.1, {.initial_accumulator_value = 0}); },
              message("initial_accumulator_value must be positive: 0"));
  EXPECT_THAT([] { train::FtrlOptimizer(0.1, {.learning_rate_power = 0.5}); },
              message("learning_rate_power 0.5 needs to be negative or zero"));
  EXPECT_THAT([] { train::FtrlOptimizer(0.1, {.l1_regularization_strength = -1}); },
              message("l1_regularization_strength -1 needs to be positive or zero"));
}

class ApplySlotsTest : public ::testing::Test {
 protected:
  Graph graph_;
  DefaultGraphScope with_ = graph_.as_default();
};

TEST_F(ApplySlotsTest, RefuseInputsThatDoNotFit) {
  const Variable var({1.0, 2.0});
  const Variable accum({0.0, 0.0, 0.0});
  const auto momentum = [&](const Variable& slot, Input rate, Input grad) {
    return OpBuilder("ApplyMomentum")
        .Input(var.ref())
        .Input(slot.ref())
        .Input(rate)
        .Input(grad)
        .Input(0.5)
        .Build();
  };
  const auto message = [](const char* text) {
    return ThrowsMessage<errors::InvalidArgumentError>(HasSubstr(text));
  };
  EXPECT_THAT(
      [&] {
        momentum(accum, 0.1, {1.0, 1.0});
      },
      message("Dimension 0 in both shapes must be equal, but are 2 and 3"));
  EXPECT_THAT(
      [&] {
        momentum(var, {0.1, 0.2}, {1.0, 1.0});
      },
      message("Shape must be rank 0 but is rank 1"));
  const Output grad = placeholder(float32);
  const Output step = momentum(var, 0.1, grad);
  Session sess;
  sess.run(global_variables_initializer());
  EXPECT_THAT(
      [&] {
        sess.run(step.op(), {{grad, {1.0f}}});
      },
      message("var and grad do not have the same shape[2] [1]"));
}

TEST_F(ApplySlotsTest, AdagradMayLeaveItsSlot) {
  const Variable var({1.0, 2.0});
  const Variable accum({4.0, 16.0});
  const Output step = OpBuilder("ApplyAdagrad")
                          .Input(var.ref())
                          .Input(accum.ref())
                          .Input(1.0)
                          .Input({1.0, 2.0})
                          .Attr("update_slots", false)
                          .Build();
  Session sess;
  sess.run(global_variables_initializer());
  EXPECT_THAT(sess.run<std::vector<float>>(step), ElementsAre(0.5f, 1.5f));
  EXPECT_THAT(sess.run<std::vector<float>>(accum), ElementsAre(4.0f, 16.0f));
}

TEST_F(ApplySlotsTest, FtrlWithAScaledLinearIsTheSame) {
  const auto ftrl = [](bool scaled, double linear_start) {
    const Variable var({1.0, -2.0});
    const Variable accum({0.5, 0.25});
    const Variable linear({linear_start, linear_start});
    const Output step = OpBuilder("ApplyFtrl")
                            .Input(var.ref())
                            .Input(accum.ref())
                            .Input(linear.ref())
                            .Input({0.5, 0.25})
                            .Input(0.5)
                            .Input(0.125)
                            .Input(0.25)
                            .Input(-0.5)
                            .Attr("multiply_linear_by_lr", scaled)
                            .Build();
    Session sess;
    sess.run(global_variables_initializer());
    return sess.run<std::vector<float>>(step);
  };
  const std::vector<float> plain = ftrl(false, 0.5);
  EXPECT_THAT(ftrl(true, 0.25), Pointwise(::testing::FloatNear(1e-6f), plain));
}

}  // namespace
}  // namespace sessile
