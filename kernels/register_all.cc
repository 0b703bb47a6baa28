#include "sessile/kernels/register_all.h"

#include "sessile/kernels/fused/register_passes.h"

namespace sessile {

void RegisterAllKernels(KernelRegistry& kernels) {
  RegisterActivations(kernels);
  RegisterAddN(kernels);
  RegisterApply(kernels);
  RegisterApplySlots(kernels);
  RegisterArgMax(kernels);
  RegisterFusedBatchNorm(kernels);
  RegisterBiasAdd(kernels);
  RegisterBinary(kernels);
  RegisterBroadcast(kernels);
  RegisterCast(kernels);
  RegisterComparison(kernels);
  RegisterConstant(kernels);
  RegisterConv2D(kernels);
  RegisterDynamicStitch(kernels);
  RegisterFill(kernels);
  RegisterGather(kernels);
  RegisterIdentity(kernels);
  RegisterL2Loss(kernels);
  RegisterMatMul(kernels);
  RegisterStack(kernels);
  RegisterRandom(kernels);
  RegisterRange(kernels);
  RegisterReduction(kernels);
  RegisterRelu(kernels);
  RegisterReshape(kernels);
  RegisterSelect(kernels);
  RegisterShape(kernels);
  RegisterTranspose(kernels);
  RegisterUnary(kernels);
  RegisterVariable(kernels);
  RegisterPasses(kernels);
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
