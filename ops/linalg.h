// Dense linear algebra of matrices [..., m, n], each matrix of a batch by itself.
//
//   auto x = tf::linalg::solve(a, b);          // a x = b
//   auto [s, u, v] = tf::linalg::svd(a);       // a = u diag(s) v^T
//
// Of float32 and float64. As elsewhere in ops/: nodes go to the graph of the inputs, errors are
// thrown; a matrix that has no inverse is an error of the run.
#pragma once

#include <string>
#include <string_view>

#include "sessile/core/graph/output.h"
#include "sessile/ops/input.h"

namespace sessile::linalg {

struct AdjointOptions {
  bool adjoint = false;  // of the transposed matrix
  std::string name = {};
};
Output inv(Input input, const AdjointOptions& options = {});
Output det(Input input, std::string_view name = {});
Output solve(Input matrix, Input rhs, const AdjointOptions& options = {});
// The lower triangle l with l l^T = input, for a matrix that is symmetric and positive definite.
Output cholesky(Input input, std::string_view name = {});

// The cross products of vectors [..., 3].
Output cross(Input a, Input b, std::string_view name = {});

// The sign and the logarithm of the magnitude of a determinant.
struct LogDeterminant {
  Output sign;
  Output log_abs_determinant;
};
LogDeterminant slogdet(Input input, std::string_view name = {});

struct FactorOptions {
  bool full_matrices = false;  // square ones
  std::string name = {};
};
// Orthonormal q and upper triangular r with q r = input.
struct QrFactors {
  Output q;
  Output r;
};
QrFactors qr(Input input, const FactorOptions& options = {});

// The singular values, largest first, and the singular vectors as columns; without compute_uv these
// have no elements.
struct SvdFactors {
  Output s;
  Output u;
  Output v;
};
struct SvdOptions {
  bool full_matrices = false;
  bool compute_uv = true;
  std::string name = {};
};
SvdFactors svd(Input tensor, const SvdOptions& options = {});

}  // namespace sessile::linalg
