// Conv2D slides filters over images; Conv2DBackpropInput and Conv2DBackpropFilter are its gradients
// with respect to the images and to the filters. All three are linear in both of their tensors, so
// that each one's gradient is made of the other two.

#include "sessile/core/framework/data_format.h"
#include "sessile/core/framework/errors.h"
#include "sessile/core/framework/op_registry.h"
#include "sessile/core/framework/shape_inference.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/framework/window_geometry.h"
#include "sessile/core/graph/scope.h"
#include "sessile/ops/array.h"
#include "sessile/ops/grad_context.h"
#include "sessile/ops/nn.h"
#include "sessile/ops/op_builder.h"
#include "sessile/ops/register_all.h"

namespace sessile {
namespace {

// A filter [height, width, in, out] sees `in` of the input's channels; with fewer than there are,
// both the input's channels and the filters form groups.
absl::Status CheckGroups(int64_t input, int64_t filter_in, int64_t filter_out) {
  if (input == None || filter_in == None) return absl::OkStatus();
  if (filter_in == 0) return InvalidArgument("Depth of filter must not be 0");
  if (input % filter_in != 0) {
    return InvalidArgument("Depth of input (", input,
                           ") is not a multiple of input depth of filter (", filter_in, ")");
  }
  const int64_t groups = input / filter_in;
  if (groups == 1 || filter_out == None) return absl::OkStatus();
  if (groups == 0) return InvalidArgument("Number of groups must not be 0");
  if (filter_out % groups != 0) {
    return InvalidArgument("Depth of output (", filter_out,
                           ") is not a multiple of the number of groups (", groups, ")");
  }
  return absl::OkStatus();
}

absl::Status Conv2DShape(ShapeContext& ctx) {
  SESSILE_ASSIGN_OR_RETURN(const Shape input, ctx.InputWithRank(0, 4));
  SESSILE_ASSIGN_OR_RETURN(const Shape filter, ctx.InputWithRank(1, 4));
  SESSILE_ASSIGN_OR_RETURN(const WindowGeometry window, WindowGeometry::Of("Conv2D", ctx.attrs()));
  const int channel = window.format().ChannelDim(4);
  SESSILE_RETURN_IF_ERROR(CheckGroups(input.dim(channel), filter.dim(2), filter.dim(3)));
  Shape output = input.WithDim(channel, filter.dim(3));
  for (int i = 0; i < window.spatial_rank(); ++i) {
    const int dim = window.format().SpatialDim(i);
    SESSILE_ASSIGN_OR_RETURN(const int64_t size,
                             window.OutputDim(i, input.dim(dim), filter.dim(i)));
    output = output.WithDim(dim, size);
  }
  ctx.SetOutput(0, std::move(output));
  return absl::OkStatus();
}

// `input_sizes` is the whole shape of the images, or their height and width.
absl::StatusOr<Shape> InputSizes(ShapeContext& ctx, const DataFormat& format,
                                 int64_t filter_channels) {
  SESSILE_ASSIGN_OR_RETURN(const Shape vector, ctx.InputWithRank(0, 1));
  const int64_t length = vector.dim(0);
  if (length != None && length != 4 && length != 2) {
    return InvalidArgument(
        "Conv2DBackpropInput requires input_sizes to contain 4 values or 2 values, but got: ",
        length);
  }
  SESSILE_ASSIGN_OR_RETURN(const Shape sizes, ctx.input_value_as_shape(0));
  if (length == 2) {
    const bool known = sizes.has_rank();
    return Shape::UnknownOfRank(4)
        .WithDim(format.SpatialDim(0), known ? sizes.dim(0) : None)
        .WithDim(format.SpatialDim(1), known ? sizes.dim(1) : None)
        .WithDim(format.ChannelDim(4), filter_channels);
  }
  return sizes.has_rank() ? sizes : Shape::UnknownOfRank(4);
}

absl::Status Conv2DBackpropInputShape(ShapeContext& ctx) {
  SESSILE_ASSIGN_OR_RETURN(const DataFormat format, DataFormat::Of(ctx.attrs()));
  SESSILE_ASSIGN_OR_RETURN(const Shape grad, ctx.InputWithRank(2, 4));
  SESSILE_ASSIGN_OR_RETURN(const Shape filter, ctx.InputWithRank(1, 4));
  SESSILE_RETURN_IF_ERROR(ctx.MergeDim(grad.dim(format.ChannelDim(4)), filter.dim(3)).status());
  SESSILE_ASSIGN_OR_RETURN(const Shape input, InputSizes(ctx, format, filter.dim(2)));
  SESSILE_RETURN_IF_ERROR(ctx.MergeDim(input.dim(0), grad.dim(0)).status());
  ctx.SetOutput(0, input.WithDim(0, grad.dim(0)));
  return absl::OkStatus();
}

absl::Status Conv2DBackpropFilterShape(ShapeContext& ctx) {
  SESSILE_ASSIGN_OR_RETURN(Shape filter, ctx.input_value_as_shape(1));
  if (!filter.has_rank()) filter = Shape::UnknownOfRank(4);
  if (filter.rank() != 4) {
    return InvalidArgument("Shape must be rank 4 but is rank ", filter.rank());
  }
  ctx.SetOutput(0, std::move(filter));
  return absl::OkStatus();
}

// A node of the family with the attributes of `node`.
OpBuilder LikeNode(std::string_view op, const Node& node) {
  OpBuilder builder(op);
  for (const char* attr : {"dilations", "strides", "padding", "explicit_paddings",
                           "use_cudnn_on_gpu", "data_format"}) {
    builder.CopyAttr(node, attr);
  }
  return builder;
}

absl::StatusOr<std::vector<Output>> Conv2DGradient(GradContext& ctx, const Node& node,
                                                   std::span<const Output> grads) {
  const Output images = ctx.input(node, 0);
  const Output filter = ctx.input(node, 1);
  const std::vector<Output> shapes =
      OpBuilder("ShapeN").InputList(std::vector<Output>{images, filter}).BuildAll();
  const Output to_images =
      LikeNode("Conv2DBackpropInput", node).Input(shapes[0]).Input(filter).Input(grads[0]).Build();
  const Output to_filter =
      LikeNode("Conv2DBackpropFilter", node).Input(images).Input(shapes[1]).Input(grads[0]).Build();
  return std::vector<Output>{to_images, to_filter};
}

absl::StatusOr<std::vector<Output>> Conv2DBackpropInputGradient(GradContext& ctx, const Node& node,
                                                                std::span<const Output> grads) {
  const Output filter = ctx.input(node, 1);
  const Output backprop = ctx.input(node, 2);
  const Output filter_sizes = shape(filter);
  const Output to_filter = LikeNode("Conv2DBackpropFilter", node)
                               .Input(grads[0])
                               .Input(filter_sizes)
                               .Input(backprop)
                               .Build();
  const Output to_backprop = LikeNode("Conv2D", node).Input(grads[0]).Input(filter).Build();
  return std::vector<Output>{Output(), to_filter, to_backprop};
}

absl::StatusOr<std::vector<Output>> Conv2DBackpropFilterGradient(GradContext& ctx, const Node& node,
                                                                 std::span<const Output> grads) {
  const Output images = ctx.input(node, 0);
  const Output backprop = ctx.input(node, 2);
  const Output image_sizes = shape(images);
  const Output to_images = LikeNode("Conv2DBackpropInput", node)
                               .Input(image_sizes)
                               .Input(grads[0])
                               .Input(backprop)
                               .Build();
  const Output to_backprop = LikeNode("Conv2D", node).Input(images).Input(grads[0]).Build();
  return std::vector<Output>{to_images, Output(), to_backprop};
}

OpDefBuilder& ConvAttrs(OpDefBuilder& op) {
  return op.Attr("strides: list(int)")
      .Attr("use_cudnn_on_gpu: bool = true")
      .Attr("padding: {'SAME', 'VALID', 'EXPLICIT'}")
      .Attr("explicit_paddings: list(int) = []")
      .Attr("data_format: {'NHWC', 'NCHW'} = 'NHWC'")
      .Attr("dilations: list(int) = [1, 1, 1, 1]");
}

}  // namespace

void RegisterConv2D(OpRegistry& ops) {
  OpDefBuilder conv = ops.Add("Conv2D");
  conv.Input("input: T").Input("filter: T").Output("output: T");
  ConvAttrs(conv.Attr("T: {half, bfloat16, float, double, int32}"))
      .Shape(Conv2DShape)
      .Gradient(Conv2DGradient)
      .RowsIndependent()
      .Doc("Cross-correlates images with filters [height, width, channels in, channels out].");

  OpDefBuilder to_input = ops.Add("Conv2DBackpropInput");
  to_input.Input("input_sizes: int32").Input("filter: T").Input("out_backprop: T");
  ConvAttrs(to_input.Output("output: T").Attr("T: {half, bfloat16, float, double, int32}"))
      .Shape(Conv2DBackpropInputShape)
      .Gradient(Conv2DBackpropInputGradient)
      .Doc("The gradient of Conv2D with respect to its images, whose shape is `input_sizes`.");

  OpDefBuilder to_filter = ops.Add("Conv2DBackpropFilter");
  to_filter.Input("input: T").Input("filter_sizes: int32").Input("out_backprop: T");
  ConvAttrs(to_filter.Output("output: T").Attr("T: {half, bfloat16, float, double}"))
      .Shape(Conv2DBackpropFilterShape)
      .Gradient(Conv2DBackpropFilterGradient)
      .Doc("The gradient of Conv2D with respect to its filters, whose shape is `filter_sizes`.");
}

namespace nn {
namespace {

// "strides" or "dilations" for all four dimensions: given so, or for height and width.
std::vector<int64_t> ForAllDims(const IntList& list, bool channels_last, const char* name) {
  const std::vector<int64_t>& values = list.values();
  if (values.size() == 4) return values;
  if (values.size() != 1 && values.size() != 2) {
    errors::ThrowIfError(InvalidArgument(name, " should be of length 1, 2 or 4. Received: ", name,
                                         "=", list.ToString(), " of length ", values.size()));
  }
  const int64_t height = values.front();
  const int64_t width = values.back();
  return channels_last ? std::vector<int64_t>{1, height, width, 1}
                       : std::vector<int64_t>{1, 1, height, width};
}

}  // namespace

ConvPadding::ConvPadding(std::initializer_list<std::pair<int64_t, int64_t>> zeros)
    : ConvPadding(std::vector<std::pair<int64_t, int64_t>>(zeros)) {}

ConvPadding::ConvPadding(const std::vector<std::pair<int64_t, int64_t>>& zeros)
    : kind_("EXPLICIT") {
  for (const auto& [before, after] : zeros) {
    zeros_.push_back(before);
    zeros_.push_back(after);
  }
}

Output conv2d(Input input, Input filter, Conv2DOptions options) {
  SourceScope here(input);
  if (options.padding.kind().empty()) {
    errors::ThrowIfError(InvalidArgument(
        "conv2d: missing `padding`; expected \"SAME\", \"VALID\" or a list of pairs"));
  }
  const DataFormat format = errors::ValueOrThrow(DataFormat::Parse(options.data_format));
  return OpBuilder("Conv2D", options.name)
      .Input(std::move(input))
      .Input(std::move(filter))
      .Attr("strides", ForAllDims(options.strides, format.channels_last(), "strides"))
      .Attr("padding", options.padding.kind())
      .Attr("use_cudnn_on_gpu", options.use_cudnn_on_gpu)
      .Attr("explicit_paddings", options.padding.explicit_paddings())
      .Attr("data_format", options.data_format)
      .Attr("dilations", ForAllDims(options.dilations, format.channels_last(), "dilations"))
      .Build();
}

Output conv2d_transpose(Input value, Input filter, Input output_shape, const IntList& strides,
                        const Conv2DTransposeOptions& options) {
  SourceScope here(value);
  const std::vector<sessile::Input> inputs = {value, filter, output_shape};
  const Graph graph = graph_of(inputs);
  const name_scope scope(options.name.empty() ? "conv2d_transpose" : options.name, graph.impl());
  const DataFormat format = errors::ValueOrThrow(DataFormat::Parse(options.data_format));
  return OpBuilder("Conv2DBackpropInput", scope.name())
      .Input(std::move(output_shape))
      .Input(std::move(filter))
      .Input(std::move(value))
      .Attr("strides", ForAllDims(strides, format.channels_last(), "strides"))
      .Attr("padding", options.padding.kind())
      .Attr("explicit_paddings", options.padding.explicit_paddings())
      .Attr("data_format", options.data_format)
      .Build();
}

}  // namespace nn
}  // namespace sessile
