// Counts every `operator new` of the executable whose test includes this, in one file of it.
// Sanitizers have operators of their own: such a file is empty then.
//
//   #ifndef SESSILE_SANITIZED
//   #include "sessile/tests/counted_allocations.h"
//   ... EXPECT_EQ(AllocationsOf([&] { call.into(results, fed); }), 0); ...
//   #endif
//
// Tensors' memory does not come from there, but it comes with a Buffer, which does.
#pragma once

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <new>

namespace sessile {

inline std::atomic<int64_t> allocation_count{0};

// Of the third call: the first one makes the plan, the second one fills its caches.
template <typename Call>
int64_t AllocationsOf(Call call) {
  call();
  call();
  const int64_t before = allocation_count.load();
  call();
  return allocation_count.load() - before;
}

}  // namespace sessile

// Out of line: compilers that see malloc and free inside take them for a mismatch.
[[gnu::noinline]] void* operator new(size_t bytes) {
  sessile::allocation_count.fetch_add(1, std::memory_order_relaxed);
  if (void* const memory = std::malloc(bytes)) return memory;
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, size_t) noexcept { std::free(memory); }
