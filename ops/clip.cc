// Values kept within bounds: the operation ClipByValue, which TensorFlow 1 does not build itself,
// and compositions of other builders.

#include <array>

#include "absl/strings/str_cat.h"
#include "sessile/core/framework/errors.h"
#include "sessile/core/framework/op_registry.h"
#include "sessile/core/framework/shape_inference.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/graph/node.h"
#include "sessile/core/graph/scope.h"
#include "sessile/ops/array.h"
#include "sessile/ops/constant.h"
#include "sessile/ops/grad_context.h"
#include "sessile/ops/math.h"
#include "sessile/ops/op_builder.h"
#include "sessile/ops/operators.h"
#include "sessile/ops/register_all.h"

namespace sessile {
namespace {

// Bounds must not broadcast the tensor to a larger one.
void CheckKeepsShape(const Output& tensor, const Output& clipped) {
  if (Shape::Compatible(tensor.get_shape(), clipped.get_shape())) return;
  errors::ThrowIfError(InvalidArgument(
      "Shapes ", tensor.get_shape().ToPythonString(), " and ", clipped.get_shape().ToPythonString(),
      " are incompatible: bounds must not broadcast ", tensor.name()));
}

std::vector<Input> Present(const GradientList& gradients) {
  std::vector<Input> present;
  for (const Gradient& gradient : gradients) {
    if (gradient.has_value()) present.emplace_back(gradient.values());
  }
  if (present.empty()) {
    errors::ThrowIfError(InvalidArgument("`t_list` must have at least one tensor"));
  }
  return present;
}

// To the tensor where it was kept, else to the bound that took its place.
absl::StatusOr<std::vector<Output>> ClipByValueGradient(GradContext& ctx, const Node& node,
                                                        std::span<const Output> grads) {
  const Output t = ctx.input(node, 0);
  const Output low = ctx.input(node, 1);
  const Output high = ctx.input(node, 2);
  const Output t_shape = shape(t);
  const Output low_shape = shape(low);
  const Output high_shape = shape(high);
  const Output zero = zeros(shape(grads[0]), BaseType(grads[0].dtype()));
  const Output below = less(t, low);
  const Output above = greater(t, high);
  const auto axes_of = [&](const Output& bound_shape) {
    return OpBuilder("BroadcastGradientArgs").Input(t_shape).Input(bound_shape).BuildAll()[1];
  };
  const Output low_axes = axes_of(low_shape);
  const Output high_axes = axes_of(high_shape);
  const Output clipped = logical_or(below, above);
  const Output by_t = where(clipped, zero, grads[0]);
  const Output of_low = where(below, grads[0], zero);
  const Output of_high = where(above, grads[0], zero);
  const Output by_low = reshape(reduce_sum(of_low, {.axis = low_axes}), low_shape);
  const Output by_high = reshape(reduce_sum(of_high, {.axis = high_axes}), high_shape);
  return std::vector<Output>{by_t, by_low, by_high};
}

}  // namespace

void RegisterClip(OpRegistry& ops) {
  ops.Add("ClipByValue")
      .Input("t: T")
      .Input("clip_value_min: T")
      .Input("clip_value_max: T")
      .Output("output: T")
      .Attr("T: numbertype")
      .Shape(UnchangedShape)
      .Gradient(ClipByValueGradient)
      .Doc("`t`, where it leaves [clip_value_min, clip_value_max] the bound that it passed.");
}

Output clip_by_value(Input t, Input clip_value_min, Input clip_value_max, std::string_view name) {
  SourceScope here(t);
  const std::array<Input, 3> inputs = {t, clip_value_min, clip_value_max};
  const name_scope scope(name.empty() ? "clip_by_value" : name, graph_of(inputs).impl());
  const Output tensor = convert_to_tensor(t, std::nullopt, "t");
  const Output below = minimum(tensor, clip_value_max);
  CheckKeepsShape(tensor, below);
  const Output clipped = maximum(below, clip_value_min, scope.name());
  CheckKeepsShape(tensor, clipped);
  return clipped;
}

// t * clip_norm / max(norm, clip_norm). The square root never sees the 0 at which it has no
// derivative.
Output clip_by_norm(Input t, Input clip_norm, ClipByNormOptions options) {
  SourceScope here(t);
  const std::array<Input, 2> inputs = {t, clip_norm};
  const name_scope scope(options.name.empty() ? "clip_by_norm" : options.name,
                         graph_of(inputs).impl());
  const Output tensor = convert_to_tensor(t, std::nullopt, "t");
  const Output squares = tensor * tensor;
  const Output sum = reduce_sum(squares, {.axis = options.axes, .keepdims = true});
  const Output is_positive = sum > 0;
  const Output safe_sum = where(is_positive, sum, ones_like(sum));
  const Output norm = where(is_positive, sqrt(safe_sum), sum);
  const Output scaled = multiply(tensor, clip_norm, "mul");
  CheckKeepsShape(tensor, scaled);
  return identity(divide(scaled, maximum(norm, clip_norm)), scope.name());
}

Output clip_by_average_norm(Input t, Input clip_norm, std::string_view name) {
  SourceScope here(t);
  const std::array<Input, 2> inputs = {t, clip_norm};
  const name_scope scope(name.empty() ? "clip_by_average_norm" : name, graph_of(inputs).impl());
  const Output tensor = convert_to_tensor(t, std::nullopt, "t");
  const Output number = cast(size(tensor), float32);
  const Output squares = tensor * tensor;
  const Output dimensions = rank(tensor);
  const Output sum = reduce_sum(squares, {.axis = range(0, dimensions)});
  const Output inverse = rsqrt(sum);
  const Output to_norm = multiply(tensor, clip_norm, "mul");
  const Output average = inverse * number;
  const Output one = constant(1.0);
  const Output least = minimum(average, divide(one, clip_norm));
  return identity(to_norm * least, scope.name());
}

// sqrt(2 * the sum of t^2 / 2).
Output global_norm(const GradientList& t_list, std::string_view name) {
  const std::vector<Input> tensors = Present(t_list);
  SourceScope here(tensors.front());
  const name_scope scope(name.empty() ? "global_norm" : name, graph_of(tensors).impl());
  std::vector<Input> halves;
  for (const Input& tensor : tensors) {
    const colocate_with beside(tensor.output());
    halves.emplace_back(OpBuilder("L2Loss").Input(tensor).Build());
  }
  const Output half = reduce_sum(stack(halves));
  const Output two = constant(2.0, {.dtype = BaseType(half.dtype())});
  return sqrt(half * two, "global_norm");
}

// Where the norm is not finite, the scale is NaN.
ClippedTensors clip_by_global_norm(const GradientList& t_list, Input clip_norm,
                                   ClipByGlobalNormOptions options) {
  std::vector<Input> inputs = Present(t_list);
  SourceScope here(inputs.front());
  const Output norm =
      options.use_norm.has_value() ? options.use_norm : global_norm(t_list, options.name);
  inputs.push_back(clip_norm);
  const name_scope scope(options.name.empty() ? "clip_by_global_norm" : options.name,
                         graph_of(inputs).impl());
  const Output inverse = 1.0 / norm;
  const Output one = constant(1.0, {.dtype = BaseType(norm.dtype())});
  const Output most = divide(one, clip_norm);
  const Output ratio = minimum(inverse, most);
  const Output finite_scale = multiply(clip_norm, ratio, "mul");
  const Output scale = finite_scale + (norm - norm);
  std::string stem(scope.name());
  ClippedTensors result{.list_clipped = GradientList(t_list.size()), .global_norm = norm};
  for (size_t i = 0; i < t_list.size(); ++i) {
    if (!t_list[i].has_value()) continue;
    const Output& values = t_list[i].values();
    const colocate_with beside(values);
    const Output scaled = values * cast(scale, BaseType(values.dtype()));
    result.list_clipped[i] = t_list[i].WithValues(identity(scaled, absl::StrCat(stem, "_", i)));
  }
  return result;
}

}  // namespace sessile
