// moments, batch_normalization and l2_normalize, composed of elementwise ops and reductions.

#include "sessile/core/graph/scope.h"
#include "sessile/ops/math.h"
#include "sessile/ops/nn.h"
#include "sessile/ops/op_builder.h"

namespace sessile::nn {
namespace {

// No node if it has the dtype already.
Output CastTo(const Output& x, DataType dtype) {
  if (BaseType(x.dtype()) == dtype) return x;
  return OpBuilder("Cast").Input(x).Attr("DstT", dtype).Build();
}

Output MeanOver(const Output& x, const std::vector<int64_t>& axes, std::string_view name) {
  return OpBuilder("Mean", name).Input(x).Input(axes).Attr("keep_dims", true).Build();
}

Output SqueezeAxes(const Output& x, const std::vector<int64_t>& axes) {
  return OpBuilder("Squeeze").Input(x).Attr("squeeze_dims", axes).Build();
}

name_scope ScopeFor(std::string_view name, std::string_view missing,
                    const std::vector<Input>& inputs) {
  return name_scope(name.empty() ? missing : name, graph_of(inputs).impl());
}

}  // namespace

Moments moments(Input x, const Axes& axes, MomentsOptions options) {
  SourceScope here(x);
  const name_scope scope = ScopeFor(options.name, "moments", {x});
  const Output value = convert_to_tensor(x, {}, "x");
  const DataType dtype = BaseType(value.dtype());
  const std::vector<int64_t> over = axes.ints();
  // Sums of many halfs lose too much.
  const Output y = dtype == float16 ? CastTo(value, float32) : value;
  Output mean = MeanOver(y, over, "mean");
  // The mean minimizes the variance, so no gradient flows through it.
  const Output center = OpBuilder("StopGradient").Input(mean).Build();
  const Output squared = OpBuilder("SquaredDifference").Input(y).Input(center).Build();
  Output variance = MeanOver(squared, over, "variance");
  if (!options.keep_dims) {
    mean = SqueezeAxes(mean, over);
    variance = SqueezeAxes(variance, over);
  }
  mean = CastTo(mean, dtype);
  variance = CastTo(variance, dtype);
  return {mean, variance};
}

// x * inv + (offset - mean * inv), with inv = scale / sqrt(variance + epsilon): two operations for
// each element of x, the others for each channel.
Output batch_normalization(Input x, Input mean, Input variance, std::optional<Input> offset,
                           std::optional<Input> scale, double variance_epsilon,
                           std::string_view name) {
  SourceScope here(x);
  const name_scope scope = ScopeFor(name, "batchnorm", {x, mean, variance});
  const Output shifted = OpBuilder("AddV2", "add").Input(variance).Input(variance_epsilon).Build();
  Output inv = OpBuilder("Rsqrt").Input(shifted).Build();
  if (scale) inv = OpBuilder("Mul", "mul").Input(inv).Input(*scale).Build();
  const std::optional<DataType> dtype = x.dtype();
  const Output factor = dtype ? CastTo(inv, *dtype) : inv;
  const Output scaled = OpBuilder("Mul", "mul").Input(x).Input(factor).Build();
  Output shift;
  if (offset) {
    const Output mean_part = OpBuilder("Mul", "mul").Input(mean).Input(inv).Build();
    // As Python's operator does: a number takes the type of the tensor.
    const name_scope sub("sub");
    const Output offsets = convert_to_tensor(*offset, BaseType(mean_part.dtype()), "x");
    shift = OpBuilder("Sub", sub.name()).Input(offsets).Input(mean_part).Build();
  } else {
    const Output negative = OpBuilder("Neg").Input(mean).Build();
    shift = OpBuilder("Mul", "mul").Input(negative).Input(inv).Build();
  }
  shift = CastTo(shift, BaseType(scaled.dtype()));
  return OpBuilder("AddV2", "add").Input(scaled).Input(shift).Build();
}

Output l2_normalize(Input x, const L2NormalizeOptions& options) {
  SourceScope here(x);
  const name_scope scope = ScopeFor(options.name, "l2_normalize", {x});
  const Output value = convert_to_tensor(x, {}, "x");
  const Output squares = square(value);
  const Output sum = reduce_sum(squares, {.axis = options.axis, .keepdims = true});
  const Output bounded = maximum(sum, options.epsilon);
  return multiply(value, rsqrt(bounded), scope.name());
}

}  // namespace sessile::nn
