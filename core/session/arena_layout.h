// Places for values in one arena, by their lifetimes.
//
//   ArenaLayout layout;
//   size_t x = layout.Take(bytes);      // in the order of a run's steps
//   layout.Give(x, bytes);
//   AllocateBuffer(layout.size());
//
// Best fit among the gaps, which join with their neighbours. Places are multiples of
// kBufferAlignment. Not thread-safe.
#pragma once

#include <cstddef>
#include <map>
#include <set>
#include <utility>

namespace sessile {

class ArenaLayout {
 public:
  size_t Take(size_t bytes);
  // `bytes` as they were taken.
  void Give(size_t offset, size_t bytes);
  // The most that was needed at any time.
  size_t size() const { return size_; }

 private:
  void AddGap(size_t offset, size_t bytes);
  void RemoveGap(std::map<size_t, size_t>::iterator gap);

  std::map<size_t, size_t> gaps_;                // offset → bytes
  std::set<std::pair<size_t, size_t>> by_size_;  // bytes, offset
  size_t size_ = 0;
};

}  // namespace sessile
