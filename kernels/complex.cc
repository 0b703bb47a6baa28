// Complex numbers: made of two real ones, and what is said of one of them.

#include <cmath>
#include <complex>
#include <memory>

#include "sessile/core/framework/kernel_registry.h"
#include "sessile/kernels/binary.h"
#include "sessile/kernels/blocks.h"
#include "sessile/kernels/register_all.h"

namespace sessile {
namespace {

template <typename Op>
struct OfComplex {
  template <typename T>
  class Kernel final : public Prepared {
   public:
    using Out = decltype(Op::Apply(T()));

    static absl::StatusOr<std::unique_ptr<Prepared>> Prepare(const PrepareContext& ctx) {
      return std::make_unique<Kernel>(ctx.input_shape(0));
    }
    explicit Kernel(const Shape& shape) : size_(shape.num_elements()) {
      AddOutput(DataTypeOf<Out>::value, shape);
      AddPhase(BlocksOf(size_, sizeof(T) + sizeof(Out)));
    }
    absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch, int,
                     int64_t block) const override {
      const T* const x = in[0].data<T>();
      Out* const y = out[0].data<Out>();
      for (const int64_t i : BlockRange(size_, block, num_blocks(0))) y[i] = Op::Apply(x[i]);
      return absl::OkStatus();
    }

   private:
    const int64_t size_;
  };
};

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
  using Kernels = OfComplex<Op>;
  kernels.Add(op, &Kernels::template Kernel<std::complex<float>>::Prepare)
      .Types("T", {complex64})
      .Types("Tout", {float32});
  kernels.Add(op, &Kernels::template Kernel<std::complex<double>>::Prepare)
      .Types("T", {complex128})
      .Types("Tout", {float64});
}

}  // namespace

void RegisterComplex(KernelRegistry& kernels) {
  Part<RealPart>(kernels, "Real");
  Part<ImaginaryPart>(kernels, "Imag");
  Part<Angle>(kernels, "Angle");
  Part<Magnitude>(kernels, "ComplexAbs");
  kernels.Add<OfComplex<Conjugation>::Kernel>("Conj").For<WithComplex<TypeList<>>>("T");
  kernels.Lacks("Conj", "T", {variant}, kNoObjectKernels);
  kernels.Add("Complex", &Binary<ComplexOf>::Kernel<float>::Prepare)
      .Types("T", {float32})
      .Types("Tout", {complex64});
  kernels.Add("Complex", &Binary<ComplexOf>::Kernel<double>::Prepare)
      .Types("T", {float64})
      .Types("Tout", {complex128});
}

}  // namespace sessile
