// Gradients of the rows of reduction.cc.
#pragma once

#include <span>
#include <vector>

#include "absl/status/statusor.h"
#include "sessile/core/graph/node.h"
#include "sessile/core/graph/output.h"
#include "sessile/ops/grad_context.h"

namespace sessile {

using ReductionGradients = absl::StatusOr<std::vector<Output>>;
using ReductionGradientFn = ReductionGradients (*)(GradContext&, const Node&,
                                                   std::span<const Output>);

ReductionGradients SumGradient(GradContext&, const Node&, std::span<const Output>);
ReductionGradients MeanGradient(GradContext&, const Node&, std::span<const Output>);
ReductionGradients ProdGradient(GradContext&, const Node&, std::span<const Output>);
ReductionGradients ExtremeGradient(GradContext&, const Node&, std::span<const Output>);

}  // namespace sessile
