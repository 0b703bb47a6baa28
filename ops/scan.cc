// Cumsum, Cumprod and CumulativeLogsumexp: what the elements so far add up to.

#include <array>
#include <limits>
#include <utility>

#include "sessile/core/framework/op_registry.h"
#include "sessile/core/framework/shape_inference.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/graph/node.h"
#include "sessile/core/graph/scope.h"
#include "sessile/ops/array.h"
#include "sessile/ops/grad_context.h"
#include "sessile/ops/math.h"
#include "sessile/ops/op_builder.h"
#include "sessile/ops/operators.h"
#include "sessile/ops/register_all.h"

namespace sessile {
namespace {

struct Direction {
  bool exclusive;
  bool reverse;
};
absl::StatusOr<Direction> DirectionOf(const Node& node) {
  Direction direction;
  SESSILE_ASSIGN_OR_RETURN(direction.exclusive, node.attrs().Get<bool>("exclusive"));
  SESSILE_ASSIGN_OR_RETURN(direction.reverse, node.attrs().Get<bool>("reverse"));
  return direction;
}

// Each element is in the sums from it on: their gradients, added up from the other end.
absl::StatusOr<std::vector<Output>> CumsumGradient(GradContext& ctx, const Node& node,
                                                   std::span<const Output> grads) {
  SESSILE_ASSIGN_OR_RETURN(const Direction direction, DirectionOf(node));
  return std::vector<Output>{
      cumsum(grads[0], ctx.input(node, 1),
             {.exclusive = direction.exclusive, .reverse = !direction.reverse}),
      Output()};
}

// As for a sum, of products times gradients, each without the element itself: divided by it.
absl::StatusOr<std::vector<Output>> CumprodGradient(GradContext& ctx, const Node& node,
                                                    std::span<const Output> grads) {
  SESSILE_ASSIGN_OR_RETURN(const Direction direction, DirectionOf(node));
  const Output x = ctx.input(node, 0);
  const Output axis = ctx.input(node, 1);
  const Output product =
      cumprod(x, axis, {.exclusive = direction.exclusive, .reverse = direction.reverse});
  const Output sum = cumsum(product * grads[0], axis,
                            {.exclusive = direction.exclusive, .reverse = !direction.reverse});
  return std::vector<Output>{div_no_nan(sum, x), Output()};
}

// d log(sum e^x) by an element is e^(x - y), added up from the other end over all sums that it is
// in; as logarithms, and so of positive and negative gradients apart.
absl::StatusOr<std::vector<Output>> CumulativeLogsumexpGradient(GradContext& ctx, const Node& node,
                                                                std::span<const Output> grads) {
  SESSILE_ASSIGN_OR_RETURN(const Direction direction, DirectionOf(node));
  const Output x = ctx.input(node, 0);
  const Output grad = grads[0];
  const double lowest = BaseType(x.dtype()) == float64
                            ? std::numeric_limits<double>::lowest()
                            : static_cast<double>(std::numeric_limits<float>::lowest());
  const auto log_where = [&](const Output& holds, const Output& magnitude) {
    return where_v2(holds, log(magnitude), lowest);
  };
  const auto back = [&](const Output& log_grad) {
    const Output weights =
        cumulative_logsumexp(log_grad - ctx.output(node, 0), ctx.input(node, 1),
                             {.exclusive = direction.exclusive, .reverse = !direction.reverse});
    return exp(weights + x);
  };
  const Output log_positive = log_where(greater(grad, 0.0), grad);
  const Output is_negative = less(grad, 0.0);
  const Output log_negative = log_where(is_negative, negative(grad));
  const Output positive = back(log_positive);
  const Output negative_part = back(log_negative);
  return std::vector<Output>{positive - negative_part, Output()};
}

Output ScanOp(std::string_view op, const Input& x, const Input& axis, const CumOptions& options) {
  SourceScope here(x);
  const std::array<Input, 2> inputs = {x, axis};
  const name_scope scope(options.name.empty() ? std::string(op) : options.name,
                         graph_of(inputs).impl());
  const Output tensor = convert_to_tensor(x, std::nullopt, "x");
  return OpBuilder(op, scope.name())
      .Input(tensor)
      .Input(axis)
      .Attr("exclusive", options.exclusive)
      .Attr("reverse", options.reverse)
      .Build();
}

}  // namespace

void RegisterScan(OpRegistry& ops) {
  const auto add = [&](std::string_view name, GradientFn gradient, std::string_view doc) {
    ops.Add(name)
        .Input("x: T")
        .Input("axis: Tidx")
        .Output("out: T")
        .Attr("exclusive: bool = false")
        .Attr("reverse: bool = false")
        .Attr(
            "T: {float, double, int32, uint8, int16, int8, complex64, int64, qint8, quint8, "
            "qint32, bfloat16, qint16, quint16, uint16, complex128, half, uint32, uint64}")
        .Attr("Tidx: {int32, int64} = DT_INT32")
        .Shape(UnchangedShape)
        .Gradient(std::move(gradient))
        .Doc(doc);
  };
  add("Cumsum", CumsumGradient, "The sums of the elements up to each one along a dimension.");
  add("Cumprod", CumprodGradient, "The products of the elements up to each one along a dimension.");
  ops.Add("CumulativeLogsumexp")
      .Input("x: T")
      .Input("axis: Tidx")
      .Output("out: T")
      .Attr("exclusive: bool = false")
      .Attr("reverse: bool = false")
      .Attr("T: {bfloat16, half, float, double}")
      .Attr("Tidx: {int32, int64} = DT_INT32")
      .Shape(UnchangedShape)
      .Gradient(CumulativeLogsumexpGradient)
      .Doc("log(sum(e^x)) of the elements up to each one along a dimension.");
}

Output cumsum(Input x, Input axis, CumOptions options) {
  return ScanOp("Cumsum", x, axis, options);
}
Output cumprod(Input x, Input axis, CumOptions options) {
  return ScanOp("Cumprod", x, axis, options);
}
Output cumulative_logsumexp(Input x, Input axis, CumOptions options) {
  return ScanOp("CumulativeLogsumexp", x, axis, options);
}

}  // namespace sessile
