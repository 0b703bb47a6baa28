// A run that must leave its plan in the middle, because another one has replaced a variable's
// memory, goes on with the reference executor: also if passes have rewritten the plan.

#include <gtest/gtest.h>

#include "sessile/core/framework/errors.h"
#include "sessile/core/session/plan_cache.h"
#include "sessile/core/session/plan_executor.h"
#include "sessile/core/session/reference_executor.h"
#include "sessile/sessile.h"

namespace sessile {
namespace {

// Programs of one graph that share variables, without a session.
class Machine {
 public:
  std::shared_ptr<const Program> Build(const Graph& graph, const std::vector<Output>& feeds,
                                       const std::vector<Output>& fetches,
                                       const std::vector<Operation>& targets) {
    ProgramKey key;
    for (const Output& feed : feeds) key.feeds.push_back(feed.endpoint());
    for (const Output& fetch : fetches) key.fetches.push_back(fetch.endpoint());
    for (const Operation& target : targets) key.targets.push_back(target.node().id());
    return errors::ValueOrThrow(
        Program::Build(*graph.impl(), key, {.kernels = &builtin_kernels(), .states = &states_}));
  }
  const NodeCall::Environment& environment() const { return environment_; }
  ArenaPool* arenas() { return &arenas_; }

 private:
  SessionState states_;
  ThreadPool pool_{2};
  RunLimits limits_{nullptr, nullptr, std::nullopt};
  NodeCall::Environment environment_ = {.pool = &pool_, .limits = &limits_, .yardstick = false};
  ArenaPool arenas_;
};

// Runs a program by a plan after a variable that it updates has got other memory, and by the
// reference executor alone: `feed` goes to `x`.
void ExpectSameAfterHandOver(const Graph& graph, const Output& x, const Tensor& feed,
                             const Operation& initialize, const Operation& resize,
                             const std::vector<Output>& fetches, size_t most_steps) {
  Machine machine;
  const NodeCall::Environment& environment = machine.environment();
  const auto run = [&](const std::shared_ptr<const Program>& program,
                       std::span<const Tensor> feeds) {
    return errors::ValueOrThrow(RunProgram(*program, feeds, environment));
  };
  const auto init = machine.Build(graph, {}, {}, {initialize});
  const auto other = machine.Build(graph, {}, {}, {resize});
  const auto program = machine.Build(graph, {x}, fetches, {});
  const Tensor feeds[] = {feed};

  run(init, {});
  std::vector<Tensor> expected;
  for (const RunValue& value : run(program, feeds)) {
    expected.push_back(*TensorOf(value).Clone());
  }

  run(init, {});
  const std::vector<std::string> none;
  PlanCache plans(program, builtin_kernels(), none);
  const std::shared_ptr<const VariableContents> contents = plans.Contents();
  const std::shared_ptr<const Plan> plan = plans.Get(feeds, *contents, environment);
  ASSERT_NE(plan, nullptr);
  ASSERT_LE(plan->steps().size(), most_steps) << "no pass has changed the plan";
  // The same values in other memory.
  run(other, {});
  run(init, {});
  const RunValues values =
      errors::ValueOrThrow(RunPlan(*plan, feeds, *contents, machine.arenas(), environment));
  ASSERT_EQ(values.size(), expected.size());
  for (size_t i = 0; i < values.size(); ++i) {
    const Tensor value = TensorOf(values[i]);
    EXPECT_TRUE(SameTensor(value, expected[i]))
        << i << ": " << value.ToString() << " instead of " << expected[i].ToString();
  }
}

class HandOverTest : public ::testing::Test {
 protected:
  Graph graph_;
  DefaultGraphScope with_{graph_};
  Output x_ = placeholder(float32, {4});
  Tensor feed_ = *Tensor::FromValues<float>({4}, {1, -1, 2, 0.5});
  Variable w_ = Variable(constant({1.0f, 2.0f, 3.0f, 4.0f}), {.name = "w"});
  Operation init_ = assign(w_, constant({1.0f, 2.0f, 3.0f, 4.0f}), {.validate_shape = false}).op();
  Operation resize_ = assign(w_, constant({0.0f}), {.validate_shape = false}).op();
};

TEST_F(HandOverTest, RepeatsWhatPassesHaveMovedOrTakenAway) {
  // A chain before the update, of which one term is zero, and one around it.
  const Output chain = add_n({nn::relu(x_ * 3), zeros_like(x_)});
  const Output early = chain * 2;
  const Output updated = assign_add(w_, early);
  const auto after = control_dependencies({updated});
  const Output late = nn::relu(early - 1) + chain;
  ExpectSameAfterHandOver(graph_, x_, feed_, init_, resize_, {late, updated, early}, 5);
}

TEST_F(HandOverTest, OtherNamesOfWhatIsMadeLaterAreNotThereYet) {
  const Output y = x_ * 3;
  const Output name = identity(y);
  const Output updated = [&] {
    const auto after = control_dependencies({name});
    return assign_add(w_, x_);
  }();
  const auto after = control_dependencies({updated});
  const Output z = nn::relu(name) - 1;
  ExpectSameAfterHandOver(graph_, x_, feed_, init_, resize_, {name, z, updated}, 2);
}

}  // namespace
}  // namespace sessile
