// numpy's broadcasting: shapes are aligned at their last dimension, and a dimension of size 1 is
// repeated.
//
//   BroadcastShapes([?,3], [3])  is [?,3]                              a shape rule
//   Broadcast::Of({[4,3], [3]})  has output [4,3]; ForEachRun walks it  a kernel
//   BroadcastReductions([4,3], [3])  is {{}, {0}}                      a gradient
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "sessile/core/framework/shape.h"

namespace sessile {

// What is known of the result. "Dimensions must be equal, but are 2 and 3" if nothing can be.
absl::StatusOr<Shape> BroadcastShapes(const Shape& a, const Shape& b);

// The dimensions over which the gradients of a and b are summed, ascending, as TensorFlow's
// BroadcastGradientArgs gives them: for equal shapes none; else those in which that operand is
// repeated, and those in which both have size 1. "Incompatible shapes: [2] vs. [3]".
struct BroadcastAxes {
  std::vector<int64_t> a;
  std::vector<int64_t> b;
};
absl::StatusOr<BroadcastAxes> BroadcastReductions(std::span<const int64_t> a,
                                                  std::span<const int64_t> b);

// How a kernel reads up to three operands for each element of the output. Neighbouring dimensions
// that all operands treat alike are joined.
class Broadcast {
 public:
  static constexpr int kMaxOperands = 3;
  using Offsets = std::array<int64_t, kMaxOperands>;

  // REQUIRES: 1 to 3 fully defined shapes. "Incompatible shapes: [2] vs. [3]".
  static absl::StatusOr<Broadcast> Of(std::span<const Shape> operands);
  static absl::StatusOr<Broadcast> Of(const Shape& a, const Shape& b) {
    const std::array<Shape, 2> shapes = {a, b};
    return Of(shapes);
  }

  const Shape& output() const { return output_; }
  // Every operand is either as the output, or a single element.
  bool simple() const { return axes_.size() == 1; }
  // Elements of a run (below), if it is whole.
  int64_t run_length() const { return axes_.back().size; }
  // In a run operand i advances by this much from one element to the next: 0 or 1.
  int64_t run_stride(int i) const { return axes_.back().strides[static_cast<size_t>(i)]; }

  // Calls f(begin, count, offsets) for pieces of the output elements [begin, end), in order:
  // element begin + j of the output is made from elements offsets[i] + j * run_stride(i).
  template <typename F>
  void ForEachRun(int64_t begin, int64_t end, F&& f) const {
    const int64_t length = axes_.back().size;
    while (begin < end) {
      const int64_t within = begin % length;
      const int64_t count = std::min(length - within, end - begin);
      Offsets offsets = OffsetsOfRun(begin / length);
      for (size_t i = 0; i < kMaxOperands; ++i) offsets[i] += within * axes_.back().strides[i];
      f(begin, count, offsets);
      begin += count;
    }
  }

 private:
  struct Axis {
    int64_t size = 1;
    Offsets strides = {};
  };
  Offsets OffsetsOfRun(int64_t run) const;

  Shape output_;
  std::vector<Axis> axes_;  // at least one; outermost first
};

}  // namespace sessile
