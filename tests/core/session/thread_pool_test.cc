#include "sessile/core/session/thread_pool.h"

#include <atomic>
#include <chrono>
#include <mutex>
#include <set>
#include <thread>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "sessile/tests/session_testing.h"

namespace sessile {
namespace {

TEST(ThreadPoolTest, RunsEachBlockOnce) {
  ThreadPool pool(4);
  for (const int64_t blocks : {0, 1, 2, 7, 1000}) {
    std::vector<std::atomic<int>> runs(static_cast<size_t>(blocks));
    pool.Run(blocks, [&](int64_t block) { runs[static_cast<size_t>(block)].fetch_add(1); });
    for (const std::atomic<int>& n : runs) EXPECT_EQ(n, 1);
  }
}

TEST(ThreadPoolTest, AllBlocksHaveEndedWhenRunReturns) {
  ThreadPool pool(3);
  std::vector<int64_t> values(64);  // not atomic: tsan sees a missing barrier
  for (int round = 0; round < 200; ++round) {
    pool.Run(64, [&](int64_t block) { values[static_cast<size_t>(block)] += block; });
  }
  for (int64_t i = 0; i < 64; ++i) EXPECT_EQ(values[static_cast<size_t>(i)], 200 * i);
}

TEST(ThreadPoolTest, WakesThreadsThatHaveGoneToSleep) {
  ThreadPool pool(2);
  std::set<std::thread::id> ids;
  std::mutex mutex;
  for (int round = 0; round < 3; ++round) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    std::atomic<int> arrived{0};
    // Both blocks wait for each other, so two threads must take part.
    pool.Run(2, [&](int64_t) {
      arrived.fetch_add(1);
      while (arrived < 2) std::this_thread::yield();
      std::lock_guard lock(mutex);
      ids.insert(std::this_thread::get_id());
    });
  }
  EXPECT_EQ(ids.size(), 2u);
}

TEST(ThreadPoolTest, MakesExactlyAsManyThreadsAsAskedFor) {
  ThreadPool one(1);
  one.Run(100, [](int64_t) {});
  EXPECT_EQ(one.num_started(), 0);
  ThreadPool three(3);
  EXPECT_EQ(three.num_started(), 0);
  three.Run(1, [](int64_t) {});
  EXPECT_EQ(three.num_started(), 0);
  three.Run(2, [](int64_t) {});
  EXPECT_EQ(three.num_started(), 2);
}

TEST(ThreadPoolTest, WhoFindsItBusyGoesOnAlone) {
  ThreadPool pool(2);
  std::atomic<bool> inner_done{false};
  pool.Run(2, [&](int64_t block) {
    if (block != 0) {
      while (!inner_done) std::this_thread::yield();
      return;
    }
    const std::thread::id self = std::this_thread::get_id();
    std::thread other([&] {
      const std::thread::id here = std::this_thread::get_id();
      pool.Run(10, [&](int64_t) { EXPECT_EQ(std::this_thread::get_id(), here); });
    });
    other.join();
    EXPECT_EQ(std::this_thread::get_id(), self);
    inner_done = true;
  });
}

TEST(ThreadPoolTest, ServesManyCallersAtOnce) {
  ThreadPool pool(3);
  std::atomic<int64_t> sum{0};
  std::vector<std::thread> callers;
  for (int c = 0; c < 4; ++c) {
    callers.emplace_back([&] {
      for (int round = 0; round < 100; ++round) {
        pool.Run(10, [&](int64_t block) { sum.fetch_add(block); });
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(sum, 4 * 100 * 45);
}

TEST(SessionThreadsTest, GivesTheSameBitsForAnyNumberOfThreads) {
  TestGraph g;
  const Output x = g.Placeholder("x", float32);
  const Output y = g.Op("Add", "y", {g.Op("Neg", "neg", {x}), x});
  const Output sum = g.Op("Sum", "sum", {g.Op("Add", "z", {y, x})});
  std::vector<float> values(100000);
  for (size_t i = 0; i < values.size(); ++i) values[i] = 1.0f / static_cast<float>(i + 1);
  std::vector<Tensor> sums;
  for (const int threads : {1, 2, 4}) {
    Session sess = g.NewSession({.intra_op_parallelism_threads = threads});
    for (int run = 0; run < 3; ++run) sums.push_back(sess.run(sum, {{x, values}}));
  }
  for (const Tensor& other : sums) EXPECT_TRUE(SameTensor(sums[0], other));
}

// Threads that get up for a job while the pool ends.
TEST(ThreadPoolTest, MayEndAtAnyMoment) {
  constexpr int kPools = 2000;
  std::atomic<int> blocks{0};
  for (int i = 0; i < kPools; ++i) {
    ThreadPool pool(3);
    pool.Run(3, [&](int64_t) { ++blocks; });
    pool.Rouse();
  }
  EXPECT_EQ(blocks, 3 * kPools);
}

}  // namespace
}  // namespace sessile
