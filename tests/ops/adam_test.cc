#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "sessile/core/framework/errors.h"
#include "sessile/core/graph/scope.h"
#include "sessile/ops/collections.h"
#include "sessile/ops/constant.h"
#include "sessile/ops/initializers.h"
#include "sessile/ops/math.h"
#include "sessile/ops/op_builder.h"
#include "sessile/ops/train.h"
#include "sessile/ops/variable_scope.h"
#include "sessile/tests/graph_listing.h"

namespace sessile {
namespace {

using ::testing::ElementsAre;

// A graph of its own; Vars() makes the variables of the golden graphs.
class AdamTest : public ::testing::Test {
 protected:
  void ExpectCase(const std::string& name) { ExpectListing("grads_optimizers.txt", name, graph_); }
  static std::pair<Variable, Variable> Vars() {
    const Variable w = Variable({{1.0, 2.0}}, {.name = "w"});
    const Variable b = Variable(3.0, {.name = "b", .dtype = float64});
    return {w, b};
  }

  Graph graph_;
  DefaultGraphScope with_ = graph_.as_default();
};

TEST_F(AdamTest, EqualsTensorFlow) {
  const auto [w, b] = Vars();
  EXPECT_EQ(train::AdamOptimizer(0.01).minimize(exp(w)).name(), "Adam");
  ExpectCase("adam");
}

TEST_F(AdamTest, CastsItsNumbersToEachVariable) {
  const auto [w, b] = Vars();
  const Output rate = placeholder(float32, Shape(), "lr");
  train::AdamOptimizer opt(rate,
                           {.beta1 = 0.5, .beta2 = 0.75, .epsilon = 0.125, .use_locking = true});
  auto pairs = opt.compute_gradients(exp(w), {.var_list = {{w}}});
  pairs.push_back({ones(Shape(), float64), b});
  opt.apply_gradients(pairs, {.name = "both"});
  ExpectCase("adam_of_two_types");
}

TEST_F(AdamTest, KeepsItsSlots) {
  const auto [w, b] = Vars();
  train::AdamOptimizer opt(0.01);
  opt.minimize(exp(w));
  opt.minimize(negative(w));
  ExpectCase("adam_twice");
}

TEST_F(AdamTest, TwoOptimizersHaveSlotsOfTheirOwn) {
  const auto [w, b] = Vars();
  train::AdamOptimizer(0.01).minimize(exp(w));
  train::AdamOptimizer(0.01).minimize(exp(w));
  ExpectCase("two_adams");
}

TEST_F(AdamTest, StandsInScopes) {
  Variable w;
  {
    const variable_scope net("net");
    w = get_variable("w", {2}, {.initializer = zeros_initializer()});
  }
  const name_scope train("train");
  train::AdamOptimizer(0.01).minimize(exp(w));
  ExpectCase("adam_in_scope");
}

TEST_F(AdamTest, FillsALargeSlot) {
  const Variable w = get_variable("w", {50, 60}, {.initializer = zeros_initializer()});
  train::AdamOptimizer().minimize(exp(w));
  ExpectCase("adam_of_a_large_variable");
}

TEST_F(AdamTest, MakesItsVariablesOutsideOfDependencies) {
  const auto [w, b] = Vars();
  const Operation before = OpBuilder("NoOp", "before").BuildOperation();
  const control_dependencies after({before});
  train::AdamOptimizer(0.01).minimize(exp(w));
  ExpectCase("adam_under_dependencies");
}

TEST_F(AdamTest, ShowsItsVariables) {
  const auto [w, b] = Vars();
  train::AdamOptimizer opt(0.01);
  opt.minimize(exp(w));
  EXPECT_THAT(opt.get_slot_names(), ElementsAre("m", "v"));
  EXPECT_EQ(opt.get_slot(w, "m").name(), "w/Adam:0");
  EXPECT_EQ(opt.get_slot(w, "v").name(), "w/Adam_1:0");
  EXPECT_FALSE(opt.get_slot(b, "m").has_value());
  EXPECT_FALSE(opt.get_slot(w, "other").has_value());
  std::vector<std::string> names;
  for (const Variable& var : opt.variables()) names.push_back(var.name());
  EXPECT_THAT(names, ElementsAre("beta1_power:0", "beta2_power:0", "w/Adam:0", "w/Adam_1:0"));
  EXPECT_EQ(trainable_variables().size(), 2u);
  EXPECT_EQ(global_variables().size(), 6u);
}

}  // namespace
}  // namespace sessile
