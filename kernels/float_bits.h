// Elements of any type as words of their size, where all that matters is which are equal.
#pragma once

#include <cstdint>

#include "sessile/core/framework/data_type.h"

namespace sessile {

// What makes floats of some bits other than integers: -0 is 0, and what is beyond infinity is NaN,
// which equals nothing.
struct FloatBits {
  uint64_t infinity = 0;  // 0: elements are no floats
  uint64_t sign = 0;

  static FloatBits Of(DataType type) {
    switch (type) {
      case DataType::kHalf:
        return {0x7c00, 0x8000};
      case DataType::kBFloat16:
        return {0x7f80, 0x8000};
      case DataType::kFloat:
        return {0x7f800000, 0x80000000};
      case DataType::kDouble:
        return {uint64_t{0x7ff} << 52, uint64_t{1} << 63};
      default:
        return {};
    }
  }
  bool are_floats() const { return infinity != 0; }
  bool IsNan(uint64_t bits) const { return are_floats() && (bits & ~sign) > infinity; }
  // The same for all that equals these bits.
  uint64_t Key(uint64_t bits) const { return are_floats() && bits == sign ? 0 : bits; }
};

}  // namespace sessile
