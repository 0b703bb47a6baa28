// Kernels of half and bfloat16 that are the kernel of float between two conversions.
//
//   kernels.Add<HalfAsFloat<MatMul>::Kernel>("MatMul").For<AllFloatTypes>("T");
//
// For kernels that do enough work to hide the conversions: they need no code for the two types, run
// as fast as they do with floats, and round once, at the end. Not for kernels with a state, with
// variables, or with outputs whose shapes depend on data.
#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "sessile/core/framework/kernel.h"
#include "sessile/core/framework/kernel_registry.h"
#include "sessile/kernels/numeric.h"

namespace sessile {

// What `prepare` makes ready where half and bfloat16 are float.
absl::StatusOr<std::unique_ptr<Prepared>> PrepareAsFloat(const PrepareContext& ctx,
                                                         PrepareFn prepare);

template <template <typename> class K>
struct HalfAsFloat {
  template <typename T>
  struct Kernel {
    static absl::StatusOr<std::unique_ptr<Prepared>> Prepare(const PrepareContext& ctx) {
      if constexpr (kIsHalf<T>) {
        return PrepareAsFloat(ctx, &K<float>::Prepare);
      } else {
        return K<T>::Prepare(ctx);
      }
    }
  };
};

}  // namespace sessile
