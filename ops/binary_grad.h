// Gradients of the rows of binary.cc.
#pragma once

#include <span>
#include <vector>

#include "absl/status/statusor.h"
#include "sessile/core/graph/node.h"
#include "sessile/core/graph/output.h"
#include "sessile/ops/grad_context.h"

namespace sessile {

using BinaryGradients = absl::StatusOr<std::vector<Output>>;
using BinaryGradientFn = BinaryGradients (*)(GradContext&, const Node&, std::span<const Output>);

BinaryGradients AddGradient(GradContext&, const Node&, std::span<const Output>);
BinaryGradients SubGradient(GradContext&, const Node&, std::span<const Output>);
BinaryGradients MulGradient(GradContext&, const Node&, std::span<const Output>);
BinaryGradients RealDivGradient(GradContext&, const Node&, std::span<const Output>);
BinaryGradients DivGradient(GradContext&, const Node&, std::span<const Output>);
BinaryGradients FloorDivGradient(GradContext&, const Node&, std::span<const Output>);
BinaryGradients FloorModGradient(GradContext&, const Node&, std::span<const Output>);
BinaryGradients MaximumGradient(GradContext&, const Node&, std::span<const Output>);
BinaryGradients MinimumGradient(GradContext&, const Node&, std::span<const Output>);
BinaryGradients SquaredDifferenceGradient(GradContext&, const Node&, std::span<const Output>);
BinaryGradients PowGradient(GradContext&, const Node&, std::span<const Output>);
BinaryGradients DivNoNanGradient(GradContext&, const Node&, std::span<const Output>);
BinaryGradients MulNoNanGradient(GradContext&, const Node&, std::span<const Output>);
BinaryGradients Atan2Gradient(GradContext&, const Node&, std::span<const Output>);
BinaryGradients XlogyGradient(GradContext&, const Node&, std::span<const Output>);
BinaryGradients XdivyGradient(GradContext&, const Node&, std::span<const Output>);
BinaryGradients IgammaGradient(GradContext&, const Node&, std::span<const Output>);
BinaryGradients IgammacGradient(GradContext&, const Node&, std::span<const Output>);
BinaryGradients PolygammaGradient(GradContext&, const Node&, std::span<const Output>);
BinaryGradients ZetaGradient(GradContext&, const Node&, std::span<const Output>);
BinaryGradients Xlog1pyGradient(GradContext&, const Node&, std::span<const Output>);
BinaryGradients NextAfterGradient(GradContext&, const Node&, std::span<const Output>);
// Constant where it has a derivative at all.
BinaryGradients NoBinaryGradient(GradContext&, const Node&, std::span<const Output>);

}  // namespace sessile
