// The memory that runs compute in. It belongs to the session, which lends it to one run at a time.
//
//   SESSILE_ASSIGN_OR_RETURN(ArenaPool::Lease arena, arenas.Borrow(plan.arena_bytes()));
//   arena.data();                                         // given back when the lease ends
//
// What was given back is kept for later runs, up to kMaxIdleBytes together; beyond that, and when
// the process is out of memory, the smallest arenas go first. Thread-safe.
#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "absl/status/statusor.h"
#include "sessile/core/framework/buffer.h"

namespace sessile {

class ArenaPool {
 public:
  static constexpr size_t kMaxIdleBytes = size_t{256} << 20;

  class Lease {
   public:
    Lease(ArenaPool* pool, std::shared_ptr<Buffer> memory)
        : pool_(pool), memory_(std::move(memory)) {}
    ~Lease() {
      if (memory_ != nullptr) pool_->Return(std::move(memory_));
    }
    Lease(Lease&&) = default;
    Lease& operator=(Lease&&) = delete;
    // kBufferAlignment-aligned; null if no bytes were asked for.
    char* data() const {
      return memory_ != nullptr ? static_cast<char*>(memory_->data()) : nullptr;
    }

   private:
    ArenaPool* pool_;
    std::shared_ptr<Buffer> memory_;
  };

  // RESOURCE_EXHAUSTED beyond the byte budget of the process.
  absl::StatusOr<Lease> Borrow(size_t bytes);
  size_t idle_bytes() const;

 private:
  void Return(std::shared_ptr<Buffer> memory);

  mutable std::mutex mutex_;
  std::vector<std::shared_ptr<Buffer>> idle_;  // by size, the smallest first
  size_t idle_bytes_ = 0;
};

}  // namespace sessile
