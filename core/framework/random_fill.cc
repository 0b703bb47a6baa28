#include "sessile/core/framework/random_fill.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>
#include <cmath>
#include <cstddef>
#include <numbers>
#include <type_traits>

namespace sessile {
namespace {

template <typename T>
using Group = std::array<T, kRandomGroupSize<T>>;

// The bits become the mantissa of a number in [1, 2), which the subtraction moves exactly.
float UnitFloat(uint32_t bits) {
  return std::bit_cast<float>(uint32_t{127} << 23 | (bits & 0x7FFFFF)) - 1.0f;
}

// A double takes its upper bits from the first word, a 64-bit integer its lower ones.
double UnitDouble(uint32_t high, uint32_t low) {
  const uint64_t mantissa = uint64_t{high & 0xFFFFF} << 32 | low;
  return std::bit_cast<double>(uint64_t{1023} << 52 | mantissa) - 1.0;
}

template <typename T>
Group<T> Unit(const Philox::Block& bits) {
  if constexpr (std::is_same_v<T, float>) {
    return {UnitFloat(bits[0]), UnitFloat(bits[1]), UnitFloat(bits[2]), UnitFloat(bits[3])};
  } else {
    return {UnitDouble(bits[0], bits[1]), UnitDouble(bits[2], bits[3])};
  }
}

template <typename T>
Group<std::make_unsigned_t<T>> UnsignedIntegers(const Philox::Block& bits) {
  if constexpr (sizeof(T) == sizeof(uint32_t)) {
    return bits;
  } else {
    return {uint64_t{bits[1]} << 32 | bits[0], uint64_t{bits[3]} << 32 | bits[2]};
  }
}

// Box-Muller: for u, v uniform in [0, 1), sqrt(-2 log u) * (sin, cos)(2 pi v) are two independent
// normal values. u is kept off 0, where the logarithm is infinite.
template <typename T>
Group<T> Normal(const Philox::Block& bits) {
  Group<T> values = Unit<T>(bits);
  for (size_t i = 0; i < values.size(); i += 2) {
    const T u = std::max(values[i], static_cast<T>(1e-7));
    // The product is rounded to T only once.
    const T angle = static_cast<T>(2 * std::numbers::pi * values[i + 1]);
    const T radius = std::sqrt(T{-2} * std::log(u));
    values[i] = std::sin(angle) * radius;
    values[i + 1] = std::cos(angle) * radius;
  }
  return values;
}

// The first values of the sequence at `words` that are nearer than 2 to the mean. About one value
// in 22 is not.
template <typename T>
Group<T> TruncatedNormal(Philox words) {
  Group<T> kept;
  size_t count = 0;
  while (count < kept.size()) {
    for (const T value : Normal<T>(words.Next())) {
      if (std::abs(value) < T{2} && count < kept.size()) kept[count++] = value;
    }
  }
  return kept;
}

template <typename T>
void Store(const Group<T>& values, int64_t group, std::span<T> output) {
  const size_t offset = static_cast<size_t>(group) * values.size();
  std::copy_n(values.begin(), std::min(values.size(), output.size() - offset),
              output.begin() + static_cast<std::ptrdiff_t>(offset));
}

template <typename T>
void CheckRange([[maybe_unused]] int64_t begin, [[maybe_unused]] int64_t end,
                [[maybe_unused]] std::span<T> output) {
  assert(0 <= begin && begin <= end);
  assert(end <= RandomGroups<T>(static_cast<int64_t>(output.size())));
}

// For distributions that make a group of one block: block g makes group g.
template <typename T, typename GroupOf>
void FillFromBlocks(Philox generator, int64_t begin, int64_t end, std::span<T> output,
                    GroupOf group_of) {
  CheckRange(begin, end, output);
  generator.Skip(static_cast<uint64_t>(begin));
  for (int64_t group = begin; group < end; ++group) {
    Store<T>(group_of(generator.Next()), group, output);
  }
}

}  // namespace

template <typename T>
void FillUniform(const Philox& start, int64_t begin, int64_t end, std::span<T> output) {
  FillFromBlocks(start, begin, end, output, Unit<T>);
}

template <typename T>
void FillUniformInt(const Philox& start, T low, T high, int64_t begin, int64_t end,
                    std::span<T> output) {
  assert(low < high);
  // Unsigned, because high - low may be more than T holds; the sum wraps back into [low, high).
  using Unsigned = std::make_unsigned_t<T>;
  const auto base = static_cast<Unsigned>(low);
  const Unsigned range = static_cast<Unsigned>(high) - base;
  FillFromBlocks(start, begin, end, output, [base, range](const Philox::Block& bits) {
    Group<T> values;
    const Group<Unsigned> raw = UnsignedIntegers<T>(bits);
    for (size_t i = 0; i < raw.size(); ++i) values[i] = static_cast<T>(base + raw[i] % range);
    return values;
  });
}

template <typename T>
void FillNormal(const Philox& start, int64_t begin, int64_t end, std::span<T> output) {
  FillFromBlocks(start, begin, end, output, Normal<T>);
}

// How many blocks a group uses is open, so each starts at a place of its own:
// kRandomBlocksPerOutput words of 32 bits for each of its elements.
template <typename T>
void FillTruncatedNormal(const Philox& start, int64_t begin, int64_t end, std::span<T> output) {
  constexpr int64_t kWordsPerBlock = std::tuple_size_v<Philox::Block>;
  constexpr int64_t kBlocksPerGroup = kRandomGroupSize<T> * kRandomBlocksPerOutput / kWordsPerBlock;
  CheckRange(begin, end, output);
  for (int64_t group = begin; group < end; ++group) {
    Philox generator = start;
    generator.Skip(static_cast<uint64_t>(group) * kBlocksPerGroup);
    Store<T>(TruncatedNormal<T>(generator), group, output);
  }
}

template void FillUniform<float>(const Philox&, int64_t, int64_t, std::span<float>);
template void FillUniform<double>(const Philox&, int64_t, int64_t, std::span<double>);
template void FillUniformInt<int32_t>(const Philox&, int32_t, int32_t, int64_t, int64_t,
                                      std::span<int32_t>);
template void FillUniformInt<int64_t>(const Philox&, int64_t, int64_t, int64_t, int64_t,
                                      std::span<int64_t>);
template void FillNormal<float>(const Philox&, int64_t, int64_t, std::span<float>);
template void FillNormal<double>(const Philox&, int64_t, int64_t, std::span<double>);
template void FillTruncatedNormal<float>(const Philox&, int64_t, int64_t, std::span<float>);
template void FillTruncatedNormal<double>(const Philox&, int64_t, int64_t, std::span<double>);

}  // namespace sessile
