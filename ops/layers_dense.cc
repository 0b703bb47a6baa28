#include "sessile/core/framework/errors.h"
#include "sessile/core/framework/status.h"
#include "sessile/ops/layer.h"
#include "sessile/ops/layers.h"
#include "sessile/ops/math.h"
#include "sessile/ops/nn.h"

namespace sessile::layers {
namespace {

// The size of the last dimension, along which the kernel is applied.
int64_t InputUnits(const Layer& layer, const Output& x) {
  if (!IsFloating(BaseType(x.dtype())) && !IsComplex(BaseType(x.dtype()))) {
    errors::ThrowIfError(
        InvalidArgument("A Dense layer can only be built with a floating-point dtype. Received: ",
                        "dtype=", PythonName(x.dtype())));
  }
  layer.ExpectMinRank(2);
  const Shape shape = x.get_shape();
  if (shape.dim(shape.rank() - 1) == None) {
    errors::ThrowIfError(InvalidArgument(
        "The last dimension of the inputs to a Dense layer should be defined. Found None. Full "
        "input shape received: ",
        shape.ToPythonString()));
  }
  return shape.dim(shape.rank() - 1);
}

// A matrix product; of more dimensions, one over the last of them.
Output TimesKernel(const Output& x, const Variable& kernel) {
  const Shape shape = x.get_shape();
  if (shape.rank() == 2) return matmul(x, kernel);
  const Output product = tensordot(x, kernel, {shape.rank() - 1, 0});
  product.set_shape(Shape::Concat(shape.Slice(0, -1), kernel.get_shape().Slice(1)));
  return product;
}

}  // namespace

Output dense(Input inputs, int64_t units, const DenseOptions& options) {
  SourceScope here(inputs);
  if (units < 0) {
    errors::ThrowIfError(
        InvalidArgument("Received an invalid value for `units`, expected a "
                        "positive integer. Received: units=",
                        units));
  }
  const Output x = convert_to_tensor(inputs);
  Layer layer({.type = "dense",
               .name = options.name,
               .reuse = options.reuse,
               .trainable = options.trainable},
              x);
  const int64_t last = InputUnits(layer, x);
  const Variable kernel = layer.AddWeight(
      "kernel", Shape({last, units}),
      {.initializer = options.kernel_initializer, .regularizer = options.kernel_regularizer});
  Variable bias;
  if (options.use_bias) {
    bias = layer.AddWeight(
        "bias", Shape({units}),
        {.initializer = options.bias_initializer, .regularizer = options.bias_regularizer});
  }
  Output outputs = TimesKernel(x, kernel);
  if (bias.has_value()) outputs = nn::bias_add(outputs, bias);
  if (options.activation.has_value()) outputs = options.activation(outputs);
  return outputs;
}

}  // namespace sessile::layers
