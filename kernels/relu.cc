// Relu and ReluGrad.
//
//   activation = features < 0 ? 0 : features              NaN and -0 stay what they are
//   backprop = gradient * (features > 0 ? 1 : 0)          no gradient at 0; a product, so that an
//                                                         infinite gradient of a dead unit is NaN

#include "sessile/core/framework/kernel_registry.h"
#include "sessile/kernels/map.h"
#include "sessile/kernels/numeric.h"
#include "sessile/kernels/register_all.h"

namespace sessile {
namespace {

struct Relu {
  template <typename T>
  static T Apply(T features) {
    return features < T{0} ? T{0} : features;
  }
};

struct ReluGrad {
  template <typename T>
  static T Apply(T gradient, T features) {
    return static_cast<T>(gradient * OneIfPositive(features));
  }
};

absl::Status CheckReluGrad(const PrepareContext& ctx) { return CheckSameShapes(ctx, "ReluGrad"); }

}  // namespace

void RegisterRelu(KernelRegistry& kernels) {
  kernels.Add<Map<Relu>::Kernel>("Relu").For<AllNumberTypes>("T");
  kernels.Add<Map<ReluGrad, CheckReluGrad>::Kernel>("ReluGrad").For<AllNumberTypes>("T");
  kernels.Lacks("Relu", "T", {qint8}, kNoQuantizedKernels);
}

}  // namespace sessile
