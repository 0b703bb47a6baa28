// A tensor seen as [outer, channels, inner], and loops over it for kernels that treat every channel
// alike: NHWC is [N*H*W, C, 1], NCHW is [N, C, H*W].
//
// Per-channel values and sums are held in arrays of lanes() elements. With few channels one row
// would be too short a loop, so several rows are walked at a time, and the arrays hold as many
// copies of the channels: Tile() makes the copies of values, Fold() adds the copies of sums.
//
//   std::fill_n(sums, dims.lanes(), 0.0);
//   dims.Walk(BlockRange(dims.outer, block, blocks), [&](int64_t i, int64_t lane) {
//     sums[lane] += x[i];
//   });
//   dims.Fold(sums);   // sums[0] ... sums[channels - 1]
#pragma once

#include <algorithm>
#include <cstdint>
#include <type_traits>

#include "sessile/core/framework/data_format.h"
#include "sessile/core/framework/shape.h"
#include "sessile/kernels/blocks.h"
#include "sessile/kernels/numeric.h"
#include "sessile/kernels/vectorized.h"

namespace sessile {

// Where elements of type T are added up: sums of floating-point numbers are kept with twice the
// digits, sums of integers wrap around.
template <typename T>
using SumOf = std::conditional_t<std::is_integral_v<T>, uint64_t, InDouble<T>>;

struct Channels {
  int64_t outer = 0;
  int64_t channels = 0;
  int64_t inner = 1;

  // REQUIRES: rank 2 or more.
  static Channels Of(const Shape& shape, const DataFormat& format) {
    Channels dims{.outer = 1, .channels = 1};
    const int channel_dim = format.ChannelDim(shape.rank());
    for (int i = 0; i < shape.rank(); ++i) {
      (i < channel_dim    ? dims.outer
       : i == channel_dim ? dims.channels
                          : dims.inner) *= shape.dim(i);
    }
    return dims;
  }

  int64_t per_channel() const { return outer * inner; }
  // Elements for each index of the outer dimension.
  int64_t stride() const { return channels * inner; }

  int64_t lanes() const {
    constexpr int64_t kEnough = 32;
    if (inner != 1 || channels == 0) return channels;
    return channels * std::max<int64_t>(kEnough / channels, 1);
  }

  // Calls body(i, lane) for each element i of outer indices `range`; the lane is the element's
  // channel plus a multiple of the number of channels. T is the type of the elements.
  template <typename T = float, typename Body>
  void Walk(IndexRange range, Body body) const {
    VectorizedFor<T>([dims = *this, range, body] { dims.WalkLoops(range, body); });
  }

  // Copies the first `channels` values to all lanes.
  template <typename T>
  void Tile(T* values) const {
    for (int64_t lane = channels; lane < lanes(); ++lane) values[lane] = values[lane - channels];
  }

  // Adds the sums of all lanes to those of the first `channels`.
  template <typename T>
  void Fold(T* sums) const {
    for (int64_t first = channels; first < lanes(); first += channels) {
      for (int64_t c = 0; c < channels; ++c) sums[c] += sums[first + c];
    }
  }

 private:
  template <typename Body>
  void WalkLoops(IndexRange range, Body body) const {
    if (inner == 1) {
      const int64_t step = lanes();
      const int64_t end = range.last() * channels;
      int64_t i = range.first() * channels;
      for (; step > 0 && i + step <= end; i += step) {
        SESSILE_NO_CARRIED_DEPENDENCE
        for (int64_t lane = 0; lane < step; ++lane) body(i + lane, lane);
      }
      for (int64_t lane = 0; i + lane < end; ++lane) body(i + lane, lane);
      return;
    }
    for (const int64_t o : range) {
      for (int64_t c = 0; c < channels; ++c) {
        const int64_t first = (o * channels + c) * inner;
        for (int64_t i = first; i < first + inner; ++i) body(i, c);
      }
    }
  }
};

}  // namespace sessile
