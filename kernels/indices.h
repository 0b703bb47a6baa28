// Elements of a tensor of indices, whatever integer type it has.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "sessile/core/framework/kernel.h"

namespace sessile {

// Element i of a tensor of int8, uint8, int16, int32 or int64.
inline int64_t IndexAt(const TensorView& indices, int64_t i) {
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
