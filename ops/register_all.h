// The registration functions of ops/, one for each file that defines operations.
//
// A new file adds its line here and in register_all.cc.
#pragma once

#include "sessile/core/framework/op_registry.h"

namespace sessile {

void RegisterActivations(OpRegistry& ops);  // activations.cc
void RegisterAdam(OpRegistry& ops);         // adam.cc
void RegisterAddN(OpRegistry& ops);         // add_n.cc
void RegisterApply(OpRegistry& ops);
void RegisterArgMax(OpRegistry& ops);       // arg_max.cc
void RegisterAssert(OpRegistry& ops);       // assert.cc
void RegisterBatchMatMul(OpRegistry& ops);  // batch_matmul.cc
// batch_norm_with_global_normalization.cc
void RegisterBatchNormWithGlobalNormalization(OpRegistry& ops);
void RegisterBetainc(OpRegistry& ops);
void RegisterBiasAdd(OpRegistry& ops);     // bias_add.cc
void RegisterBinary(OpRegistry& ops);      // binary.cc
void RegisterBitcast(OpRegistry& ops);     // bitcast.cc
void RegisterBlockCells(OpRegistry& ops);  // block_cells.cc
void RegisterBroadcast(OpRegistry& ops);   // broadcast.cc
void RegisterCast(OpRegistry& ops);        // cast.cc
void RegisterCheckNumerics(OpRegistry& ops);
void RegisterClip(OpRegistry& ops);
void RegisterComparison(OpRegistry& ops);  // comparison.cc
void RegisterComplex(OpRegistry& ops);
void RegisterConcat(OpRegistry& ops);    // concat.cc
void RegisterConstant(OpRegistry& ops);  // constant.cc
void RegisterConv2D(OpRegistry& ops);    // conv2d.cc
void RegisterConv3D(OpRegistry& ops);    // conv3d.cc
void RegisterCross(OpRegistry& ops);
void RegisterDepthwiseConv2D(OpRegistry& ops);  // depthwise_conv2d.cc
void RegisterDiag(OpRegistry& ops);             // diag.cc
void RegisterDilation2D(OpRegistry& ops);       // dilation2d.cc
void RegisterDynamicStitch(OpRegistry& ops);    // dynamic_stitch.cc
void RegisterEinsum(OpRegistry& ops);
void RegisterFakeQuant(OpRegistry& ops);  // fake_quant.cc
void RegisterFill(OpRegistry& ops);       // fill.cc
void RegisterFormatPermutation(OpRegistry& ops);
void RegisterFunctional(OpRegistry& ops);       // functional.cc
void RegisterFusedBatchNorm(OpRegistry& ops);   // fused_batch_norm.cc
void RegisterGather(OpRegistry& ops);           // gather.cc
void RegisterGatherNd(OpRegistry& ops);         // gather_nd.cc
void RegisterGradientDescent(OpRegistry& ops);  // gradient_descent.cc
void RegisterHistogram(OpRegistry& ops);
void RegisterIdentity(OpRegistry& ops);      // identity.cc
void RegisterImageColor(OpRegistry& ops);    // image_color.cc
void RegisterImagePatches(OpRegistry& ops);  // image_patches.cc
void RegisterImageResize(OpRegistry& ops);   // image_resize.cc
void RegisterL2Loss(OpRegistry& ops);        // l2_loss.cc
void RegisterLinalg(OpRegistry& ops);
void RegisterListDiff(OpRegistry& ops);           // list_diff.cc
void RegisterLoop(OpRegistry& ops);               // loop.cc
void RegisterLRN(OpRegistry& ops);                // lrn.cc
void RegisterMatMul(OpRegistry& ops);             // matmul.cc
void RegisterMatrixBandPart(OpRegistry& ops);     // matrix_band_part.cc
void RegisterMatrixDiag(OpRegistry& ops);         // matrix_diag.cc
void RegisterNonMaxSuppression(OpRegistry& ops);  // non_max_suppression.cc
void RegisterNoOp(OpRegistry& ops);               // grouping.cc
void RegisterNthElement(OpRegistry& ops);
void RegisterOneHot(OpRegistry& ops);  // one_hot.cc
void RegisterOptional(OpRegistry& ops);
void RegisterPad(OpRegistry& ops);          // pad.cc
void RegisterPlaceholder(OpRegistry& ops);  // placeholder.cc
void RegisterPool(OpRegistry& ops);         // pool.cc
void RegisterRandom(OpRegistry& ops);       // random.cc
void RegisterRandomDraws(OpRegistry& ops);  // random_draws.cc
void RegisterRandomRates(OpRegistry& ops);  // random_rates.cc
void RegisterRange(OpRegistry& ops);        // range.cc
void RegisterReduction(OpRegistry& ops);    // reduction.cc
void RegisterRelu(OpRegistry& ops);         // relu.cc
void RegisterReshape(OpRegistry& ops);      // reshape.cc
void RegisterRoll(OpRegistry& ops);
void RegisterSaveRestore(OpRegistry& ops);  // save_restore.cc
void RegisterScan(OpRegistry& ops);         // scan.cc
void RegisterScatter(OpRegistry& ops);      // scatter.cc
void RegisterSearchSorted(OpRegistry& ops);
void RegisterResourceVariable(OpRegistry& ops);     // resource_variable.cc
void RegisterSegment(OpRegistry& ops);              // segment.cc
void RegisterSelect(OpRegistry& ops);               // select.cc
void RegisterSequences(OpRegistry& ops);            // sequences.cc
void RegisterShape(OpRegistry& ops);                // shape.cc
void RegisterSlice(OpRegistry& ops);                // slice.cc
void RegisterSoftmax(OpRegistry& ops);              // softmax.cc
void RegisterSoftmaxCrossEntropy(OpRegistry& ops);  // softmax_cross_entropy.cc
void RegisterSpaceBatch(OpRegistry& ops);           // space_batch.cc
void RegisterSparse(OpRegistry& ops);               // sparse.cc
void RegisterSplit(OpRegistry& ops);                // split.cc
void RegisterStack(OpRegistry& ops);                // stack.cc
void RegisterState(OpRegistry& ops);                // state.cc
void RegisterStridedSlice(OpRegistry& ops);         // strided_slice.cc
void RegisterSummary(OpRegistry& ops);              // summary.cc
void RegisterStrings(OpRegistry& ops);              // strings.cc
void RegisterSwitchMerge(OpRegistry& ops);          // switch_merge.cc
void RegisterTables(OpRegistry& ops);               // tables.cc
void RegisterTensorArray(OpRegistry& ops);          // tensor_array.cc
void RegisterTensorList(OpRegistry& ops);
void RegisterTile(OpRegistry& ops);       // tile.cc
void RegisterTopK(OpRegistry& ops);       // top_k.cc
void RegisterTranspose(OpRegistry& ops);  // transpose.cc
void RegisterUnary(OpRegistry& ops);      // unary.cc
void RegisterUnique(OpRegistry& ops);
void RegisterUnravelIndex(OpRegistry& ops);
void RegisterValueStack(OpRegistry& ops);  // value_stack.cc
void RegisterWhere(OpRegistry& ops);       // where.cc

}  // namespace sessile
