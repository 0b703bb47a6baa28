#include <array>

#include "sessile/core/framework/data_format.h"
#include "sessile/core/framework/errors.h"
#include "sessile/core/framework/status.h"
#include "sessile/ops/array.h"
#include "sessile/ops/layer.h"
#include "sessile/ops/layer_arguments.h"
#include "sessile/ops/layers.h"
#include "sessile/ops/math.h"
#include "sessile/ops/nn.h"
#include "sessile/ops/operators.h"

namespace sessile::layers {
namespace {

// The size that a convolution with these parameters would make `input` from.
int64_t Widened(int64_t input, int64_t kernel, int64_t stride, bool same) {
  return input * stride + (same ? 0 : std::max<int64_t>(kernel - stride, 0));
}

struct OutputShape {
  Output tensor;
  Shape known;
};

OutputShape ShapeOfOutput(const Output& x, const std::vector<int64_t>& kernel,
                          const std::vector<int64_t>& strides, const DataFormat& format, bool same,
                          int64_t filters) {
  const Shape inputs = x.get_shape();
  const Output sizes = shape(x);
  std::vector<Input> dims = {sizes[0]};
  // TensorFlow reads all sizes before it computes with them.
  std::array<Output, 2> unknown;
  for (int i = 0; i < 2; ++i) {
    const int dim = format.SpatialDim(i);
    if (inputs.dim(dim) == None) unknown[static_cast<size_t>(i)] = sizes[dim];
  }
  std::vector<Input> spatial;
  Shape known = inputs.WithDim(format.ChannelDim(4), filters);
  for (int i = 0; i < 2; ++i) {
    const auto at = static_cast<size_t>(i);
    const int dim = format.SpatialDim(i);
    const int64_t extra = same ? 0 : std::max<int64_t>(kernel[at] - strides[at], 0);
    if (inputs.dim(dim) != None) {
      const int64_t size = Widened(inputs.dim(dim), kernel[at], strides[at], same);
      spatial.emplace_back(size);
      known = known.WithDim(dim, size);
    } else {
      Output size = unknown[at] * strides[at];
      if (!same) size = size + extra;
      spatial.emplace_back(size);
    }
  }
  if (!format.channels_last()) dims.emplace_back(filters);
  dims.insert(dims.end(), spatial.begin(), spatial.end());
  if (format.channels_last()) dims.emplace_back(filters);
  return {stack(dims), known};
}

}  // namespace

Output conv2d_transpose(Input inputs, int64_t filters, const IntList& kernel_size,
                        const Conv2DTransposeOptions& options) {
  SourceScope here(inputs);
  const std::vector<int64_t> kernel = HeightAndWidth(kernel_size, "kernel_size");
  const std::vector<int64_t> strides = HeightAndWidth(options.strides, "strides");
  const std::string padding = OpPadding(options.padding);
  const std::string data_format = OpDataFormat(options.data_format);
  const DataFormat format = errors::ValueOrThrow(DataFormat::Parse(data_format));
  const Output x = convert_to_tensor(inputs);
  Layer layer({.type = "conv2d_transpose",
               .name = options.name,
               .reuse = options.reuse,
               .trainable = options.trainable},
              x);
  layer.ExpectRank(4);
  const int64_t channels = x.get_shape().dim(format.ChannelDim(4));
  if (channels == None) {
    errors::ThrowIfError(InvalidArgument(
        "The channel dimension of the inputs to `Conv2DTranspose` should be defined. The "
        "input_shape received is ",
        x.get_shape().ToPythonString()));
  }
  const Variable weights = layer.AddWeight(
      "kernel", Shape({kernel[0], kernel[1], filters, channels}),
      {.initializer = options.kernel_initializer, .regularizer = options.kernel_regularizer});
  Variable bias;
  if (options.use_bias) {
    bias = layer.AddWeight(
        "bias", Shape({filters}),
        {.initializer = options.bias_initializer, .regularizer = options.bias_regularizer});
  }
  const OutputShape output_shape =
      ShapeOfOutput(x, kernel, strides, format, padding == "SAME", filters);
  // TensorFlow reads the batch's size out of the new shape, and does not use it.
  output_shape.tensor[0];
  Output outputs = nn::conv2d_transpose(x, weights, output_shape.tensor, strides,
                                        {.padding = padding, .data_format = data_format});
  outputs.set_shape(output_shape.known);
  if (bias.has_value()) outputs = nn::bias_add(outputs, bias, {.data_format = data_format});
  if (options.activation.has_value()) outputs = options.activation(outputs);
  return outputs;
}

}  // namespace sessile::layers
