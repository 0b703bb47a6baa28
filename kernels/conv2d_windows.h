// Which taps of a filter meet which pixels: what the loops of a convolution and of its gradient
// with regard to the input run over.
#pragma once

#include <cstdint>
#include <vector>

#include "sessile/kernels/conv2d_shape.h"

namespace sessile {

// The taps that lie inside of the input for at least one output: [first, last) along each axis.
struct Taps {
  explicit Taps(const ConvolutionShape& conv);
  int64_t size(size_t axis) const { return last[axis] - first[axis]; }

  onednn::Pair first, last;
};

// Along one axis: the sources that one result is a sum over, neighbours from `source` on, and the
// taps of the packed filter that go with them, neighbours from `tap` on.
struct Window {
  int64_t phase = 0;
  int64_t source = 0;
  int64_t tap = 0;
  int64_t size = 0;

  friend bool operator==(const Window&, const Window&) = default;
};

// Results first, first + step, ... whose windows are equal but for the source, which moves on by
// the axis's source_step each time.
struct Stretch {
  Window window;
  int64_t first = 0;
  int64_t count = 0;
};

// Windows of the results along an axis. The taps of a packed filter are ordered by phase: results
// whose index differs by a multiple of `step` have the same one.
struct Axis {
  int64_t phases = 1;
  int64_t step = 1;
  int64_t source_step = 1;
  std::vector<Window> windows;          // by result
  std::vector<int64_t> tap_of_packed;   // in the filter
  std::vector<int64_t> first_of_phase;  // packed; one more behind

  int64_t taps(int64_t phase) const {
    return first_of_phase[static_cast<size_t>(phase) + 1] - First(phase);
  }
  int64_t First(int64_t phase) const { return first_of_phase[static_cast<size_t>(phase)]; }

  int64_t PhaseOf(int64_t packed) const;
  // Of the results [first, last).
  std::vector<Stretch> Stretches(int64_t first, int64_t last) const;
  std::vector<Stretch> Stretches() const {
    return Stretches(0, static_cast<int64_t>(windows.size()));
  }
};

// output[o] = sum over k of input[o * stride - pad + k] * filter[k]
Axis ForwardAxis(const ConvolutionShape& conv, size_t axis);

// input[i] = sum over k of output[(i + pad - k) / stride] * filter[k], where that divides: a
// convolution without strides for each remainder of i + pad, its taps in falling order.
Axis BackwardAxis(const ConvolutionShape& conv, size_t axis);

}  // namespace sessile
