// How the work of a kernel is cut into blocks.
//
//   AddPhase(BlocksOf(rows, row_bytes));                            // in the constructor
//   for (int64_t row : BlockRange(rows, block, num_blocks(0))) ...  // in Run
//
// Blocks follow from shapes alone, never from the number of threads: that is what makes results the
// same bits for any number of threads.
#pragma once

#include <algorithm>
#include <cstdint>

namespace sessile {

// What one block should touch: enough to outweigh handing it to a thread, little enough to stay in
// the second-level cache between the passes of one block.
inline constexpr int64_t kBlockBytes = 64 << 10;
inline constexpr int64_t kMaxBlocks = 1024;

// The number of blocks for `items` pieces of work that touch `bytes_per_item` bytes each. At least
// one, also for no items at all.
inline int64_t BlocksOf(int64_t items, int64_t bytes_per_item = 4) {
  const int64_t item = std::max<int64_t>(bytes_per_item, 1);
  const int64_t items_per_block = std::max<int64_t>(kBlockBytes / item, 1);
  const int64_t blocks = items / items_per_block + (items % items_per_block != 0 ? 1 : 0);
  return std::clamp<int64_t>(blocks, 1, kMaxBlocks);
}

// Blocks of the columns of a matrix whose `rows` every block walks over, `bytes` for an element.
// They are so wide that of each row a block uses all of the cache lines that it touches.
inline int64_t BlocksOfColumns(int64_t columns, int64_t rows, int64_t bytes) {
  constexpr int64_t kLeastColumns = 64;
  const int64_t blocks = BlocksOf(columns, std::clamp<int64_t>(rows, 1, kBlockBytes) * bytes);
  return std::min(blocks, std::max<int64_t>(columns / kLeastColumns, 1));
}

// The same for work that is bound by arithmetic: `work_per_item` multiplications and additions for
// each piece.
inline constexpr double kBlockWork = 1 << 20;
inline int64_t BlocksOfWork(int64_t items, double work_per_item, int64_t most = kMaxBlocks) {
  if (items <= 0 || !(work_per_item > 0)) return 1;
  const double blocks = static_cast<double>(items) * work_per_item / kBlockWork;
  const double largest = static_cast<double>(std::min(items, most));
  return std::max<int64_t>(static_cast<int64_t>(std::min(blocks, largest)), 1);
}

// The half-open range [begin(), end()) of numbers; a range-for walks over them.
class IndexRange {
 public:
  class Iterator {
   public:
    explicit Iterator(int64_t value) : value_(value) {}
    int64_t operator*() const { return value_; }
    Iterator& operator++() {
      ++value_;
      return *this;
    }
    bool operator!=(const Iterator& other) const { return value_ != other.value_; }

   private:
    int64_t value_;
  };

  IndexRange(int64_t first, int64_t last) : first_(first), last_(last) {}
  Iterator begin() const { return Iterator(first_); }
  Iterator end() const { return Iterator(last_); }
  int64_t first() const { return first_; }
  int64_t last() const { return last_; }
  int64_t size() const { return last_ - first_; }

 private:
  int64_t first_;
  int64_t last_;
};

// The items of block `block` of `blocks`: consecutive, sizes differ by at most one.
inline IndexRange BlockRange(int64_t items, int64_t block, int64_t blocks) {
  const int64_t size = items / blocks;
  const int64_t longer = items % blocks;  // the first `longer` blocks have one item more
  const int64_t first = block * size + std::min(block, longer);
  return IndexRange(first, first + size + (block < longer ? 1 : 0));
}

}  // namespace sessile
