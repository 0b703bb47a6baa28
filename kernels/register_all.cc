#include "sessile/kernels/register_all.h"

#include "sessile/kernels/fused/register_passes.h"

namespace sessile {

void RegisterAllKernels(KernelRegistry& kernels) {
  RegisterActivations(kernels);
  RegisterAddN(kernels);
  RegisterApply(kernels);
  RegisterApplySlots(kernels);
  RegisterArgMax(kernels);
  RegisterAssert(kernels);
  RegisterBatchMatMul(kernels);
  RegisterBatchNormWithGlobalNormalization(kernels);
  RegisterBiasAdd(kernels);
  RegisterBinary(kernels);
  RegisterBitcast(kernels);
  RegisterBroadcast(kernels);
  RegisterCast(kernels);
  RegisterComparison(kernels);
  RegisterConcat(kernels);
  RegisterConstant(kernels);
  RegisterConv2D(kernels);
  RegisterDepthwiseConv2D(kernels);
  RegisterDynamicStitch(kernels);
  RegisterFill(kernels);
  RegisterFusedBatchNorm(kernels);
  RegisterFusedBatchNormGrad(kernels);
  RegisterGather(kernels);
  RegisterGatherNd(kernels);
  RegisterIdentity(kernels);
  RegisterImageSummary(kernels);
  RegisterL2Loss(kernels);
  RegisterListDiff(kernels);
  RegisterLRN(kernels);
  RegisterMatMul(kernels);
  RegisterMirrorPad(kernels);
  RegisterMultinomial(kernels);
  RegisterOneHot(kernels);
  RegisterPasses(kernels);
  RegisterPool(kernels);
  RegisterRandom(kernels);
  RegisterRandomShuffle(kernels);
  RegisterRange(kernels);
  RegisterReduction(kernels);
  RegisterRelu(kernels);
  RegisterReshape(kernels);
  RegisterSaveRestore(kernels);
  RegisterScan(kernels);
  RegisterSegment(kernels);
  RegisterSelect(kernels);
  RegisterShape(kernels);
  RegisterSlice(kernels);
  RegisterSoftmax(kernels);
  RegisterSoftmaxCrossEntropy(kernels);
  RegisterStack(kernels);
  RegisterToBool(kernels);
  RegisterSummary(kernels);
  RegisterStrings(kernels);
  RegisterTopK(kernels);
  RegisterTranspose(kernels);
  RegisterUnary(kernels);
  RegisterVariable(kernels);
  RegisterWhere(kernels);
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
