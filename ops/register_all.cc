// The built-in operations: every file of ops/ that defines some, a line a file.

#include "sessile/ops/register_all.h"

namespace sessile {
namespace {

void RegisterAll(OpRegistry& ops) {
  RegisterActivations(ops);
  RegisterAdam(ops);
  RegisterAddN(ops);
  RegisterApplySlots(ops);
  RegisterArgMax(ops);
  RegisterAssert(ops);
  RegisterBatchMatMul(ops);
  RegisterBatchNormWithGlobalNormalization(ops);
  RegisterBiasAdd(ops);
  RegisterBinary(ops);
  RegisterBitcast(ops);
  RegisterBlockCells(ops);
  RegisterBroadcast(ops);
  RegisterCast(ops);
  RegisterComparison(ops);
  RegisterConcat(ops);
  RegisterConstant(ops);
  RegisterConv2D(ops);
  RegisterConv3D(ops);
  RegisterDepthwiseConv2D(ops);
  RegisterDilation2D(ops);
  RegisterDynamicStitch(ops);
  RegisterFakeQuant(ops);
  RegisterFill(ops);
  RegisterFunctional(ops);
  RegisterFusedBatchNorm(ops);
  RegisterGather(ops);
  RegisterGatherNd(ops);
  RegisterGradientDescent(ops);
  RegisterIdentity(ops);
  RegisterImageColor(ops);
  RegisterImagePatches(ops);
  RegisterImageResize(ops);
  RegisterL2Loss(ops);
  RegisterLinalg(ops);
  RegisterListDiff(ops);
  RegisterLoop(ops);
  RegisterLRN(ops);
  RegisterMatMul(ops);
  RegisterMatrixDiag(ops);
  RegisterNonMaxSuppression(ops);
  RegisterNoOp(ops);
  RegisterOneHot(ops);
  RegisterPad(ops);
  RegisterPlaceholder(ops);
  RegisterPool(ops);
  RegisterRandom(ops);
  RegisterRandomDraws(ops);
  RegisterRandomRates(ops);
  RegisterRange(ops);
  RegisterReduction(ops);
  RegisterRelu(ops);
  RegisterReshape(ops);
  RegisterSaveRestore(ops);
  RegisterScan(ops);
  RegisterScatter(ops);
  RegisterSegment(ops);
  RegisterSelect(ops);
  RegisterSequences(ops);
  RegisterShape(ops);
  RegisterSlice(ops);
  RegisterSoftmax(ops);
  RegisterSoftmaxCrossEntropy(ops);
  RegisterSpaceBatch(ops);
  RegisterSparse(ops);
  RegisterSplit(ops);
  RegisterStack(ops);
  RegisterState(ops);
  RegisterStridedSlice(ops);
  RegisterSummary(ops);
  RegisterStrings(ops);
  RegisterSwitchMerge(ops);
  RegisterTensorArray(ops);
  RegisterTile(ops);
  RegisterTopK(ops);
  RegisterTranspose(ops);
  RegisterUnary(ops);
  RegisterValueStack(ops);
  RegisterWhere(ops);
}

}  // namespace

OpRegistry& builtin_ops() {
  static OpRegistry* const ops = [] {
    auto* const registry = new OpRegistry();  // never destroyed: graphs may outlive static objects
    RegisterAll(*registry);
    return registry;
  }();
  return *ops;
}

}  // namespace sessile
