// Softmax and LogSoftmax: along the last dimension; the builders move another one there.

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

absl::Status SoftmaxShape(ShapeContext& ctx) {
  SESSILE_ASSIGN_OR_RETURN(const Shape logits, ctx.InputAtLeastRank(0, 1));
  ctx.SetOutput(0, logits);
  return absl::OkStatus();
}

Output SumOverLast(const Output& x) { return reduce_sum(x, {.axis = -1, .keepdims = true}); }

// With s = softmax(x): ds_i/dx_j = s_i (delta_ij - s_j), so dx = (ds - sum(ds * s)) * s.
absl::StatusOr<std::vector<Output>> SoftmaxGradient(GradContext& ctx, const Node& node,
                                                    std::span<const Output> grads) {
  const Output softmax = ctx.output(node, 0);
  const Output weighted = grads[0] * softmax;
  const Output centered = grads[0] - SumOverLast(weighted);
  return std::vector<Output>{centered * softmax};
}

// y = x - log sum e^x: dx = dy - sum(dy) * softmax(x).
absl::StatusOr<std::vector<Output>> LogSoftmaxGradient(GradContext& ctx, const Node& node,
                                                       std::span<const Output> grads) {
  const Output softmax = exp(ctx.output(node, 0));
  const Output sum = SumOverLast(grads[0]);
  const Output product = sum * softmax;
  return std::vector<Output>{grads[0] - product};
}

}  // namespace

void RegisterSoftmax(OpRegistry& ops) {
  ops.Add("Softmax")
      .Input("logits: T")
      .Output("softmax: T")
      .Attr("T: {half, bfloat16, float, double}")
      .Shape(SoftmaxShape)
      .Gradient(SoftmaxGradient)
      .Doc("e^logits, divided by its sum along the last dimension.");
  ops.Add("LogSoftmax")
      .Input("logits: T")
      .Output("logsoftmax: T")
      .Attr("T: {half, bfloat16, float, double}")
      .Shape(SoftmaxShape)
      .Gradient(LogSoftmaxGradient)
      .Doc("The logarithm of Softmax.");
}

namespace nn {
namespace {

Output RangeTo(const Input& start, const Input& limit) {
  return OpBuilder("Range", "range").Input(start).Input(limit).Input(1).Build();
}

// Exchanges dimension `axis`, which is a number or a tensor, with the last one.
Output SwapWithLast(const Output& x, const Input& axis, const Output& last, std::string_view name) {
  const Output before = RangeTo(0, axis);
  const Input after =
      axis.is_output() ? Input(axis.output() + 1) : Input(axis.literal()->integers[0] + 1);
  const Output between = RangeTo(after, last);
  // Compilers differ on whether Input({last}) is a list.
  using List = std::vector<Input>;
  const List dims = {before, List{last}, between, List{axis}};
  const Output perm = OpBuilder("ConcatV2", "concat").InputList(dims).Input(0).Build();
  return OpBuilder("Transpose", name.empty() ? "transpose" : name).Input(x).Input(perm).Build();
}

void CheckAxis(const Shape& shape, int64_t axis) {
  if (shape.has_rank() && axis >= -shape.rank() && axis < shape.rank()) return;
  const std::string rank = shape.has_rank() ? std::to_string(shape.rank()) : "unknown";
  errors::ThrowIfError(InvalidArgument("`dim` must be in the range [-rank, rank) where the rank, ",
                                       rank, ", is the number of dimensions in the input. ",
                                       "Received: dim=", axis));
}

int64_t AxisOf(const SoftmaxOptions& options) {
  if (options.axis.has_value() && options.dim.has_value()) {
    errors::ThrowIfError(InvalidArgument("Cannot specify both 'axis' and 'dim'"));
  }
  return options.axis.value_or(options.dim.value_or(-1));
}

Output AlongAxis(std::string_view op, const Input& logits, const SoftmaxOptions& options) {
  SourceScope here(logits);
  const Output x = convert_to_tensor(logits);
  const Shape shape = x.get_shape();
  const int64_t axis = AxisOf(options);
  if (axis == -1 || (shape.has_rank() && axis == shape.rank() - 1)) {
    return OpBuilder(op, options.name).Input(x).Build();
  }
  CheckAxis(shape, axis);
  const DefaultGraphScope with = x.graph().as_default();
  // TensorFlow counts a negative axis from the front in the graph, not here.
  const Output ndims = rank(x);
  Output counted;
  if (axis < 0) counted = axis + ndims;
  const Output input_rank = rank(x);
  const Input dim = axis < 0 ? Input(counted % shape.rank()) : Input(axis);
  const Output last = subtract(input_rank, 1);
  const Output swapped = SwapWithLast(x, dim, last, "");
  const Output result = OpBuilder(op).Input(swapped).Build();
  const Output last_again = subtract(input_rank, 1);
  const Output back = SwapWithLast(result, dim, last_again, options.name);
  back.set_shape(shape);
  return back;
}

}  // namespace

Output softmax(Input logits, const SoftmaxOptions& options) {
  return AlongAxis("Softmax", logits, options);
}

Output log_softmax(Input logits, const SoftmaxOptions& options) {
  return AlongAxis("LogSoftmax", logits, options);
}

}  // namespace nn
}  // namespace sessile
