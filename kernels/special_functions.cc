// Both Digamma and Zeta go by recurrence to an argument of at least 9, and from there by the
// Euler-Maclaurin expansion, whose coefficients are Bernoulli numbers (Abramowitz and Stegun,
// 6.3.18 and 23.2).

#include "sessile/kernels/special_functions.h"

#include <cmath>
#include <limits>
#include <numbers>

namespace sessile {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kEpsilon = std::numeric_limits<double>::epsilon() / 2;

// B_2, B_4, ..., B_24.
constexpr double kBernoulli[] = {
    1.0 / 6, -1.0 / 30,     1.0 / 42,      -1.0 / 30,       5.0 / 66,       -691.0 / 2730,
    7.0 / 6, -3617.0 / 510, 43867.0 / 798, -174611.0 / 330, 854513.0 / 138, -236364091.0 / 2730};

}  // namespace

// std::lgamma writes the sign to a global variable, which threads would race for.
double LogGamma(double x) {
  int sign = 0;
  return ::lgamma_r(x, &sign);
}

// psi(x) = log(x) - 1/2x - sum B_2k / (2k x^2k) for large x; psi(x) = psi(x + 1) - 1/x;
// psi(x) = psi(1 - x) - pi / tan(pi x) for negative x.
double Digamma(double x) {
  if (x <= 0) {
    const double fraction = x - std::floor(x);
    if (fraction == 0) return kNan;
    const double cotangent = fraction == 0.5 ? 0 : 1 / std::tan(std::numbers::pi * fraction);
    return Digamma(1 - x) - std::numbers::pi * cotangent;
  }
  double before = 0;
  for (; x < 10; ++x) before += 1 / x;
  const double x2 = 1 / (x * x);
  double tail = 0;
  for (int k = 7; k >= 1; --k) tail = x2 * (kBernoulli[k - 1] / (2 * k) + tail);
  return std::log(x) - 0.5 / x - tail - before;
}

double Polygamma(double n, double x) {
  if (n == 0) return Digamma(x);
  if (!(n > 0) || n != std::floor(n)) return kNan;
  const double sign = std::fmod(n, 2) == 0 ? -1 : 1;
  return sign * std::exp(LogGamma(n + 1)) * Zeta(n + 1, x);
}

double Zeta(double x, double q) {
  constexpr double kLeast = -1e6;
  if (x == 1) return kInfinity;
  if (!(x > 1) || std::isnan(q)) return kNan;
  if (q <= 0) {
    if (q == std::floor(q)) return kInfinity;
    if (x != std::floor(x) || q < kLeast) return kNan;
  }
  double sum = std::pow(q, -x);
  double place = q;
  double term = 0;
  for (int i = 0; i < 9 || place <= 9; ++i) {
    place += 1;
    term = std::pow(place, -x);
    sum += term;
    if (std::abs(term) < kEpsilon * std::abs(sum) && place > 0) return sum;
  }
  // The rest: the integral from `place` on, half a term too much, and corrections.
  sum += term * place / (x - 1) - 0.5 * term;
  double factor = 1;  // x (x + 1) ... / (2k)!, times the power of `place`
  for (int k = 1; k <= 12; ++k) {
    factor *= (k == 1 ? x : (x + 2 * k - 3) * (x + 2 * k - 2)) / ((2 * k) * (2 * k - 1));
    factor /= k == 1 ? place : place * place;
    const double correction = kBernoulli[k - 1] * factor * term;
    sum += correction;
    if (std::abs(correction) < kEpsilon * std::abs(sum)) break;
  }
  return sum;
}

}  // namespace sessile
