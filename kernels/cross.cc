// Cross: the cross products of vectors of three elements.

#include "sessile/core/framework/kernel_registry.h"
#include "sessile/core/framework/status.h"
#include "sessile/kernels/blocks.h"
#include "sessile/kernels/numeric.h"
#include "sessile/kernels/register_all.h"
#include "sessile/kernels/storage.h"

namespace sessile {
namespace {

template <typename T>
class Cross final : public Prepared {
 public:
  static PreparedOr Prepare(const PrepareContext& ctx) {
    const Shape& a = ctx.input_shape(0);
    if (a != ctx.input_shape(1)) {
      return InvalidArgument("Both inputs must be of same shape: ", a.ToString(), " vs. ",
                             ctx.input_shape(1).ToString());
    }
    if (a.rank() < 1) return InvalidArgument("Input must be at least 1D", a.ToString());
    if (a.dim(a.rank() - 1) != 3) {
      return FailedPrecondition("Cross-products are only defined for 3-element vectors.");
    }
    return std::make_unique<Cross>(a);
  }
  explicit Cross(const Shape& shape) : vectors_(shape.num_elements() / 3) {
    AddOutput(DataTypeOf<T>::value, shape);
    AddPhase(BlocksOf(vectors_, 9 * static_cast<int64_t>(sizeof(T))));
  }

  absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch, int,
                   int64_t block) const override {
    for (const int64_t i : BlockRange(vectors_, block, num_blocks(0))) {
      Multiply(in[0].data<T>() + 3 * i, in[1].data<T>() + 3 * i, out[0].data<T>() + 3 * i);
    }
    return absl::OkStatus();
  }

 private:
  static void Multiply(const T* a, const T* b, T* product) {
    for (int i = 0; i < 3; ++i) {
      const int j = (i + 1) % 3;
      const int k = (i + 2) % 3;
      product[i] =
          Narrow<T>(WrapSub(WrapMul(Widen(a[j]), Widen(b[k])), WrapMul(Widen(a[k]), Widen(b[j]))));
    }
  }

  const int64_t vectors_;
};

}  // namespace

void RegisterCross(KernelRegistry& kernels) {
  kernels.Add<Cross>("Cross").For<AllNumberTypes>("T");
}

}  // namespace sessile
