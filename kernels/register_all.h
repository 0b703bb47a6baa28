// Every file of kernels/ registers its kernels with one function; these are all of them.
#pragma once

#include "sessile/core/framework/kernel_registry.h"

namespace sessile {

void RegisterActivations(KernelRegistry& kernels);
void RegisterAddN(KernelRegistry& kernels);
void RegisterApply(KernelRegistry& kernels);
void RegisterArgMax(KernelRegistry& kernels);
void RegisterAssert(KernelRegistry& kernels);
void RegisterBatchMatMul(KernelRegistry& kernels);
void RegisterBatchNormWithGlobalNormalization(KernelRegistry& kernels);
void RegisterBetainc(KernelRegistry& kernels);
void RegisterBiasAdd(KernelRegistry& kernels);
void RegisterBinary(KernelRegistry& kernels);
void RegisterBitcast(KernelRegistry& kernels);
void RegisterBlockCells(KernelRegistry& kernels);  // block_cells.cc
void RegisterBroadcast(KernelRegistry& kernels);
void RegisterCast(KernelRegistry& kernels);
void RegisterCheckNumerics(KernelRegistry& kernels);
void RegisterClip(KernelRegistry& kernels);
void RegisterComparison(KernelRegistry& kernels);
void RegisterComplex(KernelRegistry& kernels);
void RegisterConcat(KernelRegistry& kernels);
void RegisterConstant(KernelRegistry& kernels);
void RegisterConv2D(KernelRegistry& kernels);
void RegisterConv3D(KernelRegistry& kernels);  // conv3d.cc
void RegisterCross(KernelRegistry& kernels);
void RegisterDepthwiseConv2D(KernelRegistry& kernels);
void RegisterDilation2D(KernelRegistry& kernels);  // dilation2d.cc
void RegisterDynamicStitch(KernelRegistry& kernels);
void RegisterEinsum(KernelRegistry& kernels);
void RegisterFakeQuant(KernelRegistry& kernels);  // fake_quant.cc
void RegisterFill(KernelRegistry& kernels);
void RegisterFormatPermutation(KernelRegistry& kernels);
void RegisterFusedBatchNorm(KernelRegistry& kernels);
void RegisterFusedBatchNormGrad(KernelRegistry& kernels);
void RegisterGather(KernelRegistry& kernels);
void RegisterGatherNd(KernelRegistry& kernels);
void RegisterHistogram(KernelRegistry& kernels);
void RegisterIdentity(KernelRegistry& kernels);
void RegisterImageColor(KernelRegistry& kernels);    // image_color.cc
void RegisterImagePatches(KernelRegistry& kernels);  // image_patches.cc
void RegisterImageResize(KernelRegistry& kernels);   // image_resize.cc
void RegisterImageSummary(KernelRegistry& kernels);  // image_summary.cc
void RegisterL2Loss(KernelRegistry& kernels);
void RegisterLinalg(KernelRegistry& kernels);
void RegisterListDiff(KernelRegistry& kernels);
void RegisterLRN(KernelRegistry& kernels);
void RegisterMatMul(KernelRegistry& kernels);
void RegisterMatrixBandPart(KernelRegistry& kernels);  // matrix_band_part.cc
void RegisterMatrixDiag(KernelRegistry& kernels);      // matrix_diag.cc
void RegisterMirrorPad(KernelRegistry& kernels);
void RegisterMultinomial(KernelRegistry& kernels);        // multinomial.cc
void RegisterNonMaxSuppression(KernelRegistry& kernels);  // non_max_suppression.cc
void RegisterNthElement(KernelRegistry& kernels);
void RegisterOneHot(KernelRegistry& kernels);
void RegisterOptional(KernelRegistry& kernels);
void RegisterPool(KernelRegistry& kernels);
void RegisterRandom(KernelRegistry& kernels);
void RegisterRandomShuffle(KernelRegistry& kernels);  // random_shuffle.cc
void RegisterRandomRates(KernelRegistry& kernels);    // random_rates.cc
void RegisterRange(KernelRegistry& kernels);
void RegisterReduction(KernelRegistry& kernels);
void RegisterRelu(KernelRegistry& kernels);
void RegisterReshape(KernelRegistry& kernels);
void RegisterResizeBicubic(KernelRegistry& kernels);  // resize_bicubic.cc
void RegisterRoll(KernelRegistry& kernels);
void RegisterResourceVariable(KernelRegistry& kernels);  // resource_variable.cc
void RegisterSaveRestore(KernelRegistry& kernels);
void RegisterScan(KernelRegistry& kernels);
void RegisterScatter(KernelRegistry& kernels);  // scatter.cc
void RegisterSearchSorted(KernelRegistry& kernels);
void RegisterSegment(KernelRegistry& kernels);
void RegisterSelect(KernelRegistry& kernels);
void RegisterSequences(KernelRegistry& kernels);  // sequences.cc
void RegisterShape(KernelRegistry& kernels);
void RegisterSlice(KernelRegistry& kernels);
void RegisterSoftmax(KernelRegistry& kernels);
void RegisterSoftmaxCrossEntropy(KernelRegistry& kernels);
void RegisterSpaceBatch(KernelRegistry& kernels);  // space_batch.cc
void RegisterSparse(KernelRegistry& kernels);      // sparse.cc
void RegisterStack(KernelRegistry& kernels);
void RegisterSummary(KernelRegistry& kernels);  // summary.cc
void RegisterStrings(KernelRegistry& kernels);
void RegisterToBool(KernelRegistry& kernels);
void RegisterTables(KernelRegistry& kernels);       // table_ops.cc
void RegisterTensorArray(KernelRegistry& kernels);  // tensor_array_ops.cc
void RegisterTensorList(KernelRegistry& kernels);   // tensor_list_ops.cc
void RegisterTensorListArrays(KernelRegistry& kernels);
void RegisterTensorListFromArrays(KernelRegistry& kernels);
void RegisterTopK(KernelRegistry& kernels);
void RegisterTranspose(KernelRegistry& kernels);
void RegisterUnary(KernelRegistry& kernels);
void RegisterUnique(KernelRegistry& kernels);
void RegisterUnravelIndex(KernelRegistry& kernels);
void RegisterValueStack(KernelRegistry& kernels);
void RegisterVariable(KernelRegistry& kernels);
void RegisterWhere(KernelRegistry& kernels);

// All of the above.
void RegisterAllKernels(KernelRegistry& kernels);

}  // namespace sessile
