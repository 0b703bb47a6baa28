#include "sessile/core/session/arena_layout.h"

#include <map>
#include <random>

#include "gtest/gtest.h"
#include "sessile/core/framework/buffer.h"
#include "sessile/core/session/arena_pool.h"

namespace sessile {
namespace {

TEST(ArenaLayoutTest, UsesAGapAgainAndJoinsNeighbours) {
  ArenaLayout layout;
  const size_t a = layout.Take(100);
  const size_t b = layout.Take(100);
  const size_t c = layout.Take(10);
  EXPECT_EQ(layout.size(), 128u + 128u + 64u);
  layout.Give(a, 100);
  layout.Give(b, 100);
  EXPECT_EQ(layout.Take(256), 0u);
  layout.Give(c, 10);
  EXPECT_EQ(layout.Take(200), c);  // grows from the gap at the end
  EXPECT_EQ(layout.size(), 256u + 256u);
}

TEST(ArenaLayoutTest, PlacesNeverOverlap) {
  std::mt19937 random(1);
  ArenaLayout layout;
  std::map<size_t, size_t> live;  // offset → bytes
  for (int i = 0; i < 20000; ++i) {
    if (live.size() > 30 || (random() % 2 == 0 && !live.empty())) {
      auto at = live.begin();
      std::advance(at, random() % live.size());
      layout.Give(at->first, at->second);
      live.erase(at);
      continue;
    }
    const size_t bytes = random() % 5000;
    const size_t offset = layout.Take(bytes);
    EXPECT_EQ(offset % kBufferAlignment, 0u);
    const auto next = live.lower_bound(offset);
    ASSERT_TRUE(next == live.end() || offset + std::max<size_t>(bytes, 1) <= next->first);
    if (next != live.begin()) {
      const auto before = std::prev(next);
      ASSERT_LE(before->first + std::max<size_t>(before->second, 1), offset);
    }
    live[offset] = bytes;
    ASSERT_LE(offset + bytes, layout.size());
  }
  EXPECT_LT(layout.size(), 40u * 5056u);
}

TEST(ArenaPoolTest, LendsAgainWhatWasGivenBack) {
  ArenaPool pool;
  char* first = nullptr;
  {
    const ArenaPool::Lease a = *pool.Borrow(1000);
    const ArenaPool::Lease b = *pool.Borrow(1000);
    EXPECT_NE(a.data(), b.data());
    first = a.data();
  }
  EXPECT_EQ(pool.idle_bytes(), 2000u);
  const ArenaPool::Lease again = *pool.Borrow(900);
  EXPECT_EQ(pool.idle_bytes(), 1000u);
  EXPECT_NE(first, nullptr);
  EXPECT_EQ(pool.Borrow(0)->data(), nullptr);
}

TEST(ArenaPoolTest, KeepsNoMoreThanItsBound) {
  ArenaPool pool;
  { const ArenaPool::Lease huge = *pool.Borrow(ArenaPool::kMaxIdleBytes + 1); }
  EXPECT_EQ(pool.idle_bytes(), 0u);
}

TEST(ArenaPoolTest, GivesUpIdleMemoryBeforeItFails) {
  ArenaPool pool;
  { const ArenaPool::Lease a = *pool.Borrow(1 << 20); }
  SetMemoryLimit(MemoryInUse() + (1 << 20));
  EXPECT_TRUE(pool.Borrow(2 << 20).ok());
  EXPECT_EQ(pool.Borrow(8 << 20).status().code(), absl::StatusCode::kResourceExhausted);
  SetMemoryLimit(0);
}

}  // namespace
}  // namespace sessile
