// What cond, its gradients and the optimizers compute, by the session.

#include <cmath>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "sessile/core/graph/scope.h"
#include "sessile/core/session/session.h"
#include "sessile/ops/collections.h"
#include "sessile/ops/constant.h"
#include "sessile/ops/control_flow.h"
#include "sessile/ops/gradients.h"
#include "sessile/ops/grouping.h"
#include "sessile/ops/math.h"
#include "sessile/ops/op_builder.h"
#include "sessile/ops/state.h"
#include "sessile/ops/train.h"
#include "sessile/tests/op_testing.h"

namespace sessile {
namespace {

using ::testing::ElementsAre;
using ::testing::FloatEq;
using Floats = std::vector<float>;

class CondValuesTest : public ::testing::Test {
 protected:
  Graph graph_;
  DefaultGraphScope with_ = graph_.as_default();
  Output p_ = placeholder(bool_, Shape(), "p");
  Output x_ = placeholder(float32, {None}, "x");
  Output y_ = placeholder(float32, {None}, "y");
};

TEST_F(CondValuesTest, GivesTheValueOfTheBranchTaken) {
  const Output z = cond(
      p_, [&] { return negative(x_); }, [&] { return square(x_); });
  Session sess(graph_);
  EXPECT_THAT(sess.run<Floats>(z, {{p_, true}, {x_, {2.0, 3.0}}}), ElementsAre(-2, -3));
  EXPECT_THAT(sess.run<Floats>(z, {{p_, false}, {x_, {2.0, 3.0}}}), ElementsAre(4, 9));
}

TEST_F(CondValuesTest, GivesTheValueOfNestedBranches) {
  const Output q = placeholder(bool_, Shape(), "q");
  const auto inner = [&] {
    return cond(
        q, [&] { return negative(x_); }, [&] { return x_; });
  };
  const Output z = cond(p_, inner, [&] { return square(x_); });
  Session sess(graph_);
  EXPECT_THAT(sess.run<Floats>(z, {{p_, true}, {q, true}, {x_, {2.0}}}), ElementsAre(-2));
  EXPECT_THAT(sess.run<Floats>(z, {{p_, true}, {q, false}, {x_, {2.0}}}), ElementsAre(2));
  EXPECT_THAT(sess.run<Floats>(z, {{p_, false}, {q, true}, {x_, {2.0}}}), ElementsAre(4));
}

TEST_F(CondValuesTest, DoesNothingOfTheOtherBranch) {
  const Variable count = Variable(1.0, {.name = "count"});
  const auto set = [&] {
    const Output set_to_five = assign(count, 5.0);
    const control_dependencies after({set_to_five});
    return constant(1.0);
  };
  const Output z = cond(p_, set, [] { return 2.0; });
  Session sess(graph_);
  sess.run(global_variables_initializer());
  EXPECT_EQ(sess.run<float>(z, {{p_, false}}), 2);
  EXPECT_EQ(sess.run<float>(count), 1);
  EXPECT_EQ(sess.run<float>(z, {{p_, true}}), 1);
  EXPECT_EQ(sess.run<float>(count), 5);
}

TEST_F(CondValuesTest, RunsAnOperationOfTheBranchTaken) {
  const Variable count = Variable(1.0, {.name = "count"});
  const Output done = cond(
      p_, [&] { return assign_add(count, 1.0).op(); }, [] { return no_op(); });
  Session sess(graph_);
  sess.run(global_variables_initializer());
  EXPECT_FALSE(sess.run<bool>(done, {{p_, false}}));
  EXPECT_EQ(sess.run<float>(count), 1);
  EXPECT_TRUE(sess.run<bool>(done, {{p_, true}}));
  EXPECT_EQ(sess.run<float>(count), 2);
}

TEST_F(CondValuesTest, GradientIsThatOfTheBranchTaken) {
  const auto if_true = [&] { return exp(x_); };
  const Output z = cond(p_, if_true, [&] { return negative(y_); });
  const std::vector<Output> grads = gradients(square(z), {x_, y_});
  Session sess(graph_);
  const float e = std::exp(0.5f);
  auto [dx, dy] =
      sess.run<Floats, Floats>({grads[0], grads[1]}, {{p_, true}, {x_, {0.5}}, {y_, {2.0, 3.0}}});
  EXPECT_THAT(dx, ElementsAre(FloatEq(2 * e * e)));
  EXPECT_THAT(dy, ElementsAre(0, 0));
  std::tie(dx, dy) =
      sess.run<Floats, Floats>({grads[0], grads[1]}, {{p_, false}, {x_, {0.5}}, {y_, {2.0, 3.0}}});
  EXPECT_THAT(dx, ElementsAre(0));
  EXPECT_THAT(dy, ElementsAre(4, 6));
}

TEST(CondGradientTest, MatchesDifferences) {
  for (const bool taken : {true, false}) {
    const auto branches = [taken](Output x, Output y) {
      return cond(
          constant(taken), [&] { return multiply(x, y); }, [&] { return exp(y); });
    };
    ExpectGradient(branches, {{2, 3}, {2, 3}});
  }
}

TEST_F(CondValuesTest, GradientOfASharedInputIsThatOfTheBranchTaken) {
  const Output z = cond(
      p_, [&] { return square(x_); }, [&] { return negative(x_); });
  const Output grad = gradients(z, x_)[0];
  Session sess(graph_);
  EXPECT_THAT(sess.run<Floats>(grad, {{p_, true}, {x_, {3.0}}}), ElementsAre(6));
  EXPECT_THAT(sess.run<Floats>(grad, {{p_, false}, {x_, {3.0}}}), ElementsAre(-1));
}

TEST_F(CondValuesTest, GradientGoesThroughNestedConds) {
  const Output q = placeholder(bool_, Shape(), "q");
  const auto inner = [&] {
    return cond(
        q, [&] { return square(x_); }, [&] { return negative(x_); });
  };
  const Output z = cond(p_, inner, [&] { return exp(x_); });
  const Output grad = gradients(z, x_)[0];
  Session sess(graph_);
  const auto at = [&](bool p, bool q_value) {
    return sess.run<Floats>(grad, {{p_, p}, {q, q_value}, {x_, {3.0}}}).at(0);
  };
  EXPECT_EQ(at(true, true), 6);
  EXPECT_EQ(at(true, false), -1);
  EXPECT_FLOAT_EQ(at(false, true), std::exp(3.0f));
  EXPECT_FLOAT_EQ(at(false, false), std::exp(3.0f));
}

TEST(OptimizerValuesTest, GradientDescentGoesDownhill) {
  const Graph graph;
  const DefaultGraphScope with = graph.as_default();
  const Variable w = Variable({1.0, -2.0}, {.name = "w"});
  const Variable step = train::create_global_step();
  const Operation train =
      train::GradientDescentOptimizer(0.25).minimize(square(w), {.global_step = step});
  Session sess(graph);
  sess.run(global_variables_initializer());
  sess.run(train);
  EXPECT_THAT(sess.run<Floats>(w), ElementsAre(0.5, -1));
  sess.run(train);
  EXPECT_THAT(sess.run<Floats>(w), ElementsAre(0.25, -0.5));
  EXPECT_EQ(sess.run<int64_t>(step), 2);
}

TEST(OptimizerValuesTest, AdamFollowsItsFormula) {
  const Graph graph;
  const DefaultGraphScope with = graph.as_default();
  const Variable w = Variable(1.0, {.name = "w", .dtype = float64});
  const Operation train = train::AdamOptimizer(0.1).minimize(square(w));
  Session sess(graph);
  sess.run(global_variables_initializer());
  // The optimizer keeps its numbers as float32.
  const double rate = 0.1f, beta1 = 0.9f, beta2 = 0.999f, epsilon = 1e-8f;
  double expected = 1, m = 0, v = 0;
  for (int t = 1; t <= 5; ++t) {
    const double grad = 2 * expected;
    m = beta1 * m + (1 - beta1) * grad;
    v = beta2 * v + (1 - beta2) * grad * grad;
    const double corrected = rate * std::sqrt(1 - std::pow(beta2, t)) / (1 - std::pow(beta1, t));
    expected -= corrected * m / (std::sqrt(v) + epsilon);
    sess.run(train);
    EXPECT_NEAR(sess.run<double>(w), expected, 1e-5) << "step " << t;
  }
}

}  // namespace
}  // namespace sessile
