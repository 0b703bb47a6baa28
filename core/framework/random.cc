#include "sessile/core/framework/random.h"

#include <chrono>
#include <exception>
#include <random>

namespace sessile {
namespace {

constexpr int kRounds = 10;
constexpr uint32_t kMultiplier0 = 0xD2511F53;
constexpr uint32_t kMultiplier1 = 0xCD9E8D57;
constexpr uint32_t kWeyl0 = 0x9E3779B9;  // the golden ratio
constexpr uint32_t kWeyl1 = 0xBB67AE85;  // sqrt(3) - 1

constexpr int64_t kDefaultGraphSeed = 87654321;
constexpr int64_t kSeedModulus = (int64_t{1} << 31) - 1;

uint32_t Low(uint64_t x) { return static_cast<uint32_t>(x); }
uint32_t High(uint64_t x) { return static_cast<uint32_t>(x >> 32); }

Philox::Block Round(const Philox::Block& x, const Philox::Key& key) {
  const uint64_t product0 = uint64_t{kMultiplier0} * x[0];
  const uint64_t product1 = uint64_t{kMultiplier1} * x[2];
  return {High(product1) ^ x[1] ^ key[0], Low(product1), High(product0) ^ x[3] ^ key[1],
          Low(product0)};
}

int64_t TruncateSeed(int64_t seed) {
  const int64_t remainder = seed % kSeedModulus;
  return remainder < 0 ? remainder + kSeedModulus : remainder;
}

// std::random_device throws where the system has no source of entropy; the clock must do there.
SeedPair SystemSeeds() {
  try {
    std::random_device device;
    const auto word = [&device] {
      const uint64_t high = device();
      return static_cast<int64_t>(high << 32 | device());
    };
    const int64_t seed = word();
    return {.seed = seed, .seed2 = word()};
  } catch (const std::exception&) {
    const auto now = std::chrono::high_resolution_clock::now().time_since_epoch().count();
    return {.seed = static_cast<int64_t>(now), .seed2 = 1};
  }
}

Philox StartOf(SeedPair seeds) {
  if (seeds == SeedPair{}) seeds = SystemSeeds();
  return Philox::FromSeeds(seeds.seed, seeds.seed2);
}

}  // namespace

Philox Philox::FromSeeds(int64_t seed, int64_t seed2) {
  const auto key = static_cast<uint64_t>(seed);
  const auto upper = static_cast<uint64_t>(seed2);
  return Philox({0, 0, Low(upper), High(upper)}, {Low(key), High(key)});
}

Philox::Block Philox::Next() {
  Block block = counter_;
  Key key = key_;
  for (int round = 0; round < kRounds; ++round) {
    block = Round(block, key);
    key[0] += kWeyl0;
    key[1] += kWeyl1;
  }
  Skip(1);
  return block;
}

void Philox::Skip(uint64_t blocks) {
  const uint64_t lower = uint64_t{counter_[1]} << 32 | counter_[0];
  const uint64_t upper = uint64_t{counter_[3]} << 32 | counter_[2];
  const uint64_t sum = lower + blocks;
  const uint64_t carried = upper + (sum < lower ? 1 : 0);
  counter_ = {Low(sum), High(sum), Low(carried), High(carried)};
}

SeedPair DeriveSeeds(std::optional<int64_t> graph_seed, std::optional<int64_t> op_seed,
                     int64_t earlier_requests) {
  if (!graph_seed.has_value() && !op_seed.has_value()) return {};
  SeedPair seeds = {.seed = TruncateSeed(graph_seed.value_or(kDefaultGraphSeed)),
                    .seed2 = TruncateSeed(op_seed.value_or(earlier_requests))};
  if (seeds == SeedPair{}) seeds.seed2 = kSeedModulus;
  return seeds;
}

RandomStream::RandomStream(SeedPair seeds) : next_(StartOf(seeds)) {}

Philox RandomStream::ReserveSamples128(uint64_t blocks) {
  const std::lock_guard lock(mutex_);
  const Philox start = next_;
  next_.Skip(blocks);
  return start;
}

Philox RandomStream::ReserveOutputs(int64_t elements) {
  return ReserveSamples128(static_cast<uint64_t>(elements) * kRandomBlocksPerOutput);
}

}  // namespace sessile
