// BiasAdd: a value plus a vector over its channels; BiasAddGrad: the sum of a gradient over all
// other dimensions.

#include "absl/strings/match.h"
#include "sessile/core/framework/data_format.h"
#include "sessile/core/framework/errors.h"
#include "sessile/core/framework/op_registry.h"
#include "sessile/core/framework/shape_inference.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/graph/scope.h"
#include "sessile/ops/array.h"
#include "sessile/ops/grad_context.h"
#include "sessile/ops/math.h"
#include "sessile/ops/nn.h"
#include "sessile/ops/op_builder.h"
#include "sessile/ops/operators.h"
#include "sessile/ops/register_all.h"

namespace sessile {
namespace {

absl::Status BiasAddShape(ShapeContext& ctx) {
  SESSILE_ASSIGN_OR_RETURN(const DataFormat format, DataFormat::Of(ctx.attrs()));
  SESSILE_ASSIGN_OR_RETURN(const Shape value, ctx.InputAtLeastRank(0, format.MinRank()));
  SESSILE_ASSIGN_OR_RETURN(const Shape bias, ctx.InputWithRank(1, 1));
  if (!value.has_rank()) return absl::OkStatus();
  const int channel = format.ChannelDim(value.rank());
  SESSILE_ASSIGN_OR_RETURN(const int64_t channels, ctx.MergeDim(value.dim(channel), bias.dim(0)));
  ctx.SetOutput(0, value.WithDim(channel, channels));
  return absl::OkStatus();
}

absl::Status BiasAddGradShape(ShapeContext& ctx) {
  SESSILE_ASSIGN_OR_RETURN(const DataFormat format, DataFormat::Of(ctx.attrs()));
  SESSILE_ASSIGN_OR_RETURN(const Shape grad, ctx.InputAtLeastRank(0, format.MinRank()));
  ctx.SetOutput(0, Shape({grad.has_rank() ? grad.dim(format.ChannelDim(grad.rank())) : None}));
  return absl::OkStatus();
}

// d(value + bias)/d value = 1, so the gradient passes; each element of the bias met every position
// of its channel, so it gets their sum.
absl::StatusOr<std::vector<Output>> BiasAddGradient(GradContext&, const Node& node,
                                                    std::span<const Output> grads) {
  const Output bias =
      OpBuilder("BiasAddGrad").Input(grads[0]).CopyAttr(node, "data_format").Build();
  return std::vector<Output>{grads[0], bias};
}

// A sum's gradient is the same for all that was summed: [channels] spread over the shape of the
// input. TensorFlow writes the same as Reshape and Tile of shapes that it slices and concatenates.
absl::StatusOr<std::vector<Output>> BiasAddGradGradient(GradContext& ctx, const Node& node,
                                                        std::span<const Output> grads) {
  SESSILE_ASSIGN_OR_RETURN(const DataFormat format, DataFormat::Of(node.attrs()));
  const Output backprop = ctx.input(node, 0);
  Output channels = grads[0];
  if (!format.channels_last()) {
    if (!backprop.get_shape().has_rank()) {
      return InvalidArgument("The gradient of BiasAddGrad '", node.name(),
                             "' needs the rank of its input for data format ", format.name());
    }
    std::vector<int64_t> spread(static_cast<size_t>(backprop.get_shape().rank()) - 1, 1);
    spread[0] = -1;
    channels = reshape(channels, spread);
  }
  const Output full = shape(backprop);
  return std::vector<Output>{OpBuilder("BroadcastTo").Input(channels).Input(full).Build()};
}

// As BiasAdd's, by a sum that knows nothing of channels.
absl::StatusOr<std::vector<Output>> BiasAddV1Gradient(GradContext&, const Node&,
                                                      std::span<const Output> grads) {
  const Output others = range(rank(grads[0]) - 1);
  return std::vector<Output>{grads[0], reduce_sum(grads[0], {.axis = others})};
}

std::string OpDataFormat(const std::string& name) {
  if (name.empty()) return "NHWC";
  if (absl::StartsWith(name, "NC")) return "NCHW";
  if (absl::StartsWith(name, "N") && absl::EndsWith(name, "C")) return "NHWC";
  errors::ThrowIfError(InvalidArgument(
      "`data_format` must be of the form `N...C` or `NC...`. Received: data_format=", name));
  return {};
}

}  // namespace

void RegisterBiasAdd(OpRegistry& ops) {
  ops.Add("BiasAdd")
      .Input("value: T")
      .Input("bias: T")
      .Output("output: T")
      .Attr("T: numbertype")
      .Attr("data_format: {'NHWC', 'NCHW'} = 'NHWC'")
      .Shape(BiasAddShape)
      .Gradient(BiasAddGradient)
      .RowsIndependent()
      .Doc("Adds `bias` [channels] to `value` [..., channels].");
  ops.Add("BiasAddV1")
      .Input("value: T")
      .Input("bias: T")
      .Output("output: T")
      .Attr("T: numbertype")
      .Shape(BiasAddShape)
      .Gradient(BiasAddV1Gradient)
      .RowsIndependent()
      .Doc("As BiasAdd, channels last.");
  ops.Add("BiasAddGrad")
      .Input("out_backprop: T")
      .Output("output: T")
      .Attr("T: numbertype")
      .Attr("data_format: {'NHWC', 'NCHW'} = 'NHWC'")
      .Shape(BiasAddGradShape)
      .Gradient(BiasAddGradGradient)
      .Doc("Sums `out_backprop` over every dimension but the channels.");
}

namespace nn {

Output bias_add(Input value, Input bias, BiasAddOptions options) {
  SourceScope here(value);
  const std::vector<Input> inputs = {value, bias};
  name_scope scope(options.name.empty() ? "BiasAdd" : options.name, graph_of(inputs).impl());
  const std::string data_format = OpDataFormat(options.data_format);
  const Output value_tensor = convert_to_tensor(value, {}, "input");
  const Output bias_tensor = convert_to_tensor(bias, BaseType(value_tensor.dtype()), "bias");
  return OpBuilder("BiasAdd", scope.name())
      .Input(value_tensor)
      .Input(bias_tensor)
      .Attr("data_format", data_format)
      .Build();
}

Output xw_plus_b(Input x, Input weights, Input biases, std::string_view name) {
  SourceScope here(x);
  const std::vector<Input> inputs = {x, weights, biases};
  const name_scope scope(name.empty() ? "xw_plus_b" : name, graph_of(inputs).impl());
  const Output rows = convert_to_tensor(x, {}, "x");
  const Output matrix = convert_to_tensor(weights, {}, "weights");
  const Output vector = convert_to_tensor(biases, {}, "biases");
  const Output product = matmul(rows, matrix);
  return bias_add(product, vector, {.name = scope.name()});
}

}  // namespace nn
}  // namespace sessile
