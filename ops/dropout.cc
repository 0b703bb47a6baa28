// Dropout, composed of a uniform draw, a comparison and a selection.

#include "sessile/core/framework/errors.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/graph/scope.h"
#include "sessile/ops/array.h"
#include "sessile/ops/constant.h"
#include "sessile/ops/nn.h"
#include "sessile/ops/op_builder.h"
#include "sessile/ops/operators.h"
#include "sessile/ops/random.h"
#include "sessile/ops/random_seed.h"

namespace sessile::nn {
namespace {

// The value of a number; nothing for what is a tensor.
std::optional<double> NumberOf(const Input& input) {
  const Literal* const literal = input.literal();
  if (literal == nullptr || !literal->shape.empty()) return std::nullopt;
  if (literal->kind == Literal::Kind::kFloat) return literal->numbers[0];
  if (literal->kind == Literal::Kind::kInt) return static_cast<double>(literal->integers[0]);
  return std::nullopt;
}

// The probability to drop an element.
Input RateOf(const DropoutOptions& options) {
  if (options.rate.has_value() == options.keep_prob.has_value()) {
    errors::ThrowIfError(InvalidArgument(options.rate.has_value()
                                             ? "dropout: cannot specify both 'rate' and 'keep_prob'"
                                             : "dropout: you must provide a rate"));
  }
  if (options.rate.has_value()) return *options.rate;
  const Input& keep = *options.keep_prob;
  if (const std::optional<double> number = NumberOf(keep)) return 1.0 - *number;
  return 1.0 - convert_to_tensor(keep);
}

// x divided by the probability to keep an element.
Output Scaled(const Output& x, const Input& rate, DataType dtype) {
  if (const std::optional<double> number = NumberOf(rate)) {
    const Output scale = convert_to_tensor(1.0 / (1.0 - *number), dtype);
    return OpBuilder("Mul").Input(x).Input(scale).Build();
  }
  const Output tensor = rate.output();
  if (BaseType(tensor.dtype()) != dtype) {
    errors::ThrowIfError(InvalidArgument(
        "`x.dtype` must be compatible with `rate.dtype`. Received: x.dtype=", PythonName(dtype),
        " and rate.dtype=", PythonName(tensor.dtype())));
  }
  const Output one = convert_to_tensor(1, dtype);
  const Output keep = OpBuilder("Sub").Input(one).Input(tensor).Build();
  return OpBuilder("RealDiv").Input(x).Input(keep).Build();
}

}  // namespace

Output dropout(Input x, const DropoutOptions& options) {
  SourceScope here(x);
  const Graph graph = graph_of(std::span(&x, 1));
  const DefaultGraphScope with = graph.as_default();
  Input rate = RateOf(options);
  const name_scope scope(options.name.empty() ? "dropout" : options.name);
  const std::optional<double> number = NumberOf(rate);
  if (number.has_value() && !(*number >= 0 && *number < 1)) {
    errors::ThrowIfError(
        InvalidArgument("`rate` must be a scalar tensor or a float in the range "
                        "[0, 1). Received: rate=",
                        *number));
  }
  const Output features = convert_to_tensor(x, {}, "x");
  const DataType dtype = BaseType(features.dtype());
  if (!IsFloating(dtype)) {
    errors::ThrowIfError(
        InvalidArgument("`x.dtype` must be a floating point tensor as `x` will be scaled. "
                        "Received: x_dtype=",
                        PythonName(dtype)));
  }
  if (number == 0.0) {
    NextSeeds(graph, options.seed);  // the next random operation has the seed that it would have
    return features;
  }
  if (!number.has_value() && !rate.is_output()) rate = convert_to_tensor(rate);
  const Output scaled = Scaled(features, rate, dtype);
  const Input noise = options.noise_shape.has_value() ? *options.noise_shape : shape(features);
  const Output drawn = random_uniform(noise, {.dtype = dtype, .seed = options.seed});
  const Output keep = OpBuilder("GreaterEqual").Input(drawn).Input(rate).Build();
  const Output zero = convert_to_tensor(0, dtype);
  const Output result = OpBuilder("SelectV2").Input(keep).Input(scaled).Input(zero).Build();
  result.set_shape(features.get_shape());
  return result;
}

}  // namespace sessile::nn
