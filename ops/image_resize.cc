// ResizeBilinear, ResizeBicubic, ResizeNearestNeighbor and their gradients.

#include "sessile/core/framework/op_registry.h"
#include "sessile/core/framework/shape_inference.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/graph/node.h"
#include "sessile/ops/array.h"
#include "sessile/ops/folding.h"
#include "sessile/ops/grad_context.h"
#include "sessile/ops/image.h"
#include "sessile/ops/op_builder.h"
#include "sessile/ops/register_all.h"

namespace sessile {
namespace {

using Outputs = std::vector<Output>;

// [batch, size[0], size[1], channels].
absl::Status ResizedShape(ShapeContext& ctx) {
  SESSILE_ASSIGN_OR_RETURN(const Shape images, ctx.InputWithRank(0, 4));
  SESSILE_ASSIGN_OR_RETURN(const Shape size, ctx.InputWithRank(1, 1));
  SESSILE_RETURN_IF_ERROR(ctx.MergeDim(size.dim(0), 2).status());
  const std::optional<std::vector<int64_t>> known = KnownInts(ctx, 1);
  Shape resized = images.WithDim(1, None).WithDim(2, None);
  if (known.has_value() && known->size() == 2) {
    for (const int64_t pixels : *known) {
      if (pixels < 0) return InvalidArgument("size must not be negative, got ", pixels);
    }
    resized = resized.WithDim(1, (*known)[0]).WithDim(2, (*known)[1]);
  }
  ctx.SetOutput(0, std::move(resized));
  return absl::OkStatus();
}

absl::Status InterpolatedGradShape(ShapeContext& ctx) {
  ctx.SetOutput(0, ctx.input(1));
  return absl::OkStatus();
}

Output ResizeOp(const char* op, const Node& node, const Input& a, const Input& b) {
  return OpBuilder(op)
      .Input(a)
      .Input(b)
      .CopyAttr(node, "align_corners")
      .CopyAttr(node, "half_pixel_centers")
      .Build();
}

absl::StatusOr<Outputs> BilinearGradient(GradContext& ctx, const Node& node,
                                         std::span<const Output> grads) {
  const Output images = ctx.input(node, 0);
  if (!IsFloating(BaseType(images.dtype()))) return Outputs(2);
  return Outputs{ResizeOp("ResizeBilinearGrad", node, grads[0], images), Output()};
}

absl::StatusOr<Outputs> BicubicGradient(GradContext& ctx, const Node& node,
                                        std::span<const Output> grads) {
  const Output images = ctx.input(node, 0);
  const DataType type = BaseType(images.dtype());
  if (type != float32 && type != float64) return Outputs(2);
  return Outputs{ResizeOp("ResizeBicubicGrad", node, grads[0], images), Output()};
}

absl::StatusOr<Outputs> NearestGradient(GradContext& ctx, const Node& node,
                                        std::span<const Output> grads) {
  const Output images = ctx.input(node, 0);
  const Shape known = images.get_shape();
  Input size = 0;
  if (known.has_rank() && known.dim(1) != None && known.dim(2) != None) {
    size = std::vector<int64_t>{known.dim(1), known.dim(2)};
  } else {
    size = shape(images)[{{1, 3}}];
  }
  return Outputs{ResizeOp("ResizeNearestNeighborGrad", node, grads[0], size), Output()};
}

OpDefBuilder WithCorners(OpDefBuilder builder) {
  return builder.Attr("align_corners: bool = false").Attr("half_pixel_centers: bool = false");
}

}  // namespace

void RegisterImageResize(OpRegistry& ops) {
  WithCorners(ops.Add("ResizeBilinear")
                  .Input("images: T")
                  .Input("size: int32")
                  .Output("resized_images: float")
                  .Attr("T: {int8, uint8, int16, uint16, int32, int64, bfloat16, half, float, "
                        "double, bfloat16}"))
      .Shape(ResizedShape)
      .Gradient(BilinearGradient)
      .Doc("Images of another size, each pixel interpolated from four.");
  WithCorners(ops.Add("ResizeBicubic")
                  .Input("images: T")
                  .Input("size: int32")
                  .Output("resized_images: float")
                  .Attr("T: {int8, uint8, int16, uint16, int32, int64, half, float, double, "
                        "bfloat16}"))
      .Shape(ResizedShape)
      .Gradient(BicubicGradient)
      .Doc("Images of another size, each pixel interpolated from sixteen.");
  WithCorners(ops.Add("ResizeBicubicGrad")
                  .Input("grads: float")
                  .Input("original_image: T")
                  .Output("output: T")
                  .Attr("T: {float, double}"))
      .Shape(InterpolatedGradShape)
      .NoGradient("TensorFlow has none")
      .Doc("The gradient of ResizeBicubic by its images.");
  WithCorners(ops.Add("ResizeNearestNeighbor")
                  .Input("images: T")
                  .Input("size: int32")
                  .Output("resized_images: T")
                  .Attr("T: {int8, uint8, int16, uint16, int32, int64, half, float, double, "
                        "bfloat16}"))
      .Shape(ResizedShape)
      .Gradient(NearestGradient)
      .Doc("Images of another size, each pixel the nearest one.");
  WithCorners(ops.Add("ResizeBilinearGrad")
                  .Input("grads: float")
                  .Input("original_image: T")
                  .Output("output: T")
                  .Attr("T: {float, half, double, bfloat16}"))
      .Shape(InterpolatedGradShape)
      .NoGradient("TensorFlow has none")
      .Doc("The gradient of ResizeBilinear by its images.");
  WithCorners(ops.Add("ResizeNearestNeighborGrad")
                  .Input("grads: T")
                  .Input("size: int32")
                  .Output("output: T")
                  .Attr("T: {uint8, int8, int32, half, float, double, bfloat16}"))
      .Shape(ResizedShape)
      .NoGradient("TensorFlow has none")
      .Doc("The gradient of ResizeNearestNeighbor by its images, which are of `size`.");
}

namespace image {
namespace {

Output Resized(const char* op, const Input& images, const Input& size,
               const ResizeOptions& options) {
  SourceScope here(images);
  return OpBuilder(op, options.name)
      .Input(images)
      .Input(size)
      .Attr("align_corners", options.align_corners)
      .Attr("half_pixel_centers", options.half_pixel_centers)
      .Build();
}

}  // namespace

Output resize_bilinear(Input images, Input size, const ResizeOptions& options) {
  return Resized("ResizeBilinear", images, size, options);
}
Output resize_bicubic(Input images, Input size, const ResizeOptions& options) {
  return Resized("ResizeBicubic", images, size, options);
}
Output resize_nearest_neighbor(Input images, Input size, const ResizeOptions& options) {
  return Resized("ResizeNearestNeighbor", images, size, options);
}

}  // namespace image
}  // namespace sessile
