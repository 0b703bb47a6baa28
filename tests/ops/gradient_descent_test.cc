#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "sessile/core/framework/errors.h"
#include "sessile/core/graph/scope.h"
#include "sessile/ops/collections.h"
#include "sessile/ops/constant.h"
#include "sessile/ops/math.h"
#include "sessile/ops/op_builder.h"
#include "sessile/ops/train.h"
#include "sessile/tests/error_of.h"
#include "sessile/tests/graph_listing.h"

namespace sessile {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

// A graph of its own, with the variables of the golden graphs.
class GradientDescentTest : public ::testing::Test {
 protected:
  void ExpectCase(const std::string& name) { ExpectListing("grads_optimizers.txt", name, graph_); }
  Output MatMulOfBoth(const Variable& u) {
    return OpBuilder("MatMul").Input(w_).Input(u).Attr("transpose_b", true).Build();
  }

  Graph graph_;
  DefaultGraphScope with_ = graph_.as_default();
  Variable w_ = Variable({{1.0, 2.0}}, {.name = "w"});
  Variable b_ = Variable(3.0, {.name = "b", .dtype = float64});
};

TEST_F(GradientDescentTest, EqualsTensorFlow) {
  const Operation train = train::GradientDescentOptimizer(0.5).minimize(exp(w_));
  EXPECT_EQ(train.name(), "GradientDescent");
  ExpectCase("descent");
}

TEST_F(GradientDescentTest, LeavesOutAVariableWithoutGradient) {
  const Output loss = exp(w_);
  const Output ones = sessile::ones({1, 2});
  train::GradientDescentOptimizer(0.5, {.use_locking = true, .name = "Sgd"})
      .minimize(loss, {.var_list = {{w_, b_}}, .grad_loss = ones});
  ExpectCase("descent_of_two_types");
}

TEST_F(GradientDescentTest, CountsSteps) {
  const Variable step = train::get_or_create_global_step();
  train::GradientDescentOptimizer(0.5).minimize(exp(w_), {.global_step = step, .name = "train"});
  ExpectCase("descent_with_global_step");
}

TEST_F(GradientDescentTest, GatesByGraph) {
  const Variable u = Variable(zeros({1, 2}), {.name = "u"});
  train::GradientDescentOptimizer(0.5).minimize(
      MatMulOfBoth(u), {.var_list = {{w_, u}}, .gate_gradients = train::Optimizer::GATE_GRAPH});
  ExpectCase("gated_by_graph");
}

TEST_F(GradientDescentTest, DoesNotGateIfAsked) {
  const Variable u = Variable(zeros({1, 2}), {.name = "u"});
  train::GradientDescentOptimizer(0.5).minimize(
      MatMulOfBoth(u), {.var_list = {{w_, u}}, .gate_gradients = train::Optimizer::GATE_NONE});
  ExpectCase("not_gated");
}

TEST_F(GradientDescentTest, EntersTheTrainOperationInTheCollection) {
  const Operation train = train::GradientDescentOptimizer(0.5).minimize(exp(w_));
  EXPECT_THAT(get_collection<Operation>(GraphKeys::TRAIN_OP), ElementsAre(train));
}

TEST_F(GradientDescentTest, GivesAPairForEachVariable) {
  train::GradientDescentOptimizer opt(0.5);
  const auto pairs = opt.compute_gradients(exp(w_), {.var_list = {{b_, w_}}});
  ASSERT_EQ(pairs.size(), 2u);
  EXPECT_EQ(pairs[0].var, b_);
  EXPECT_FALSE(pairs[0].grad.has_value());
  EXPECT_EQ(pairs[1].grad.name(), "gradients/Exp_grad/mul:0");
}

TEST_F(GradientDescentTest, RefusesALossThatDependsOnNoVariable) {
  const Output loss = placeholder(float32, Shape(), "loss");
  EXPECT_THAT(
      ErrorOf([&] { train::GradientDescentOptimizer(0.5).minimize(loss); }),
      StartsWith(
          "INVALID_ARGUMENT: No gradients provided for any variable, check your graph for ops "
          "that do not support "
          "gradients, between variables [\"<tf.Variable 'w:0' shape=(1, 2) dtype=float32_ref>\", "
          "\"<tf.Variable 'b:0' shape=() dtype=float64_ref>\"] and loss Tensor(\"loss:0\", "
          "shape=(), dtype=float32)."));
}

TEST_F(GradientDescentTest, RefusesALossOfIntegers) {
  const Output loss = placeholder(int32, Shape(), "loss");
  EXPECT_THAT(
      ErrorOf([&] { train::GradientDescentOptimizer(0.5).minimize(loss); }),
      StartsWith("INVALID_ARGUMENT: Invalid type tf.int32 for loss:0, expected: [tf.float16, "
                 "tf.bfloat16, tf.float32, "
                 "tf.float64]."));
}

TEST_F(GradientDescentTest, RefusesToTrainNothing) {
  EXPECT_THAT(ErrorOf([&] {
                const Graph empty;
                const DefaultGraphScope with = empty.as_default();
                train::GradientDescentOptimizer(0.5).minimize(placeholder(float32));
              }),
              StartsWith("INVALID_ARGUMENT: No variables to optimize."));
  EXPECT_THAT(ErrorOf([&] { train::GradientDescentOptimizer(0.5).apply_gradients({}); }),
              StartsWith("INVALID_ARGUMENT: No variables provided."));
  EXPECT_THAT(ErrorOf([&] {
                train::GradientDescentOptimizer(0.5).apply_gradients({{Output(), w_}});
              }),
              HasSubstr("No gradients provided for any variable: ["));
  EXPECT_THAT(ErrorOf([&] { train::GradientDescentOptimizer(0.5, {.name = ""}); }),
              StartsWith("INVALID_ARGUMENT: Must specify the optimizer name"));
}

TEST_F(GradientDescentTest, RefusesAGradientOfAnotherShape) {
  const Output grad = placeholder(float32, {3}, "grad");
  EXPECT_THAT(ErrorOf([&] {
                train::GradientDescentOptimizer(0.5).apply_gradients({{grad, w_}});
              }),
              HasSubstr("ApplyGradientDescent"));
}

TEST_F(GradientDescentTest, MakesOneGlobalStep) {
  EXPECT_FALSE(train::get_global_step().has_value());
  const Variable step = train::create_global_step();
  EXPECT_EQ(step.name(), "global_step:0");
  EXPECT_EQ(step.dtype(), int64);
  EXPECT_FALSE(step.trainable());
  EXPECT_EQ(train::get_global_step(), step);
  EXPECT_EQ(train::get_or_create_global_step(), step);
  EXPECT_THAT(ErrorOf([] { train::create_global_step(); }),
              StartsWith("INVALID_ARGUMENT: \"global_step\" already exists."));
}

TEST_F(GradientDescentTest, FindsAGlobalStepByItsName) {
  const Variable step = Variable(0, {.trainable = false, .name = "global_step", .dtype = int64});
  EXPECT_EQ(train::get_or_create_global_step(), step);
}

TEST_F(GradientDescentTest, RefusesAGlobalStepThatCannotCount) {
  const Variable step = Variable(0.0, {.name = "global_step"});
  EXPECT_THAT(ErrorOf([] { train::get_global_step(); }),
              HasSubstr("Existing \"global_step\" does not have integer type: float32"));
}

}  // namespace
}  // namespace sessile
