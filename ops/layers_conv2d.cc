#include <algorithm>

#include "sessile/core/framework/errors.h"
#include "sessile/core/framework/status.h"
#include "sessile/ops/layer.h"
#include "sessile/ops/layer_arguments.h"
#include "sessile/ops/layers.h"
#include "sessile/ops/nn.h"

namespace sessile::layers {
namespace {

int64_t Channels(const Layer& layer, const Output& x, bool channels_last) {
  layer.ExpectMinRank(4);
  const Shape shape = x.get_shape();
  if (shape.rank() > 4) {
    errors::ThrowIfError(Unimplemented("Layer \"", layer.name(), "\": conv2d of an input of rank ",
                                       shape.rank(), " is not supported; reshape it to rank 4"));
  }
  const int64_t channels = shape.dim(channels_last ? 3 : 1);
  if (channels == None) {
    errors::ThrowIfError(InvalidArgument(
        "The channel dimension of the inputs should be defined. The input_shape received is ",
        shape.ToPythonString(), ", where axis ", channels_last ? -1 : -3,
        " (0-based) is the channel dimension, which found to be `None`."));
  }
  return channels;
}

}  // namespace

Output conv2d(Input inputs, int64_t filters, const IntList& kernel_size,
              const Conv2DOptions& options) {
  SourceScope here(inputs);
  if (filters <= 0) {
    errors::ThrowIfError(
        InvalidArgument("Invalid value for argument `filters`. Expected a strictly positive value. "
                        "Received filters=",
                        filters, "."));
  }
  const std::vector<int64_t> kernel = HeightAndWidth(kernel_size, "kernel_size");
  const std::vector<int64_t> strides = HeightAndWidth(options.strides, "strides");
  const std::vector<int64_t> dilations = HeightAndWidth(options.dilation_rate, "dilation_rate");
  if (std::max(strides[0], strides[1]) > 1 && std::max(dilations[0], dilations[1]) > 1) {
    errors::ThrowIfError(InvalidArgument(
        "`strides > 1` not supported in conjunction with `dilation_rate > 1`. Received: strides=",
        options.strides.ToString(), " and dilation_rate=", options.dilation_rate.ToString()));
  }
  const std::string padding = OpPadding(options.padding);
  const std::string data_format = OpDataFormat(options.data_format);

  const Output x = convert_to_tensor(inputs);
  Layer layer({.type = "conv2d",
               .name = options.name,
               .reuse = options.reuse,
               .trainable = options.trainable},
              x);
  const int64_t channels = Channels(layer, x, data_format == "NHWC");
  const Variable weights = layer.AddWeight(
      "kernel", Shape({kernel[0], kernel[1], channels, filters}),
      {.initializer = options.kernel_initializer, .regularizer = options.kernel_regularizer});
  Variable bias;
  if (options.use_bias) {
    bias = layer.AddWeight(
        "bias", Shape({filters}),
        {.initializer = options.bias_initializer, .regularizer = options.bias_regularizer});
  }
  Output outputs = nn::conv2d(x, weights,
                              {.strides = strides,
                               .padding = padding,
                               .data_format = data_format,
                               .dilations = dilations,
                               .name = "Conv2D"});
  if (bias.has_value()) outputs = nn::bias_add(outputs, bias, {.data_format = data_format});
  if (options.activation.has_value()) outputs = options.activation(outputs);
  return outputs;
}

}  // namespace sessile::layers
