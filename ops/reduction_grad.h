// Gradients of the rows of reduction.cc.
#pragma once

#include <span>
#include <vector>

#include "absl/status/statusor.h"
#include "sessile/core/graph/node.h"
#include "sessile/core/graph/output.h"
#include "sessile/ops/grad_context.h"
#include "sessile/ops/input.h"

namespace sessile {

using ReductionGradients = absl::StatusOr<std::vector<Output>>;
using ReductionGradientFn = ReductionGradients (*)(GradContext&, const Node&,
                                                   std::span<const Output>);

ReductionGradients SumGradient(GradContext&, const Node&, std::span<const Output>);
ReductionGradients MeanGradient(GradContext&, const Node&, std::span<const Output>);
ReductionGradients ProdGradient(GradContext&, const Node&, std::span<const Output>);
ReductionGradients EuclideanNormGradient(GradContext&, const Node&, std::span<const Output>);
ReductionGradients ExtremeGradient(GradContext&, const Node&, std::span<const Output>);

// `input_shape` with 1 for each of `axes`: a constant if both are known, else computed when the
// graph runs.
Input ReducedShape(const Output& input_shape, const Output& axes);

}  // namespace sessile
