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
    RegisterBiasAdd,
    RegisterBinary,
    RegisterBitcast,
    RegisterBlockCells,
    RegisterBroadcast,
    RegisterCast,
    RegisterComparison,
    RegisterConcat,
    RegisterConstant,
    RegisterConv2D,
    RegisterConv3D,
    RegisterDepthwiseConv2D,
    RegisterDilation2D,
    RegisterDynamicStitch,
    RegisterFakeQuant,
    RegisterFill,
    RegisterFunctional,
    RegisterFusedBatchNorm,
    RegisterGather,
    RegisterGatherNd,
    RegisterGradientDescent,
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
    RegisterSaveRestore,
    RegisterScan,
    RegisterScatter,
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
