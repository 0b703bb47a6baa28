// NonMaxSuppression in its versions: which of many boxes to keep, so that none overlaps a better
// one.

#include <array>
#include <string>

#include "absl/strings/str_cat.h"
#include "sessile/core/framework/op_registry.h"
#include "sessile/core/framework/shape_inference.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/graph/scope.h"
#include "sessile/ops/folding.h"
#include "sessile/ops/image.h"
#include "sessile/ops/op_builder.h"
#include "sessile/ops/register_all.h"

namespace sessile {
namespace {

// boxes [n, columns], scores [n], then scalars. Indices and their scores are padded to
// max_output_size or as many as there are.
absl::Status NmsShape(ShapeContext& ctx, bool overlaps) {
  SESSILE_ASSIGN_OR_RETURN(const Shape boxes, ctx.InputWithRank(0, 2));
  SESSILE_ASSIGN_OR_RETURN(const Shape scores, ctx.InputWithRank(1, 1));
  for (int i = 2; i < ctx.num_inputs(); ++i) SESSILE_RETURN_IF_ERROR(ctx.InputIsScalar(i));
  SESSILE_RETURN_IF_ERROR(ctx.MergeDim(boxes.dim(0), scores.dim(0)).status());
  SESSILE_RETURN_IF_ERROR(ctx.MergeDim(boxes.dim(1), overlaps ? boxes.dim(0) : 4).status());
  SESSILE_ASSIGN_OR_RETURN(const bool pad,
                           ctx.attrs().GetOr<bool>("pad_to_max_output_size", false));
  const int64_t most = pad ? KnownInt(ctx, 2).value_or(None) : None;
  if (pad && most < None) {
    return InvalidArgument("max_output_size must be non-negative, got ", most);
  }
  for (int i = 0; i < ctx.num_outputs(); ++i) ctx.SetOutput(i, Shape({most}));
  if (ctx.num_outputs() > 1) ctx.SetOutput(ctx.num_outputs() - 1, Shape());
  return absl::OkStatus();
}

absl::Status BoxesShape(ShapeContext& ctx) { return NmsShape(ctx, false); }
absl::Status OverlapsShape(ShapeContext& ctx) { return NmsShape(ctx, true); }

constexpr const char* kNoGradient = "which boxes are kept has no derivative";
constexpr const char* kTypes = "T: {half, float} = DT_FLOAT";
constexpr const char* kThresholdTypes = "T_threshold: {half, float} = DT_FLOAT";

}  // namespace

void RegisterNonMaxSuppression(OpRegistry& ops) {
  ops.Add("NonMaxSuppression")
      .Input("boxes: float")
      .Input("scores: float")
      .Input("max_output_size: int32")
      .Output("selected_indices: int32")
      .Attr("iou_threshold: float = 0.5")
      .Shape(BoxesShape)
      .NotDifferentiable(kNoGradient)
      .Doc("The best boxes, without those that overlap better ones.");
  for (const int version : {2, 3, 4}) {
    OpDefBuilder op = ops.Add(absl::StrCat("NonMaxSuppressionV", version));
    op.Input("boxes: T").Input("scores: T").Input("max_output_size: int32");
    op.Input("iou_threshold: T_threshold");
    if (version >= 3) op.Input("score_threshold: T_threshold");
    op.Output("selected_indices: int32");
    if (version == 4) op.Output("valid_outputs: int32");
    op.Attr(kTypes).Attr(kThresholdTypes);
    if (version == 4) op.Attr("pad_to_max_output_size: bool = false");
    op.Shape(BoxesShape).NotDifferentiable(kNoGradient);
    op.Doc("The best boxes, without those that overlap better ones.");
  }
  ops.Add("NonMaxSuppressionV5")
      .Input("boxes: T")
      .Input("scores: T")
      .Input("max_output_size: int32")
      .Input("iou_threshold: T")
      .Input("score_threshold: T")
      .Input("soft_nms_sigma: T")
      .Output("selected_indices: int32")
      .Output("selected_scores: T")
      .Output("valid_outputs: int32")
      .Attr(kTypes)
      .Attr("pad_to_max_output_size: bool = false")
      .Shape(BoxesShape)
      .NotDifferentiable(kNoGradient)
      .Doc("The best boxes; the scores of those that overlap better ones fall.");
  ops.Add("NonMaxSuppressionWithOverlaps")
      .Input("overlaps: float")
      .Input("scores: float")
      .Input("max_output_size: int32")
      .Input("overlap_threshold: float")
      .Input("score_threshold: float")
      .Output("selected_indices: int32")
      .Shape(OverlapsShape)
      .NotDifferentiable(kNoGradient)
      .Doc("The best boxes, without those that overlap better ones by the given overlaps.");
}

namespace image {

Output non_max_suppression(Input boxes, Input scores, Input max_output_size,
                           const NonMaxSuppressionOptions& options) {
  SourceScope here(boxes);
  const std::array<Input, 3> inputs = {boxes, scores, max_output_size};
  const name_scope scope(options.name.empty() ? "non_max_suppression" : options.name,
                         graph_of(inputs).impl());
  const Output overlap = convert_to_tensor(options.iou_threshold, {}, "iou_threshold");
  const Output least = convert_to_tensor(options.score_threshold, {}, "score_threshold");
  return OpBuilder("NonMaxSuppressionV3")
      .Input(std::move(boxes))
      .Input(std::move(scores))
      .Input(std::move(max_output_size))
      .Input(overlap)
      .Input(least)
      .Build();
}

}  // namespace image
}  // namespace sessile
