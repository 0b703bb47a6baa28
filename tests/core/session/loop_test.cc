// Frames of loops: Enter, Merge, LoopCond, Switch, NextIteration, Exit.

#include "gtest/gtest.h"
#include "sessile/core/session/session_impl.h"
#include "sessile/tests/sanitized.h"
#include "sessile/tests/session_testing.h"

namespace sessile {
namespace {

// while (i < limit) { i += step; x = -x; }, as tf.while_loop builds it.
struct Loop {
  struct Options {
    std::string frame = "loop";
    int64_t parallel_iterations = 10;
  };

  Loop(TestGraph& g, const std::string& name, Output start, Output limit, Output x,
       const Options& options) {
    const auto in = [&](const char* suffix) { return name + "/" + suffix; };
    const TestGraph::Attrs enter = {{"frame_name", options.frame},
                                    {"parallel_iterations", options.parallel_iterations}};
    TestGraph::Attrs constant = enter;
    constant.push_back({"is_constant", true});
    const Output enter_i = g.Op("Enter", in("Enter"), {start}, enter);
    const Output enter_x = g.Op("Enter", in("Enter_1"), {x}, enter);
    const Output enter_limit = g.Op("Enter", in("Enter_2"), {limit}, constant);
    const Output merge_i = g.Op("Merge", in("Merge"), {enter_i, enter_i});
    const Output merge_x = g.Op("Merge", in("Merge_1"), {enter_x, enter_x});
    const Output less = g.Op("Less", in("Less"), {merge_i, enter_limit});
    const Output cond = g.Op("LoopCond", in("LoopCond"), {less});
    const Operation switch_i = g.AddOp("Switch", in("Switch"), {merge_i, cond});
    const Operation switch_x = g.AddOp("Switch", in("Switch_1"), {merge_x, cond});
    exit_i = g.Op("Exit", in("Exit"), {Output(switch_i, 0)});
    exit_x = g.Op("Exit", in("Exit_1"), {Output(switch_x, 0)});
    body_i = g.Op("Identity", in("Identity"), {Output(switch_i, 1)});
    const Output one = g.Const(in("one"), Tensor::Scalar<int32_t>(1), {body_i.op()});
    const Output next_i = g.Op("Add", in("Add"), {body_i, one});
    body_x = g.Op("Neg", in("Neg"), {Output(switch_x, 1)});
    Close(g, merge_i, g.Op("NextIteration", in("NextIteration"), {next_i}));
    back_x = g.Op("NextIteration", in("NextIteration_1"), {body_x});
    Close(g, merge_x, back_x);
  }

  static void Close(TestGraph& g, const Output& merge, const Output& next) {
    ASSERT_TRUE(g.graph().impl()->UpdateInput(merge.op().mutable_node(), 1, next.endpoint()).ok());
  }

  Output exit_i, exit_x, body_i, body_x, back_x;
};

Output Int(TestGraph& g, const std::string& name, int32_t value) {
  return g.Const(name, Tensor::Scalar(value));
}

TEST(LoopTest, GoesAroundUntilTheConditionFails) {
  for (const int64_t parallel : {1, 2, 10}) {
    TestGraph g;
    const Output limit = g.Placeholder("limit", int32);
    Loop loop(g, "while", Int(g, "zero", 0), limit, g.Const("x", 3.0f),
              {.parallel_iterations = parallel});
    Session sess = g.NewSession();
    EXPECT_EQ(sess.run<int32_t>(loop.exit_i, {{limit, 7}}), 7);
    EXPECT_EQ(sess.run<float>(loop.exit_x, {{limit, 7}}), -3.0f);
    EXPECT_EQ(sess.run<float>(loop.exit_x, {{limit, 8}}), 3.0f);
    EXPECT_EQ(sess.run<int32_t>(loop.exit_i, {{limit, 0}}), 0);
  }
}

TEST(LoopTest, GoesAroundManyTimesInBoundedMemory) {
  constexpr int32_t kRounds = kSanitized ? 1000 : 10000;
  TestGraph g;
  const Output x = g.Const("x", Floats({25000}, std::vector<float>(25000, 1)));
  Loop loop(g, "while", Int(g, "zero", 0), Int(g, "limit", kRounds), x, {});
  Session sess = g.NewSession({.intra_op_parallelism_threads = 1});
  const size_t before = MemoryInUse();
  SetMemoryLimit(before + (size_t{4} << 20));  // all rounds together would take 100 MB or more
  const auto result = sess.Run({loop.exit_i, loop.exit_x});
  SetMemoryLimit(0);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ((*result)[0].scalar<int32_t>(), kRounds);
}

TEST(LoopTest, ALoopInALoopBeginsAgainInEachRound) {
  TestGraph g;
  // while (i < 4) { i += 1; x = -x; y = inner(x): three times -y }
  const Output x = g.Const("x", 5.0f);
  Loop outer(g, "outer", Int(g, "zero", 0), Int(g, "four", 4), x, {.frame = "outer"});
  const Output zero = g.Const("inner_zero", Tensor::Scalar<int32_t>(0), {outer.body_i.op()});
  const Output three = g.Const("inner_three", Tensor::Scalar<int32_t>(3), {outer.body_i.op()});
  Loop inner(g, "inner", zero, three, outer.body_x, {.frame = "inner"});
  // What comes around in the outer loop is what the inner one made: 4 * (1 + 3) changes of sign.
  ASSERT_TRUE(g.graph()
                  .impl()
                  ->UpdateInput(outer.back_x.op().mutable_node(), 0, inner.exit_x.endpoint())
                  .ok());
  Session sess = g.NewSession();
  EXPECT_EQ(sess.run<float>(outer.exit_x), 5.0f);
  EXPECT_EQ(sess.run<int32_t>(outer.exit_i), 4);
}

TEST(LoopTest, OnTheBranchThatWasNotTakenIsDead) {
  TestGraph g;
  const Output pred = g.Placeholder("pred", DataType::kBool);
  const Output x = g.Const("x", 5.0f);
  const Operation sides = g.AddOp("Switch", "sides", {x, pred});
  const Output zero = g.Const("zero", Tensor::Scalar<int32_t>(0));
  const Output start(g.AddOp("Switch", "start", {zero, pred}), 1);
  const Output three = Int(g, "three", 3);
  const Output limit(g.AddOp("Switch", "limit", {three, pred}), 1);
  Loop loop(g, "while", start, limit, Output(sides, 1), {});
  const Output merge = g.Op("Merge", "merge", {Output(sides, 0), loop.exit_x});
  Session sess = g.NewSession();
  EXPECT_EQ(sess.run<float>(merge, {{pred, false}}), 5.0f);
  EXPECT_EQ(sess.run<float>(merge, {{pred, true}}), -5.0f);
}

TEST(LoopTest, ATensorInALoopIsNotFetchable) {
  TestGraph g;
  Loop loop(g, "while", Int(g, "zero", 0), Int(g, "limit", 3), g.Const("x", 1.0f), {});
  Session sess = g.NewSession();
  ExpectStatus(sess.Run({loop.body_x}).status(), absl::StatusCode::kInvalidArgument,
               "Operation 'while/Neg' has been marked as not fetchable");
}

TEST(LoopTest, RefusesInputsFromDifferentLoops) {
  TestGraph g;
  const Output x = g.Const("x", 1.0f);
  const Output enter = g.Op("Enter", "enter", {x}, {{"frame_name", "a"}});
  const Output add = g.Op("Add", "add", {enter, x});
  const Output exit = g.Op("Exit", "exit", {add});
  Session sess = g.NewSession();
  ExpectStatus(sess.Run({exit}).status(), absl::StatusCode::kInvalidArgument,
               "add has inputs from different frames. The input ");
}

TEST(LoopTest, RefusesAnExitOutsideOfALoop) {
  TestGraph g;
  const Output exit = g.Op("Exit", "exit", {g.Const("x", 1.0f)});
  Session sess = g.NewSession();
  ExpectStatus(sess.Run({exit}).status(), absl::StatusCode::kInvalidArgument,
               "Exit 'exit' is in no loop");
}

TEST(LoopTest, AnEndlessLoopTimesOut) {
  TestGraph g;
  const Output limit = g.Placeholder("limit", int32);
  const Output zero = Int(g, "zero", 0);
  Loop loop(g, "while", zero, limit, g.Const("x", 1.0f), {});
  // i stays what it is.
  const Operation next = g.graph().get_operation_by_name("while/NextIteration");
  ASSERT_TRUE(g.graph().impl()->UpdateInput(next.mutable_node(), 0, loop.body_i.endpoint()).ok());
  Session sess = g.NewSession();
  ExpectStatus(sess.Run({loop.exit_x}, {{limit, 3}}, {.timeout_in_ms = 20}).status(),
               absl::StatusCode::kDeadlineExceeded, "Timed out waiting for notification");
}

}  // namespace
}  // namespace sessile
