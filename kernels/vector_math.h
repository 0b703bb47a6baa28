// Exponentials, logarithms and their kin of float that compilers turn into vector instructions.
//
//   Vectorized([=] { for (int64_t i = 0; i < n; ++i) y[i] = vector_math::Exp(x[i]); });
//
// No branches, no tables, no calls: everything is computed in double, where neither rounding nor
// range needs care, and rounded once at the end. Polynomials are good to 2^-35, so a result is the
// float nearest to the true value but for fewer than one in 5,000, which are the next ones; the
// bits are the same on every machine. Infinities, NaN, zeros and subnormal numbers are treated as
// C's functions treat them. For double these are C's functions.
//
// Reduction of arguments as usual (Muller, Elementary Functions, 3rd edition, chapter 11);
// coefficients from interpolation at Chebyshev's points.
#pragma once

#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>

namespace sessile::vector_math {

namespace internal {

// 2^n and (2^r - 1) where x log2(e) = n + r, |r| <= 1/2.
struct Power {
  double scale;
  double fraction;
};

inline Power PowerOfE(double x) {
  // Beyond these, in double, a float's result is infinite or 0 by far.
  constexpr double kMost = 1000;
  constexpr double kLog2E = 0x1.71547652b82fep+0;
  // Adding it rounds to a whole number, which is then found in the lowest bits of the sum.
  constexpr double kRound = 0x1.8p52;
  constexpr int kMantissaBits = 52;
  constexpr uint64_t kBias = 1023;
  double t = x * kLog2E;
  t = t < -kMost ? -kMost : t;
  t = t > kMost ? kMost : t;
  const double rounded = t + kRound;
  const double r = t - (rounded - kRound);
  const double q =
      0x1.62e42fef9cc69p-1 +
      r * (0x1.ebfbdff82a734p-3 +
           r * (0x1.c6b08da70cce3p-5 +
                r * (0x1.3b2ab70ad2565p-7 +
                     r * (0x1.5d877598350dep-10 +
                          r * (0x1.4308c7183d6a2p-13 +
                               r * (0x1.00c0e4e15189cp-16 + r * 0x1.63b2d7971923fp-20))))));
  const uint64_t n = std::bit_cast<uint64_t>(rounded);
  return {std::bit_cast<double>((n + kBias) << kMantissaBits), r * q};
}

inline double Exp(double x) {
  const Power p = PowerOfE(x);
  return p.scale + p.scale * p.fraction;
}
// Nothing cancels for small x: then the scale is 1.
inline double Expm1(double x) {
  const Power p = PowerOfE(x);
  return p.scale * p.fraction + (p.scale - 1);
}

// log(x) for normal, finite, positive x: x = 2^e m with m between sqrt(1/2) and sqrt(2),
// log(m) = 2 atanh((m - 1) / (m + 1)).
inline double LogOfNormal(double x) {
  constexpr uint64_t kOne = 0x3ff0000000000000;
  constexpr uint64_t kSqrtHalf = 0x3fe6a09e667f3bcd;
  constexpr uint64_t kMantissa = 0x000fffffffffffff;
  constexpr uint64_t kTwoTo52 = 0x4330000000000000;
  constexpr double kLn2 = 0x1.62e42fefa39efp-1;
  const uint64_t bits = std::bit_cast<uint64_t>(x) + (kOne - kSqrtHalf);
  const double e = std::bit_cast<double>((bits >> 52) | kTwoTo52) - (0x1p52 + 1023);
  const double m = std::bit_cast<double>((bits & kMantissa) + kSqrtHalf);
  const double s = (m - 1) / (m + 1);
  const double z = s * s;
  const double p =
      0x1.0000000004991p+1 +
      z * (0x1.555554db6169cp-1 +
           z * (0x1.999a9bd2b2542p-2 + z * (0x1.2432e7e8ebbe7p-2 + z * 0x1.e3aa729a5f45ep-3)));
  return e * kLn2 + s * p;
}

// The same for any x.
inline double Log(double x) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  const double finite = LogOfNormal(x);
  const double positive = x < kInfinity ? finite : x;
  const double rest = x == 0 ? -kInfinity : std::numeric_limits<double>::quiet_NaN();
  return x > 0 ? positive : rest;
}

// log(1 + x), x at least 0 and small or large: what 1 + x loses of x is put back.
inline double Log1p(double x) {
  const double u = 1 + x;
  const double lost = x - (u - 1);
  const double log = Log(u);
  return u < std::numeric_limits<double>::infinity() && u > 0 ? log + lost / u : log;
}

// c[0] + c[1] x + c[2] x^2 + ...
template <size_t kCount>
double Polynomial(const std::array<double, kCount>& c, double x) {
  double sum = c[kCount - 1];
  for (size_t i = kCount - 1; i > 0; --i) sum = c[i - 1] + x * sum;
  return sum;
}

// erf(x) for |x| up to 3/4: x times a polynomial in x^2.
inline double ErfOfSmall(double x) {
  constexpr std::array<double, 7> kErf = {
      0x1.20dd75040cec4p+0, -0x1.81274661ca5c3p-2,  0x1.ce2efea776360p-4, -0x1.b827051379f15p-6,
      0x1.55e3343fd3eb7p-8, -0x1.b624c9b06ee75p-11, 0x1.8d384f1f8881ap-14};
  return x * Polynomial(kErf, x * x);
}

// erfc(x) for x from 0 to 11, where it is 0 to a float: e^(x^2) (1 + 2 x) erfc(x) is smooth in
// (x - 4) / (x + 4) (Shepherd and Laframboise, Mathematics of Computation 36, 1981).
inline double ErfcOfPositive(double x) {
  constexpr std::array<double, 14> kErfc = {
      0x1.3ba5916e914c8p+0,  -0x1.1df1ad267392bp-3, 0x1.f7f5e4ffa918dp-7,   0x1.16ecf9991eaa7p-4,
      -0x1.9ddb348e61fe5p-4, 0x1.7fed2d4db9b82p-4,  -0x1.0fb04d1cd3514p-4,  0x1.3088af6f1398fp-5,
      -0x1.0949b7edcddabp-6, 0x1.4817d47a98681p-8,  -0x1.a43082da14bbep-11, -0x1.80417cbaa866fp-13,
      0x1.f00f7a51e8b20p-13, 0x1.684dec043b73ap-15};
  const double u = (x - 4) / (x + 4);
  return Exp(-x * x) * Polynomial(kErfc, u) / (1 + 2 * x);
}

}  // namespace internal

inline float Exp(float x) { return static_cast<float>(internal::Exp(x)); }
inline float Expm1(float x) {
  const auto y = static_cast<float>(internal::Expm1(x));
  return x == 0 ? x : y;  // the sign of 0
}
inline float Log(float x) { return static_cast<float>(internal::Log(x)); }
inline float Log1p(float x) {
  const auto y = static_cast<float>(internal::Log1p(x));
  return x == 0 ? x : y;
}
// (e^2x - 1) / (e^2x + 1), of |x|: it keeps its digits around 0.
inline float Tanh(float x) {
  const double e = internal::Expm1(2 * double{std::abs(x)});
  return std::copysign(static_cast<float>(e / (e + 2)), x);
}
// 1 / (1 + e^-x)
inline float Sigmoid(float x) { return static_cast<float>(1 / (1 + internal::Exp(-double{x}))); }
// log(1 + e^x)
inline float Softplus(float x) {
  const double tail = internal::Log1p(internal::Exp(-double{std::abs(x)}));
  return static_cast<float>((x > 0 ? double{x} : 0.0) + tail);
}

inline float Erf(float x) {
  constexpr double kSmall = 0.75, kOne = 11;
  const double size = std::abs(double{x});
  const double large = 1 - internal::ErfcOfPositive(size < kOne ? size : kOne);
  const double small = internal::ErfOfSmall(size < kSmall ? size : kSmall);
  const double y = size < kSmall ? small : large;
  return std::copysign(static_cast<float>(size == size ? y : size), x);
}
inline float Erfc(float x) {
  constexpr double kZero = 11;
  const double size = std::abs(double{x});
  const double y = internal::ErfcOfPositive(size < kZero ? size : kZero);
  return static_cast<float>(size == size ? (x < 0 ? 2 - y : y) : size);
}

inline double Exp(double x) { return std::exp(x); }
inline double Expm1(double x) { return std::expm1(x); }
inline double Log(double x) { return std::log(x); }
inline double Log1p(double x) { return std::log1p(x); }
inline double Tanh(double x) { return std::tanh(x); }
inline double Erf(double x) { return std::erf(x); }
inline double Erfc(double x) { return std::erfc(x); }
// The exponent is never positive, so nothing overflows.
inline double Sigmoid(double x) {
  const double e = std::exp(-std::abs(x));
  return (x < 0 ? e : 1) / (1 + e);
}
inline double Softplus(double x) { return (x > 0 ? x : 0.0) + std::log1p(std::exp(-std::abs(x))); }

}  // namespace sessile::vector_math
