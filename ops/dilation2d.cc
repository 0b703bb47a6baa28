// Dilation2D and its gradients by the images and by the filter.

#include "sessile/core/framework/op_registry.h"
#include "sessile/core/framework/shape_inference.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/framework/window_geometry.h"
#include "sessile/core/graph/node.h"
#include "sessile/ops/grad_context.h"
#include "sessile/ops/nn.h"
#include "sessile/ops/op_builder.h"
#include "sessile/ops/register_all.h"

namespace sessile {
namespace {

using Outputs = std::vector<Output>;

absl::Status Dilation2DShape(ShapeContext& ctx) {
  SESSILE_ASSIGN_OR_RETURN(Shape images, ctx.InputWithRank(0, 4));
  SESSILE_ASSIGN_OR_RETURN(const Shape filter, ctx.InputWithRank(1, 3));
  SESSILE_ASSIGN_OR_RETURN(const WindowGeometry window,
                           WindowGeometry::Of("Dilation2D", ctx.attrs()));
  SESSILE_ASSIGN_OR_RETURN(const int64_t depth, ctx.MergeDim(images.dim(3), filter.dim(2)));
  for (int i = 0; i < 2; ++i) {
    SESSILE_ASSIGN_OR_RETURN(const int64_t size,
                             window.OutputDim(i, images.dim(i + 1), filter.dim(i)));
    images = images.WithDim(i + 1, size);
  }
  ctx.SetOutput(0, images.WithDim(3, depth));
  return absl::OkStatus();
}

template <int of>
absl::Status ShapeOfInput(ShapeContext& ctx) {
  ctx.SetOutput(0, ctx.input(of));
  return absl::OkStatus();
}

// The gradient at each place goes to the pixel and to the tap that gave the maximum.
absl::StatusOr<Outputs> Dilation2DGradient(GradContext& ctx, const Node& node,
                                           std::span<const Output> grads) {
  const auto backprop = [&](const char* op) {
    return OpBuilder(op)
        .Input(ctx.input(node, 0))
        .Input(ctx.input(node, 1))
        .Input(grads[0])
        .CopyAttr(node, "strides")
        .CopyAttr(node, "rates")
        .CopyAttr(node, "padding")
        .Build();
  };
  const Output by_images = backprop("Dilation2DBackpropInput");
  return Outputs{by_images, backprop("Dilation2DBackpropFilter")};
}

OpDefBuilder& WithWindow(OpDefBuilder& op) {
  return op.Attr("T: realnumbertype")
      .Attr("strides: list(int) >= 4")
      .Attr("rates: list(int) >= 4")
      .Attr("padding: {'SAME', 'VALID'}");
}

}  // namespace

void RegisterDilation2D(OpRegistry& ops) {
  WithWindow(ops.Add("Dilation2D").Input("input: T").Input("filter: T").Output("output: T"))
      .Shape(Dilation2DShape)
      .Gradient(Dilation2DGradient)
      .Doc("The largest of pixel plus filter in each window, channel by channel.");
  WithWindow(ops.Add("Dilation2DBackpropInput")
                 .Input("input: T")
                 .Input("filter: T")
                 .Input("out_backprop: T")
                 .Output("in_backprop: T"))
      .Shape(ShapeOfInput<0>)
      .NoGradient("TensorFlow has none")
      .Doc("The gradient of Dilation2D by its images.");
  WithWindow(ops.Add("Dilation2DBackpropFilter")
                 .Input("input: T")
                 .Input("filter: T")
                 .Input("out_backprop: T")
                 .Output("filter_backprop: T"))
      .Shape(ShapeOfInput<1>)
      .NoGradient("TensorFlow has none")
      .Doc("The gradient of Dilation2D by its filter.");
}

namespace nn {

Output dilation2d(Input input, Input filter, const Dilation2DOptions& options) {
  SourceScope here(input);
  return OpBuilder("Dilation2D", options.name)
      .Input(std::move(input))
      .Input(std::move(filter))
      .Attr("strides", options.strides)
      .Attr("rates", options.rates)
      .Attr("padding", options.padding)
      .Build();
}

}  // namespace nn
}  // namespace sessile
