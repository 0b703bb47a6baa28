// The sum of two tensors, for kernels that keep tensors and add to them.
#pragma once

#include "absl/status/status.h"
#include "sessile/core/framework/tensor.h"

namespace sessile {

// Adds the element of `from` to each of `to`, which are as many. UNIMPLEMENTED for elements that
// are not float, double, half, bfloat16, int32, int64 or complex.
absl::Status AddElements(const void* from, Tensor* to);

}  // namespace sessile
