// ExtractImagePatches: what a window sees at each of its places, as channels.

#include "sessile/core/framework/op_registry.h"
#include "sessile/core/framework/shape_inference.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/framework/window_geometry.h"
#include "sessile/ops/image.h"
#include "sessile/ops/op_builder.h"
#include "sessile/ops/register_all.h"

namespace sessile {
namespace {

// [batch, rows, columns, window height * window width * channels].
absl::Status ImagePatchesShape(ShapeContext& ctx) {
  SESSILE_ASSIGN_OR_RETURN(const Shape images, ctx.InputWithRank(0, 4));
  SESSILE_ASSIGN_OR_RETURN(const WindowGeometry window,
                           WindowGeometry::Of("ExtractImagePatches", ctx.attrs()));
  Shape patches = images;
  int64_t depth = images.dim(3);
  for (int i = 0; i < 2; ++i) {
    SESSILE_ASSIGN_OR_RETURN(const int64_t size,
                             window.OutputDim(i, images.dim(i + 1), window.ksize(i)));
    patches = patches.WithDim(i + 1, size);
    if (depth != None && __builtin_mul_overflow(depth, window.ksize(i), &depth)) {
      return InvalidArgument("patches of ", window.ksize(0), " x ", window.ksize(1), " pixels of ",
                             images.dim(3), " channels are too large");
    }
  }
  ctx.SetOutput(0, patches.WithDim(3, depth));
  return absl::OkStatus();
}

}  // namespace

void RegisterImagePatches(OpRegistry& ops) {
  ops.Add("ExtractImagePatches")
      .Input("images: T")
      .Output("patches: T")
      .Attr("ksizes: list(int) >= 4")
      .Attr("strides: list(int) >= 4")
      .Attr("rates: list(int) >= 4")
      .Attr(
          "T: {bfloat16, half, float, double, int8, int16, int32, int64, uint8, uint16, uint32, "
          "uint64, complex64, complex128, bool}")
      .Attr("padding: {'SAME', 'VALID'}")
      .Shape(ImagePatchesShape)
      .NoGradient("it needs products of sparse matrices, which are not implemented")
      .Doc("What a window sees at each of its places, as channels; zeros outside of the image.");
}

namespace image {

Output extract_image_patches(Input images, const ImagePatchesOptions& options) {
  SourceScope here(images);
  return OpBuilder("ExtractImagePatches", options.name)
      .Input(std::move(images))
      .Attr("ksizes", options.sizes)
      .Attr("strides", options.strides)
      .Attr("rates", options.rates)
      .Attr("padding", options.padding)
      .Build();
}

}  // namespace image
}  // namespace sessile
