// Which updates run together, and which must keep their places.

#include "sessile/tests/kernels/fused/passes_testing.h"

namespace sessile {
namespace {

class FlatUpdatesTest : public PassesTest {
 protected:
  Variable Weights(const Shape& shape, const char* name) {
    return Variable(RandomTensor(shape, ++seed_), {.name = name});
  }
  static std::vector<Output> Reads(const std::vector<Variable>& variables) {
    std::vector<Output> reads;
    for (const Variable& variable : variables) reads.push_back(variable.read_value());
    return reads;
  }
  void ExpectPlansRepeat(const std::vector<Fetch>& fetches) {
    sessile::ExpectPlansRepeat(graph_, &init_, fetches, FeedDict(feeds_));
  }

  unsigned seed_ = 100;
};

TEST_F(FlatUpdatesTest, SmallUpdatesOfSeveralVariablesAreOneKernel) {
  const Variable a = Weights({7}, "a"), b = Weights({3, 5}, "b"), c = Weights({}, "c");
  init_ = global_variables_initializer();
  const Output x = Feed({7}), y = Feed({3, 5}), z = Feed({});
  const std::vector<Output> updates = {assign_add(a, x), assign_add(b, y), assign_add(c, z)};
  const control_dependencies after(updates);
  const std::vector<Output> reads = Reads({a, b, c});
  EXPECT_THAT(Explain({reads[0], reads[1], reads[2]}), ::testing::HasSubstr("3*AssignAdd"));
  ExpectPlansRepeat({reads[0], reads[1], reads[2]});
}

TEST_F(FlatUpdatesTest, OtherOperationsMakeOtherKernels) {
  const Variable a = Weights({7}, "a"), b = Weights({7}, "b"), c = Weights({7}, "c"),
                 d = Weights({7}, "d");
  init_ = global_variables_initializer();
  const Output x = Feed({7});
  const std::vector<Output> updates = {assign_add(a, x), assign_sub(b, x), assign_add(c, x),
                                       assign_sub(d, x)};
  const control_dependencies after(updates);
  const std::vector<Output> reads = Reads({a, b, c, d});
  const std::vector<Fetch> fetches(reads.begin(), reads.end());
  EXPECT_THAT(Explain(fetches), ::testing::AllOf(::testing::HasSubstr("2*AssignAdd"),
                                                 ::testing::HasSubstr("2*AssignSub")));
  ExpectPlansRepeat(fetches);
}

TEST_F(FlatUpdatesTest, AReaderInBetweenSeesTheFirstUpdate) {
  const Variable a = Weights({5}, "a"), b = Weights({5}, "b");
  init_ = global_variables_initializer();
  const Output x = Feed({5});
  const Output first = assign_add(a, x);
  Output seen, second;
  {
    const control_dependencies after({first});
    seen = a.read_value() * 2;
    second = assign_add(b, seen);
  }
  const control_dependencies after({second});
  const Output read = b.read_value();
  EXPECT_THAT(Explain({seen, read}), ::testing::Not(::testing::HasSubstr("2*AssignAdd")));
  ExpectPlansRepeat({seen, read});
}

TEST_F(FlatUpdatesTest, WhatAnUpdateReadsIsNotChangedBeforeIt) {
  const Variable a = Weights({5}, "a"), b = Weights({5}, "b"), c = Weights({5}, "c");
  init_ = global_variables_initializer();
  const Output x = Feed({5});
  const Output first = assign_add(a, b);
  Output changed, last;
  {
    const control_dependencies after({first});
    changed = assign_sub(b, x);
  }
  {
    const control_dependencies after({changed});
    last = assign_add(c, x);
  }
  const control_dependencies after({last});
  const std::vector<Output> reads = Reads({a, b, c});
  EXPECT_THAT(Explain({reads[0], reads[1], reads[2]}),
              ::testing::Not(::testing::HasSubstr("2*Assign")));
  ExpectPlansRepeat({reads[0], reads[1], reads[2]});
}

TEST_F(FlatUpdatesTest, UpdatesOfOneVariableFollowEachOther) {
  const Variable a = Weights({5}, "a");
  init_ = global_variables_initializer();
  const Output x = Feed({5});
  Output last = assign_add(a, x);
  for (int i = 0; i < 3; ++i) {
    const control_dependencies after({last});
    last = assign_add(a, x);
  }
  const control_dependencies after({last});
  const Output read = a.read_value();
  EXPECT_THAT(Explain({read}), ::testing::Not(::testing::HasSubstr("*AssignAdd")));
  ExpectPlansRepeat({read});
}

TEST_F(FlatUpdatesTest, LargeUpdatesAreSharedAmongThreadsAlone) {
  const Variable a = Weights({300, 1000}, "a"), b = Weights({300, 1000}, "b");
  init_ = global_variables_initializer();
  const Output x = Feed({300, 1000});
  const std::vector<Output> updates = {assign_add(a, x), assign_add(b, x)};
  EXPECT_THAT(Explain({updates[0], updates[1]}),
              ::testing::Not(::testing::HasSubstr("2*AssignAdd")));
}

TEST_F(FlatUpdatesTest, ManyVariablesMakeSeveralKernels) {
  std::vector<Variable> variables;
  for (int i = 0; i < 150; ++i) variables.push_back(Weights({3}, "w"));
  init_ = global_variables_initializer();
  const Output x = Feed({3});
  std::vector<Output> updates;
  for (const Variable& variable : variables) updates.push_back(assign_add(variable, x));
  const control_dependencies after(updates);
  const std::vector<Output> reads = Reads(variables);
  const std::vector<Fetch> fetches(reads.begin(), reads.end());
  EXPECT_THAT(Explain(fetches), ::testing::AllOf(::testing::HasSubstr("64*AssignAdd"),
                                                 ::testing::HasSubstr("22*AssignAdd")));
  ExpectPlansRepeat(fetches);
}

TEST_F(FlatUpdatesTest, OptimizersTrainAsTheyDoStepByStep) {
  for (const bool adam : {true, false}) {
    SCOPED_TRACE(adam ? "Adam" : "Momentum");
    Graph graph;
    const DefaultGraphScope with(graph);
    set_random_seed(1);
    const Output x = placeholder(float32, {8, 6}, "x");
    const Output hidden = layers::dense(x, 5, {.activation = nn::relu, .name = "hidden"});
    const Output loss = reduce_mean(square(layers::dense(hidden, 2, {.name = "out"})));
    const Operation train = adam ? train::AdamOptimizer(0.01).minimize(loss)
                                 : train::MomentumOptimizer(0.01, 0.9).minimize(loss);
    const Operation init = global_variables_initializer();
    const FeedDict feeds = {{x, RandomTensor({8, 6}, 5)}};
    Session session(graph);
    session.run(init);
    EXPECT_THAT(session.explain({train}, feeds),
                ::testing::HasSubstr(adam ? "4*ApplyAdam" : "4*ApplyMomentum"));
    const control_dependencies after({train});
    const std::vector<Output> reads = Reads(trainable_variables());
    sessile::ExpectPlansRepeat(graph, &init, std::vector<Fetch>(reads.begin(), reads.end()), feeds);
  }
}

}  // namespace
}  // namespace sessile
