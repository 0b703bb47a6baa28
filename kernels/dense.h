// Factors of dense matrices, row by row, for the kernels of linear algebra. E is double or
// std::complex<double>; a^H is the conjugate transpose, and the transpose of real ones.
//
//   LuFactors<E> lu = {n, matrix, rows};         // memory of the caller: n * n and n elements
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
template <typename E>
struct LuFactors {
  int64_t n = 0;
  E* a = nullptr;           // n x n: the matrix, then L (unit diagonal, not stored) and U
  int64_t* rows = nullptr;  // n: which row of the matrix became row i
  int sign = 1;             // of P
  bool singular = false;    // a pivot is 0, or no number

  absl::Status Factor(RunContext& ctx);
  // A x = b for n x columns matrices that do not overlap; must not be singular.
  absl::Status Solve(RunContext& ctx, int64_t columns, const E* b, E* x) const;
};

// Replaces a Hermitian n x n matrix, of which the lower triangle is read, by L with L L^H = A and
// zeros above. `*positive` is false if there is none.
template <typename E>
absl::Status FactorCholesky(RunContext& ctx, int64_t n, E* a, bool* positive);

// Replaces m x n matrix `a` by R (rows below min(m, n) are zeros), and fills `q` (m x inner, inner
// at least min(m, n)) with orthonormal columns: a = q R. `work`: n + inner + min(m, n) elements.
template <typename E>
absl::Status FactorQr(RunContext& ctx, int64_t m, int64_t n, int64_t inner, E* a, E* q, E* work);

// Singular values and vectors of the matrix with rows >= columns whose *columns* are the `n` rows
// of `w` (each of `m` elements). Afterwards row i of `w` is the i-th left vector times values[i],
// the largest value first, and row i of `v` (n x n) the i-th right vector: a = u diag(values) v^H.
template <typename E>
absl::Status FactorSvd(RunContext& ctx, int64_t m, int64_t n, E* w, E* v, double* values);

// Makes rows [known, count) of `rows` (each of `m` elements, count <= m) orthonormal to those
// before, which are orthonormal already.
template <typename E>
absl::Status CompleteBasis(RunContext& ctx, int64_t m, int64_t known, int64_t count, E* rows);

}  // namespace sessile
