#include "sessile/core/session/arena_pool.h"

#include <algorithm>
#include <utility>

#include "sessile/core/framework/status.h"

namespace sessile {

absl::StatusOr<ArenaPool::Lease> ArenaPool::Borrow(size_t bytes) {
  if (bytes == 0) return Lease(this, nullptr);
  {
    std::lock_guard lock(mutex_);
    const auto fit = std::lower_bound(idle_.begin(), idle_.end(), bytes,
                                      [](const std::shared_ptr<Buffer>& memory, size_t wanted) {
                                        return memory->size() < wanted;
                                      });
    if (fit != idle_.end()) {
      std::shared_ptr<Buffer> memory = std::move(*fit);
      idle_.erase(fit);
      idle_bytes_ -= memory->size();
      return Lease(this, std::move(memory));
    }
  }
  absl::StatusOr<std::shared_ptr<Buffer>> memory = AllocateBuffer(bytes);
  if (!memory.ok()) {
    std::lock_guard lock(mutex_);
    idle_.clear();
    idle_bytes_ = 0;
    memory = AllocateBuffer(bytes);
  }
  SESSILE_RETURN_IF_ERROR(memory.status());
  return Lease(this, *std::move(memory));
}

size_t ArenaPool::idle_bytes() const {
  std::lock_guard lock(mutex_);
  return idle_bytes_;
}

void ArenaPool::Return(std::shared_ptr<Buffer> memory) {
  std::lock_guard lock(mutex_);
  idle_bytes_ += memory->size();
  const auto place = std::upper_bound(
      idle_.begin(), idle_.end(), memory->size(),
      [](size_t size, const std::shared_ptr<Buffer>& other) { return size < other->size(); });
  idle_.insert(place, std::move(memory));
  while (idle_bytes_ > kMaxIdleBytes) {
    idle_bytes_ -= idle_.front()->size();
    idle_.erase(idle_.begin());
  }
}

}  // namespace sessile
