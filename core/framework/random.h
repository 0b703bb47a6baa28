// Random numbers as TensorFlow makes them on a CPU: the generator, the stream of one op, its seeds.
//
// A random op owns a RandomStream, made from its attributes `seed` and `seed2`. Each call reserves
// a piece of the stream under a lock and fills its output from that piece without one, in any
// number of independent blocks (sessile/core/framework/random_fill.h):
//
//   RandomStream stream({.seed = 87654321, .seed2 = 5});  // once for each op and session
//   const Philox piece = stream.ReserveOutputs(output.size());
//   FillUniform<float>(piece, 0, RandomGroups<float>(output.size()), output);

#ifndef SESSILE_CORE_FRAMEWORK_RANDOM_H_
#define SESSILE_CORE_FRAMEWORK_RANDOM_H_

#include <array>
#include <cstdint>
#include <mutex>
#include <optional>

namespace sessile {

// Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", 2011): block number
// `counter` of the sequence `key` is a pure function of both, so any place of a sequence is reached
// at once. A value type: a copy goes on by itself from the same place.
class Philox {
 public:
  using Block = std::array<uint32_t, 4>;  // 128 random bits, or a counter; lowest word first
  using Key = std::array<uint32_t, 2>;

  Philox(const Block& counter, const Key& key) : counter_(counter), key_(key) {}

  // TensorFlow's layout of two seeds: `seed` is the key, `seed2` the upper half of the counter,
  // whose lower half starts at zero. Negative seeds count as their 64-bit patterns.
  static Philox FromSeeds(int64_t seed, int64_t seed2);

  // The block at the current place, which then moves on by one. The counter wraps around.
  Block Next();

  // Moves on by `blocks`, as that many calls of Next() would.
  void Skip(uint64_t blocks);

  const Block& counter() const { return counter_; }
  const Key& key() const { return key_; }

 private:
  Block counter_;
  Key key_;
};

// The attributes `seed` and `seed2` of a random op. Both zero ask for seeds that differ from run to
// run of the program.
struct SeedPair {
  int64_t seed = 0;
  int64_t seed2 = 0;

  bool operator==(const SeedPair&) const = default;
};

// The seeds of an op from those that the user gave for the graph and for the op
// (TensorFlow 2.15.1):
//
//   graph  op      seed          seed2
//   no     no      0             0         another stream in every run of the program
//   no     yes     87654321      op
//   yes    no      graph         earlier_requests
//   yes    yes     graph         op
//
// Each is taken modulo 2^31 - 1 (never negative), and where that gives two zeros `seed2` becomes
// 2^31 - 1. `earlier_requests` counts the earlier calls for the same graph that fell in the third
// row; only they count, and setting the graph's seed again does not start the count again. The
// graph keeps it.
SeedPair DeriveSeeds(std::optional<int64_t> graph_seed, std::optional<int64_t> op_seed,
                     int64_t earlier_requests);

// Blocks that a call reserves for each element of its output, whatever it then uses.
inline constexpr int64_t kRandomBlocksPerOutput = 256;

// The stream of one random op in one session: its calls draw consecutive pieces of it.
// Thread-safe. Not copyable: two owners would draw the same numbers.
class RandomStream {
 public:
  // Takes seeds from the operating system where both are zero.
  explicit RandomStream(SeedPair seeds);

  RandomStream(const RandomStream&) = delete;
  RandomStream& operator=(const RandomStream&) = delete;

  // Returns a generator at the start of the next `blocks` blocks of 128 bits, and moves past them.
  Philox ReserveSamples128(uint64_t blocks);

  // Reserves for a call whose output has `elements` elements (at least 0); none reserve nothing.
  Philox ReserveOutputs(int64_t elements);

 private:
  std::mutex mutex_;
  Philox next_;  // guarded by mutex_
};

}  // namespace sessile

#endif  // SESSILE_CORE_FRAMEWORK_RANDOM_H_
