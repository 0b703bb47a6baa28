// Conv2D and its gradients with regard to the images and to the filter: which code computes them.

#include <type_traits>

#include "sessile/core/framework/kernel_registry.h"
#include "sessile/core/framework/status.h"
#include "sessile/kernels/conv2d_loops.h"
#include "sessile/kernels/conv2d_onednn.h"
#include "sessile/kernels/conv2d_shape.h"
#include "sessile/kernels/conv2d_tiles.h"
#include "sessile/kernels/in_wider_type.h"
#include "sessile/kernels/register_all.h"

namespace sessile {
namespace {

using PreparedOr = absl::StatusOr<std::unique_ptr<Prepared>>;

using Make = PreparedOr (*)(const ConvolutionShape&);

// For float32 tiles where they are made for the shape, then oneDNN where it can; else plain loops.
template <typename T>
PreparedOr Choose(const absl::StatusOr<ConvolutionShape>& conv, Make tiles, Make onednn,
                  std::unique_ptr<Prepared> (*loops)(const ConvolutionShape&)) {
  SESSILE_RETURN_IF_ERROR(conv.status());
  if constexpr (std::is_same_v<T, float>) {
    for (const Make make : {tiles, onednn}) {
      PreparedOr prepared = make(*conv);
      if (!absl::IsUnimplemented(prepared.status())) return prepared;
    }
  }
  return loops(*conv);
}

template <typename T>
struct Conv2D {
  static PreparedOr Prepare(const PrepareContext& ctx) {
    return Choose<T>(ForwardShape(ctx), TiledForward, OneDnnForward, LoopForward<T>);
  }
};

template <typename T>
struct Conv2DBackpropInput {
  static PreparedOr Prepare(const PrepareContext& ctx) {
    return Choose<T>(BackwardInputShape(ctx), TiledBackwardInput, OneDnnBackwardInput,
                     LoopBackwardInput<T>);
  }
};

template <typename T>
struct Conv2DBackpropFilter {
  static PreparedOr Prepare(const PrepareContext& ctx) {
    return Choose<T>(BackwardFilterShape(ctx), TiledBackwardFilter, OneDnnBackwardFilter,
                     LoopBackwardFilter<T>);
  }
};

}  // namespace

void RegisterConv2D(KernelRegistry& kernels) {
  using Types = TypeList<float, double, int32_t, Half, BFloat16>;
  kernels.Add<InWiderType<Conv2D>::Kernel>("Conv2D").For<Types>("T");
  kernels.Add<InWiderType<Conv2DBackpropInput>::Kernel>("Conv2DBackpropInput")
      .For<Types>("T")
      .ValueInput(0);
  kernels.Add<InWiderType<Conv2DBackpropFilter>::Kernel>("Conv2DBackpropFilter")
      .For<AllFloatTypes>("T")
      .ValueInput(1);
}

}  // namespace sessile
