// Checks of indices that name rows of a variable.
#pragma once

#include <cstdint>

#include "absl/status/status.h"
#include "sessile/core/framework/kernel.h"
#include "sessile/core/framework/status.h"
#include "sessile/kernels/indices.h"

namespace sessile {

// "indices[2] = 7 is not in [0, 5)" for the first of a list that is none of `rows`.
inline absl::Status CheckRowIndices(const TensorView& indices, int64_t rows) {
  const int64_t count = indices.num_elements();
  for (int64_t i = 0; i < count; ++i) {
    const int64_t index = IndexAt(indices, i);
    if (index >= 0 && index < rows) continue;
    return InvalidArgument("indices[", i, "] = ", index, " is not in [0, ", rows, ")");
  }
  return absl::OkStatus();
}

}  // namespace sessile
