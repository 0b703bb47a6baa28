// FusedBatchNorm in three versions: batch normalization of images by one op; FusedBatchNormGrad:
// its gradients.

#include "absl/strings/str_cat.h"
#include "sessile/core/framework/data_format.h"
#include "sessile/core/framework/errors.h"
#include "sessile/core/framework/op_registry.h"
#include "sessile/core/framework/shape_inference.h"
#include "sessile/core/framework/status.h"
#include "sessile/ops/grad_context.h"
#include "sessile/ops/nn.h"
#include "sessile/ops/op_builder.h"
#include "sessile/ops/register_all.h"

namespace sessile {
namespace {

// "NHWC" has a letter for each dimension.
int RankOf(const DataFormat& format) { return static_cast<int>(format.name().size()); }

// Merges the length of the vectors in inputs [begin, end) into `channels`.
absl::StatusOr<int64_t> MergeVectors(ShapeContext& ctx, int begin, int end, int64_t channels) {
  for (int i = begin; i < end; ++i) {
    SESSILE_ASSIGN_OR_RETURN(const Shape vector, ctx.InputWithRank(i, 1));
    SESSILE_ASSIGN_OR_RETURN(channels, ctx.MergeDim(channels, vector.dim(0)));
  }
  return channels;
}

absl::Status FusedBatchNormShape(ShapeContext& ctx) {
  SESSILE_ASSIGN_OR_RETURN(const DataFormat format, DataFormat::Of(ctx.attrs()));
  SESSILE_ASSIGN_OR_RETURN(const bool is_training, ctx.Attr<bool>("is_training"));
  SESSILE_ASSIGN_OR_RETURN(const float factor, ctx.Attr<float>("exponential_avg_factor"));
  SESSILE_ASSIGN_OR_RETURN(const Shape x, ctx.InputWithRank(0, RankOf(format)));
  // Mean and variance are read only if they have a say; else they may be empty.
  const bool reads_statistics = !is_training || factor != 1.0f;
  const int channel = format.ChannelDim(RankOf(format));
  SESSILE_ASSIGN_OR_RETURN(const int64_t channels,
                           MergeVectors(ctx, 1, reads_statistics ? 5 : 3, x.dim(channel)));
  ctx.SetOutput(0, x.WithDim(channel, channels));
  for (int i = 1; i < 5; ++i) ctx.SetOutput(i, Shape({channels}));
  return absl::OkStatus();
}

absl::Status FusedBatchNormGradShape(ShapeContext& ctx) {
  SESSILE_ASSIGN_OR_RETURN(const DataFormat format, DataFormat::Of(ctx.attrs()));
  const int rank = RankOf(format);
  const int channel = format.ChannelDim(rank);
  SESSILE_ASSIGN_OR_RETURN(const Shape y_backprop, ctx.InputWithRank(0, rank));
  SESSILE_ASSIGN_OR_RETURN(const Shape x, ctx.InputWithRank(1, rank));
  SESSILE_ASSIGN_OR_RETURN(int64_t channels, ctx.MergeDim(y_backprop.dim(channel), x.dim(channel)));
  SESSILE_ASSIGN_OR_RETURN(channels, MergeVectors(ctx, 2, 5, channels));
  ctx.SetOutput(0, y_backprop.WithDim(channel, channels));
  ctx.SetOutput(1, Shape({channels}));
  ctx.SetOutput(2, Shape({channels}));
  ctx.SetOutput(3, Shape({0}));
  ctx.SetOutput(4, Shape({0}));
  return absl::OkStatus();
}

// Training: the reserve spaces hold the batch's statistics. Inference: they are inputs 3 and 4.
// (TensorFlow transposes NCHW to NHWC in inference mode; here the op takes both.)
absl::StatusOr<std::vector<Output>> FusedBatchNormGradient(GradContext& ctx, const Node& node,
                                                           std::span<const Output> grads) {
  SESSILE_ASSIGN_OR_RETURN(const bool is_training, node.attrs().Get<bool>("is_training"));
  constexpr std::string_view kOp = "FusedBatchNorm";
  OpBuilder gradient(absl::StrCat("FusedBatchNormGrad", node.op_type().substr(kOp.size())));
  gradient.Input(grads[0])
      .Input(ctx.input(node, 0))
      .Input(ctx.input(node, 1))
      .Input(is_training ? ctx.output(node, 3) : ctx.input(node, 3))
      .Input(is_training ? ctx.output(node, 4) : ctx.input(node, 4));
  if (node.num_outputs() > 5) gradient.Input(ctx.output(node, 5));
  const std::vector<Output> made = gradient.CopyAttr(node, "epsilon")
                                       .CopyAttr(node, "data_format")
                                       .CopyAttr(node, "is_training")
                                       .BuildAll();
  return std::vector<Output>{made[0], made[1], made[2], Output(), Output()};
}

// What the three versions of the op and of its gradient differ in.
struct FusedBatchNormVersion {
  const char* suffix;
  bool has_u;     // statistics have a type of their own
  bool is_third;  // volumes, and one more reserve space
};

void AddFusedBatchNorm(OpRegistry& ops, const FusedBatchNormVersion& version) {
  OpDefBuilder op = ops.Add(absl::StrCat("FusedBatchNorm", version.suffix));
  const std::string u = version.has_u ? ": U" : ": T";
  op.Input("x: T");
  for (const char* name : {"scale", "offset", "mean", "variance"}) op.Input(name + u);
  op.Output("y: T");
  for (const char* name : {"batch_mean", "batch_variance", "reserve_space_1", "reserve_space_2"}) {
    op.Output(name + u);
  }
  if (version.is_third) op.Output("reserve_space_3: U");
  op.Attr(version.has_u ? "T: {half, bfloat16, float}" : "T: {float}");
  if (version.has_u) op.Attr(version.is_third ? "U: {bfloat16, float}" : "U: {float}");
  op.Attr("epsilon: float = 0.0001")
      .Attr("exponential_avg_factor: float = 1.0")
      .Attr(version.is_third ? "data_format: {'NHWC', 'NCHW', 'NDHWC', 'NCDHW'} = 'NHWC'"
                             : "data_format: {'NHWC', 'NCHW'} = 'NHWC'")
      .Attr("is_training: bool = true")
      .Shape(FusedBatchNormShape)
      .Gradient(FusedBatchNormGradient)
      .Doc("Normalizes each channel of `x` by its batch's or the given mean and variance.");
}

void AddFusedBatchNormGrad(OpRegistry& ops, const FusedBatchNormVersion& version) {
  OpDefBuilder op = ops.Add(absl::StrCat("FusedBatchNormGrad", version.suffix));
  const std::string u = version.has_u ? ": U" : ": T";
  op.Input("y_backprop: T").Input("x: T");
  op.Input(version.has_u ? "scale: float" : "scale: T");
  op.Input("reserve_space_1" + u).Input("reserve_space_2" + u);
  if (version.is_third) op.Input("reserve_space_3: U");
  op.Output("x_backprop: T").Output("scale_backprop" + u).Output("offset_backprop" + u);
  op.Output((version.is_third ? "reserve_space_4" : "reserve_space_3") + u);
  op.Output((version.is_third ? "reserve_space_5" : "reserve_space_4") + u);
  op.Attr(version.has_u ? "T: {half, bfloat16, float}" : "T: {float}");
  if (version.has_u) op.Attr("U: {float}");
  op.Attr("epsilon: float = 0.0001")
      .Attr(version.is_third ? "data_format: {'NHWC', 'NCHW', 'NDHWC', 'NCDHW'} = 'NHWC'"
                             : "data_format: {'NHWC', 'NCHW'} = 'NHWC'")
      .Attr("is_training: bool = true")
      .Shape(FusedBatchNormGradShape)
      .NoGradient(
          "the gradient of FusedBatchNorm is a fused op without one of its own; build the "
          "normalization with nn.moments and nn.batch_normalization to differentiate twice")
      .Doc("The gradients of FusedBatchNorm with respect to `x`, `scale` and `offset`.");
}

}  // namespace

void RegisterFusedBatchNorm(OpRegistry& ops) {
  for (const FusedBatchNormVersion& version :
       {FusedBatchNormVersion{"", false, false}, FusedBatchNormVersion{"V2", true, false},
        FusedBatchNormVersion{"V3", true, true}}) {
    AddFusedBatchNorm(ops, version);
    AddFusedBatchNormGrad(ops, version);
  }
}

namespace nn {

FusedBatchNorm fused_batch_norm(Input x, Input scale, Input offset, FusedBatchNormOptions options) {
  SourceScope here(x);
  const bool reads_statistics = !options.is_training || options.exponential_avg_factor != 1.0;
  if (reads_statistics && (!options.mean || !options.variance)) {
    errors::ThrowIfError(InvalidArgument(
        "Both `mean` and `variance` must be a 1D tensor when `is_training` is False or "
        "`exponential_avg_factor` != 1.0. Received no ",
        options.mean ? "`variance`" : "`mean`"));
  }
  const Output x_tensor = convert_to_tensor(x, {}, "input");
  const Output scale_tensor = convert_to_tensor(scale, {}, "scale");
  const Output offset_tensor = convert_to_tensor(offset, {}, "offset");
  const Tensor none = errors::ValueOrThrow(Tensor::FromValues<float>({0}, {}));
  const Input mean = options.mean ? *options.mean : Input(convert_to_tensor(none));
  const Input variance = options.variance ? *options.variance : Input(convert_to_tensor(none));
  const std::vector<Output> made =
      OpBuilder("FusedBatchNormV3", options.name)
          .Input(x_tensor)
          .Input(scale_tensor)
          .Input(offset_tensor)
          .Input(mean)
          .Input(variance)
          .Attr("epsilon", options.epsilon)
          .Attr("exponential_avg_factor", options.exponential_avg_factor)
          .Attr("data_format", options.data_format)
          .Attr("is_training", options.is_training)
          .BuildAll();
  return {made[0], made[1], made[2]};
}

}  // namespace nn
}  // namespace sessile
