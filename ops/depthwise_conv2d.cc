// DepthwiseConv2dNative convolves each channel with filters of its own; the other two are its
// gradients by the images and by the filters. All three are linear in both of their tensors, so
// that each one's gradient is made of the other two.

#include "sessile/core/framework/data_format.h"
#include "sessile/core/framework/errors.h"
#include "sessile/core/framework/op_registry.h"
#include "sessile/core/framework/shape_inference.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/framework/window_geometry.h"
#include "sessile/core/graph/scope.h"
#include "sessile/ops/array.h"
#include "sessile/ops/constant.h"
#include "sessile/ops/grad_context.h"
#include "sessile/ops/nn.h"
#include "sessile/ops/op_builder.h"
#include "sessile/ops/register_all.h"

namespace sessile {
namespace {

using Outputs = std::vector<Output>;
using Grads = std::span<const Output>;

constexpr const char* kDepthwise = "DepthwiseConv2dNative";
constexpr const char* kDepthwiseByInput = "DepthwiseConv2dNativeBackpropInput";
constexpr const char* kDepthwiseByFilter = "DepthwiseConv2dNativeBackpropFilter";

absl::Status DepthwiseShape(ShapeContext& ctx) {
  SESSILE_ASSIGN_OR_RETURN(Shape input, ctx.InputWithRank(0, 4));
  SESSILE_ASSIGN_OR_RETURN(const Shape filter, ctx.InputWithRank(1, 4));
  SESSILE_ASSIGN_OR_RETURN(const WindowGeometry window,
                           WindowGeometry::Of(kDepthwise, ctx.attrs()));
  const int channel = window.format().ChannelDim(4);
  SESSILE_RETURN_IF_ERROR(ctx.MergeDim(input.dim(channel), filter.dim(2)).status());
  const bool known = filter.dim(2) != None && filter.dim(3) != None;
  int64_t channels = None;
  if (known && __builtin_mul_overflow(filter.dim(2), filter.dim(3), &channels)) {
    return InvalidArgument("A filter of shape ", filter.ToString(), " has too many channels");
  }
  for (int i = 0; i < 2; ++i) {
    const int dim = window.format().SpatialDim(i);
    SESSILE_ASSIGN_OR_RETURN(const int64_t size,
                             window.OutputDim(i, input.dim(dim), filter.dim(i)));
    input = input.WithDim(dim, size);
  }
  ctx.SetOutput(0, input.WithDim(channel, channels));
  return absl::OkStatus();
}

// Of a tensor whose shape input `sizes` is the value of.
template <int sizes>
absl::Status DepthwiseShapeGiven(ShapeContext& ctx) {
  SESSILE_ASSIGN_OR_RETURN(Shape shape, ctx.input_value_as_shape(sizes));
  if (!shape.has_rank()) shape = Shape::UnknownOfRank(4);
  if (shape.rank() != 4) {
    return InvalidArgument("Shape must be rank 4 but is rank ", shape.rank());
  }
  ctx.SetOutput(0, std::move(shape));
  return absl::OkStatus();
}

// A node of the family with the attributes of `node`.
OpBuilder DepthwiseLike(std::string_view op, const Node& node) {
  OpBuilder builder(op);
  for (const char* attr : {"dilations", "strides", "padding", "explicit_paddings", "data_format"}) {
    builder.CopyAttr(node, attr);
  }
  return builder;
}

absl::StatusOr<Outputs> DepthwiseGradient(GradContext& ctx, const Node& node, Grads grads) {
  const Output input = ctx.input(node, 0);
  const Output filter = ctx.input(node, 1);
  const Output input_sizes = shape(input);
  const Output by_input = DepthwiseLike(kDepthwiseByInput, node)
                              .Input(input_sizes)
                              .Input(filter)
                              .Input(grads[0])
                              .Build();
  const Output filter_sizes = shape(filter);
  const Output by_filter = DepthwiseLike(kDepthwiseByFilter, node)
                               .Input(input)
                               .Input(filter_sizes)
                               .Input(grads[0])
                               .Build();
  return Outputs{by_input, by_filter};
}

absl::StatusOr<Outputs> DepthwiseByInputGradient(GradContext& ctx, const Node& node, Grads grads) {
  const Output filter = ctx.input(node, 1);
  const Output filter_sizes = shape(filter);
  const Output by_filter = DepthwiseLike(kDepthwiseByFilter, node)
                               .Input(grads[0])
                               .Input(filter_sizes)
                               .Input(ctx.input(node, 2))
                               .Build();
  const Output by_backprop = DepthwiseLike(kDepthwise, node).Input(grads[0]).Input(filter).Build();
  return Outputs{Output(), by_filter, by_backprop};
}

absl::StatusOr<Outputs> DepthwiseByFilterGradient(GradContext& ctx, const Node& node, Grads grads) {
  const Output input = ctx.input(node, 0);
  const Output input_sizes = shape(input);
  const Output by_input = DepthwiseLike(kDepthwiseByInput, node)
                              .Input(input_sizes)
                              .Input(grads[0])
                              .Input(ctx.input(node, 2))
                              .Build();
  const Output by_backprop = DepthwiseLike(kDepthwise, node).Input(input).Input(grads[0]).Build();
  return Outputs{by_input, Output(), by_backprop};
}

OpDefBuilder& DepthwiseAttrs(OpDefBuilder& op) {
  return op.Attr("T: {half, bfloat16, float, double}")
      .Attr("strides: list(int)")
      .Attr("padding: {'SAME', 'VALID', 'EXPLICIT'}")
      .Attr("explicit_paddings: list(int) = []")
      .Attr("data_format: {'NHWC', 'NCHW'} = 'NHWC'")
      .Attr("dilations: list(int) = [1, 1, 1, 1]");
}

}  // namespace

void RegisterDepthwiseConv2D(OpRegistry& ops) {
  OpDefBuilder forward = ops.Add(kDepthwise);
  DepthwiseAttrs(forward.Input("input: T").Input("filter: T").Output("output: T"))
      .Shape(DepthwiseShape)
      .Gradient(DepthwiseGradient)
      .RowsIndependent()
      .Doc("Cross-correlates each channel with filters [height, width, channels, multiplier].");
  OpDefBuilder by_input = ops.Add(kDepthwiseByInput);
  by_input.Input("input_sizes: int32").Input("filter: T").Input("out_backprop: T");
  DepthwiseAttrs(by_input.Output("output: T"))
      .Shape(DepthwiseShapeGiven<0>)
      .Gradient(DepthwiseByInputGradient)
      .Doc("The gradient of DepthwiseConv2dNative by its images, of shape `input_sizes`.");
  OpDefBuilder by_filter = ops.Add(kDepthwiseByFilter);
  by_filter.Input("input: T").Input("filter_sizes: int32").Input("out_backprop: T");
  DepthwiseAttrs(by_filter.Output("output: T"))
      .Shape(DepthwiseShapeGiven<1>)
      .Gradient(DepthwiseByFilterGradient)
      .Doc("The gradient of DepthwiseConv2dNative by its filters, of shape `filter_sizes`.");
}

namespace nn {

Output depthwise_conv2d(Input input, Input filter, const IntList& strides,
                        const ConvPadding& padding, const DepthwiseConv2DOptions& options) {
  SourceScope here(input);
  const std::vector<Input> inputs = {input, filter};
  const Graph graph = graph_of(inputs);
  const DefaultGraphScope with = graph.as_default();
  const name_scope scope(options.name.empty() ? "depthwise" : options.name);
  const Output images = convert_to_tensor(input, {}, "tensor_in");
  const Output filters = convert_to_tensor(filter, {}, "filter_in");
  // TensorFlow's Python makes these on its way to other dilations.
  shape(filters);
  constant({1, 1}, {.name = "dilation_rate"});
  return OpBuilder(kDepthwise, scope.name())
      .Input(images)
      .Input(filters)
      .Attr("strides", strides.values())
      .Attr("padding", padding.kind())
      .Attr("explicit_paddings", padding.explicit_paddings())
      .Attr("data_format", options.data_format)
      .Build();
}

}  // namespace nn
}  // namespace sessile
