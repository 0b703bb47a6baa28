// A tensor seen as [outer, channels, inner], and loops over it for kernels that treat every channel
// alike: NHWC is [N*H*W, C, 1], NCHW is [N, C, H*W].
//
// Per-channel values and sums are held in arrays of lanes() elements. One row would be too short a
// loop, or end in a part of a vector, so several rows are walked at a time, and the arrays hold as
// many copies of the channels: Tile() makes the copies of values, Fold() adds the copies of sums.
//
//   dims.Walk<float>(BlockRange(dims.outer, block, blocks), [=](int64_t i, int64_t lane) {
//     y[i] = x[i] - mean[lane];
//   });
//
//   std::fill_n(sums, dims.lanes(), 0.0);
//   dims.AddUp<float>(rows, Addends{[=](int64_t i, int64_t) { return x[i]; }, sums});
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

// Numbers for each element, and where they are added up.
template <typename Term>
struct Addends {
  Term term;  // term(i, lane)
  double* sums;
};
template <typename Term>
Addends(Term, double*) -> Addends<Term>;

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

  // Whole vectors, and enough of them that each has been added before it is added to again.
  int64_t lanes() const {
    constexpr int64_t kVector = 16, kEnough = 256, kTooMany = 512;
    if (inner != 1 || channels == 0) return channels;
    const int64_t common = std::min(channels & -channels, kVector);  // a power of two
    const int64_t whole = channels * (kVector / common);
    if (whole > kTooMany) return channels;
    return whole * std::max<int64_t>(kEnough / whole, 1);
  }

  // Calls body(i, lane) for each element i of outer indices `range`; the lane is the element's
  // channel plus a multiple of the number of channels. T is the type of the elements.
  template <typename T, typename Body>
  void Walk(IndexRange range, Body body) const {
    const auto walk = [dims = *this, range, body] { dims.WalkLoops(range, body); };
    if constexpr (kUsual<T> && !std::is_same_v<T, double>) {
      VectorizedFor<T>(walk);
    } else {
      FastByOne(walk);
    }
  }

  // sums[lane] += term(i, lane) for each element of outer indices `range` and each of `addends`.
  // Eight terms of floats are added up in float, in pairs, and this in double: rounded three times,
  // however many terms there are. Other types are not worth that much code.
  template <typename T, typename... Term>
  void AddUp(IndexRange range, Addends<Term>... addends) const {
    if constexpr (!std::is_same_v<T, float>) {
      Walk<T>(range, [=](int64_t i, int64_t lane) {
        ((addends.sums[lane] += double{addends.term(i, lane)}), ...);
      });
    } else if (inner == 1) {
      Vectorized([dims = *this, range, addends...] { dims.AddRows(range, addends...); });
    } else {
      Fast([dims = *this, range, addends...] { dims.AddColumns(range, addends...); });
    }
  }

  // Copies the first `channels` values to all lanes.
  template <typename T>
  SESSILE_OPTIMIZE_SPEED void Tile(T* values) const {
    const int64_t size = lanes();
    for (int64_t lane = channels; lane < size; lane += channels) {
      std::copy_n(values, channels, values + lane);
    }
  }

  // Adds the sums of all lanes to those of the first `channels`.
  template <typename T>
  SESSILE_OPTIMIZE_SPEED void Fold(T* sums) const {
    const int64_t size = lanes();
    for (int64_t first = channels; first < size; first += channels) {
      for (int64_t c = 0; c < channels; ++c) sums[c] += sums[first + c];
    }
  }

 private:
  static constexpr int64_t kTerms = 8;

  template <typename Term>
  static double OfTerms(Term term, int64_t i, int64_t step, int64_t lane) {
    const auto pair = [=](int64_t k) {
      return term(i + k * step, lane) + term(i + (k + 1) * step, lane);
    };
    return double{(pair(0) + pair(2)) + (pair(4) + pair(6))};
  }

  template <typename... Term>
  void AddRows(IndexRange range, Addends<Term>... addends) const {
    const int64_t step = lanes();
    const int64_t end = range.last() * channels;
    int64_t i = range.first() * channels;
    for (; step > 0 && i + kTerms * step <= end; i += kTerms * step) {
      SESSILE_NO_CARRIED_DEPENDENCE
      for (int64_t lane = 0; lane < step; ++lane) {
        ((addends.sums[lane] += OfTerms(addends.term, i + lane, step, lane)), ...);
      }
    }
    for (; i < end; i += step) {
      const int64_t count = std::min(step, end - i);
      SESSILE_NO_CARRIED_DEPENDENCE
      for (int64_t lane = 0; lane < count; ++lane) {
        ((addends.sums[lane] += double{addends.term(i + lane, lane)}), ...);
      }
    }
  }

  template <typename... Term>
  void AddColumns(IndexRange range, Addends<Term>... addends) const {
    for (const int64_t o : range) {
      for (int64_t c = 0; c < channels; ++c) {
        int64_t i = (o * channels + c) * inner;
        const int64_t end = i + inner;
        for (; i + kTerms <= end; i += kTerms) {
          ((addends.sums[c] += OfTerms(addends.term, i, 1, c)), ...);
        }
        for (; i < end; ++i) ((addends.sums[c] += double{addends.term(i, c)}), ...);
      }
    }
  }

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
