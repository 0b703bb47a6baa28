// Loops over the elements of a row, for kernels that work row by row:
//
//   FillRow(row, n, T{0});
//   JoinRow<AddElement>(row, x, n);   // row[i] = AddElement::Of(row[i], x[i])
//
// Rows of the usual types are computed in vectors (vectorized.h), but for those too short for it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <type_traits>

#include "sessile/kernels/numeric.h"
#include "sessile/kernels/vectorized.h"

namespace sessile {

inline constexpr int64_t kShortRow = 16;

template <typename T>
void FillRow(T* row, int64_t n, T value) {
  if constexpr (std::is_trivially_copyable_v<T> && (sizeof(T) == 4 || sizeof(T) == 8)) {
    if (n >= kShortRow) {
      return Vectorized([=] {
        for (int64_t i = 0; i < n; ++i) row[i] = value;
      });
    }
  }
  std::fill_n(row, n, value);
}

// `x` is the row itself or does not overlap it.
template <typename Op, typename T>
void JoinRow(T* row, const T* x, int64_t n) {
  const auto loop = [=] {
    SESSILE_NO_CARRIED_DEPENDENCE
    for (int64_t i = 0; i < n; ++i) row[i] = Op::Of(row[i], x[i]);
  };
  if constexpr (kUsual<T>) {
    if (n >= kShortRow) return Vectorized(loop);
  }
  loop();
}

struct AddElement {
  template <typename T>
  static T Of(T old, T x) {
    return Narrow<T>(WrapAdd(Widen(old), Widen(x)));
  }
};
struct MulElement {
  template <typename T>
  static T Of(T old, T x) {
    return Narrow<T>(WrapMul(Widen(old), Widen(x)));
  }
};

}  // namespace sessile
