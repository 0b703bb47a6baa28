#include "sessile/kernels/register_all.h"

namespace sessile {

void RegisterAllKernels(KernelRegistry& kernels) {
  RegisterBatchNorm(kernels);
  RegisterBiasAdd(kernels);
  RegisterConv2D(kernels);
  RegisterMatMul(kernels);
  RegisterRelu(kernels);
}

KernelRegistry& builtin_kernels() {
  // Never destroyed: sessions may outlive the static objects of a program.
  static KernelRegistry* const kernels = [] {
    auto* registry = new KernelRegistry;
    RegisterAllKernels(*registry);
    return registry;
  }();
  return *kernels;
}

}  // namespace sessile
