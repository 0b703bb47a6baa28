// Fills outputs with random values of a distribution, in TensorFlow's order (on its CPU device).
//
// An output is cut into groups of 128 bits: 4 elements of 4 bytes or 2 of 8, the last one perhaps
// shorter. Each group depends on the generator and its own number alone, so that a call may compute
// any range of groups; ranges that cover all groups give the same bits however they are cut:
//
//   const int64_t groups = RandomGroups<float>(output.size());
//   FillNormal<float>(start, 0, groups / 2, output);       // these two lines
//   FillNormal<float>(start, groups / 2, groups, output);  // may run on two threads
//
// `start` is what RandomStream::ReserveOutputs(output.size()) gave and is the same for all ranges;
// `output` is the whole output, of which the groups [begin, end) are written.
// REQUIRES: 0 <= begin <= end <= RandomGroups<T>(output.size()).
//
// Thread-safe for disjoint ranges. Nothing is allocated.

#ifndef SESSILE_CORE_FRAMEWORK_RANDOM_FILL_H_
#define SESSILE_CORE_FRAMEWORK_RANDOM_FILL_H_

#include <cstdint>
#include <span>

#include "sessile/core/framework/random.h"

namespace sessile {

// Elements in a group.
template <typename T>
inline constexpr int64_t kRandomGroupSize = static_cast<int64_t>(sizeof(Philox::Block) / sizeof(T));

// Groups in an output of `size` elements.
template <typename T>
constexpr int64_t RandomGroups(int64_t size) {
  return size / kRandomGroupSize<T> + (size % kRandomGroupSize<T> != 0 ? 1 : 0);
}

// Uniform in [0, 1), in steps of 2^-23 (float) or 2^-52 (double). TensorFlow's values to the bit.
// T is float or double.
template <typename T>
void FillUniform(const Philox& start, int64_t begin, int64_t end, std::span<T> output);

// Uniform integers in [low, high): random bits modulo (high - low), as TensorFlow does it, with the
// slight bias that this has. REQUIRES: low < high. T is int32_t or int64_t.
template <typename T>
void FillUniformInt(const Philox& start, T low, T high, int64_t begin, int64_t end,
                    std::span<T> output);

// Normal with mean 0 and standard deviation 1. The logarithm, sine and cosine are those of the C
// library, as in TensorFlow: with the same library the values are TensorFlow's to the bit, with
// another one they may differ in the last place. T is float or double.
template <typename T>
void FillNormal(const Philox& start, int64_t begin, int64_t end, std::span<T> output);

// As FillNormal, but values at 2 or more from the mean are drawn again.
template <typename T>
void FillTruncatedNormal(const Philox& start, int64_t begin, int64_t end, std::span<T> output);

}  // namespace sessile

#endif  // SESSILE_CORE_FRAMEWORK_RANDOM_FILL_H_
