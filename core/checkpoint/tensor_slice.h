// A box in a tensor: the part of a partitioned variable that one checkpoint entry holds.
//
//   "10 3 2,5:-" as programs write it: of a tensor of shape [10,3], 5 rows from row 2 on, and of
//   these everything.
//
//   SESSILE_ASSIGN_OR_RETURN(const ShapeAndSlice part, ParseShapeAndSlice("10 3 2,5:-"));
//   part.slice.ShapeIn(part.full_shape) is [5,3]
//
// Values; thread-safe as such.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "sessile/core/framework/shape.h"
#include "sessile/core/framework/tensor.h"

namespace sessile {

namespace pb {
class TensorSliceProto;
}  // namespace pb

class TensorSlice {
 public:
  static constexpr int64_t kAll = -1;
  struct Extent {
    int64_t start = 0;
    int64_t length = kAll;  // kAll: the whole dimension, and start is 0
    friend bool operator==(const Extent&, const Extent&) = default;
  };

  // Everything.
  static TensorSlice Full(int rank);
  // "2,5:-"
  static absl::StatusOr<TensorSlice> Parse(std::string_view text);
  static absl::StatusOr<TensorSlice> FromProto(const pb::TensorSliceProto& proto);
  void ToProto(pb::TensorSliceProto* proto) const;

  const std::vector<Extent>& extents() const { return extents_; }
  // The shape of this part of a tensor of shape `full`: "Extent in dimension 0 out of bounds: ..."
  // and "Mismatching ranks: ..." otherwise.
  absl::StatusOr<Shape> ShapeIn(const Shape& full) const;
  // The same box with every length written out. REQUIRES: ShapeIn(full) is OK.
  std::vector<Extent> BoxIn(const Shape& full) const;
  bool IsAllOf(const Shape& full) const;
  // "2,5:-"
  std::string ToString() const;
  // The key of this part of the tensor `name` in a checkpoint's table. It sorts like the numbers in
  // it, and before all names.
  std::string KeyOf(std::string_view name) const;

  friend bool operator==(const TensorSlice&, const TensorSlice&) = default;

 private:
  std::vector<Extent> extents_;
};

struct ShapeAndSlice {
  Shape full_shape;
  TensorSlice slice;
  Shape slice_shape;
};

// INVALID_ARGUMENT for other texts.
absl::StatusOr<ShapeAndSlice> ParseShapeAndSlice(std::string_view text);

// What two boxes, of lengths written out, have in common; nothing if they do not meet.
using Box = std::vector<TensorSlice::Extent>;
std::optional<Box> Intersection(const Box& a, const Box& b);
int64_t NumElements(const Box& box);

// Copies `part`, a box of the whole tensor, from `from`, which holds the box `from_box`, to `to`,
// which holds `to_box`. REQUIRES: same types, and that part is in both boxes.
void CopyBox(const Box& part, const Tensor& from, const Box& from_box, Tensor* to,
             const Box& to_box);

}  // namespace sessile
