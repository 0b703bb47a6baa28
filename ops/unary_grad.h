// Gradients of the rows of unary.cc.
#pragma once

#include <span>
#include <vector>

#include "absl/status/statusor.h"
#include "sessile/core/graph/node.h"
#include "sessile/core/graph/output.h"
#include "sessile/ops/grad_context.h"

namespace sessile {

using UnaryGradients = absl::StatusOr<std::vector<Output>>;
using UnaryGradientFn = UnaryGradients (*)(GradContext&, const Node&, std::span<const Output>);

// Of y = f(x).
UnaryGradients NegGradient(GradContext&, const Node&, std::span<const Output>);
UnaryGradients AbsGradient(GradContext&, const Node&, std::span<const Output>);
UnaryGradients SignGradient(GradContext&, const Node&, std::span<const Output>);
UnaryGradients ExpGradient(GradContext&, const Node&, std::span<const Output>);
UnaryGradients LogGradient(GradContext&, const Node&, std::span<const Output>);
UnaryGradients Log1pGradient(GradContext&, const Node&, std::span<const Output>);
UnaryGradients SquareGradient(GradContext&, const Node&, std::span<const Output>);
UnaryGradients OwnGradient(GradContext&, const Node&, std::span<const Output>);
UnaryGradients OwnGradientAfter(GradContext&, const Node&, std::span<const Output>);
UnaryGradients InvGradient(GradContext&, const Node&, std::span<const Output>);
UnaryGradients Expm1Gradient(GradContext&, const Node&, std::span<const Output>);
UnaryGradients SinGradient(GradContext&, const Node&, std::span<const Output>);
UnaryGradients CosGradient(GradContext&, const Node&, std::span<const Output>);
UnaryGradients TanGradient(GradContext&, const Node&, std::span<const Output>);
UnaryGradients AsinGradient(GradContext&, const Node&, std::span<const Output>);
UnaryGradients AcosGradient(GradContext&, const Node&, std::span<const Output>);
UnaryGradients AtanGradient(GradContext&, const Node&, std::span<const Output>);
UnaryGradients AtanhGradient(GradContext&, const Node&, std::span<const Output>);
UnaryGradients SinhGradient(GradContext&, const Node&, std::span<const Output>);
UnaryGradients CoshGradient(GradContext&, const Node&, std::span<const Output>);
UnaryGradients AsinhGradient(GradContext&, const Node&, std::span<const Output>);
UnaryGradients AcoshGradient(GradContext&, const Node&, std::span<const Output>);
UnaryGradients ErfGradient(GradContext&, const Node&, std::span<const Output>);
UnaryGradients ErfcGradient(GradContext&, const Node&, std::span<const Output>);
UnaryGradients ErfinvGradient(GradContext&, const Node&, std::span<const Output>);
UnaryGradients NdtriGradient(GradContext&, const Node&, std::span<const Output>);
UnaryGradients LgammaGradient(GradContext&, const Node&, std::span<const Output>);
UnaryGradients DigammaGradient(GradContext&, const Node&, std::span<const Output>);
UnaryGradients StepGradient(GradContext&, const Node&, std::span<const Output>);
UnaryGradients ReciprocalGradGradient(GradContext&, const Node&, std::span<const Output>);
UnaryGradients SqrtGradGradient(GradContext&, const Node&, std::span<const Output>);
UnaryGradients RsqrtGradGradient(GradContext&, const Node&, std::span<const Output>);
UnaryGradients TanhGradGradient(GradContext&, const Node&, std::span<const Output>);
UnaryGradients SigmoidGradGradient(GradContext&, const Node&, std::span<const Output>);

}  // namespace sessile
