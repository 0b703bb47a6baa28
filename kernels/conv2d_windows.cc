#include "sessile/kernels/conv2d_windows.h"

#include <algorithm>

namespace sessile {
namespace {

// The part of a window of `taps` taps from `source` on that lies in [0, sources).
Window Clipped(int64_t phase, int64_t source, int64_t taps, int64_t sources) {
  const int64_t first = std::max<int64_t>(-source, 0);
  const int64_t last = std::min(taps, sources - source);
  return {phase, source + first, first, std::max<int64_t>(last - first, 0)};
}

}  // namespace

Taps::Taps(const ConvolutionShape& conv) {
  for (size_t i = 0; i < 2; ++i) {
    // Tap k reads input o * stride - pad + k.
    const int64_t reach = (conv.output[i] - 1) * conv.stride[i] - conv.pad_before[i];
    first[i] = std::max<int64_t>(-reach, 0);
    last[i] = std::min(conv.filter[i], conv.input[i] + conv.pad_before[i]);
  }
}

int64_t Axis::PhaseOf(int64_t packed) const {
  int64_t phase = 0;
  while (packed >= First(phase + 1)) ++phase;
  return phase;
}

std::vector<Stretch> Axis::Stretches(int64_t first, int64_t last) const {
  std::vector<Stretch> stretches;
  for (int64_t begin = first; begin < std::min(first + step, last); ++begin) {
    stretches.push_back({windows[static_cast<size_t>(begin)], begin, 0});
    for (int64_t i = begin; i < last; i += step) {
      Window next = stretches.back().window;
      next.source += stretches.back().count * source_step;
      const Window& window = windows[static_cast<size_t>(i)];
      if (window != next) stretches.push_back({window, i, 0});
      ++stretches.back().count;
    }
  }
  return stretches;
}

Axis ForwardAxis(const ConvolutionShape& conv, size_t axis) {
  const Taps used(conv);
  Axis result;
  result.source_step = conv.stride[axis];
  result.first_of_phase = {0, used.size(axis)};
  for (int64_t k = used.first[axis]; k < used.last[axis]; ++k) result.tap_of_packed.push_back(k);
  for (int64_t o = 0; o < conv.output[axis]; ++o) {
    const int64_t source = o * conv.stride[axis] - conv.pad_before[axis] + used.first[axis];
    result.windows.push_back(Clipped(0, source, used.size(axis), conv.input[axis]));
  }
  return result;
}

Axis BackwardAxis(const ConvolutionShape& conv, size_t axis) {
  const Taps used(conv);
  const int64_t stride = conv.stride[axis];
  const int64_t pad = conv.pad_before[axis] - used.first[axis];  // as if the filter began there
  Axis result;
  result.phases = std::min(stride, used.size(axis));
  result.step = stride;
  result.first_of_phase = {0};
  for (int64_t phase = 0; phase < result.phases; ++phase) {
    const int64_t taps = (used.size(axis) - phase + stride - 1) / stride;
    for (int64_t t = taps; t-- > 0;) {
      result.tap_of_packed.push_back(used.first[axis] + phase + t * stride);
    }
    result.first_of_phase.push_back(result.first_of_phase.back() + taps);
  }
  for (int64_t i = 0; i < conv.input[axis]; ++i) {
    const int64_t reach = i + pad;
    const int64_t phase = (reach % stride + stride) % stride;
    if (phase >= result.phases) {
      result.windows.emplace_back();
      continue;
    }
    const int64_t taps = result.taps(phase);
    const int64_t source = (reach - phase) / stride - (taps - 1);
    result.windows.push_back(Clipped(phase, source, taps, conv.output[axis]));
  }
  return result;
}

}  // namespace sessile
