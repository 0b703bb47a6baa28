#include "sessile/core/session/run_blocks.h"

#include <atomic>
#include <limits>
#include <mutex>
#include <utility>

namespace sessile {

absl::Status RunBlocks(const KernelRun& call, int phase, ThreadPool* pool) {
  const auto run = [&](int64_t block) {
    return call.kernel.Run(call.context, call.in, call.out, call.scratch, phase, block);
  };
  const int64_t blocks = call.kernel.num_blocks(phase);
  if (blocks == 1) return run(0);
  std::mutex mutex;
  absl::Status error;
  std::atomic<int64_t> first_error{std::numeric_limits<int64_t>::max()};
  pool->Run(blocks, [&](int64_t block) {
    if (block > first_error.load(std::memory_order_relaxed)) return;
    absl::Status status = run(block);
    if (status.ok()) return;
    std::lock_guard lock(mutex);
    if (block < first_error.load(std::memory_order_relaxed)) {
      first_error.store(block, std::memory_order_relaxed);
      error = std::move(status);
    }
  });
  return error;
}

}  // namespace sessile
