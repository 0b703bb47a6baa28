// Functions of complex numbers beside those of <complex>, under the names that vector_math.h has
// for real ones.
#pragma once

#include <cmath>
#include <complex>

namespace sessile {
namespace vector_math {

template <typename F>
std::complex<F> Exp(std::complex<F> x) {
  return std::exp(x);
}
template <typename F>
std::complex<F> Log(std::complex<F> x) {
  return std::log(x);
}
// log(1 + x), exact for small x: with u = 1 + x as it is rounded, log(u) x / (u - 1); W. Kahan.
template <typename F>
std::complex<F> Log1p(std::complex<F> x) {
  const std::complex<F> one_more = F{1} + x;
  if (one_more == F{1}) return x;
  const std::complex<F> log = std::log(one_more);
  return one_more == x ? log : log * (x / (one_more - F{1}));
}
// e^(a + bi) - 1 = (expm1(a) - 2 sin^2(b / 2) e^a) + e^a sin(b) i, without the difference of what
// is nearly equal.
template <typename F>
std::complex<F> Expm1(std::complex<F> x) {
  const F size = std::exp(x.real());
  const F half = std::sin(x.imag() / 2);
  return {std::expm1(x.real()) - 2 * half * half * size, size * std::sin(x.imag())};
}
template <typename F>
std::complex<F> Tanh(std::complex<F> x) {
  return std::tanh(x);
}
template <typename F>
std::complex<F> Sigmoid(std::complex<F> x) {
  return F{1} / (F{1} + std::exp(-x));
}

}  // namespace vector_math
}  // namespace sessile
