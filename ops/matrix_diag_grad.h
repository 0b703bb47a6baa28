// Gradients of the operations of matrix_diag.cc, in all versions.
#pragma once

#include <span>
#include <vector>

#include "absl/status/statusor.h"
#include "sessile/core/graph/node.h"
#include "sessile/core/graph/output.h"
#include "sessile/ops/grad_context.h"

namespace sessile {

// Of the first versions, which have the main diagonal only.
absl::StatusOr<std::vector<Output>> MatrixDiagGradient(GradContext&, const Node&,
                                                       std::span<const Output>);
absl::StatusOr<std::vector<Output>> MatrixDiagPartGradient(GradContext&, const Node&,
                                                           std::span<const Output>);
absl::StatusOr<std::vector<Output>> MatrixSetDiagGradient(GradContext&, const Node&,
                                                          std::span<const Output>);
// Of the later ones.
absl::StatusOr<std::vector<Output>> MatrixBandDiagGradient(GradContext&, const Node&,
                                                           std::span<const Output>);
absl::StatusOr<std::vector<Output>> MatrixBandDiagPartGradient(GradContext&, const Node&,
                                                               std::span<const Output>);
absl::StatusOr<std::vector<Output>> MatrixBandSetDiagGradient(GradContext&, const Node&,
                                                              std::span<const Output>);

}  // namespace sessile
