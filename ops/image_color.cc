// AdjustContrastv2, AdjustSaturation, AdjustHue, RGBToHSV and HSVToRGB: colours of images [..., 3].

#include "sessile/core/framework/op_registry.h"
#include "sessile/core/framework/shape_inference.h"
#include "sessile/core/framework/status.h"
#include "sessile/ops/register_all.h"

namespace sessile {
namespace {

absl::Status ColorShape(ShapeContext& ctx) {
  SESSILE_ASSIGN_OR_RETURN(Shape images, ctx.InputAtLeastRank(0, 1));
  if (images.has_rank()) {
    const int last = images.rank() - 1;
    SESSILE_ASSIGN_OR_RETURN(const int64_t channels, ctx.MergeDim(images.dim(last), 3));
    images = images.WithDim(last, channels);
  }
  ctx.SetOutput(0, std::move(images));
  return absl::OkStatus();
}

absl::Status AdjustedShape(ShapeContext& ctx) {
  SESSILE_ASSIGN_OR_RETURN(Shape images, ctx.InputAtLeastRank(0, 3));
  SESSILE_RETURN_IF_ERROR(ctx.InputIsScalar(1));
  ctx.SetOutput(0, std::move(images));
  return absl::OkStatus();
}

constexpr const char* kNone = "TensorFlow has none";

void RegisterAdjustment(OpRegistry& ops, const char* name, const char* by, const char* doc) {
  ops.Add(name)
      .Input("images: T")
      .Input(by)
      .Output("output: T")
      .Attr("T: {half, float} = DT_FLOAT")
      .Shape(AdjustedShape)
      .NoGradient(kNone)
      .Doc(doc);
}

}  // namespace

void RegisterImageColor(OpRegistry& ops) {
  RegisterAdjustment(ops, "AdjustContrastv2", "contrast_factor: float",
                     "Scales the distance of each channel from its mean over the image.");
  RegisterAdjustment(ops, "AdjustSaturation", "scale: float",
                     "Scales the saturation of RGB images.");
  RegisterAdjustment(ops, "AdjustHue", "delta: float",
                     "Turns the hue of RGB images by `delta` of the whole circle.");
  ops.Add("RGBToHSV")
      .Input("images: T")
      .Output("output: T")
      .Attr("T: {half, bfloat16, float, double} = DT_FLOAT")
      .Shape(ColorShape)
      .NoGradient("it is not implemented")
      .Doc("Red, green and blue as hue, saturation and value, all in [0, 1].");
  ops.Add("HSVToRGB")
      .Input("images: T")
      .Output("output: T")
      .Attr("T: {half, bfloat16, float, double} = DT_FLOAT")
      .Shape(ColorShape)
      .NotDifferentiable("TensorFlow treats the colours as constants")
      .Doc("Hue, saturation and value as red, green and blue.");
}

}  // namespace sessile
