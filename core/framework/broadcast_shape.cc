#include "sessile/core/framework/broadcast_shape.h"

#include <algorithm>

#include "absl/strings/str_join.h"
#include "sessile/core/framework/status.h"

namespace sessile {
namespace {

// Dimension i, counted from the last one; 1 beyond the first.
int64_t FromLast(std::span<const int64_t> dims, size_t i) {
  return i < dims.size() ? dims[dims.size() - 1 - i] : 1;
}

absl::Status Incompatible(std::span<const int64_t> a, std::span<const int64_t> b) {
  return InvalidArgument("Incompatible shapes: [", absl::StrJoin(a, ","), "] vs. [",
                         absl::StrJoin(b, ","), "]");
}

absl::StatusOr<int64_t> BroadcastDim(int64_t a, int64_t b) {
  if (a == b || b == 1) return a;
  if (a == 1) return b;
  if (a == Shape::kUnknownDim) return b > 1 ? b : Shape::kUnknownDim;
  if (b == Shape::kUnknownDim) return a > 1 ? a : Shape::kUnknownDim;
  return Shape::MergeDim(a, b);
}

}  // namespace

absl::StatusOr<Shape> BroadcastShapes(const Shape& a, const Shape& b) {
  if (!a.has_rank() || !b.has_rank()) return Shape::Unknown();
  const size_t rank = static_cast<size_t>(std::max(a.rank(), b.rank()));
  std::vector<int64_t> dims(rank);
  for (size_t i = 0; i < rank; ++i) {
    SESSILE_ASSIGN_OR_RETURN(dims[rank - 1 - i],
                             BroadcastDim(FromLast(a.dims(), i), FromLast(b.dims(), i)));
  }
  return Shape(dims);
}

absl::StatusOr<BroadcastAxes> BroadcastReductions(std::span<const int64_t> a,
                                                  std::span<const int64_t> b) {
  BroadcastAxes axes;
  if (std::equal(a.begin(), a.end(), b.begin(), b.end())) return axes;
  const size_t rank = std::max(a.size(), b.size());
  for (size_t i = rank; i-- > 0;) {
    const int64_t in_a = FromLast(a, i), in_b = FromLast(b, i);
    if (in_a != in_b && in_a != 1 && in_b != 1) return Incompatible(a, b);
    const auto axis = static_cast<int64_t>(rank - 1 - i);
    if (in_a == 1) axes.a.push_back(axis);
    if (in_b == 1) axes.b.push_back(axis);
  }
  return axes;
}

absl::StatusOr<Broadcast> Broadcast::Of(std::span<const Shape> operands) {
  size_t rank = 0;
  for (const Shape& shape : operands) rank = std::max(rank, shape.dims().size());
  Broadcast broadcast;
  std::vector<int64_t> dims(rank, 1);
  Offsets next = {1, 1, 1};  // the stride of each operand's next dimension, from the last one on
  for (size_t i = 0; i < rank; ++i) {
    int64_t& size = dims[rank - 1 - i];
    for (const Shape& shape : operands) {
      const int64_t dim = FromLast(shape.dims(), i);
      if (dim == 1 || dim == size) continue;
      if (size != 1) return Incompatible(operands.front().dims(), shape.dims());
      size = dim;
    }
    if (size == 1) continue;
    Axis axis{.size = size};
    for (size_t k = 0; k < operands.size(); ++k) {
      const int64_t dim = FromLast(operands[k].dims(), i);
      if (dim != 1) axis.strides[k] = next[k];
      next[k] *= dim;
    }
    if (!broadcast.axes_.empty()) {
      Axis& inner = broadcast.axes_.back();
      bool alike = true;
      for (size_t k = 0; k < kMaxOperands; ++k) {
        alike = alike && axis.strides[k] == inner.strides[k] * inner.size;
      }
      if (alike) {
        inner.size *= size;
        continue;
      }
    }
    broadcast.axes_.push_back(axis);
  }
  if (broadcast.axes_.empty()) broadcast.axes_.push_back({});
  std::reverse(broadcast.axes_.begin(), broadcast.axes_.end());
  SESSILE_ASSIGN_OR_RETURN(broadcast.output_, Shape::FromDims(dims));
  return broadcast;
}

Broadcast::Offsets Broadcast::OffsetsOfRun(int64_t run) const {
  Offsets offsets = {};
  for (size_t i = axes_.size() - 1; i-- > 0;) {
    const int64_t index = run % axes_[i].size;
    run /= axes_[i].size;
    for (size_t k = 0; k < kMaxOperands; ++k) offsets[k] += index * axes_[i].strides[k];
  }
  return offsets;
}

}  // namespace sessile
