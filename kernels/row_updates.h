// Slices of a tensor that are joined with updates, slice by slice in the order of the updates: what
// is left to do of Scatter kernels once indices and shapes have been looked at.
#pragma once

#include <cstdint>
#include <span>

#include "absl/status/statusor.h"
#include "sessile/core/framework/kernel.h"
#include "sessile/kernels/blocks.h"

namespace sessile {

// How an element and its update join. Sums of bools are true where any term is.
enum class SliceOp { kSet, kAdd, kSub, kMul, kDiv, kMin, kMax };

// Row i of `indices` names the slice of `to`, [dims..., inner], that update i joins; it is in
// range.
struct SliceUpdates {
  const TensorView& indices;
  std::span<const int64_t> dims;
  int64_t count;
  int64_t inner;
  IndexRange range;  // of the elements of a slice
  const void* updates;
  void* to;
  bool one_update = false;  // a single element for all elements of all slices
};
using SliceLoop = void (*)(const SliceUpdates& updates);

// Of numbers; complex ones have no order, bools can be added, and everything that has storage set.
// "Elements of type variant cannot be stored".
absl::StatusOr<SliceLoop> FindSliceLoop(SliceOp op, DataType type);

}  // namespace sessile
