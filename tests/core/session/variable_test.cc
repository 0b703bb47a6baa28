// Variables: aliasing, initialization, updates, runs at the same time.

#include <thread>

#include "gtest/gtest.h"
#include "sessile/core/framework/errors.h"
#include "sessile/tests/session_testing.h"

namespace sessile {
namespace {

struct OneVariable {
  OneVariable()
      : w(g.Variable("W")),
        value(g.Placeholder("value", float32)),
        assign(g.AddOp("Assign", "assign", {w, value})),
        add(g.AddOp("AssignAdd", "add", {w, value})),
        read(g.Op("Identity", "read", {w})) {}
  TestGraph g;
  Output w, value;
  Operation assign, add;
  Output read;
};

TEST(VariableTest, KeepsItsValueBetweenRuns) {
  OneVariable v;
  Session sess = v.g.NewSession();
  sess.run(v.assign, {{v.value, 2.0}});
  sess.run(v.add, {{v.value, 3.0}});
  EXPECT_EQ(sess.run<float>(v.read), 5.0f);
  EXPECT_EQ(sess.run<float>(v.w), 5.0f);
}

TEST(VariableTest, EachSessionHasItsOwnValue) {
  OneVariable v;
  Session a = v.g.NewSession();
  Session b = v.g.NewSession();
  a.run(v.assign, {{v.value, 2.0}});
  EXPECT_EQ(a.run<float>(v.read), 2.0f);
  EXPECT_THROW(b.run(v.read), errors::FailedPreconditionError);
}

TEST(VariableTest, RefusesAReadBeforeItsInitialization) {
  OneVariable v;
  Session sess = v.g.NewSession();
  const char kText[] = "Attempting to use uninitialized value W";
  const absl::StatusCode code = absl::StatusCode::kFailedPrecondition;
  ExpectStatus(sess.Run({v.read}).status(), code,
               std::string(kText) + "\n\t [[{{node read}}]] (Identity, built at");
  ExpectStatus(sess.Run({v.w}).status(), code, kText);
  ExpectStatus(sess.Run({v.add}, {{v.value, 1.0}}).status(), code, kText);
}

// Assign may give its reference a first value, but not take its value from one without.
TEST(VariableTest, RefusesToAssignAnUninitializedValue) {
  OneVariable v;
  const Output itself = v.g.Op("Assign", "itself", {v.w, v.w});
  Session sess = v.g.NewSession();
  ExpectStatus(sess.Run({itself}).status(), absl::StatusCode::kFailedPrecondition,
               "Attempting to use uninitialized value W");
}

TEST(VariableTest, SaysWhetherItIsInitialized) {
  OneVariable v;
  const Output is = v.g.Op("IsVariableInitialized", "is", {v.w});
  Session sess = v.g.NewSession();
  EXPECT_FALSE(sess.run<bool>(is));
  sess.run(v.assign, {{v.value, 2.0}});
  EXPECT_TRUE(sess.run<bool>(is));
}

TEST(VariableTest, AReadAliasesWhatALaterUpdateWrites) {
  OneVariable v;
  const Output one = v.g.Const("one", 1.0f);
  const Operation update = v.g.AddOp("AssignAdd", "update", {v.w, one}, {}, {v.read.op()});
  const Output after = v.g.Op("Neg", "after", {v.read}, {}, {update});
  Session sess = v.g.NewSession();
  sess.run(v.assign, {{v.value, 2.0}});
  EXPECT_EQ(sess.run<float>(after), -3.0f);
}

TEST(VariableTest, AFetchedValueDoesNotChangeLater) {
  OneVariable v;
  Session sess = v.g.NewSession();
  sess.run(v.assign, {{v.value, {1, 2}}});
  const Tensor read = sess.run(v.read);
  const Tensor ref = sess.run(v.w);
  sess.run(v.add, {{v.value, {10, 10}}});
  EXPECT_THAT(read, HasFloats({1, 2}));
  EXPECT_THAT(ref, HasFloats({1, 2}));
}

TEST(VariableTest, DoesNotKeepTheMemoryOfAFeed) {
  OneVariable v;
  Session sess = v.g.NewSession();
  float memory[2] = {1, 2};
  sess.run(v.assign, {{v.value, *Tensor::Wrap(float32, {2}, memory)}});
  memory[0] = 100;
  EXPECT_THAT(sess.run(v.read), HasFloats({1, 2}));
}

TEST(VariableTest, TakesAValueOfAnotherShape) {
  OneVariable v;
  Session sess = v.g.NewSession();
  sess.run(v.assign, {{v.value, {1, 2}}});
  sess.run(v.assign, {{v.value, {1, 2, 3}}});
  EXPECT_THAT(sess.run(v.read), HasFloats({1, 2, 3}));
}

TEST(VariableTest, AssignedFromAnotherOneIsACopy) {
  OneVariable v;
  const Output u = v.g.Variable("U");
  const Operation copy = v.g.AddOp("Assign", "copy", {u, v.read});
  Session sess = v.g.NewSession();
  sess.run(v.assign, {{v.value, 1.0}});
  sess.run(copy);
  sess.run(v.add, {{v.value, 1.0}});
  EXPECT_EQ(sess.run<float>(u), 1.0f);
}

TEST(VariableTest, AddedToItselfLocksItsContentOnce) {
  OneVariable v;
  const Operation twice = v.g.AddOp("AssignAdd", "twice", {v.w, v.read});
  const Output sum = v.g.Op("Add", "sum", {v.read, v.w});
  Session sess = v.g.NewSession();
  sess.run(v.assign, {{v.value, 3.0}});
  sess.run(twice);
  EXPECT_EQ(sess.run<float>(v.read), 6.0f);
  EXPECT_EQ(sess.run<float>(sum), 12.0f);
}

TEST(VariableTest, AFedReferenceIsAValue) {
  OneVariable v;
  const Output neg = v.g.Op("Neg", "neg", {v.w});
  Session sess = v.g.NewSession();
  EXPECT_EQ(sess.run<float>(neg, {{v.w, 4.0}}), -4.0f);
  ExpectStatus(sess.Run({v.assign}, {{v.w, 4.0}, {v.value, 1.0}}).status(),
               absl::StatusCode::kInvalidArgument,
               "Input 0 of node assign was passed float from W:0 incompatible with expected "
               "float_ref.");
}

TEST(VariableTest, LosesNoUpdateOfManyRunsAtOnce) {
  OneVariable v;
  Session sess = v.g.NewSession({.intra_op_parallelism_threads = 4});
  constexpr int kThreads = 8, kUpdates = 100, kSize = 1000;
  const Tensor ones = Floats({kSize}, std::vector<float>(kSize, 1));
  sess.run(v.assign, {{v.value, std::vector<float>(kSize, 0)}});
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < kUpdates; ++i) {
        sess.run(v.add, {{v.value, ones}});
        const Tensor now = sess.run(v.read);
        // A read sees whole updates only.
        for (const float x : now.flat<float>()) ASSERT_EQ(x, now.flat<float>()[0]);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_THAT(sess.run(v.read), HasFloats(std::vector<float>(kSize, kThreads * kUpdates)));
}

TEST(VariableTest, RunsThatReplaceItsBufferDisturbNobody) {
  OneVariable v;
  Session sess = v.g.NewSession({.intra_op_parallelism_threads = 2});
  sess.run(v.assign, {{v.value, {0}}});
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 50; ++i) {
        const size_t size = static_cast<size_t>(1 + (t + i) % 3 * 300);
        sess.run(v.assign, {{v.value, std::vector<float>(size, static_cast<float>(size))}});
        const Tensor now = sess.run(v.read);
        for (const float x : now.flat<float>()) {
          ASSERT_EQ(x, static_cast<float>(now.num_elements()));
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST(VariableTest, IsDoubleInTheYardstick) {
  OneVariable v;
  const Output third = v.g.Const("third", 1.0f / 3.0f);
  const Operation add = v.g.AddOp("AssignAdd", "add_third", {v.w, third});
  Session sess = v.g.NewSession({.yardstick = true});
  sess.run(v.assign, {{v.value, 1.0}});
  sess.run(add);
  EXPECT_EQ(sess.run<double>(v.read), 1.0 + static_cast<double>(1.0f / 3.0f));
}

}  // namespace
}  // namespace sessile
