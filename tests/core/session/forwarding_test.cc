// An output may take the memory of an input that nobody else needs, and of no other.

#include "gtest/gtest.h"
#include "sessile/core/framework/buffer.h"
#include "sessile/tests/session_testing.h"

namespace sessile {
namespace {

constexpr int kCount = 1 << 18;  // 1 MiB

class ForwardingTest : public testing::Test {
 protected:
  // Bytes that a run may take beyond what there is now.
  static absl::StatusOr<std::vector<Tensor>> RunWithin(size_t bytes, Session& sess,
                                                       const std::vector<Fetch>& fetches,
                                                       const FeedDict& feeds = {}) {
    SetMemoryLimit(MemoryInUse() + bytes);
    auto result = sess.Run(fetches, feeds);
    SetMemoryLimit(0);
    return result;
  }

  TestGraph g_;
  Tensor ones_ = Floats({kCount}, std::vector<float>(kCount, 1));
  Output x_ = g_.Placeholder("x", float32);
};

TEST_F(ForwardingTest, AChainNeedsOneBuffer) {
  Output y = x_;
  for (int i = 0; i < 20; ++i) y = g_.Op("Neg", "n" + std::to_string(i), {y});
  const Output sum = g_.Op("Sum", "sum", {y});
  Session sess = g_.NewSession();
  const auto result = RunWithin(3 << 19, sess, {sum}, {{x_, ones_}});
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ((*result)[0].scalar<float>(), kCount);
}

TEST_F(ForwardingTest, AValueIsFreedWhenItsLastConsumerHasRun) {
  // Positive needs its input and its output at the same time; twenty of them need no more.
  Output y = x_;
  for (int i = 0; i < 20; ++i) y = g_.Op("Positive", "p" + std::to_string(i), {y});
  const Output sum = g_.Op("Sum", "sum", {y});
  Session sess = g_.NewSession();
  const auto result = RunWithin(5 << 19, sess, {sum}, {{x_, ones_}});
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ((*result)[0].scalar<float>(), kCount);
}

TEST_F(ForwardingTest, AFeedIsNotOverwritten) {
  const Output y = g_.Op("Neg", "y", {x_});
  Session sess = g_.NewSession();
  Tensor fed = Floats({2}, {1, 2});
  EXPECT_THAT(sess.run(y, {{x_, fed}}), HasFloats({-1, -2}));
  EXPECT_THAT(fed, HasFloats({1, 2}));
}

TEST_F(ForwardingTest, AFetchIsNotOverwritten) {
  const Output y = g_.Op("Neg", "y", {x_});
  const Output z = g_.Op("Neg", "z", {y});
  Session sess = g_.NewSession();
  const std::vector<Tensor> values = sess.run({y, z}, {{x_, {1, 2}}});
  EXPECT_THAT(values[0], HasFloats({-1, -2}));
  EXPECT_THAT(values[1], HasFloats({1, 2}));
}

TEST_F(ForwardingTest, ASharedValueIsNotOverwritten) {
  const Output y = g_.Op("Neg", "y", {x_});
  const Output alias = g_.Op("Identity", "alias", {y});
  const Output a = g_.Op("Neg", "a", {alias});
  const Output b = g_.Op("Add", "b", {y, y});
  const Output c = g_.Op("Add", "c", {a, b});
  Session sess = g_.NewSession();
  EXPECT_THAT(sess.run(c, {{x_, {1, 2}}}), HasFloats({-1, -2}));
}

TEST_F(ForwardingTest, AVariableIsNotOverwritten) {
  const Output w = g_.Variable("w");
  const Operation init = g_.AddOp("Assign", "init", {w, x_});
  const Output read = g_.Op("Identity", "read", {w});
  const Output y = g_.Op("Neg", "y", {read});
  Session sess = g_.NewSession();
  sess.run(init, {{x_, {1, 2}}});
  EXPECT_THAT(sess.run(y), HasFloats({-1, -2}));
  EXPECT_THAT(sess.run(w), HasFloats({1, 2}));
}

TEST_F(ForwardingTest, AFetchedFeedIsACopy) {
  const Output alias = g_.Op("Identity", "alias", {x_});
  Session sess = g_.NewSession();
  float memory[2] = {1, 2};
  const Tensor wrapped = *Tensor::Wrap(float32, {2}, memory);
  const std::vector<Tensor> values = sess.run({x_, alias}, {{x_, wrapped}});
  memory[0] = 100;
  EXPECT_THAT(values[0], HasFloats({1, 2}));
  EXPECT_THAT(values[1], HasFloats({1, 2}));
}

}  // namespace
}  // namespace sessile
