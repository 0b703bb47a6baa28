// Both Digamma and Zeta go by recurrence to an argument of at least 9, and from there by the
// Euler-Maclaurin expansion, whose coefficients are Bernoulli numbers (Abramowitz and Stegun,
// 6.3.18 and 23.2).

#include "sessile/kernels/special_functions.h"

#include <algorithm>
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

// After that many terms what is missing is left out: more are needed only for a and x above 1e5 or
// so that are close to each other.
constexpr int kMostTerms = 4000;

// A value and its derivative by the parameter a.
struct ByA {
  double value;
  double slope;
};

// 1 + x/(a + 1) + x^2/((a + 1)(a + 2)) + ..., for x up to about a.
ByA GammaSeries(double a, double x) {
  ByA sum = {1, 0};
  ByA term = {1, 0};
  for (int n = 1; n <= kMostTerms; ++n) {
    const double below = a + n;
    term.slope = (term.slope - term.value / below) * x / below;
    term.value *= x / below;
    sum.value += term.value;
    sum.slope += term.slope;
    if (term.value < kEpsilon * sum.value &&
        std::abs(term.slope) <= kEpsilon * std::abs(sum.slope)) {
      break;
    }
  }
  return sum;
}

// 1/(x + 1 - a - 1(1 - a)/(x + 3 - a - 2(2 - a)/(x + 5 - a - ...))), for x above a, from the left
// by the modified method of Lentz (Numerical Recipes, 6.2), and its derivative.
ByA GammaFraction(double a, double x) {
  constexpr double kTiny = 1e-300;
  const auto guarded = [](double v) { return std::abs(v) < kTiny ? kTiny : v; };
  double b = x + 1 - a;
  ByA c = {1 / kTiny, 0};
  b = guarded(b);
  ByA d = {1 / b, 1 / (b * b)};
  ByA f = d;
  for (int n = 1; n <= kMostTerms; ++n) {
    const double numerator = -n * (n - a);
    b += 2;
    const ByA next_d = {guarded(numerator * d.value + b), n * d.value + numerator * d.slope - 1};
    const ByA next_c = {guarded(b + numerator / c.value),
                        -1 + n / c.value - numerator * c.slope / (c.value * c.value)};
    d = {1 / next_d.value, -next_d.slope / (next_d.value * next_d.value)};
    c = next_c;
    const ByA factor = {d.value * c.value, d.slope * c.value + d.value * c.slope};
    f = {f.value * factor.value, f.slope * factor.value + f.value * factor.slope};
    if (std::abs(factor.value - 1) < 2 * kEpsilon && std::abs(factor.slope) < kEpsilon) break;
  }
  return f;
}

// 1/(1 + d_1/(1 + d_2/(1 + ...))) of the incomplete beta function (Abramowitz and Stegun, 26.5.8),
// for x below about a/(a + b), by the modified method of Lentz.
double BetaFraction(double a, double b, double x) {
  constexpr double kTiny = 1e-300;
  const auto guarded = [](double v) { return std::abs(v) < kTiny ? kTiny : v; };
  double c = 1;
  double d = 0;
  double f = 1;
  for (int n = 1; n <= kMostTerms; ++n) {
    const int m = n / 2;
    const double numerator = n % 2 == 1
                                 ? -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
                                 : m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / guarded(1 + numerator * d);
    c = guarded(1 + numerator / c);
    f *= c * d;
    if (std::abs(c * d - 1) < kEpsilon) break;
  }
  return 1 / f;
}

// The y >= 0 with erf(y) = x, where x + rest = 1 and both are as exact as they can be. Winitzki's
// formula is right to about 2e-3; each of Halley's steps triples the number of digits.
double InverseErf(double x, double rest) {
  constexpr double kA = 0.147;
  const double log = x < 0.5 ? std::log1p(-x * x) : std::log(rest * (1 + x));
  const double half = 2 / (std::numbers::pi * kA) + log / 2;
  double y = std::sqrt(std::max(std::sqrt(half * half - log / kA) - half, 0.0));
  for (int i = 0; i < 3; ++i) {
    const double missing = x < 0.5 ? x - std::erf(y) : std::erfc(y) - rest;
    const double step = missing * std::sqrt(std::numbers::pi) / 2 * std::exp(y * y);
    if (!std::isfinite(step)) break;  // so far out that e^(y^2) is too large
    y += step / (1 - y * step);
  }
  return y;
}

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
    const double fraction = x - std::round(x);  // exact, also just below a whole number
    if (fraction == 0) return kNan;
    const double cotangent =
        std::abs(fraction) == 0.5 ? 0 : 1 / std::tan(std::numbers::pi * fraction);
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

IncompleteGamma RegularizedGamma(double a, double x) {
  if (!(a > 0) || !(x >= 0)) return {kNan, kNan, kNan};
  if (std::isinf(a))
    return std::isinf(x) ? IncompleteGamma{kNan, kNan, kNan} : IncompleteGamma{0, 1, 0};
  if (x == 0) return {0, 1, 0};
  if (std::isinf(x)) return {1, 0, 0};
  const double log_power = a * std::log(x) - x;
  if (x > 1 && x > a) {
    const double power = std::exp(log_power - LogGamma(a));
    const ByA fraction = GammaFraction(a, x);
    const double upper = power * fraction.value;
    const double by_a = upper * (std::log(x) - Digamma(a)) + power * fraction.slope;
    return {1 - upper, upper, -by_a};
  }
  const double power = std::exp(log_power - LogGamma(a + 1));
  const ByA series = GammaSeries(a, x);
  const double lower = power * series.value;
  const double by_a = lower * (std::log(x) - Digamma(a + 1)) + power * series.slope;
  return {lower, 1 - lower, by_a};
}

// -(d lower/da) / (d lower/dx), whose common factor x^a e^-x / Gamma(a) is left out: it might be
// too small.
double GammaSampleByA(double a, double x) {
  if (!(a > 0) || !(x >= 0) || std::isinf(a) || std::isinf(x)) return kNan;
  if (x == 0) return 0;
  if (x > 1 && x > a) {
    const ByA fraction = GammaFraction(a, x);
    return x * (fraction.value * (std::log(x) - Digamma(a)) + fraction.slope);
  }
  const ByA series = GammaSeries(a, x);
  return -x / a * (series.value * (std::log(x) - Digamma(a + 1)) + series.slope);
}

double RegularizedBeta(double a, double b, double x) {
  if (!(a > 0) || !(b > 0) || std::isinf(a) || std::isinf(b) || !(x >= 0 && x <= 1)) return kNan;
  if (x == 0 || x == 1) return x;
  const double log_power =
      a * std::log(x) + b * std::log1p(-x) + LogGamma(a + b) - LogGamma(a) - LogGamma(b);
  const double power = std::exp(log_power);
  if (x < (a + 1) / (a + b + 2)) return power * BetaFraction(a, b, x) / a;
  return 1 - power * BetaFraction(b, a, 1 - x) / b;
}

double InverseErf(double x) {
  const double magnitude = std::abs(x);
  if (!(magnitude <= 1)) return kNan;
  if (magnitude == 1) return x * kInfinity;
  return std::copysign(InverseErf(magnitude, 1 - magnitude), x);
}

double NormalQuantile(double p) {
  if (!(p >= 0 && p <= 1)) return kNan;
  if (p == 0 || p == 1) return p == 0 ? -kInfinity : kInfinity;
  const double tail = p < 0.5 ? 2 * p : 2 * (1 - p);
  const double y = std::numbers::sqrt2 * InverseErf(std::abs(2 * p - 1), tail);
  return p < 0.5 ? -y : y;
}

}  // namespace sessile
