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
  RegisterBlockCells(kernels);
  RegisterBroadcast(kernels);
  RegisterCast(kernels);
  RegisterComparison(kernels);
  RegisterConcat(kernels);
  RegisterConstant(kernels);
  RegisterConv2D(kernels);
  RegisterConv3D(kernels);
  RegisterDepthwiseConv2D(kernels);
  RegisterDilation2D(kernels);
  RegisterDynamicStitch(kernels);
  RegisterFakeQuant(kernels);
  RegisterFill(kernels);
  RegisterFusedBatchNorm(kernels);
  RegisterFusedBatchNormGrad(kernels);
  RegisterGather(kernels);
  RegisterGatherNd(kernels);
  RegisterIdentity(kernels);
  RegisterImageColor(kernels);
  RegisterImagePatches(kernels);
  RegisterImageResize(kernels);
  RegisterImageSummary(kernels);
  RegisterL2Loss(kernels);
  RegisterLinalg(kernels);
  RegisterListDiff(kernels);
  RegisterLRN(kernels);
  RegisterMatMul(kernels);
  RegisterMatrixDiag(kernels);
  RegisterMirrorPad(kernels);
  RegisterMultinomial(kernels);
  RegisterNonMaxSuppression(kernels);
  RegisterOneHot(kernels);
  RegisterPasses(kernels);
  RegisterPool(kernels);
  RegisterRandom(kernels);
  RegisterRandomShuffle(kernels);
  RegisterRandomRates(kernels);
  RegisterRange(kernels);
  RegisterReduction(kernels);
  RegisterRelu(kernels);
  RegisterReshape(kernels);
  RegisterResizeBicubic(kernels);
  RegisterSaveRestore(kernels);
  RegisterScan(kernels);
  RegisterScatter(kernels);
  RegisterSegment(kernels);
  RegisterSelect(kernels);
  RegisterSequences(kernels);
  RegisterShape(kernels);
  RegisterSlice(kernels);
  RegisterSoftmax(kernels);
  RegisterSoftmaxCrossEntropy(kernels);
  RegisterSpaceBatch(kernels);
  RegisterSparse(kernels);
  RegisterStack(kernels);
  RegisterSummary(kernels);
  RegisterStrings(kernels);
  RegisterToBool(kernels);
  RegisterTensorArray(kernels);
  RegisterTopK(kernels);
  RegisterTranspose(kernels);
  RegisterUnary(kernels);
  RegisterValueStack(kernels);
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
