// Elements of a tensor of indices, whatever integer type it has.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "sessile/core/framework/kernel.h"

namespace sessile {

// Element i of a tensor of int8, uint8, int16, int32 or int64.
[[gnu::always_inline]] inline int64_t IndexAt(const TensorView& indices, int64_t i) {
  switch (indices.dtype()) {
    case DataType::kInt8:
      return indices.data<int8_t>()[i];
    case DataType::kUInt8:
      return indices.data<uint8_t>()[i];
    case DataType::kInt16:
      return indices.data<int16_t>()[i];
    case DataType::kInt32:
      return indices.data<int32_t>()[i];
    default:
      return indices.data<int64_t>()[i];
  }
}

// Row `n` of `indices`, [rows, sizes.size()], names an element of a tensor of these sizes: the
// first of its indices that is out of range, or sizes.size() if there is none.
inline size_t FirstOutOfRange(const TensorView& indices, int64_t n,
                              std::span<const int64_t> sizes) {
  const int64_t first = n * static_cast<int64_t>(sizes.size());
  size_t i = 0;
  for (; i < sizes.size(); ++i) {
    const int64_t index = IndexAt(indices, first + static_cast<int64_t>(i));
    if (index < 0 || index >= sizes[i]) break;
  }
  return i;
}

// The number of that element in the order of memory, or -1 if an index is out of range.
[[gnu::always_inline]] inline int64_t ElementNamed(const TensorView& indices, int64_t n,
                                                   std::span<const int64_t> sizes) {
  int64_t at = n * static_cast<int64_t>(sizes.size());
  int64_t element = 0;
  for (const int64_t size : sizes) {
    const int64_t index = IndexAt(indices, at++);
    if (index < 0 || index >= size) return -1;
    element = element * size + index;
  }
  return element;
}

// Where element `flat` of a tensor of this shape stands, for messages: "[0,1]", "" for a scalar.
inline std::string PlaceText(const Shape& shape, int64_t flat) {
  std::vector<int64_t> place(shape.dims().size());
  for (size_t i = place.size(); i-- > 0;) {
    place[i] = flat % shape.dims()[i];
    flat /= shape.dims()[i];
  }
  return place.empty() ? "" : absl::StrCat("[", absl::StrJoin(place, ","), "]");
}

}  // namespace sessile
