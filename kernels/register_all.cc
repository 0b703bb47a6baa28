#include "sessile/kernels/register_all.h"

#include "sessile/kernels/fused/register_passes.h"

namespace sessile {

namespace {

constexpr void (*kFamilies[])(KernelRegistry&) = {
    RegisterActivations,
    RegisterAddN,
    RegisterApply,
    RegisterArgMax,
    RegisterAssert,
    RegisterBatchMatMul,
    RegisterBatchNormWithGlobalNormalization,
    RegisterBetainc,
    RegisterBiasAdd,
    RegisterBinary,
    RegisterBitcast,
    RegisterBlockCells,
    RegisterBroadcast,
    RegisterCast,
    RegisterCheckNumerics,
    RegisterClip,
    RegisterComparison,
    RegisterComplex,
    RegisterConcat,
    RegisterConstant,
    RegisterConv2D,
    RegisterConv3D,
    RegisterCross,
    RegisterDepthwiseConv2D,
    RegisterDilation2D,
    RegisterDynamicStitch,
    RegisterEinsum,
    RegisterFakeQuant,
    RegisterFill,
    RegisterFormatPermutation,
    RegisterFusedBatchNorm,
    RegisterFusedBatchNormGrad,
    RegisterGather,
    RegisterGatherNd,
    RegisterHistogram,
    RegisterIdentity,
    RegisterImageColor,
    RegisterImagePatches,
    RegisterImageResize,
    RegisterImageSummary,
    RegisterL2Loss,
    RegisterLinalg,
    RegisterListDiff,
    RegisterLRN,
    RegisterMatMul,
    RegisterMatrixBandPart,
    RegisterMatrixDiag,
    RegisterMirrorPad,
    RegisterMultinomial,
    RegisterNonMaxSuppression,
    RegisterNthElement,
    RegisterOneHot,
    RegisterOptional,
    RegisterPasses,
    RegisterPool,
    RegisterRandom,
    RegisterRandomShuffle,
    RegisterRandomRates,
    RegisterRange,
    RegisterReduction,
    RegisterRelu,
    RegisterReshape,
    RegisterResizeBicubic,
    RegisterResourceVariable,
    RegisterRoll,
    RegisterSaveRestore,
    RegisterScan,
    RegisterScatter,
    RegisterSearchSorted,
    RegisterSegment,
    RegisterSelect,
    RegisterSequences,
    RegisterShape,
    RegisterSlice,
    RegisterSoftmax,
    RegisterSoftmaxCrossEntropy,
    RegisterSpaceBatch,
    RegisterSparse,
    RegisterStack,
    RegisterSummary,
    RegisterStrings,
    RegisterToBool,
    RegisterTables,
    RegisterTensorArray,
    RegisterTensorList,
    RegisterTensorListArrays,
    RegisterTensorListFromArrays,
    RegisterTopK,
    RegisterTranspose,
    RegisterUnary,
    RegisterUnique,
    RegisterUnravelIndex,
    RegisterValueStack,
    RegisterVariable,
    RegisterWhere,
};

}  // namespace

void RegisterAllKernels(KernelRegistry& kernels) {
  for (const auto add : kFamilies) add(kernels);
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
