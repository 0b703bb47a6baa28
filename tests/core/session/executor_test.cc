// What runs, in which order, with which values: pruning, control edges, dead tensors, loops,
// errors.

#include "gtest/gtest.h"
#include "sessile/core/framework/errors.h"
#include "sessile/core/graph/graph_impl.h"
#include "sessile/tests/sanitized.h"
#include "sessile/tests/session_testing.h"

namespace sessile {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(ExecutorTest, RunsOnlyWhatTheFetchesNeed) {
  TestGraph g;
  Probe().Reset();
  const Output x = g.Const("x", 2.0f);
  const Output y = g.Op("Neg", "y", {x});
  g.AddOp("Count", "unneeded", {}, {}, {y.op()});
  const Output unfed = g.Placeholder("unfed", float32);
  g.Op("Add", "z", {y, unfed});
  Session sess = g.NewSession();
  EXPECT_EQ(sess.run<float>(y), -2.0f);
  EXPECT_EQ(Probe().calls, 0);
}

TEST(ExecutorTest, AFeedCutsItsProducerAway) {
  TestGraph g;
  const Output unfed = g.Placeholder("unfed", float32);
  const Output y = g.Op("Neg", "y", {unfed});
  const Output z = g.Op("Neg", "z", {y});
  Session sess = g.NewSession();
  EXPECT_EQ(sess.run<float>(z, {{y, 3.0}}), -3.0f);
  EXPECT_THROW(sess.run(z), errors::InvalidArgumentError);
}

TEST(ExecutorTest, ComputesANodeOnceForAllFetches) {
  TestGraph g;
  Probe().Reset();
  const Operation count = g.AddOp("Count", "count");
  const Output a = g.Const("a", Tensor::Scalar(1.0f), {count});
  const Output b = g.Op("Neg", "b", {a});
  Session sess = g.NewSession();
  EXPECT_THAT((sess.run({a, b, a})), ElementsAre(HasFloats({1}), HasFloats({-1}), HasFloats({1})));
  EXPECT_EQ(Probe().calls, 1);
}

TEST(ExecutorTest, NodesAppendedLaterAreRunToo) {
  TestGraph g;
  const Output x = g.Const("x", 2.0f);
  Session sess = g.NewSession();
  EXPECT_EQ(sess.run<float>(x), 2.0f);
  const Output y = g.Op("Neg", "y", {x});
  EXPECT_EQ(sess.run<float>(y), -2.0f);
}

TEST(ExecutorTest, SeesAnInputThatWasReplaced) {
  TestGraph g;
  const Output a = g.Const("a", 2.0f);
  const Output b = g.Const("b", 5.0f);
  const Output y = g.Op("Neg", "y", {a});
  Session sess = g.NewSession();
  EXPECT_EQ(sess.run<float>(y), -2.0f);
  ASSERT_TRUE(g.graph().impl()->UpdateInput(y.op().mutable_node(), 0, b.endpoint()).ok());
  EXPECT_EQ(sess.run<float>(y), -5.0f);
}

TEST(ExecutorTest, ControlInputsRunFirst) {
  TestGraph g;
  const Output w = g.Variable("w");
  const Output init = g.Op("Assign", "init", {w, g.Const("one", 1.0f)});
  const Output late = g.Op("Identity", "read", {w}, {}, {init.op()});
  Session sess = g.NewSession();
  EXPECT_EQ(sess.run<float>(late), 1.0f);
}

TEST(ExecutorTest, RunsAGraphOfManyNodesInARow) {
  TestGraph g;
  Output x = g.Const("x", 1.0f);
  constexpr int kNodes = kSanitized ? 20000 : 100000;
  for (int i = 0; i < kNodes; ++i) x = g.Op("Neg", "n" + std::to_string(i), {x});
  Session sess = g.NewSession();
  EXPECT_EQ(sess.run<float>(x), 1.0f);
}

TEST(ExecutorTest, GivesOutputsWhoseShapeDependsOnData) {
  TestGraph g;
  const Output x = g.Const("x", Floats({4}, {1, -2, 3, -4}));
  const Output y = g.Op("Positive", "y", {x});
  Session sess = g.NewSession();
  EXPECT_THAT(sess.run(y), HasFloats({1, 3}));
  EXPECT_THAT(sess.run(y, {{x, std::vector<float>{-1, -1}}}), HasFloats({}));
}

TEST(ExecutorTest, PreparesAgainWhenTheValueOfAnInputChanges) {
  TestGraph g;
  Probe().Reset();
  const Output x = g.Const("x", Floats({6}, {1, 2, 3, 4, 5, 6}));
  const Output shape = g.Placeholder("shape", int32);
  const Output y = g.Op("Reshape", "y", {x, shape});
  Session sess = g.NewSession();
  EXPECT_EQ(sess.run(y, {{shape, {2, 3}}}).shape(), Shape({2, 3}));
  EXPECT_EQ(sess.run(y, {{shape, {3, 2}}}).shape(), Shape({3, 2}));
  EXPECT_EQ(sess.run(y, {{shape, {2, 3}}}).shape(), Shape({2, 3}));
  EXPECT_EQ(Probe().calls, 2);
}

TEST(ExecutorTest, AnErrorNamesTheNodeItsOpAndTheLineThatBuiltIt) {
  TestGraph g;
  const Output x = g.Const("x", Floats({2}, {1, 2}));
  const Output y = g.Const("y", Floats({3}, {1, 2, 3}));
  const Output z = g.Op("Add", "layer/z", {x, y});
  Session sess = g.NewSession();
  ExpectStatus(sess.Run({z}).status(), absl::StatusCode::kInvalidArgument,
               "Incompatible shapes: [2] vs. [3]\n\t [[{{node layer/z}}]] (Add, built at "
               "session_test.cc:7)");
}

TEST(ExecutorTest, SaysThatAnOpHasNoKernel) {
  TestGraph g;
  const Output x = g.Op("WithoutKernel", "x");
  Session sess = g.NewSession();
  ExpectStatus(sess.Run({x}).status(), absl::StatusCode::kUnimplemented,
               "No OpKernel was registered to support Op 'WithoutKernel'");
}

TEST(ExecutorTest, RefusesACycleAndNamesItsNodes) {
  TestGraph g;
  const Output x = g.Const("x", 1.0f);
  const Output a = g.Op("Neg", "a", {x});
  const Output b = g.Op("Neg", "b", {a});
  const Output c = g.Op("Neg", "c", {b});
  ASSERT_TRUE(g.graph().impl()->UpdateInput(a.op().mutable_node(), 0, b.endpoint()).ok());
  Session sess = g.NewSession();
  const absl::Status status = sess.Run({c}).status();
  ExpectStatus(status, absl::StatusCode::kInvalidArgument,
               "Graph is invalid, contains a cycle with 2 nodes, including: ");
  EXPECT_THAT(std::string(status.message()), testing::AnyOf(HasSubstr("a, b"), HasSubstr("b, a")));
}

// Switch sends `x` to one side; each side does something; Merge gives what lives.
struct Cond {
  explicit Cond(TestGraph& g) : pred(g.Placeholder("pred", DataType::kBool)) {
    const Output x = g.Const("x", 2.0f);
    sides = g.AddOp("Switch", "switch", {x, pred});
    on_false = g.Op("Identity", "on_false", {Output(sides, 0)});
    on_true = g.Op("Neg", "on_true", {Output(sides, 1)});
    merge = g.AddOp("Merge", "merge", {on_false, on_true});
  }
  Output pred, on_false, on_true;
  Operation sides, merge;
};

TEST(DeadTensorTest, OnlyTheTakenSideRuns) {
  TestGraph g;
  Probe().Reset();
  Cond cond(g);
  const Operation count = g.AddOp("Count", "count", {}, {}, {cond.on_true.op()});
  Session sess = g.NewSession();
  EXPECT_EQ(sess.run<float>(Output(cond.merge, 0), {{cond.pred, true}}), -2.0f);
  EXPECT_EQ(sess.run<float>(Output(cond.merge, 0), {{cond.pred, false}}), 2.0f);
  EXPECT_EQ(sess.run<int>(Output(cond.merge, 1), {{cond.pred, true}}), 1);
  sess.run(count, {{cond.pred, false}});
  EXPECT_EQ(Probe().calls, 0);
  sess.run(count, {{cond.pred, true}});
  EXPECT_EQ(Probe().calls, 1);
}

TEST(DeadTensorTest, CannotBeFetched) {
  TestGraph g;
  Cond cond(g);
  Session sess = g.NewSession();
  ExpectStatus(sess.Run({cond.on_true}, {{cond.pred, false}}).status(),
               absl::StatusCode::kInvalidArgument,
               absl::StrCat("Retval[0] does not have value\n\t [[{{node ", cond.on_true.op().name(),
                            "}}]] ("));
}

TEST(DeadTensorTest, PassesThroughControlTriggerButNotThroughOthers) {
  TestGraph g;
  Probe().Reset();
  Cond cond(g);
  const Operation trigger = g.AddOp("ControlTrigger", "trigger", {}, {}, {cond.on_true.op()});
  const Operation count = g.AddOp("Count", "count", {}, {}, {trigger});
  Session sess = g.NewSession();
  sess.run(count, {{cond.pred, false}});
  EXPECT_EQ(Probe().calls, 1);
}

TEST(DeadTensorTest, AMergeOfDeadInputsIsDead) {
  TestGraph g;
  Cond cond(g);
  const Output a = g.Op("Neg", "a", {cond.on_true});
  const Output merge = g.Op("Merge", "both", {a, cond.on_true});
  Session sess = g.NewSession();
  ExpectStatus(sess.Run({merge}, {{cond.pred, false}}).status(), absl::StatusCode::kInvalidArgument,
               "Retval[0] does not have value");
}

TEST(DeadTensorTest, AMergeWaitsForItsControlInputs) {
  TestGraph g;
  const Output w = g.Variable("w");
  const Output one = g.Const("one", 1.0f);
  const Operation init = g.AddOp("Assign", "init", {w, one});
  const Operation merge = g.AddOp("RefMerge", "merge", {w}, {}, {init});
  const Output read = g.Op("Identity", "read", {Output(merge, 0)});
  Session sess = g.NewSession();
  EXPECT_EQ(sess.run<float>(read), 1.0f);
}

TEST(DeadTensorTest, OfTwoLiveInputsMergeTakesTheFirst) {
  TestGraph g;
  const Output a = g.Placeholder("a", float32);
  const Output b = g.Placeholder("b", float32);
  const Output merge = g.Op("Merge", "merge", {a, b});
  Session sess = g.NewSession();
  EXPECT_EQ(sess.run<float>(merge, {{a, 1.0}, {b, 2.0}}), 1.0f);
}

TEST(DeadTensorTest, SwitchRefusesAPredicateThatIsNoScalar) {
  TestGraph g;
  Cond cond(g);
  Session sess = g.NewSession();
  ExpectStatus(sess.Run({cond.merge}, {{cond.pred, {true}}}).status(),
               absl::StatusCode::kInvalidArgument,
               "The second input must be a scalar, but it has shape [1]");
}

TEST(DeadTensorTest, ASwitchedReferenceStaysAReference) {
  TestGraph g;
  const Output w = g.Variable("w");
  const Output pred = g.Placeholder("pred", DataType::kBool);
  const Operation init = g.AddOp("Assign", "init", {w, g.Const("one", 1.0f)});
  const Operation sides = g.AddOp("RefSwitch", "switch", {w, pred});
  const Operation add = g.AddOp("AssignAdd", "add", {Output(sides, 1), g.Const("ten", 10.0f)});
  Session sess = g.NewSession();
  sess.run(init);
  sess.run(add, {{pred, false}});
  EXPECT_EQ(sess.run<float>(w), 1.0f);
  sess.run(add, {{pred, true}});
  EXPECT_EQ(sess.run<float>(w), 11.0f);
}

}  // namespace
}  // namespace sessile
