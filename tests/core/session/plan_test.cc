// What a plan consists of, and which runs share one.

#include "sessile/core/session/plan.h"

#include "gtest/gtest.h"
#include "sessile/core/framework/errors.h"
#include "sessile/core/session/plan_cache.h"
#include "sessile/core/session/plan_executor.h"
#include "sessile/tests/session_testing.h"

namespace sessile {
namespace {

using testing::ElementsAre;

// The plans of one program, without a session.
class Planner {
 public:
  Planner(const TestGraph& g, const std::vector<Output>& feeds, const std::vector<Output>& fetches,
          const std::vector<Operation>& targets = {}) {
    ProgramKey key;
    for (const Output& feed : feeds) key.feeds.push_back(feed.endpoint());
    for (const Output& fetch : fetches) key.fetches.push_back(fetch.endpoint());
    for (const Operation& target : targets) key.targets.push_back(target.node().id());
    const KernelRegistry& kernels = SessionTestKernels();
    plans_ = std::make_unique<PlanCache>(
        errors::ValueOrThrow(
            Program::Build(*g.graph().impl(), key, {.kernels = &kernels, .states = &states_})),
        kernels, disabled_passes_);
  }

  std::shared_ptr<const Plan> Get(const std::vector<Tensor>& feeds) {
    contents_ = plans_->Contents();
    return plans_->Get(feeds, *contents_, environment_);
  }

  std::vector<Tensor> Run(const std::vector<Tensor>& feeds) {
    const std::shared_ptr<const Plan> plan = Get(feeds);
    std::vector<Tensor> values;
    for (const RunValue& value :
         errors::ValueOrThrow(RunPlan(*plan, feeds, *contents_, &arenas_, environment_))) {
      values.push_back(errors::ValueOrThrow(TensorOf(value).Clone()));
    }
    return values;
  }

 private:
  SessionState states_;
  ThreadPool pool_{2};
  RunLimits limits_{nullptr, nullptr, std::nullopt};
  NodeCall::Environment environment_ = {.pool = &pool_, .limits = &limits_, .yardstick = false};
  ArenaPool arenas_;
  const std::vector<std::string> disabled_passes_;
  std::unique_ptr<PlanCache> plans_;
  std::shared_ptr<const VariableContents> contents_;
};

std::vector<std::string> StepsOf(const Plan& plan) {
  std::vector<std::string> names;
  for (const PlanStep& step : plan.steps()) names.push_back(step.step->node->name());
  return names;
}

Tensor Vector(int64_t size) {
  return Floats({size}, std::vector<float>(static_cast<size_t>(size)));
}

TEST(PlanTest, KeepsOnlyTheTakenSideOfASwitch) {
  TestGraph g;
  const Output x = g.Placeholder("x", float32);
  const Output pred = g.Placeholder("pred", DataType::kBool);
  const Output known = g.Op("Identity", "known", {pred});
  const Operation sides = g.AddOp("Switch", "switch", {x, known});
  const Output on_false = g.Op("Add", "on_false", {Output(sides, 0), Output(sides, 0)});
  const Output on_true = g.Op("Neg", "on_true", {Output(sides, 1)});
  const Output merge = g.Op("Merge", "merge", {on_false, on_true});
  Planner planner(g, {x, pred}, {merge});
  const Tensor value = Floats({2}, {1, 2});
  EXPECT_THAT(StepsOf(*planner.Get({value, Tensor::Scalar(true)})), ElementsAre("on_true"));
  EXPECT_THAT(StepsOf(*planner.Get({value, Tensor::Scalar(false)})), ElementsAre("on_false"));
  EXPECT_THAT(planner.Run({value, Tensor::Scalar(true)})[0], HasFloats({-1, -2}));
  EXPECT_THAT(planner.Run({value, Tensor::Scalar(false)})[0], HasFloats({2, 4}));
}

TEST(PlanTest, ComputesOnceWhatFollowsFromConstants) {
  TestGraph g;
  const Output x = g.Placeholder("x", float32);
  const Output c = g.Op("Neg", "c", {g.Const("one", 1.0f)});
  const Output y = g.Op("Add", "y", {x, c});
  Planner planner(g, {x}, {y, c});
  const auto plan = planner.Get({Vector(3)});
  EXPECT_THAT(StepsOf(*plan), ElementsAre("y"));
  std::vector<Tensor> first = planner.Run({Floats({1}, {5})});
  EXPECT_THAT(first[0], HasFloats({4}));
  EXPECT_THAT(first[1], HasFloats({-1}));
}

TEST(PlanTest, AChainComputesInPlace) {
  TestGraph g;
  const Output x = g.Placeholder("x", float32);
  Output y = x;
  for (int i = 0; i < 10; ++i) y = g.Op("Neg", "n" + std::to_string(i), {y});
  const Output sum = g.Op("Sum", "sum", {y});
  Planner planner(g, {x}, {sum});
  EXPECT_LE(planner.Get({Vector(1000)})->arena_bytes(), 1000u * 4 + 1024);
}

TEST(PlanTest, AFetchedValueIsNotInTheArena) {
  TestGraph g;
  const Output x = g.Placeholder("x", float32);
  const Output y = g.Op("Neg", "y", {x});
  Planner planner(g, {x}, {y});
  const auto plan = planner.Get({Vector(1000)});
  EXPECT_EQ(plan->arena_bytes(), 0u);
  EXPECT_EQ(plan->owned().size(), 1u);
}

TEST(PlanTest, LeavesWhatDependsOnDataToTheOtherExecutor) {
  TestGraph g;
  const Output x = g.Placeholder("x", float32);
  const Output a = g.Op("Neg", "a", {x});
  const Output few = g.Op("Positive", "few", {a});
  const Output b = g.Op("Neg", "b", {few});
  const Output c = g.Op("Neg", "c", {a});
  Planner planner(g, {x}, {b, c});
  const Tensor value = Floats({3}, {1, -2, -3});
  const auto plan = planner.Get({value});
  EXPECT_FALSE(plan->is_complete());
  EXPECT_THAT(StepsOf(*plan), ElementsAre("a", "c"));
  const std::vector<Tensor> values = planner.Run({value});
  EXPECT_THAT(values[0], HasFloats({-2, -3}));
  EXPECT_THAT(values[1], HasFloats({1, -2, -3}));
}

TEST(PlanTest, WhatUpdatesAVariableAfterADeferredReadWaits) {
  TestGraph g;
  const Output w = g.Variable("w");
  const Output x = g.Placeholder("x", float32);
  const Operation init = g.AddOp("Assign", "init", {w, x});
  const Output few = g.Op("Positive", "few", {x});
  const Output reads = g.Op("Add", "reads", {few, w});
  const Operation update = g.AddOp("AssignAdd", "update", {w, x});
  Session sess = g.NewSession();
  const std::vector<float> ones = {1, 1};
  sess.run(init, {{x, ones}});
  const std::vector<Tensor> values = sess.run(std::vector<Fetch>{reads, update, w}, {{x, ones}});
  EXPECT_THAT(values[0], HasFloats({2, 2}));
  EXPECT_THAT(values[2], HasFloats({2, 2}));
}

TEST(PlanCacheTest, TellsShapesAndValuesThatSteerApart) {
  TestGraph g;
  const Output x = g.Placeholder("x", float32);
  const Output shape = g.Placeholder("shape", int32);
  const Output y = g.Op("Reshape", "y", {g.Op("Neg", "n", {x}), shape});
  Planner planner(g, {x, shape}, {y});
  const auto dims = [](int32_t a, int32_t b) { return *Tensor::FromValues<int32_t>({2}, {a, b}); };
  const auto plan = planner.Get({Vector(6), dims(2, 3)});
  EXPECT_EQ(planner.Get({Floats({6}, {1, 2, 3, 4, 5, 6}), dims(2, 3)}), plan);
  EXPECT_NE(planner.Get({Vector(6), dims(3, 2)}), plan);
  EXPECT_NE(planner.Get({Vector(8), dims(2, 4)}), plan);
  EXPECT_EQ(planner.Get({Vector(6), dims(2, 3)}), plan);
  EXPECT_EQ(planner.Run({Vector(6), dims(3, 2)})[0].shape(), Shape({3, 2}));
}

TEST(PlanCacheTest, KeepsABoundedNumberOfPlans) {
  TestGraph g;
  const Output x = g.Placeholder("x", float32);
  const Output y = g.Op("Neg", "y", {x});
  Planner planner(g, {x}, {y});
  const std::weak_ptr<const Plan> first = planner.Get({Vector(1)});
  for (size_t i = 2; i <= PlanCache::kMaxPlans; ++i) {
    planner.Get({Vector(static_cast<int64_t>(i))});
  }
  EXPECT_FALSE(first.expired());
  planner.Get({Vector(100)});
  EXPECT_TRUE(first.expired());
}

TEST(PlanCacheTest, AStepThatIsBoundToFailIsNotPlanned) {
  TestGraph g;
  const Output x = g.Placeholder("x", float32);
  const Output y = g.Op("Add", "y", {x, g.Const("c", Vector(2))});
  Planner planner(g, {x}, {y});
  EXPECT_EQ(planner.Get({Vector(3)}), nullptr);
  EXPECT_NE(planner.Get({Vector(2)}), nullptr);
}

}  // namespace
}  // namespace sessile
