// Batch normalization as graphs before GraphDef version 9 have it: given statistics, channels last.

#include "sessile/core/framework/op_registry.h"
#include "sessile/core/framework/shape_inference.h"
#include "sessile/core/framework/status.h"
#include "sessile/ops/grad_context.h"
#include "sessile/ops/op_builder.h"
#include "sessile/ops/register_all.h"

namespace sessile {
namespace {

// From this GraphDef version on, the op is refused.
constexpr int kRemoved = 9;

// Merges the channels of the image in input 0 with the vectors in inputs [begin, end).
absl::StatusOr<int64_t> ChannelsOf(ShapeContext& ctx, const Shape& image, int begin, int end) {
  int64_t channels = image.dim(3);
  for (int i = begin; i < end; ++i) {
    SESSILE_ASSIGN_OR_RETURN(const Shape vector, ctx.InputWithRank(i, 1));
    SESSILE_ASSIGN_OR_RETURN(channels, ctx.MergeDim(channels, vector.dim(0)));
  }
  return channels;
}

absl::Status ForwardShape(ShapeContext& ctx) {
  SESSILE_ASSIGN_OR_RETURN(const Shape image, ctx.InputWithRank(0, 4));
  SESSILE_ASSIGN_OR_RETURN(const int64_t channels, ChannelsOf(ctx, image, 1, 5));
  ctx.SetOutput(0, image.WithDim(3, channels));
  return absl::OkStatus();
}

absl::Status BackwardShape(ShapeContext& ctx) {
  SESSILE_ASSIGN_OR_RETURN(const Shape t, ctx.InputWithRank(0, 4));
  SESSILE_ASSIGN_OR_RETURN(const Shape backprop, ctx.InputWithRank(4, 4));
  SESSILE_ASSIGN_OR_RETURN(const Shape image, ctx.Merge(t, backprop));
  SESSILE_ASSIGN_OR_RETURN(const int64_t channels, ChannelsOf(ctx, image, 1, 4));
  ctx.SetOutput(0, image.WithDim(3, channels));
  for (int i = 1; i < 5; ++i) ctx.SetOutput(i, Shape({channels}));
  return absl::OkStatus();
}

absl::StatusOr<std::vector<Output>> BatchNormWithGlobalNormalizationGradient(
    GradContext& ctx, const Node& node, std::span<const Output> grads) {
  return OpBuilder("BatchNormWithGlobalNormalizationGrad")
      .Input(ctx.input(node, 0))
      .Input(ctx.input(node, 1))
      .Input(ctx.input(node, 2))
      .Input(ctx.input(node, 4))
      .Input(grads[0])
      .CopyAttr(node, "variance_epsilon")
      .CopyAttr(node, "scale_after_normalization")
      .BuildAll();
}

}  // namespace

void RegisterBatchNormWithGlobalNormalization(OpRegistry& ops) {
  ops.Add("BatchNormWithGlobalNormalization")
      .Input("t: T")
      .Input("m: T")
      .Input("v: T")
      .Input("beta: T")
      .Input("gamma: T")
      .Output("result: T")
      .Attr("T: numbertype")
      .Attr("variance_epsilon: float")
      .Attr("scale_after_normalization: bool")
      .Deprecated(kRemoved)
      .Shape(ForwardShape)
      .Gradient(BatchNormWithGlobalNormalizationGradient)
      .Doc("(t - m) / sqrt(v + variance_epsilon) [* gamma] + beta, channels last.");
  ops.Add("BatchNormWithGlobalNormalizationGrad")
      .Input("t: T")
      .Input("m: T")
      .Input("v: T")
      .Input("gamma: T")
      .Input("backprop: T")
      .Output("dx: T")
      .Output("dm: T")
      .Output("dv: T")
      .Output("db: T")
      .Output("dg: T")
      .Attr("T: numbertype")
      .Attr("variance_epsilon: float")
      .Attr("scale_after_normalization: bool")
      .Deprecated(kRemoved)
      .Shape(BackwardShape)
      .NoGradient("TensorFlow has none")
      .Doc("The gradients of BatchNormWithGlobalNormalization.");
}

}  // namespace sessile
