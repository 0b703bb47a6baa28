// The memory behind tensors, counted against a byte budget of the process.
//
//   SESSILE_ASSIGN_OR_RETURN(std::shared_ptr<Buffer> buffer, AllocateBuffer(bytes));
//
// A request beyond the budget is RESOURCE_EXHAUSTED, never a failed malloc. The budget is the
// machine's memory unless SetMemoryLimit gives another one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <shared_mutex>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace sessile {

// Guards the content of a variable's buffer. Whoever reads the content holds it shared, whoever
// writes holds it exclusive; several are taken in the order of their ids, so that runs cannot
// deadlock. It lives in the buffer and not in the variable, because a read of the variable aliases
// the buffer.
struct ContentLock {
  ContentLock();
  const uint64_t id;
  std::shared_mutex mutex;
};

class Buffer {
 public:
  virtual ~Buffer();
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;

  void* data() const { return data_; }
  size_t size() const { return size_; }
  // False if the memory belongs to somebody else, who may change or free it after the call that was
  // given it.
  bool owns_memory() const { return owns_memory_; }
  // Null unless the buffer holds a variable's content.
  ContentLock* lock() const { return lock_.get(); }
  // REQUIRES: no other thread knows the buffer yet.
  void MakeVariableContent() { lock_ = std::make_unique<ContentLock>(); }

 protected:
  Buffer(void* data, size_t size, bool owns_memory)
      : data_(data), size_(size), owns_memory_(owns_memory) {}

 private:
  void* const data_;
  const size_t size_;
  const bool owns_memory_;
  std::unique_ptr<ContentLock> lock_;
};

// Memory aligned to kBufferAlignment, content undefined.
inline constexpr size_t kBufferAlignment = 64;
// `bytes` rounded up, so that another buffer may stand behind. REQUIRES: no more than fit.
constexpr size_t Aligned(size_t bytes) {
  return (bytes + kBufferAlignment - 1) / kBufferAlignment * kBufferAlignment;
}
absl::StatusOr<std::shared_ptr<Buffer>> AllocateBuffer(size_t bytes);
// `count` empty strings; data() is a std::string*.
absl::StatusOr<std::shared_ptr<Buffer>> AllocateStrings(size_t count);
// `count` empty handles (core/framework/resource.h); data() is a ResourceHandle*.
absl::StatusOr<std::shared_ptr<Buffer>> AllocateResources(size_t count);
// `count` empty variants (core/framework/variant.h); data() is a Variant*.
absl::StatusOr<std::shared_ptr<Buffer>> AllocateVariants(size_t count);
// Foreign memory; `owner` (may be null) is held as long as the buffer. With an owner the memory is
// promised to stay as it is, so the buffer counts as owning.
std::shared_ptr<Buffer> WrapMemory(void* data, size_t bytes, std::shared_ptr<const void> owner);

// Bytes that live buffers of this process take together, and the most they may take.
size_t MemoryInUse();
size_t MemoryLimit();
// 0 restores the default. Buffers that exist already stay.
void SetMemoryLimit(size_t bytes);

}  // namespace sessile
