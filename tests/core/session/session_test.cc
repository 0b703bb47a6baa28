// The session as its users see it: feeds, fetches, their errors, close, timeouts, default sessions.

#include "sessile/core/session/session.h"

#include <chrono>
#include <thread>

#include "gtest/gtest.h"
#include "sessile/core/framework/errors.h"
#include "sessile/core/graph/scope.h"
#include "sessile/tests/session_testing.h"

namespace sessile {
namespace {

using testing::ElementsAre;

template <typename Error, typename F>
void ExpectThrows(F f, const std::string& text) {
  try {
    f();
    ADD_FAILURE() << "nothing was thrown; expected: " << text;
  } catch (const Error& error) {
    EXPECT_THAT(error.message(), testing::HasSubstr(text));
  }
}

class SessionTest : public testing::Test {
 protected:
  SessionTest() { Probe().Reset(); }

  TestGraph g_;
  Output x_ = g_.Placeholder("x", float32, Shape({None, 2}));
  Output y_ = g_.Op("Neg", "y", {x_});
  Operation op_ = g_.AddOp("Count", "op");
};

TEST_F(SessionTest, FetchesTensorsOperationsNamesAndLists) {
  Session sess = g_.NewSession();
  const FeedDict feeds = {{x_, {{1, 2}}}};
  sess.run(op_);
  EXPECT_THAT(sess.run(y_, feeds), HasFloats({-1, -2}));
  EXPECT_THAT(sess.run("y:0", {{"x:0", {{1, 2}}}}), HasFloats({-1, -2}));
  EXPECT_FALSE(sess.run("op").has_value());
  const std::vector<Tensor> values = sess.run({op_, y_, x_}, feeds);
  ASSERT_EQ(values.size(), 3u);
  EXPECT_FALSE(values[0].has_value());
  EXPECT_THAT(values[1], HasFloats({-1, -2}));
  EXPECT_THAT(values[2], HasFloats({1, 2}));
  EXPECT_EQ(sess.run(std::vector<Output>{y_, y_}, feeds).size(), 2u);
  EXPECT_EQ(sess.run(std::vector<Operation>{op_}).size(), 1u);
  EXPECT_EQ(Probe().calls, 4);
}

TEST_F(SessionTest, GivesEachFetchMemoryOfItsOwn) {
  Session sess = g_.NewSession();
  std::vector<Tensor> values = sess.run(std::vector<Output>{y_, y_}, {{x_, {{1, 2}}}});
  values[0].mutable_flat<float>()[0] = 50;
  EXPECT_THAT(values[1], HasFloats({-1, -2}));
}

TEST_F(SessionTest, TakesATargetAndAGraph) {
  Session session("", g_.graph(),
                  {.log_device_placement = true, .gpu_options = {.allow_growth = true}});
  EXPECT_EQ(session.graph().impl(), g_.graph().impl());
  EXPECT_EQ(*session.graph_def().SerializeToString(),
            *g_.graph().as_graph_def().SerializeToString());
  EXPECT_THROW(Session("grpc://far:2222", g_.graph()), errors::NotFoundError);
}

TEST_F(SessionTest, AListOfOneIsAList) {
  Session sess = g_.NewSession();
  static_assert(std::is_same_v<decltype(sess.run({y_})), std::vector<Tensor>>);
  static_assert(std::is_same_v<decltype(sess.run({y_, op_})), std::vector<Tensor>>);
  static_assert(std::is_same_v<decltype(sess.run(y_)), Tensor>);
  static_assert(std::is_same_v<decltype(sess.run(op_)), void>);
  EXPECT_THAT(sess.run({y_}, {{x_, {{1, 2}}}}), ElementsAre(HasFloats({-1, -2})));
}

TEST_F(SessionTest, GivesValuesAsCppTypes) {
  const Output a = g_.Const("a", 2.0f);
  const Output b = g_.Const("b", Tensor::Scalar<int32_t>(3));
  Session sess = g_.NewSession();
  EXPECT_EQ(sess.run<float>(a), 2.0f);
  const auto [first, second] = sess.run<float, int32_t>({a, b});
  EXPECT_EQ(first, 2.0f);
  EXPECT_EQ(second, 3);
  const auto [all, tensor, third] =
      sess.run<std::vector<float>, Tensor, int>({y_, a, b}, {{x_, {{1, 2}}}});
  EXPECT_THAT(all, ElementsAre(-1, -2));
  EXPECT_THAT(tensor, HasFloats({2}));
  EXPECT_EQ(third, 3);
  ExpectThrows<errors::InvalidArgumentError>([&] { sess.run<double>(a); },
                                             "A tensor of type float was read as double");
  ExpectThrows<errors::InvalidArgumentError>(
      [&] {
        sess.run<float, float>({a, a.op()});
      },
      "A tensor without value was read as float");
  ExpectThrows<errors::InvalidArgumentError>(
      [&] {
        sess.run<float>(y_, {{x_, {{1, 2}}}});
      },
      "was read as a scalar");
}

TEST_F(SessionTest, RunReturnsErrorsInsteadOfThrowing) {
  Session sess = g_.NewSession();
  EXPECT_EQ(sess.Run({y_}).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(sess.Run({y_}, {{x_, {{1, 2}}}}).ok());
}

TEST_F(SessionTest, NothingToFetchGivesNothing) {
  Session sess = g_.NewSession();
  EXPECT_TRUE(sess.run(std::vector<Output>()).empty());
}

TEST_F(SessionTest, RefusesAFeedOfAnotherShape) {
  Session sess = g_.NewSession();
  ExpectThrows<errors::InvalidArgumentError>(
      [&] {
        sess.run(y_, {{x_, *Tensor::Zeros(float32, {64, 64, 3})}});
      },
      "Cannot feed value of shape (64, 64, 3) for Tensor 'x:0', which has shape '(?, 2)'");
  ExpectThrows<errors::InvalidArgumentError>(
      [&] {
        sess.run(y_, {{x_, 1}});
      },
      "Cannot feed value of shape () for Tensor 'x:0', which has shape '(?, 2)'");
}

TEST_F(SessionTest, RefusesATensorOfAnotherType) {
  Session sess = g_.NewSession();
  ExpectThrows<errors::InvalidArgumentError>(
      [&] {
        sess.run(y_, {{x_, *Tensor::Zeros(int32, {1, 2})}});
      },
      "Expects arg[0] to be float but int32 is provided (it feeds Tensor 'x:0')\n"
      "\t [[{{node x}}]] (Placeholder");
}

TEST_F(SessionTest, RefusesAValueThatCannotBeConvertedAndNamesThePlace) {
  Session sess = g_.NewSession();
  ExpectThrows<errors::InvalidArgumentError>(
      [&] {
        sess.run(y_, {{x_, {{1, 2}, {3}}}});
      },
      "(It is fed to Tensor 'x:0'.)");
}

TEST_F(SessionTest, RefusesAnUnfedPlaceholder) {
  Session sess = g_.NewSession();
  ExpectThrows<errors::InvalidArgumentError>(
      [&] { sess.run(y_); }, "You must feed a value for placeholder tensor 'x' with dtype float");
}

TEST_F(SessionTest, RefusesTwoFeedsOfOneTensor) {
  Session sess = g_.NewSession();
  ExpectThrows<errors::InvalidArgumentError>(
      [&] {
        sess.run(y_, {{x_, {{1, 2}}}, {"x:0", {{1, 2}}}});
      },
      "Endpoint \"x:0\" fed more than once.\n\t [[{{node x}}]] (Placeholder");
}

TEST_F(SessionTest, RefusesFeedsOfWhatIsNotInTheGraph) {
  TestGraph other;
  const Output z = other.Placeholder("z", float32, Shape({None, 10}));
  Session sess = g_.NewSession();
  ExpectThrows<errors::InvalidArgumentError>(
      [&] {
        sess.run(y_, {{z, 1}});
      },
      "Cannot interpret feed_dict key as Tensor: Tensor Tensor(\"z:0\", shape=(?, 10), "
      "dtype=float32) is not an element of this graph.");
  ExpectThrows<errors::InvalidArgumentError>(
      [&] {
        sess.run(y_, {{"q:0", 1}});
      },
      "Cannot interpret feed_dict key as Tensor: The name 'q:0' refers to a Tensor which does not "
      "exist. The operation, 'q', does not exist in the graph.");
  ExpectThrows<errors::InvalidArgumentError>(
      [&] {
        sess.run(y_, {{"x:1", 1}});
      },
      "The operation, 'x', exists but only has 1 outputs.");
  ExpectThrows<errors::InvalidArgumentError>(
      [&] {
        sess.run(y_, {{"x", 1}});
      },
      "Tensor names must be of the form \"<op_name>:<output_index>\".");
  ExpectThrows<errors::InvalidArgumentError>(
      [&] {
        sess.run(y_, {{Output(), 1}});
      },
      "it is an empty tf::Output");
}

TEST_F(SessionTest, RefusesFetchesOfWhatIsNotInTheGraph) {
  TestGraph other;
  const Output z = other.Placeholder("z", float32);
  const Operation there = other.AddOp("Count", "there");
  Session sess = g_.NewSession();
  ExpectThrows<errors::InvalidArgumentError>(
      [&] { sess.run(z); },
      "cannot be interpreted as a Tensor. (Tensor Tensor(\"z:0\", shape=<unknown>, dtype=float32) "
      "is not an element of this graph.)");
  ExpectThrows<errors::InvalidArgumentError>([&] { sess.run(there); },
                                             "Operation 'there' is not an element of this graph.");
  ExpectThrows<errors::InvalidArgumentError>(
      [&] { sess.run("q"); }, "The name 'q' refers to an Operation not in the graph.");
  ExpectThrows<errors::InvalidArgumentError>([&] { sess.run(Output()); },
                                             "it is an empty tf::Output");
  ExpectThrows<errors::InvalidArgumentError>([&] { sess.run(Operation()); },
                                             "it is an empty tf::Operation");
}

TEST_F(SessionTest, RefusesAnEmptyGraph) {
  TestGraph empty;
  Session sess = empty.NewSession();
  ExpectThrows<errors::FailedPreconditionError>(
      [&] { sess.run(std::vector<Output>()); },
      "The Session graph is empty.  Add operations to the graph before calling run().");
}

TEST_F(SessionTest, RefusesToRunAfterClose) {
  Session sess = g_.NewSession();
  sess.close();
  sess.close();
  ExpectThrows<errors::FailedPreconditionError>([&] { sess.run(op_); },
                                                "Attempted to use a closed Session.");
  Session moved = g_.NewSession();
  Session target = std::move(moved);
  target.run(op_);
  ExpectThrows<errors::FailedPreconditionError>([&] { moved.run(op_); },
                                                "Attempted to use a closed Session.");
}

TEST_F(SessionTest, RefusesAGraphWhoseScopesEndedOutOfOrder) {
  auto outer = std::make_unique<name_scope>("outer", g_.graph().impl());
  auto inner = std::make_unique<name_scope>("inner", g_.graph().impl());
  outer.reset();
  inner.reset();
  Session sess = g_.NewSession();
  ExpectThrows<errors::InternalError>([&] { sess.run(op_); }, "destroyed out of order");
  sess.run(op_);
}

TEST_F(SessionTest, RefusesNumbersThatAConfigDoesNotTake) {
  const auto session = [&](const ConfigProto& config) { g_.NewSession(config); };
  ExpectThrows<errors::InvalidArgumentError>(
      [&] { session({.intra_op_parallelism_threads = -1}); },
      "ConfigProto: intra_op_parallelism_threads must be from 0 to 4096, got -1");
  ExpectThrows<errors::InvalidArgumentError>(
      [&] { session({.intra_op_parallelism_threads = 4097}); }, "from 0 to 4096, got 4097");
  ExpectThrows<errors::InvalidArgumentError>(
      [&] { session({.optimizer_level = 7}); },
      "ConfigProto: optimizer_level must be from 0 to 1, got 7");
}

TEST_F(SessionTest, TimesOut) {
  const Operation gate = g_.AddOp("Gate", "gate");
  const Operation after = g_.AddOp("Count", "after", {}, {}, {gate});
  Session sess = g_.NewSession();
  ExpectThrows<errors::DeadlineExceededError>([&] { sess.run(after, {}, {.timeout_in_ms = 5}); },
                                              "Timed out waiting for notification");
  Session limited = g_.NewSession({.operation_timeout_in_ms = 5});
  EXPECT_THROW(limited.run(after), errors::DeadlineExceededError);
  Probe().gate_open = true;
  sess.run(after, {}, {.timeout_in_ms = 10000});
  EXPECT_EQ(Probe().calls, 1);
}

TEST_F(SessionTest, CanBeCancelled) {
  const Operation gate = g_.AddOp("Gate", "gate");
  Session sess = g_.NewSession();
  const auto token = std::make_shared<CancellationToken>();
  std::thread other([&] {
    while (Probe().in_gate == 0) std::this_thread::yield();
    token->Cancel();
  });
  ExpectThrows<errors::CancelledError>([&] { sess.run(gate, {}, {.cancellation = token}); },
                                       "Run call was cancelled");
  other.join();
  Probe().gate_open = true;
  sess.run(gate);
}

TEST_F(SessionTest, CloseEndsWhatRunsAndWaitsForIt) {
  const Operation gate = g_.AddOp("Gate", "gate");
  Session sess = g_.NewSession();
  std::thread other([&] {
    ExpectStatus(sess.Run({gate}).status(), absl::StatusCode::kCancelled, "Run call was cancelled");
  });
  while (Probe().in_gate == 0) std::this_thread::yield();
  sess.close();
  EXPECT_EQ(Probe().in_gate, 0);
  other.join();
}

TEST_F(SessionTest, TheDestructorClosesAndWaits) {
  const Operation gate = g_.AddOp("Gate", "gate");
  auto sess = std::make_unique<Session>(g_.NewSession());
  Session* const raw = sess.get();
  std::thread other(
      [&] { EXPECT_EQ(raw->Run({gate}).status().code(), absl::StatusCode::kCancelled); });
  while (Probe().in_gate == 0) std::this_thread::yield();
  sess.reset();
  EXPECT_EQ(Probe().in_gate, 0);
  other.join();
}

TEST_F(SessionTest, ManyThreadsBuildAndRunAtOnce) {
  Session sess = g_.NewSession({.intra_op_parallelism_threads = 2});
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      Output y = y_;
      for (int i = 0; i < 30; ++i) {
        y = g_.Op("Neg", "t" + std::to_string(t) + "_" + std::to_string(i), {y});
        const float sign = i % 2 == 0 ? 1.0f : -1.0f;
        EXPECT_THAT(sess.run(y, {{x_, {{1, 2}}}}), HasFloats({sign, 2 * sign}));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST_F(SessionTest, TheYardstickCarriesFloatsAsDoubles) {
  const Output sum = g_.Op("Sum", "sum", {y_});
  Session sess = g_.NewSession({.yardstick = true});
  EXPECT_EQ(sess.run<double>(sum, {{x_, {{1e8, 1}, {-1e8, 1}}}}), -2.0);
}

TEST_F(SessionTest, TheDefaultSessionServesEvalAndRun) {
  const char kNone[] = "No default session is registered";
  ExpectThrows<errors::InvalidArgumentError>([&] { y_.eval(); }, kNone);
  ExpectThrows<errors::InvalidArgumentError>([&] { op_.run(); }, kNone);
  EXPECT_FALSE(get_default_session().has_value());
  Session sess = g_.NewSession();
  {
    auto with = sess.as_default();
    EXPECT_THAT(y_.eval({{x_, {{1, 2}}}}), HasFloats({-1, -2}));
    op_.run();
    EXPECT_EQ(get_default_session().impl(), sess.impl());
    TestGraph other;
    const Output z = other.Const("z", 1.0f);
    ExpectThrows<errors::InvalidArgumentError>(
        [&] { z.eval(); }, "the tensor's graph is different from the session's graph");
    std::thread([] { EXPECT_FALSE(get_default_session().has_value()); }).join();
  }
  EXPECT_FALSE(get_default_session().has_value());
  sess.run(op_);  // the handles that get_default_session gave did not close it
}

TEST_F(SessionTest, AnInteractiveSessionIsTheDefaultOne) {
  const Output a = g_.Const("a", 2.0f);
  {
    InteractiveSession sess(g_.graph(), {.kernels = &SessionTestKernels()});
    EXPECT_EQ(a.eval().scalar<float>(), 2.0f);
  }
  EXPECT_FALSE(get_default_session().has_value());
}

TEST_F(SessionTest, ADefaultSessionTakenAwayOutOfOrderIsAnError) {
  Session a = g_.NewSession();
  Session b = g_.NewSession();
  auto with_a = std::make_unique<DefaultSessionScope>(a.impl());
  auto with_b = std::make_unique<DefaultSessionScope>(b.impl());
  with_a.reset();
  with_b.reset();
  ExpectThrows<errors::InternalError>([&] { a.run(op_); }, "out of order");
  EXPECT_FALSE(get_default_session().has_value());
}

// What programs write; it need only compile, and give the types that they expect.
TEST_F(SessionTest, TheSyntaxOfProgramsCompiles) {
  const Output flag = g_.Placeholder("flag", DataType::kBool);
  Session sess = g_.NewSession();
  const Tensor batch = Floats({1, 2}, {1, 2});
  const Tensor image = batch[0];
  sess.run(op_, {{x_, batch}});
  sess.run(op_, {{x_, batch}, {flag, true}});
  EXPECT_THROW(sess.run(op_, {{flag, true}, {flag, true}}), errors::InvalidArgumentError);
  EXPECT_EQ(sess.run({op_, y_}, {{x_, batch}}).size(), 2u);
  EXPECT_EQ(sess.run({op_, op_}).size(), 2u);
  EXPECT_THROW(sess.run({y_, y_}), errors::InvalidArgumentError);
  EXPECT_THROW(sess.run(y_, {}), errors::InvalidArgumentError);
  const auto [a, b] = sess.run<Tensor, Tensor>({y_, x_}, {{x_, {image}}, {flag, false}});
  EXPECT_EQ(a.shape(), Shape({1, 2}));
  EXPECT_EQ(b.shape(), Shape({1, 2}));
}

}  // namespace
}  // namespace sessile
