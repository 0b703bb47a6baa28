// Conv3D and its gradients: convolutions of volumes.

#include "sessile/core/framework/op_registry.h"
#include "sessile/core/framework/shape_inference.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/framework/window_geometry.h"
#include "sessile/core/graph/node.h"
#include "sessile/ops/array.h"
#include "sessile/ops/grad_context.h"
#include "sessile/ops/nn.h"
#include "sessile/ops/op_builder.h"
#include "sessile/ops/register_all.h"

namespace sessile {
namespace {

using Outputs = std::vector<Output>;

absl::Status Conv3DShape(ShapeContext& ctx) {
  SESSILE_ASSIGN_OR_RETURN(const WindowGeometry window, WindowGeometry::Of("Conv3D", ctx.attrs()));
  SESSILE_ASSIGN_OR_RETURN(const Shape input, ctx.InputWithRank(0, 5));
  SESSILE_ASSIGN_OR_RETURN(const Shape filter, ctx.InputWithRank(1, 5));
  const bool last = window.format().name() == "NDHWC";
  SESSILE_RETURN_IF_ERROR(ctx.MergeDim(input.dim(last ? 4 : 1), filter.dim(3)).status());
  Shape output = input.WithDim(last ? 4 : 1, filter.dim(4));
  for (int i = 0; i < 3; ++i) {
    const int at = i + (last ? 1 : 2);
    SESSILE_ASSIGN_OR_RETURN(const int64_t size, window.OutputDim(i, input.dim(at), filter.dim(i)));
    output = output.WithDim(at, size);
  }
  ctx.SetOutput(0, output);
  return absl::OkStatus();
}

// The output's shape is the value of an input.
template <int sizes>
absl::Status GivenShape(ShapeContext& ctx) {
  SESSILE_RETURN_IF_ERROR(ctx.InputWithRank(sizes, 1).status());
  SESSILE_ASSIGN_OR_RETURN(Shape shape, ctx.input_value_as_shape(sizes));
  SESSILE_ASSIGN_OR_RETURN(shape, ctx.Merge(shape, Shape::UnknownOfRank(5)));
  ctx.SetOutput(0, std::move(shape));
  return absl::OkStatus();
}

Output Conv3DOp(const char* op, const Node& node, const Input& a, const Input& b, const Input& c) {
  OpBuilder builder(op);
  builder.Input(a).Input(b);
  if (std::string_view(op) != "Conv3D") builder.Input(c);
  for (const char* attr : {"strides", "padding", "data_format", "dilations"}) {
    builder.CopyAttr(node, attr);
  }
  return builder.Build();
}

absl::StatusOr<Outputs> Conv3DGradient(GradContext& ctx, const Node& node,
                                       std::span<const Output> grads) {
  const Output input = ctx.input(node, 0);
  const Output filter = ctx.input(node, 1);
  const Outputs sizes = shape_n({input, filter});
  const Output by_input = Conv3DOp("Conv3DBackpropInputV2", node, sizes[0], filter, grads[0]);
  const Output by_filter = Conv3DOp("Conv3DBackpropFilterV2", node, input, sizes[1], grads[0]);
  return Outputs{by_input, by_filter};
}

absl::StatusOr<Outputs> BackpropInputGradient(GradContext& ctx, const Node& node,
                                              std::span<const Output> grads) {
  const Output sizes = shape(ctx.input(node, 1));
  const Output by_filter =
      Conv3DOp("Conv3DBackpropFilterV2", node, grads[0], sizes, ctx.input(node, 2));
  const Output by_out = Conv3DOp("Conv3D", node, grads[0], ctx.input(node, 1), 0);
  return Outputs{Output(), by_filter, by_out};
}

absl::StatusOr<Outputs> BackpropFilterGradient(GradContext& ctx, const Node& node,
                                               std::span<const Output> grads) {
  const Output sizes = shape(ctx.input(node, 0));
  const Output by_input =
      Conv3DOp("Conv3DBackpropInputV2", node, sizes, grads[0], ctx.input(node, 2));
  const Output by_out = Conv3DOp("Conv3D", node, ctx.input(node, 0), grads[0], 0);
  return Outputs{by_input, Output(), by_out};
}

OpDefBuilder WithAttrs(OpDefBuilder builder) {
  return builder.Output("output: T")
      .Attr("T: {half, bfloat16, float, double}")
      .Attr("strides: list(int) >= 5")
      .Attr("padding: {'SAME', 'VALID'}")
      .Attr("data_format: {'NDHWC', 'NCDHW'} = 'NDHWC'")
      .Attr("dilations: list(int) = [1, 1, 1, 1, 1]");
}

}  // namespace

void RegisterConv3D(OpRegistry& ops) {
  WithAttrs(ops.Add("Conv3D").Input("input: T").Input("filter: T"))
      .Shape(Conv3DShape)
      .Gradient(Conv3DGradient)
      .Doc("Cross-correlates volumes with each filter.");
  WithAttrs(ops.Add("Conv3DBackpropInputV2")
                .Input("input_sizes: Tshape")
                .Input("filter: T")
                .Input("out_backprop: T"))
      .Attr("Tshape: {int32, int64} = DT_INT32")
      .Shape(GivenShape<0>)
      .Gradient(BackpropInputGradient)
      .Doc("The gradient of Conv3D by its input.");
  WithAttrs(ops.Add("Conv3DBackpropFilterV2")
                .Input("input: T")
                .Input("filter_sizes: int32")
                .Input("out_backprop: T"))
      .Shape(GivenShape<1>)
      .Gradient(BackpropFilterGradient)
      .Doc("The gradient of Conv3D by its filter.");
}

namespace nn {

Output conv3d(Input input, Input filter, const IntList& strides, const ConvPadding& padding,
              const Conv3DOptions& options) {
  SourceScope here(input);
  return OpBuilder("Conv3D", options.name)
      .Input(std::move(input))
      .Input(std::move(filter))
      .Attr("strides", strides.values())
      .Attr("padding", padding.kind())
      .Attr("data_format", options.data_format)
      .Attr("dilations", options.dilations.values())
      .Build();
}

}  // namespace nn
}  // namespace sessile
