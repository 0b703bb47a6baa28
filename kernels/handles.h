// Kernels of ops on references, for ops that take handles to variables instead.
//
//   kernels.Add<OnHandles<ApplyAdam>::Kernel>("ResourceApplyAdam")
//       .For<AllFloatTypes>("T")
//       .UpdatesHandles();
//   kernels.Add("ReadVariableOp", OnHandlesOf<PrepareRead>).ReadsHandles();
//
// A reference says which type it refers to, a handle does not: it is looked at here.
#pragma once

#include "sessile/core/framework/kernel_registry.h"
#include "sessile/core/framework/status.h"
#include "sessile/kernels/storage.h"

namespace sessile {

// INVALID_ARGUMENT "Trying to read variable with wrong dtype. Expected float got int32" if a handle
// among the inputs refers to no variable of this type, where `dtype` is what the node says.
absl::Status CheckHandles(const PrepareContext& ctx, DataType dtype);

// `dtype` is an attribute.
template <PrepareFn prepare>
PreparedOr OnHandlesOf(const PrepareContext& ctx) {
  SESSILE_ASSIGN_OR_RETURN(const DataType dtype, ctx.Attr<DataType>("dtype"));
  SESSILE_RETURN_IF_ERROR(CheckHandles(ctx, ctx.Carried(dtype)));
  return prepare(ctx);
}

// The type is that of the kernel.
template <template <typename> class K>
struct OnHandles {
  template <typename T>
  class Kernel {
   public:
    static PreparedOr Prepare(const PrepareContext& ctx) {
      SESSILE_RETURN_IF_ERROR(CheckHandles(ctx, DataTypeOf<T>::value));
      return K<T>::Prepare(ctx);
    }
  };
};

}  // namespace sessile
