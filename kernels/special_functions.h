// The gamma function's relatives, in double precision. NaN where they have no value.
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

}  // namespace sessile
