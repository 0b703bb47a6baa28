#include "sessile/core/framework/buffer.h"

#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <new>

#include "sessile/core/framework/resource.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/framework/variant.h"

namespace sessile {
namespace {

std::atomic<size_t> g_in_use{0};
std::atomic<size_t> g_limit{0};

size_t MachineMemory() {
  static const size_t bytes = [] {
    const long pages = sysconf(_SC_PHYS_PAGES);
    const long page = sysconf(_SC_PAGE_SIZE);
    return pages > 0 && page > 0 ? static_cast<size_t>(pages) * static_cast<size_t>(page)
                                 : size_t{1} << 34;
  }();
  return bytes;
}

absl::Status Reserve(size_t bytes) {
  const size_t limit = MemoryLimit();
  size_t used = g_in_use.load(std::memory_order_relaxed);
  do {
    if (bytes > limit || used > limit - bytes) {
      return absl::ResourceExhaustedError(
          absl::StrCat("OOM when allocating a buffer of ", bytes, " bytes: ", used,
                       " bytes are in use and the limit of this process is ", limit));
    }
  } while (!g_in_use.compare_exchange_weak(used, used + bytes, std::memory_order_relaxed));
  return absl::OkStatus();
}

void Release(size_t bytes) { g_in_use.fetch_sub(bytes, std::memory_order_relaxed); }

class OwnedBuffer final : public Buffer {
 public:
  OwnedBuffer(void* data, size_t size, size_t reserved)
      : Buffer(data, size, true), reserved_(reserved) {}
  ~OwnedBuffer() override {
    std::free(data());
    Release(reserved_);
  }

 private:
  const size_t reserved_;
};

// Of objects, which are made and destroyed with it.
template <typename T>
class ObjectBuffer final : public Buffer {
 public:
  explicit ObjectBuffer(std::unique_ptr<std::vector<T>> objects)
      : Buffer(objects->data(), objects->size() * sizeof(T), true), objects_(std::move(objects)) {}
  ~ObjectBuffer() override { Release(size()); }

 private:
  std::unique_ptr<std::vector<T>> objects_;
};

template <typename T>
absl::StatusOr<std::shared_ptr<Buffer>> AllocateObjects(size_t count, const char* what) {
  if (count > SIZE_MAX / sizeof(T)) {
    return absl::ResourceExhaustedError(absl::StrCat("OOM when allocating ", count, " ", what));
  }
  SESSILE_RETURN_IF_ERROR(Reserve(count * sizeof(T)));
  return std::make_shared<ObjectBuffer<T>>(std::make_unique<std::vector<T>>(count));
}

class WrappedBuffer final : public Buffer {
 public:
  WrappedBuffer(void* data, size_t size, std::shared_ptr<const void> owner)
      : Buffer(data, size, owner != nullptr), owner_(std::move(owner)) {}

 private:
  std::shared_ptr<const void> owner_;
};

}  // namespace

ContentLock::ContentLock()
    : id([] {
        static std::atomic<uint64_t> next{1};
        return next.fetch_add(1, std::memory_order_relaxed);
      }()) {}

Buffer::~Buffer() = default;

absl::StatusOr<std::shared_ptr<Buffer>> AllocateBuffer(size_t bytes) {
  if (bytes > SIZE_MAX - kBufferAlignment) {
    return absl::ResourceExhaustedError(absl::StrCat("OOM when allocating ", bytes, " bytes"));
  }
  // Even an empty tensor has an address of its own.
  const size_t reserved = Aligned(std::max<size_t>(bytes, 1));
  SESSILE_RETURN_IF_ERROR(Reserve(reserved));
  void* data = std::aligned_alloc(kBufferAlignment, reserved);
  if (data == nullptr) {
    Release(reserved);
    return absl::ResourceExhaustedError(absl::StrCat("OOM when allocating ", bytes, " bytes"));
  }
  return std::make_shared<OwnedBuffer>(data, bytes, reserved);
}

absl::StatusOr<std::shared_ptr<Buffer>> AllocateStrings(size_t count) {
  return AllocateObjects<std::string>(count, "strings");
}

absl::StatusOr<std::shared_ptr<Buffer>> AllocateResources(size_t count) {
  return AllocateObjects<ResourceHandle>(count, "handles");
}

absl::StatusOr<std::shared_ptr<Buffer>> AllocateVariants(size_t count) {
  return AllocateObjects<Variant>(count, "variants");
}

std::shared_ptr<Buffer> WrapMemory(void* data, size_t bytes, std::shared_ptr<const void> owner) {
  return std::make_shared<WrappedBuffer>(data, bytes, std::move(owner));
}

size_t MemoryInUse() { return g_in_use.load(std::memory_order_relaxed); }

size_t MemoryLimit() {
  const size_t limit = g_limit.load(std::memory_order_relaxed);
  return limit != 0 ? limit : MachineMemory();
}

void SetMemoryLimit(size_t bytes) { g_limit.store(bytes, std::memory_order_relaxed); }

}  // namespace sessile
