// The built-in operations: every file of ops/ that defines some, a line a file.

#include "sessile/ops/register_all.h"

namespace sessile {
namespace {

constexpr void (*kFamilies[])(OpRegistry&) = {
    RegisterActivations,
    RegisterAdam,
    RegisterAddN,
    RegisterApplySlots,
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
    RegisterFunctional,
    RegisterFusedBatchNorm,
    RegisterGather,
    RegisterGatherNd,
    RegisterGradientDescent,
    RegisterHistogram,
    RegisterIdentity,
    RegisterImageColor,
    RegisterImagePatches,
    RegisterImageResize,
    RegisterL2Loss,
    RegisterLinalg,
    RegisterListDiff,
    RegisterLoop,
    RegisterLRN,
    RegisterMatMul,
    RegisterMatrixDiag,
    RegisterNonMaxSuppression,
    RegisterNoOp,
    RegisterNthElement,
    RegisterOneHot,
    RegisterPad,
    RegisterPlaceholder,
    RegisterPool,
    RegisterRandom,
    RegisterRandomDraws,
    RegisterRandomRates,
    RegisterRange,
    RegisterReduction,
    RegisterRelu,
    RegisterReshape,
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
    RegisterSplit,
    RegisterStack,
    RegisterState,
    RegisterStridedSlice,
    RegisterSummary,
    RegisterStrings,
    RegisterSwitchMerge,
    RegisterTensorArray,
    RegisterTile,
    RegisterTopK,
    RegisterTranspose,
    RegisterUnary,
    RegisterUnique,
    RegisterUnravelIndex,
    RegisterValueStack,
    RegisterWhere,
};

}  // namespace

OpRegistry& builtin_ops() {
  static OpRegistry* const ops = [] {
    auto* const registry = new OpRegistry();  // never destroyed: graphs may outlive static objects
    for (const auto add : kFamilies) add(*registry);
    return registry;
  }();
  return *ops;
}

}  // namespace sessile
