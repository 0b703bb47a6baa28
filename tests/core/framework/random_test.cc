#include "sessile/core/framework/random.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <fstream>
#include <limits>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

namespace sessile {
namespace {

using ::testing::ElementsAre;

constexpr uint32_t kOnes = 0xFFFFFFFF;

// The known answers that Random123, the authors' own library, publishes (kat_vectors).
TEST(PhiloxTest, GivesTheKnownAnswers) {
  EXPECT_THAT(Philox({0, 0, 0, 0}, {0, 0}).Next(),
              ElementsAre(0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8));
  EXPECT_THAT(Philox({kOnes, kOnes, kOnes, kOnes}, {kOnes, kOnes}).Next(),
              ElementsAre(0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd));
  EXPECT_THAT(
      Philox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}).Next(),
      ElementsAre(0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1));
}

TEST(PhiloxTest, TakesTheKeyFromSeedAndTheUpperCounterFromSeed2) {
  const Philox philox = Philox::FromSeeds(0x1122334455667788, -2);
  EXPECT_THAT(philox.key(), ElementsAre(0x55667788, 0x11223344));
  EXPECT_THAT(philox.counter(), ElementsAre(0, 0, kOnes - 1, kOnes));
}

TEST(PhiloxTest, NextCarriesThroughTheWholeCounter) {
  Philox philox({kOnes, kOnes, kOnes, 7}, {1, 2});
  philox.Next();
  EXPECT_THAT(philox.counter(), ElementsAre(0, 0, 0, 8));
  Philox last({kOnes, kOnes, kOnes, kOnes}, {1, 2});
  last.Next();
  EXPECT_THAT(last.counter(), ElementsAre(0, 0, 0, 0));
}

TEST(PhiloxTest, SkipEqualsThatManyCallsOfNext) {
  Philox stepped({kOnes - 2, kOnes, 3, 4}, {5, 6});
  Philox skipped = stepped;
  for (int i = 0; i < 5; ++i) stepped.Next();
  skipped.Skip(5);
  EXPECT_EQ(skipped.counter(), stepped.counter());
  EXPECT_EQ(skipped.Next(), stepped.Next());
}

TEST(PhiloxTest, SkipsAcrossTheLowerHalf) {
  Philox philox({1, 0, 3, 4}, {5, 6});
  philox.Skip(std::numeric_limits<uint64_t>::max());
  EXPECT_THAT(philox.counter(), ElementsAre(0, 0, 4, 4));
}

TEST(PhiloxTest, CopyGoesOnByItself) {
  Philox original = Philox::FromSeeds(1, 2);
  Philox copy = original;
  const Philox::Block first = original.Next();
  original.Next();
  EXPECT_EQ(copy.Next(), first);
}

TEST(RandomStreamTest, ReservesConsecutivePieces) {
  RandomStream stream({.seed = 1, .seed2 = 2});
  EXPECT_THAT(stream.ReserveSamples128(10).counter(), ElementsAre(0, 0, 2, 0));
  EXPECT_THAT(stream.ReserveOutputs(3).counter(), ElementsAre(10, 0, 2, 0));
  EXPECT_THAT(stream.ReserveOutputs(0).counter(), ElementsAre(10 + 3 * 256, 0, 2, 0));
  EXPECT_THAT(stream.ReserveOutputs(1).counter(), ElementsAre(10 + 3 * 256, 0, 2, 0));
}

TEST(RandomStreamTest, ReservesForMoreElementsThanOneWordCounts) {
  RandomStream stream({.seed = 1, .seed2 = 2});
  stream.ReserveOutputs(int64_t{1} << 33);
  EXPECT_THAT(stream.ReserveOutputs(1).counter(), ElementsAre(0, 512, 2, 0));
}

TEST(RandomStreamTest, DiffersFromStreamToStreamWithoutSeeds) {
  RandomStream one({});
  RandomStream other({});
  EXPECT_NE(one.ReserveSamples128(1).Next(), other.ReserveSamples128(1).Next());
}

TEST(RandomStreamTest, OneSeedIsEnoughToRepeat) {
  EXPECT_THAT(RandomStream({.seed = 0, .seed2 = 9}).ReserveSamples128(1).counter(),
              ElementsAre(0, 0, 9, 0));
  EXPECT_THAT(RandomStream({.seed = 9, .seed2 = 0}).ReserveSamples128(1).key(), ElementsAre(9, 0));
}

TEST(RandomStreamTest, GivesNoPieceTwiceToThreads) {
  constexpr int kThreads = 4;
  constexpr int kCalls = 1000;
  RandomStream stream({.seed = 1, .seed2 = 2});
  std::vector<std::vector<uint32_t>> starts(kThreads);
  std::vector<std::thread> threads;
  for (auto& mine : starts) {
    threads.emplace_back([&stream, &mine] {
      for (int i = 0; i < kCalls; ++i) mine.push_back(stream.ReserveSamples128(3).counter()[0]);
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::set<uint32_t> all;
  for (const auto& mine : starts) all.insert(mine.begin(), mine.end());
  EXPECT_EQ(all.size(), kThreads * kCalls);
  EXPECT_EQ(*all.rbegin(), 3 * (kThreads * kCalls - 1));
}

std::optional<int64_t> SeedOf(const std::string& text) {
  if (text == "none") return std::nullopt;
  return std::stoll(text);
}

TEST(DeriveSeedsTest, EqualsTensorFlow) {
  std::ifstream golden(SESSILE_TEST_DATA_DIR "/random_streams.txt");
  int compared = 0;
  for (std::string line; std::getline(golden, line);) {
    std::istringstream fields(line);
    std::string kind, graph_seed, op_seed;
    int64_t earlier = 0;
    SeedPair expected;
    fields >> kind;
    if (kind != "seeds") continue;
    fields >> graph_seed >> op_seed >> earlier >> expected.seed >> expected.seed2;
    ASSERT_FALSE(fields.fail()) << line;
    EXPECT_EQ(DeriveSeeds(SeedOf(graph_seed), SeedOf(op_seed), earlier), expected) << line;
    ++compared;
  }
  EXPECT_EQ(compared, 56);
}

TEST(DeriveSeedsTest, NeverGivesTwoZerosWhenASeedIsGiven) {
  const SeedPair last = {.seed = 0, .seed2 = 2147483647};
  EXPECT_EQ(DeriveSeeds(0, 0, 5), last);
  EXPECT_EQ(DeriveSeeds(0, std::nullopt, 0), last);
  EXPECT_EQ(DeriveSeeds(2147483647, -2147483647, 0), last);
}

TEST(DeriveSeedsTest, TakesTheLeastSeed) {
  const int64_t least = std::numeric_limits<int64_t>::min();
  // -2^63 = -2 (modulo 2^31 - 1), since 2^62 = 1.
  const SeedPair expected = {.seed = 2147483645, .seed2 = 2147483645};
  EXPECT_EQ(DeriveSeeds(least, least, 0), expected);
}

}  // namespace
}  // namespace sessile
