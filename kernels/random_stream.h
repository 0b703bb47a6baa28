// The state of a random operation: its stream, which a session keeps from run to run.
#pragma once

#include <memory>

#include "sessile/core/framework/kernel.h"
#include "sessile/core/framework/random.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/graph/node.h"

namespace sessile {

class StreamState final : public KernelState {
 public:
  explicit StreamState(SeedPair seeds) : stream(seeds) {}
  RandomStream stream;
};

// From the attributes `seed` and `seed2`: what a registration's State takes.
inline absl::StatusOr<std::unique_ptr<KernelState>> MakeStream(const Node& node) {
  SESSILE_ASSIGN_OR_RETURN(const int64_t seed, node.attrs().GetOr<int64_t>("seed", 0));
  SESSILE_ASSIGN_OR_RETURN(const int64_t seed2, node.attrs().GetOr<int64_t>("seed2", 0));
  return std::make_unique<StreamState>(SeedPair{seed, seed2});
}

// The 32-bit words of a generator's blocks, one after the other.
class RandomWords {
 public:
  explicit RandomWords(const Philox& generator) : generator_(generator) {}
  uint32_t Next() {
    if (used_ == block_.size()) {
      block_ = generator_.Next();
      used_ = 0;
    }
    return block_[used_++];
  }

 private:
  Philox generator_;
  Philox::Block block_ = {};
  size_t used_ = block_.size();
};

}  // namespace sessile
