// batch_norm_relu: a batch norm and the ReLU behind it are one kernel, forward and backward.
//
//   FusedBatchNormV3 -> Relu              y is not wanted but by the Relu
//   ReluGrad -> FusedBatchNormGradV3      nor the ReluGrad's output but by the batch norm's
//   gradient

#include "sessile/core/session/plan_pass.h"
#include "sessile/kernels/fused/register_passes.h"
#include "sessile/kernels/fused_batch_norm.h"

namespace sessile {
namespace {

void FuseForward(PlanDraft* draft, int relu, DraftRewriter* rewriter) {
  const DraftStep& after = draft->steps[static_cast<size_t>(relu)];
  const int normal = rewriter->StorageOf(after.inputs[0].value);
  const int at = normal < 0 ? -1 : rewriter->maker(normal);
  if (at < 0 || !rewriter->IsOnlyFor(normal, relu)) return;
  DraftStep& before = draft->steps[static_cast<size_t>(at)];
  if (rewriter->StorageOf(before.outputs[0]) != normal || !rewriter->CanMove(relu, at)) return;
  std::shared_ptr<const Prepared> kernel = BatchNormThenRelu(*before.kernel);
  if (kernel == nullptr) return;
  DraftStep fused = before;
  fused.label = before.label + "+Relu";
  fused.kernel = std::move(kernel);
  fused.outputs[0] = after.outputs[0];
  rewriter->Fuse({at, relu}, at, std::move(fused));
}

void FuseBackward(PlanDraft* draft, int gradient, DraftRewriter* rewriter) {
  const DraftStep& after = draft->steps[static_cast<size_t>(gradient)];
  const int masked = rewriter->StorageOf(after.inputs[0].value);
  const int relu = masked < 0 ? -1 : rewriter->maker(masked);
  if (relu < 0 || !rewriter->IsOnlyFor(masked, gradient)) return;
  const DraftStep& before = draft->steps[static_cast<size_t>(relu)];
  if (before.label != "ReluGrad" || !rewriter->CanMove(relu, gradient)) return;
  std::shared_ptr<const Prepared> kernel = ReluGradThenBatchNormGrad(*after.kernel);
  if (kernel == nullptr) return;
  DraftStep fused = after;
  fused.label = "ReluGrad+" + after.label;
  fused.kernel = std::move(kernel);
  fused.inputs[0] = before.inputs[0];
  fused.inputs.push_back(before.inputs[1]);
  rewriter->Fuse({relu, gradient}, gradient, std::move(fused));
}

absl::Status FuseBatchNormRelu(PlanDraft* draft) {
  DraftRewriter rewriter(draft);
  for (int i = 0; i < static_cast<int>(draft->steps.size()); ++i) {
    const std::string& label = draft->steps[static_cast<size_t>(i)].label;
    if (label == "Relu") {
      FuseForward(draft, i, &rewriter);
    } else if (label == "FusedBatchNormGradV3") {
      FuseBackward(draft, i, &rewriter);
    }
  }
  rewriter.Finish();
  return absl::OkStatus();
}

}  // namespace

void RegisterBatchNormRelu(KernelRegistry& kernels) {
  kernels.AddPass("batch_norm_relu", "batch norm and ReLU in one kernel, forward and backward",
                  FuseBatchNormRelu);
}

}  // namespace sessile
