#include "sessile/core/session/arena_layout.h"

#include <algorithm>

#include "sessile/core/framework/buffer.h"

namespace sessile {
namespace {

size_t Rounded(size_t bytes) { return Aligned(std::max<size_t>(bytes, 1)); }

}  // namespace

size_t ArenaLayout::Take(size_t bytes) {
  const size_t wanted = Rounded(bytes);
  const auto fit = by_size_.lower_bound({wanted, 0});
  if (fit != by_size_.end()) {
    const auto [size, offset] = *fit;
    RemoveGap(gaps_.find(offset));
    if (size > wanted) AddGap(offset + wanted, size - wanted);
    return offset;
  }
  // Grows; from the last gap on if that ends where the arena does.
  size_t offset = size_;
  if (!gaps_.empty()) {
    const auto last = std::prev(gaps_.end());
    if (last->first + last->second == size_) {
      offset = last->first;
      RemoveGap(last);
    }
  }
  size_ = offset + wanted;
  return offset;
}

void ArenaLayout::Give(size_t offset, size_t bytes) {
  size_t size = Rounded(bytes);
  auto next = gaps_.lower_bound(offset);
  if (next != gaps_.end() && offset + size == next->first) {
    size += next->second;
    const auto after = std::next(next);
    RemoveGap(next);
    next = after;
  }
  if (next != gaps_.begin()) {
    const auto before = std::prev(next);
    if (before->first + before->second == offset) {
      offset = before->first;
      size += before->second;
      RemoveGap(before);
    }
  }
  AddGap(offset, size);
}

void ArenaLayout::AddGap(size_t offset, size_t bytes) {
  gaps_.emplace(offset, bytes);
  by_size_.emplace(bytes, offset);
}

void ArenaLayout::RemoveGap(std::map<size_t, size_t>::iterator gap) {
  by_size_.erase({gap->second, gap->first});
  gaps_.erase(gap);
}

}  // namespace sessile
