// Complex numbers: made of two real ones, and what is said of one of them.

#include <cmath>
#include <complex>

#include "sessile/core/framework/kernel_registry.h"
#include "sessile/kernels/binary.h"
#include "sessile/kernels/map.h"
#include "sessile/kernels/register_all.h"

namespace sessile {
namespace {

// clang-format off
struct RealPart { template <typename T> static auto Apply(T x) { return x.real(); } };
struct ImaginaryPart { template <typename T> static auto Apply(T x) { return x.imag(); } };
struct Angle { template <typename T> static auto Apply(T x) { return std::arg(x); } };
struct Magnitude { template <typename T> static auto Apply(T x) { return std::abs(x); } };
struct Conjugation { template <typename T> static T Apply(T x) { return std::conj(x); } };
struct ComplexOf {
  template <typename T> static std::complex<T> Apply(T re, T im, Fault*) { return {re, im}; }
};
// clang-format on

// An operation whose real type, in Tout, is that of its complex one, in T.
template <typename Op>
void Part(KernelRegistry& kernels, const char* op) {
  kernels.Add(op, &Map<Op>::template Kernel<std::complex<float>>::Prepare)
      .Types("T", {complex64})
      .Types("Tout", {float32});
  kernels.Add(op, &Map<Op>::template Kernel<std::complex<double>>::Prepare)
      .Types("T", {complex128})
      .Types("Tout", {float64});
}

}  // namespace

void RegisterComplex(KernelRegistry& kernels) {
  Part<RealPart>(kernels, "Real");
  Part<ImaginaryPart>(kernels, "Imag");
  Part<Angle>(kernels, "Angle");
  Part<Magnitude>(kernels, "ComplexAbs");
  kernels.Add<Map<Conjugation>::Kernel>("Conj").For<WithComplex<TypeList<>>>("T");
  kernels.Lacks("Conj", "T", {variant}, kNoObjectKernels);
  kernels.Add("Complex", &Binary<ComplexOf>::Kernel<float>::Prepare)
      .Types("T", {float32})
      .Types("Tout", {complex64});
  kernels.Add("Complex", &Binary<ComplexOf>::Kernel<double>::Prepare)
      .Types("T", {float64})
      .Types("Tout", {complex128});
}

}  // namespace sessile
