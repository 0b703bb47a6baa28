#include "sessile/kernels/dense.h"

#include <algorithm>
#include <cmath>
#include <complex>
#include <limits>
#include <utility>

#include "sessile/core/framework/status.h"
#include "sessile/kernels/numeric.h"
#include "sessile/kernels/vectorized.h"

namespace sessile {
namespace {

absl::Status CheckGoesOn(RunContext& ctx) {
  return ctx.cancelled() ? absl::CancelledError("Run call was cancelled") : absl::OkStatus();
}

// |x|^2
double Square(double x) { return x * x; }
double Square(const std::complex<double>& x) { return std::norm(x); }
double Real(double x) { return x; }
double Real(const std::complex<double>& x) { return x.real(); }

// b^H a
template <typename E>
SESSILE_OPTIMIZE_SPEED E Dot(int64_t n, const E* a, const E* b) {
  E sum = 0;
  for (int64_t i = 0; i < n; ++i) sum += WrapMul(a[i], Conjugate(b[i]));
  return sum;
}
template <typename E>
double SquaredNorm(int64_t n, const E* x) {
  double sum = 0;
  for (int64_t i = 0; i < n; ++i) sum += Square(x[i]);
  return sum;
}

// y += factor * x
template <typename E>
void AddScaled(int64_t n, E factor, const E* x, E* y) {
  VectorizedFor<E>([=] {
    for (int64_t i = 0; i < n; ++i) y[i] += WrapMul(factor, x[i]);
  });
}

// A reflection that maps column `k` of m x n matrix `a`, from its diagonal down, to (beta, 0, ...)
// with a real beta: I - tau v v^H with v = (1, what is left below the diagonal). Gives tau.
template <typename E>
E MakeReflection(int64_t m, int64_t n, int64_t k, E* a) {
  double tail = 0;
  for (int64_t i = k + 1; i < m; ++i) tail += Square(a[i * n + k]);
  const E head = a[k * n + k];
  constexpr double kNothing = std::numeric_limits<double>::min();
  if (tail <= kNothing && Square(head - Real(head)) <= kNothing) {
    for (int64_t i = k + 1; i < m; ++i) a[i * n + k] = 0;
    a[k * n + k] = Real(head);
    return 0;
  }
  const double norm = std::sqrt(Square(head) + tail);
  const double beta = Real(head) >= 0 ? -norm : norm;
  for (int64_t i = k + 1; i < m; ++i) a[i * n + k] /= head - beta;
  a[k * n + k] = beta;
  return Conjugate((beta - head) / beta);
}

// Reflects columns [first, columns) of `to` by reflection `k` of `a`. `sums`: `columns` elements.
template <typename E>
void Reflect(int64_t m, int64_t n, int64_t k, const E* a, E tau, int64_t first, int64_t columns,
             E* to, E* sums) {
  if (tau == E{0}) return;
  const int64_t count = columns - first;
  std::copy_n(to + k * columns + first, count, sums);
  for (int64_t i = k + 1; i < m; ++i) {
    AddScaled(count, Conjugate(a[i * n + k]), to + i * columns + first, sums);
  }
  AddScaled(count, -tau, sums, to + k * columns + first);
  for (int64_t i = k + 1; i < m; ++i) {
    AddScaled(count, -tau * a[i * n + k], sums, to + i * columns + first);
  }
}

// x' = c x - s y, y' = s x + c y
template <typename E>
void Rotate(int64_t n, double c, double s, E* x, E* y) {
  VectorizedFor<E>([=] {
    for (int64_t i = 0; i < n; ++i) {
      const E old = x[i];
      x[i] = c * old - s * y[i];
      y[i] = s * old + c * y[i];
    }
  });
}

// Turns row q of `w` and of `v` so that y^H x = `xy` becomes real. Gives it.
double MakeReal(int64_t, int64_t, double xy, double*, double*) { return xy; }
double MakeReal(int64_t m, int64_t n, std::complex<double> xy, std::complex<double>* y,
                std::complex<double>* right) {
  const double size = std::abs(xy);
  for (int64_t i = 0; i < m; ++i) y[i] *= xy / size;
  for (int64_t i = 0; i < n; ++i) right[i] *= xy / size;
  return size;
}

// Makes rows p and q of `w` orthogonal. False if they are so already.
template <typename E>
bool MakeOrthogonal(int64_t m, int64_t n, int64_t p, int64_t q, E* w, E* v) {
  E* const x = w + p * m;
  E* const y = w + q * m;
  const double xx = SquaredNorm(m, x);
  const double yy = SquaredNorm(m, y);
  const E product = Dot(m, x, y);
  const double bound = 1e-15 * std::sqrt(xx) * std::sqrt(yy);
  const double size = std::abs(product);
  if (!(size > bound) || size <= std::numeric_limits<double>::min()) return false;
  const double xy = MakeReal(m, n, product, y, v + q * n);
  const double zeta = (yy - xx) / (2 * xy);
  const double t = (zeta >= 0 ? 1 : -1) / (std::abs(zeta) + std::hypot(1.0, zeta));
  const double c = 1 / std::hypot(1.0, t);
  Rotate(m, c, c * t, x, y);
  Rotate(n, c, c * t, v + p * n, v + q * n);
  return true;
}

// Enough for any matrix: convergence is quadratic, and takes below ten in practice.
constexpr int kMostSweeps = 60;

}  // namespace

template <typename E>
absl::Status LuFactors<E>::Factor(RunContext& ctx) {
  for (int64_t i = 0; i < n; ++i) rows[i] = i;
  for (int64_t k = 0; k < n; ++k) {
    SESSILE_RETURN_IF_ERROR(CheckGoesOn(ctx));
    int64_t best = k;
    for (int64_t i = k + 1; i < n; ++i) {
      if (std::abs(a[i * n + k]) > std::abs(a[best * n + k])) best = i;
    }
    if (best != k) {
      std::swap_ranges(a + k * n, a + (k + 1) * n, a + best * n);
      std::swap(rows[k], rows[best]);
      sign = -sign;
    }
    const E pivot = a[k * n + k];
    if (!(std::abs(pivot) > 0)) {
      singular = true;
      continue;
    }
    for (int64_t i = k + 1; i < n; ++i) {
      const E factor = a[i * n + k] / pivot;
      a[i * n + k] = factor;
      AddScaled(n - k - 1, -factor, a + k * n + k + 1, a + i * n + k + 1);
    }
  }
  return absl::OkStatus();
}

template <typename E>
absl::Status LuFactors<E>::Solve(RunContext& ctx, int64_t columns, const E* b, E* x) const {
  for (int64_t i = 0; i < n; ++i) {
    SESSILE_RETURN_IF_ERROR(CheckGoesOn(ctx));
    E* const row = x + i * columns;
    std::copy_n(b + rows[i] * columns, columns, row);
    for (int64_t j = 0; j < i; ++j) AddScaled(columns, -a[i * n + j], x + j * columns, row);
  }
  for (int64_t i = n - 1; i >= 0; --i) {
    SESSILE_RETURN_IF_ERROR(CheckGoesOn(ctx));
    E* const row = x + i * columns;
    for (int64_t j = i + 1; j < n; ++j) AddScaled(columns, -a[i * n + j], x + j * columns, row);
    for (int64_t c = 0; c < columns; ++c) row[c] /= a[i * n + i];
  }
  return absl::OkStatus();
}

template <typename E>
absl::Status FactorCholesky(RunContext& ctx, int64_t n, E* a, bool* positive) {
  *positive = true;
  for (int64_t i = 0; i < n; ++i) {
    SESSILE_RETURN_IF_ERROR(CheckGoesOn(ctx));
    E* const row = a + i * n;
    for (int64_t j = 0; j < i; ++j) row[j] = (row[j] - Dot(j, row, a + j * n)) / a[j * n + j];
    const double square = Real(row[i]) - SquaredNorm(i, row);
    if (!(square > 0)) {
      *positive = false;
      return absl::OkStatus();
    }
    row[i] = std::sqrt(square);
    std::fill(row + i + 1, row + n, E{0});
  }
  return absl::OkStatus();
}

template <typename E>
absl::Status FactorQr(RunContext& ctx, int64_t m, int64_t n, int64_t inner, E* a, E* q, E* work) {
  const int64_t count = std::min(m, n);
  E* const taus = work;
  E* const sums = work + count;
  for (int64_t k = 0; k < count; ++k) {
    SESSILE_RETURN_IF_ERROR(CheckGoesOn(ctx));
    taus[k] = MakeReflection(m, n, k, a);
    Reflect(m, n, k, a, taus[k], k + 1, n, a, sums);
  }
  std::fill_n(q, m * inner, E{0});
  for (int64_t i = 0; i < std::min(m, inner); ++i) q[i * inner + i] = 1;
  for (int64_t k = count - 1; k >= 0; --k) {
    SESSILE_RETURN_IF_ERROR(CheckGoesOn(ctx));
    Reflect(m, n, k, a, Conjugate(taus[k]), 0, inner, q, sums);
  }
  for (int64_t i = 1; i < m; ++i) std::fill_n(a + i * n, std::min(i, n), E{0});
  return absl::OkStatus();
}

template <typename E>
absl::Status FactorSvd(RunContext& ctx, int64_t m, int64_t n, E* w, E* v, double* values) {
  std::fill_n(v, n * n, E{0});
  for (int64_t i = 0; i < n; ++i) v[i * n + i] = 1;
  // Squares of scaled elements neither overflow nor vanish.
  double largest = 0;
  for (int64_t i = 0; i < n * m; ++i) largest = std::max(largest, std::abs(w[i]));
  if (largest > 0) {
    for (int64_t i = 0; i < n * m; ++i) w[i] /= largest;
  }
  bool changed = true;
  for (int sweep = 0; changed && sweep < kMostSweeps; ++sweep) {
    changed = false;
    for (int64_t p = 0; p < n; ++p) {
      SESSILE_RETURN_IF_ERROR(CheckGoesOn(ctx));
      for (int64_t q = p + 1; q < n; ++q) changed |= MakeOrthogonal(m, n, p, q, w, v);
    }
  }
  for (int64_t i = 0; i < n; ++i) {
    for (int64_t k = 0; k < m; ++k) w[i * m + k] *= largest;
    values[i] = 0;
    for (int64_t k = 0; k < m; ++k) values[i] = std::hypot(values[i], std::abs(w[i * m + k]));
  }
  for (int64_t i = 0; i < n; ++i) {
    const int64_t best = std::max_element(values + i, values + n) - values;
    if (best == i) continue;
    std::swap(values[i], values[best]);
    std::swap_ranges(w + i * m, w + (i + 1) * m, w + best * m);
    std::swap_ranges(v + i * n, v + (i + 1) * n, v + best * n);
  }
  return absl::OkStatus();
}

template <typename E>
absl::Status CompleteBasis(RunContext& ctx, int64_t m, int64_t known, int64_t count, E* rows) {
  for (int64_t next = known; next < count; ++next) {
    SESSILE_RETURN_IF_ERROR(CheckGoesOn(ctx));
    // The unit vector that is farthest from what the rows span.
    int64_t best = 0;
    double least = std::numeric_limits<double>::infinity();
    for (int64_t k = 0; k < m; ++k) {
      double inside = 0;
      for (int64_t i = 0; i < next; ++i) inside += Square(rows[i * m + k]);
      if (inside < least) {
        least = inside;
        best = k;
      }
    }
    E* const row = rows + next * m;
    std::fill_n(row, m, E{0});
    row[best] = 1;
    // Twice: once leaves what cancellation made.
    for (int turn = 0; turn < 2; ++turn) {
      for (int64_t i = 0; i < next; ++i) {
        AddScaled(m, -Dot(m, row, rows + i * m), rows + i * m, row);
      }
    }
    const double norm = std::sqrt(SquaredNorm(m, row));
    for (int64_t k = 0; k < m; ++k) row[k] /= norm;
  }
  return absl::OkStatus();
}

#define SESSILE_DENSE(E)                                                              \
  template struct LuFactors<E>;                                                       \
  template absl::Status FactorCholesky(RunContext&, int64_t, E*, bool*);              \
  template absl::Status FactorQr(RunContext&, int64_t, int64_t, int64_t, E*, E*, E*); \
  template absl::Status FactorSvd(RunContext&, int64_t, int64_t, E*, E*, double*);    \
  template absl::Status CompleteBasis(RunContext&, int64_t, int64_t, int64_t, E*);
SESSILE_DENSE(double)
SESSILE_DENSE(std::complex<double>)
#undef SESSILE_DENSE

}  // namespace sessile
