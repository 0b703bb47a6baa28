// What the kernels of optimizer steps have in common.
#pragma once

#include <string>
#include <type_traits>

#include "sessile/core/framework/kernel_registry.h"
#include "sessile/core/framework/status.h"
#include "sessile/kernels/handles.h"
#include "sessile/kernels/numeric.h"

namespace sessile {

// "lr is not a scalar: [2]".
inline absl::Status CheckScalar(const PrepareContext& ctx, int input, const char* what) {
  const Shape& shape = ctx.input_shape(input);
  if (shape.rank() == 0) return absl::OkStatus();
  return InvalidArgument(what, " is not a scalar: ", shape.ToString());
}

// Of a slot or a gradient: "var and grad do not have the same shape[2] [3]".
inline absl::Status CheckSameShape(const PrepareContext& ctx, int input, const char* what) {
  const Shape& var = ctx.input_shape(0);
  if (ctx.input_shape(input) == var) return absl::OkStatus();
  return InvalidArgument("var and ", what, " do not have the same shape", var.ToString(), " ",
                         ctx.input_shape(input).ToString());
}

// Registers the step K for types that TensorFlow's CPU device has: those of most rules, or fewer.
template <template <typename> class K, typename Types = WithComplex<AllFloatTypes>>
KernelDefBuilder AddApplyKernel(KernelRegistry& kernels, const std::string& op) {
  kernels.Lacks(op, "T", {int8, int16, int32, int64, uint8, uint16, uint32, uint64},
                kNoKernelInTensorFlow);
  if constexpr (std::is_same_v<Types, AllFloatTypes>) {
    kernels.Lacks(op, "T", ComplexTypes(), kNoKernelInTensorFlow);
  }
  kernels.Lacks(op, "T", QuantizedTypes(), kNoQuantizedKernels);
  return kernels.Add<K>(op).template For<Types>("T");
}

// The same for variables that come as handles.
template <template <typename> class K, typename Types = WithComplex<AllFloatTypes>>
void AddResourceApplyKernel(KernelRegistry& kernels, const std::string& op) {
  AddApplyKernel<OnHandles<K>::template Kernel, Types>(kernels, "Resource" + op).UpdatesHandles();
}

}  // namespace sessile
