// Kernels that only move elements need no arithmetic: all types of one size are the same to them.
//
//   return WithStorage(ctx.input_dtype(0), [&]<typename T>(Stored<T>) -> PreparedOr {
//     return std::make_unique<TileKernel<T>>(...);   // T is uint32_t for float and for int32
//   });
//
// A view is then read as Elements<T>(view), whatever its dtype.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "sessile/core/framework/kernel.h"
#include "sessile/core/framework/status.h"

namespace sessile {

using PreparedOr = absl::StatusOr<std::unique_ptr<Prepared>>;

struct Bytes16 {
  uint64_t words[2];
};

template <typename T>
struct Stored {
  using type = T;
};

template <typename F>
PreparedOr WithStorage(DataType dtype, F make) {
  if (BaseType(dtype) == DataType::kString) return make(Stored<std::string>());
  switch (DataTypeSize(dtype)) {
    case 1:
      return make(Stored<uint8_t>());
    case 2:
      return make(Stored<uint16_t>());
    case 4:
      return make(Stored<uint32_t>());
    case 8:
      return make(Stored<uint64_t>());
    case 16:
      return make(Stored<Bytes16>());
    default:
      return Unimplemented("Elements of type ", DataTypeName(dtype), " cannot be stored");
  }
}

template <typename T>
T* Elements(const TensorView& view) {
  return static_cast<T*>(view.raw());
}

// Element `at` of `view`, whatever its type.
inline void* ElementAt(const TensorView& view, int64_t at) {
  return static_cast<char*>(view.raw()) + at * StoredSize(view.dtype());
}

// Copies `value` to the elements of `out` from element `at` on.
inline void CopyTo(const Tensor& value, int64_t at, const TensorView& out) {
  CopyElements(value.dtype(), value.raw_data(), value.num_elements(), ElementAt(out, at));
}
// A tensor of `shape` with the elements of `view` from element `at` on.
absl::StatusOr<Tensor> CopyOf(const TensorView& view, int64_t at, const Shape& shape);

// A shape from the value of an int32 or int64 vector whose elements must be sizes; errors as
// TensorFlow's: "Dimension -1 must be >= 0".
absl::StatusOr<Shape> ShapeOfSizes(const Tensor& sizes);

}  // namespace sessile
