// What x[begin:end:stride, i, newaxis, ...] means for a shape: the arguments of StridedSlice, whose
// shape rule, gradient and kernel must agree.
//
//   x[..., 1:3] of [2,5,7]:  begin {0, 1}, end {0, 3}, strides {1, 1}, masks.ellipsis = 1
//   SESSILE_ASSIGN_OR_RETURN(const SliceSpec spec, SliceSpec::Of(shape, {begin, end, strides}, m));
//   spec.output() == [2,5,2];  spec.dims()[2] == {.begin = 1, .stride = 1, .size = 2}
//
// A value type.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "sessile/core/framework/attr_value.h"
#include "sessile/core/framework/shape.h"

namespace sessile {

// Bit i is about item i of the slice.
struct SliceMasks {
  int64_t begin = 0;        // begin[i] is left out: from the first element on
  int64_t end = 0;          // end[i] is left out: up to the last element
  int64_t ellipsis = 0;     // stands for as many whole dimensions as are left
  int64_t new_axis = 0;     // puts in a dimension of size 1
  int64_t shrink_axis = 0;  // element begin[i] alone, without its dimension

  static absl::StatusOr<SliceMasks> Of(const AttrMap& attrs);
};

struct SliceBounds {
  // Nothing: not known yet.
  std::optional<std::vector<int64_t>> begin;
  std::optional<std::vector<int64_t>> end;
  std::vector<int64_t> strides;
};

class SliceSpec {
 public:
  // Elements begin, begin + stride, ... of one input dimension, `size` of them (-1: not known).
  struct Dim {
    int64_t begin = 0;
    int64_t stride = 1;
    int64_t size = 0;
  };

  // REQUIRES: input has a rank. Errors are TensorFlow's: "slice index 3 of dimension 0 out of
  // bounds.", "strides[0] must be non-zero", "Index out of range using input dim 2; input has only
  // 2 dims", ...
  static absl::StatusOr<SliceSpec> Of(const Shape& input, const SliceBounds& bounds,
                                      const SliceMasks& masks);

  // One for each dimension of the input. Their begins are meaningful where all is known.
  const std::vector<Dim>& dims() const { return dims_; }
  const Shape& output() const { return output_; }

 private:
  std::vector<Dim> dims_;
  Shape output_;
};

}  // namespace sessile
