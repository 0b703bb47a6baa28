// The gamma function's relatives and the inverse error function, in double precision. NaN where
// they have no value.
#pragma once

namespace sessile {

// log |Gamma(x)|.
double LogGamma(double x);

// The derivative of LogGamma. Exact to about 1e-15 of the larger of 1 and its value.
double Digamma(double x);

// Derivative `n` of Digamma, a whole number >= 0.
double Polygamma(double n, double x);

// The sum of (q + i)^-x for i = 0, 1, ..., for x > 1. For q below -1e6, where the sum has too many
// terms, NaN.
double Zeta(double x, double q);

// The regularized incomplete gamma functions of a > 0 at x >= 0, each exact also where it is small:
//   lower = 1 / Gamma(a) * integral from 0 to x of t^(a - 1) e^-t dt,   upper = 1 - lower
struct IncompleteGamma {
  double lower = 0;
  double upper = 0;
  double lower_by_a = 0;  // the derivative of `lower` by a
};
IncompleteGamma RegularizedGamma(double a, double x);

// The derivative by a of the x at which `lower` keeps its value: how a sample of the gamma
// distribution moves with its parameter.
double GammaSampleByA(double a, double x);

// The regularized incomplete beta function of a, b > 0 at 0 <= x <= 1:
//   1 / B(a, b) * integral from 0 to x of t^(a - 1) (1 - t)^(b - 1) dt
double RegularizedBeta(double a, double b, double x);

// The y with erf(y) = x, and the y that a normally distributed number is below with probability p.
double InverseErf(double x);
double NormalQuantile(double p);

}  // namespace sessile
