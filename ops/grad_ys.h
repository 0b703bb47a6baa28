// Where a gradient walk begins: the gradients of something further by the ys.
#pragma once

#include <span>
#include <vector>

#include "sessile/core/graph/output.h"
#include "sessile/ops/gradients.h"

namespace sessile {

// One for each y: what options.grad_ys gives, or ones. The nodes "grad_ys_0", ... are built in the
// open name scope. Throws errors::InvalidArgumentError for another number of them and for types
// that do not fit.
std::vector<Output> GradYs(std::span<const Output> ys, const GradientsOptions& options);

}  // namespace sessile
