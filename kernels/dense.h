// Factors of dense matrices, row by row in double, for the kernels of linear algebra.
//
//   LuFactors lu = {n, matrix, rows};            // memory of the caller: n * n and n elements
//   SESSILE_RETURN_IF_ERROR(lu.Factor(ctx));     // in place
//   SESSILE_RETURN_IF_ERROR(lu.Solve(ctx, columns, rhs, x));
//
// Nothing is allocated. Long loops end with CANCELLED when the run is cancelled. Formulas: Golub
// and Van Loan, Matrix Computations, 4th edition (3.4, 4.2, 5.2); one-sided Jacobi rotations by
// Hestenes (1958).
#pragma once

#include <cstdint>

#include "absl/status/status.h"
#include "sessile/core/framework/kernel.h"

namespace sessile {

// P A = L U with row exchanges, the largest pivot of a column first.
struct LuFactors {
  int64_t n = 0;
  double* a = nullptr;      // n x n: the matrix, then L (unit diagonal, not stored) and U
  int64_t* rows = nullptr;  // n: which row of the matrix became row i
  int sign = 1;             // of P
  bool singular = false;    // a pivot is 0, or no number

  absl::Status Factor(RunContext& ctx);
  // A x = b for n x columns matrices that do not overlap; must not be singular.
  absl::Status Solve(RunContext& ctx, int64_t columns, const double* b, double* x) const;
};

// Replaces a symmetric n x n matrix, of which the lower triangle is read, by L with L L^T = A and
// zeros above. `*positive` is false if there is none.
absl::Status FactorCholesky(RunContext& ctx, int64_t n, double* a, bool* positive);

// Replaces m x n matrix `a` by R (rows below min(m, n) are zeros), and fills `q` (m x inner, inner
// at least min(m, n)) with orthonormal columns: a = q R. `work`: n + inner + min(m, n) elements.
absl::Status FactorQr(RunContext& ctx, int64_t m, int64_t n, int64_t inner, double* a, double* q,
                      double* work);

// Singular values and vectors of the matrix with rows >= columns whose *columns* are the `n` rows
// of `w` (each of `m` elements). Afterwards row i of `w` is the i-th left vector times values[i],
// the largest value first, and row i of `v` (n x n) the i-th right vector.
absl::Status FactorSvd(RunContext& ctx, int64_t m, int64_t n, double* w, double* v, double* values);

// Makes rows [known, count) of `rows` (each of `m` elements, count <= m) orthonormal to those
// before, which are orthonormal already.
absl::Status CompleteBasis(RunContext& ctx, int64_t m, int64_t known, int64_t count, double* rows);

}  // namespace sessile
