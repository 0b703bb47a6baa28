// How many numbers a range has: start, start + delta, ... before limit.
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>
#include <type_traits>

#include "absl/status/statusor.h"
#include "sessile/core/framework/status.h"

namespace sessile {

// T is int64_t for all integers, float or double. "Requires delta != 0: 0", "Requires start <=
// limit when delta > 0: 10/0", "Requires start >= limit when delta < 0: 0/10".
template <typename T>
absl::StatusOr<int64_t> RangeSize(T start, T limit, T delta) {
  if (delta == T{0}) return InvalidArgument("Requires delta != 0: ", delta);
  if (start != start || limit != limit || delta != delta) {
    return InvalidArgument("Requires numbers, got NaN: start ", start, ", limit ", limit,
                           ", delta ", delta);
  }
  if (delta > T{0} && start > limit) {
    return InvalidArgument("Requires start <= limit when delta > 0: ", start, "/", limit);
  }
  if (delta < T{0} && start < limit) {
    return InvalidArgument("Requires start >= limit when delta < 0: ", start, "/", limit);
  }
  if constexpr (std::is_integral_v<T>) {
    const auto distance = start < limit
                              ? static_cast<uint64_t>(limit) - static_cast<uint64_t>(start)
                              : static_cast<uint64_t>(start) - static_cast<uint64_t>(limit);
    const auto step =
        delta > 0 ? static_cast<uint64_t>(delta) : uint64_t{0} - static_cast<uint64_t>(delta);
    const uint64_t size = distance / step + (distance % step != 0 ? 1 : 0);
    if (size <= static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) {
      return static_cast<int64_t>(size);
    }
  } else {
    const double size = std::ceil(std::abs((limit - start) / delta));
    if (size < 9.2e18) return static_cast<int64_t>(size);
  }
  return InvalidArgument("Requires ((limit - start) / delta) <= 9223372036854775807");
}

}  // namespace sessile
