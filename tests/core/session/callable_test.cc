#include "sessile/core/session/callable.h"

#include <optional>
#include <thread>

#include "gtest/gtest.h"
#include "sessile/core/framework/errors.h"
#include "sessile/tests/error_of.h"
#include "sessile/tests/session_testing.h"

namespace sessile {
namespace {

using testing::HasSubstr;

class CallableTest : public testing::Test {
 protected:
  CallableTest() { Probe().Reset(); }

  TestGraph g_;
  Output x_ = g_.Placeholder("x", float32, Shape({None, 2}));
  Output b_ = g_.Placeholder("b", float32, Shape());
  Output y_ = g_.Op("Add", "y", {x_, b_});
  Operation op_ = g_.AddOp("Count", "op");
};

TEST_F(CallableTest, TakesValuesInTheOrderOfItsFeedList) {
  Session sess = g_.NewSession();
  const auto call = sess.make_callable({y_, op_, "x:0"}, {b_, "x:0"});
  for (const float b : {1.0f, 5.0f}) {
    const std::vector<Tensor> values = call(b, FeedValue{{1, 2}, {3, 4}});
    ASSERT_EQ(values.size(), 3u);
    EXPECT_THAT(values[0], HasFloats({1 + b, 2 + b, 3 + b, 4 + b}));
    EXPECT_FALSE(values[1].has_value());
    EXPECT_THAT(values[2], HasFloats({1, 2, 3, 4}));
  }
  EXPECT_EQ(Probe().calls, 2);
}

TEST_F(CallableTest, NeedsNoFeedList) {
  Session sess = g_.NewSession();
  sess.make_callable({op_})();
  EXPECT_EQ(Probe().calls, 1);
}

TEST_F(CallableTest, WritesIntoTheMemoryOfResults) {
  Session sess = g_.NewSession();
  const auto call = sess.make_callable({y_, op_}, {x_, b_});
  std::vector<Tensor> results(2);
  call.into(results, FeedValue{{1, 2}}, 1.0f);
  EXPECT_THAT(results[0], HasFloats({2, 3}));
  EXPECT_FALSE(results[1].has_value());
  const void* const memory = results[0].raw_data();
  call.into(results, FeedValue{{1, 2}}, 5.0f);
  EXPECT_THAT(results[0], HasFloats({6, 7}));
  EXPECT_EQ(results[0].raw_data(), memory);
  // Another shape needs other memory.
  call.into(results, FeedValue{{1, 2}, {3, 4}}, 0.0f);
  EXPECT_THAT(results[0], HasFloats({1, 2, 3, 4}));
}

// Of the program, or a constant of the graph.
TEST_F(CallableTest, LeavesCopiesOfResultsAlone) {
  Session sess = g_.NewSession();
  const auto call = sess.make_callable({y_}, {x_, b_});
  std::vector<Tensor> results(1);
  call.into(results, FeedValue{{1, 2}}, 1.0f);
  const Tensor copy = results[0];
  const Output constant = g_.Const("made_of_a_result", results[0]);
  call.into(results, FeedValue{{1, 2}}, 5.0f);
  EXPECT_THAT(results[0], HasFloats({6, 7}));
  EXPECT_THAT(copy, HasFloats({2, 3}));
  EXPECT_THAT(sess.run(constant), HasFloats({2, 3}));
}

TEST_F(CallableTest, WritesNoResultOverAnotherOrOverAFeed) {
  Session sess = g_.NewSession();
  const auto call = sess.make_callable({y_, x_, y_}, {x_, b_});
  const Tensor fed = Floats({1, 2}, {1, 2});
  const Tensor shared = Floats({1, 2}, {0, 0});
  std::vector<Tensor> results = {shared, fed, shared};
  call.into(results, fed, 1.0f);
  EXPECT_THAT(fed, HasFloats({1, 2}));
  EXPECT_THAT(results[0], HasFloats({2, 3}));
  EXPECT_THAT(results[1], HasFloats({1, 2}));
  EXPECT_THAT(results[2], HasFloats({2, 3}));
  EXPECT_NE(results[0].buffer(), results[2].buffer());
  EXPECT_NE(results[1].buffer(), fed.buffer());
}

TEST_F(CallableTest, KeepsResultsWhenItFails) {
  Session sess = g_.NewSession();
  const auto call = sess.make_callable({y_}, {x_, b_});
  std::vector<Tensor> results = {Floats({1, 2}, {8, 9})};
  EXPECT_THAT(ErrorOf([&] { call.into(results, Tensor(), 0.0f); }), HasSubstr("x:0"));
  EXPECT_THAT(results[0], HasFloats({8, 9}));
}

TEST_F(CallableTest, RefusesRoomForAnotherNumberOfResults) {
  Session sess = g_.NewSession();
  const auto call = sess.make_callable({y_}, {x_, b_});
  std::vector<Tensor> results(2);
  EXPECT_EQ(ErrorOf([&] {
              call.into(results, FeedValue{{1, 2}}, 1.0f);
            }),
            "INVALID_ARGUMENT: The callable gives 1 results, got room for 2");
}

TEST_F(CallableTest, RefusesAnotherNumberOfValues) {
  Session sess = g_.NewSession();
  const auto call = sess.make_callable({y_}, {x_, b_});
  EXPECT_EQ(ErrorOf([&] { call(1.0f); }), "INVALID_ARGUMENT: The callable takes 2 values, got 1");
}

TEST_F(CallableTest, RefusesValuesThatDoNotFitAsRunDoes) {
  Session sess = g_.NewSession();
  const auto call = sess.make_callable({y_}, {x_, b_});
  EXPECT_THAT(ErrorOf([&] {
                call(FeedValue{1, 2, 3}, 0.0f);
              }),
              HasSubstr("Cannot feed value of shape (3,) for Tensor 'x:0'"));
}

TEST_F(CallableTest, LooksUpNamesWhenItIsMade) {
  Session sess = g_.NewSession();
  EXPECT_THAT(ErrorOf([&] { sess.make_callable({"nobody:0"}); }), HasSubstr("'nobody'"));
  EXPECT_THAT(ErrorOf([&] { sess.make_callable({y_}, {"nobody:0"}); }), HasSubstr("'nobody'"));
}

TEST_F(CallableTest, FailsOnceTheSessionIsGone) {
  std::optional<Callable> call, of_nothing;
  {
    Session sess = g_.NewSession();
    call = sess.make_callable({op_});
    of_nothing = sess.make_callable(std::vector<Fetch>());
    EXPECT_TRUE((*of_nothing)().empty());
  }
  EXPECT_EQ(ErrorOf([&] { (*call)(); }), "FAILED_PRECONDITION: Attempted to use a closed Session.");
  EXPECT_EQ(ErrorOf([&] { (*of_nothing)(); }),
            "FAILED_PRECONDITION: Attempted to use a closed Session.");
}

TEST_F(CallableTest, MayBeCalledFromManyThreads) {
  Session sess = g_.NewSession();
  const auto call = sess.make_callable({y_}, {x_, b_});
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&call, t] {
      for (int i = 0; i < 50; ++i) {
        const auto b = static_cast<float>(t * 50 + i);
        EXPECT_THAT(call(FeedValue{{0, 1}}, b)[0], HasFloats({b, b + 1}));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace sessile
