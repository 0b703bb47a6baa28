// The cross entropy of softmax(logits) and labels: SoftmaxCrossEntropyWithLogits, where labels are
// distributions, and SparseSoftmaxCrossEntropyWithLogits, where they are numbers of classes. Both
// compute the gradient by the logits along with the loss.

#include "sessile/core/framework/broadcast_shape.h"
#include "sessile/core/framework/errors.h"
#include "sessile/core/framework/op_registry.h"
#include "sessile/core/framework/shape_inference.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/graph/scope.h"
#include "sessile/ops/array.h"
#include "sessile/ops/check.h"
#include "sessile/ops/grad_context.h"
#include "sessile/ops/math.h"
#include "sessile/ops/nn.h"
#include "sessile/ops/op_builder.h"
#include "sessile/ops/operators.h"
#include "sessile/ops/register_all.h"

namespace sessile {
namespace {

using Outputs = std::vector<Output>;

// Features and labels broadcast, to a matrix.
absl::Status DenseShape(ShapeContext& ctx) {
  SESSILE_ASSIGN_OR_RETURN(Shape input, BroadcastShapes(ctx.input(0), ctx.input(1)));
  if (!input.has_rank()) input = Shape::UnknownOfRank(2);
  if (input.rank() != 2) {
    return InvalidArgument("Shape must be rank 2 but is rank ", input.rank());
  }
  ctx.SetOutput(0, Shape({input.dim(0)}));
  ctx.SetOutput(1, input);
  return absl::OkStatus();
}

absl::Status SparseShape(ShapeContext& ctx) {
  SESSILE_ASSIGN_OR_RETURN(const Shape features, ctx.InputWithRank(0, 2));
  SESSILE_ASSIGN_OR_RETURN(const Shape labels, ctx.InputWithRank(1, 1));
  SESSILE_ASSIGN_OR_RETURN(const int64_t batch, ctx.MergeDim(features.dim(0), labels.dim(0)));
  ctx.SetOutput(0, Shape({batch}));
  ctx.SetOutput(1, features.WithDim(0, batch));
  return absl::OkStatus();
}

// A number for each row, times the row.
Output TimesRows(const Output& numbers, const Output& rows) {
  return expand_dims(numbers, -1) * rows;
}

// By the logits: dloss times the gradient that the node computed; and, where a gradient came for
// that output too, that of softmax.
Output ByLogits(GradContext& ctx, const Node& node, std::span<const Output> grads) {
  const Output from_loss = TimesRows(grads[0], ctx.output(node, 1));
  if (!grads[1].has_value() || ctx.IsFilled(grads[1])) return from_loss;
  const Output softmax = OpBuilder("Softmax").Input(ctx.input(node, 0)).Build();
  const Output row = expand_dims(grads[1], 1);
  const Output column = expand_dims(softmax, 2);
  const Output products = matmul(row, column);
  const Output centered = grads[1] - squeeze(products, {.axis = 1});
  const Output second = centered * softmax;
  return from_loss + second;
}

absl::StatusOr<Outputs> DenseGradient(GradContext& ctx, const Node& node,
                                      std::span<const Output> grads) {
  const Output by_logits = ByLogits(ctx, node, grads);
  const Output log_probabilities = OpBuilder("LogSoftmax").Input(ctx.input(node, 0)).Build();
  return Outputs{by_logits, TimesRows(grads[0], negative(log_probabilities))};
}

absl::StatusOr<Outputs> SparseGradient(GradContext& ctx, const Node& node,
                                       std::span<const Output> grads) {
  return Outputs{ByLogits(ctx, node, grads), Output()};
}

}  // namespace

void RegisterSoftmaxCrossEntropy(OpRegistry& ops) {
  ops.Add("SoftmaxCrossEntropyWithLogits")
      .Input("features: T")
      .Input("labels: T")
      .Output("loss: T")
      .Output("backprop: T")
      .Attr("T: {half, bfloat16, float, double}")
      .Shape(DenseShape)
      .Gradient(DenseGradient)
      .Doc("For each row, -sum(labels * log(softmax(features))), and its gradient by features.");
  ops.Add("SparseSoftmaxCrossEntropyWithLogits")
      .Input("features: T")
      .Input("labels: Tlabels")
      .Output("loss: T")
      .Output("backprop: T")
      .Attr("T: {half, bfloat16, float, double}")
      .Attr("Tlabels: {int32, int64} = DT_INT64")
      .Shape(SparseShape)
      .Gradient(SparseGradient)
      .Doc("For each row, -log(softmax(features)[label]), and its gradient by features.");
}

namespace nn {
namespace {

// The first output, which TensorFlow's Python keeps, of a node named `name`.
Output LossOf(std::string_view op, std::string_view name, const Output& logits,
              const Output& labels) {
  return OpBuilder(op, name).Input(logits).Input(labels).BuildAll()[0];
}

bool IsHalf(const Output& x) {
  const DataType dtype = BaseType(x.dtype());
  return dtype == float16 || dtype == bfloat16;
}

Output SliceOf(const Output& x, const Input& begin, const Input& size) {
  return OpBuilder("Slice").Input(x).Input(begin).Input(size).Build();
}

Output ConcatOf(const std::vector<Input>& values) {
  return OpBuilder("ConcatV2", "concat").InputList(values).Input(0).Build();
}

// [..., n] as a matrix of n columns.
Output FlattenOuterDims(const Output& x) {
  const Output ndims = rank(x);
  const Output dims = shape(x);
  const Output last = SliceOf(dims, {subtract(ndims, 1)}, {1});
  const Output rows = reshape(x, ConcatOf({Input({-1}), last}));
  const Shape known = x.get_shape();
  if (!known.has_rank() || known.rank() == 0) return rows;
  const Shape outer = known.Slice(0, -1);
  if (outer.IsFullyDefined()) {
    rows.set_shape(Shape({outer.num_elements(), known.dim(known.rank() - 1)}));
  }
  return rows;
}

Output MoveToEnd(const Output& x, int64_t axis, const Output& ndims) {
  const Output before = range(0, axis);
  const Output after = range(axis + 1, ndims);
  return transpose(x, ConcatOf({before, after, Input({Input(axis)})}));
}

Output DenseCrossEntropy(const Input& labels_in, const Input& logits_in, int64_t axis,
                         const name_scope& scope) {
  const Output logits = convert_to_tensor(logits_in, {}, "logits");
  Output labels = convert_to_tensor(labels_in, {}, "labels");
  const bool is_half = IsHalf(logits);
  Output precise = is_half ? cast(logits, float32) : logits;
  labels = cast(labels, BaseType(precise.dtype()));
  const Output ndims = rank(precise);
  if (axis != -1) {
    precise = MoveToEnd(precise, axis, ndims);
    labels = MoveToEnd(labels, axis, ndims);
  }
  const Output dims = shape(precise);
  precise = FlattenOuterDims(precise);
  labels = FlattenOuterDims(labels);
  Output cost = LossOf("SoftmaxCrossEntropyWithLogits", scope.name(), precise, labels);
  const Output outer = SliceOf(dims, {0}, {subtract(ndims, 1)});
  cost = reshape(cost, outer);
  const Shape known = logits.get_shape();
  if (known.has_rank() && known.rank() > 0) {
    const int dropped = static_cast<int>(axis < 0 ? axis + known.rank() : axis);
    if (dropped >= 0 && dropped < known.rank()) {
      cost.set_shape(Shape::Concat(known.Slice(0, dropped), known.Slice(dropped + 1)));
    }
  }
  return is_half ? cast(cost, logits.dtype()) : cost;
}

void CheckSparseShapes(const Shape& labels, const Shape& logits) {
  if (!logits.has_rank()) return;
  if (logits.rank() == 0) {
    errors::ThrowIfError(InvalidArgument("`logits` cannot be a scalar."));
  }
  if (!labels.has_rank()) return;
  if (labels.rank() != logits.rank() - 1) {
    errors::ThrowIfError(InvalidArgument(
        "`labels.shape.rank` must equal `logits.shape.rank - 1`. Received: labels.shape=",
        labels.ToPythonString(), " of rank ", labels.rank(),
        " and logits.shape=", logits.ToPythonString(), " of rank ", logits.rank()));
  }
  const Shape outer = logits.Slice(0, -1);
  if (labels.IsFullyDefined() && outer.IsFullyDefined() && labels != outer) {
    errors::ThrowIfError(InvalidArgument(
        "`labels.shape` must equal `logits.shape` except for the last dimension. Received: "
        "labels.shape=",
        labels.ToPythonString(), " and logits.shape=", logits.ToPythonString()));
  }
}

// A check that a run makes unless all that it asks for is known.
std::vector<Dependency> SameOuterShape(const Output& labels, const Output& logits) {
  const Shape known = logits.get_shape();
  if (labels.get_shape().IsFullyDefined() && known.has_rank() &&
      known.Slice(0, -1).IsFullyDefined()) {
    return {};
  }
  const Output of_labels = shape(labels);
  const Output of_logits = shape(logits)[{{{}, -1}}];
  return {assert_equal(of_labels, of_logits)};
}

// Labels [...] and logits [..., classes] as a vector and a matrix, and back. `precise` are the
// logits that are computed with.
Output SparseOfAnyRank(const Output& logits, const Output& precise, const Output& labels,
                       const Output& labels_shape, std::string_view name) {
  const control_dependencies after(SameOuterShape(labels, logits));
  const Output dims = shape(logits);
  const Output classes = dims[rank(logits) - 1];
  const Output matrix = reshape(precise, {-1, classes});
  const Output vector = reshape(labels, {-1});
  const Output loss = LossOf("SparseSoftmaxCrossEntropyWithLogits", name, matrix, vector);
  const Output cost = reshape(loss, labels_shape);
  cost.set_shape(labels.get_shape());
  return cost;
}

}  // namespace

Output softmax_cross_entropy_with_logits_v2(const SoftmaxCrossEntropyOptions& options) {
  SourceScope here(options.logits);
  const std::vector<Input> inputs = {options.logits, options.labels};
  const Graph graph = graph_of(inputs);
  const DefaultGraphScope with = graph.as_default();
  const name_scope scope(options.name.empty() ? "softmax_cross_entropy_with_logits" : options.name);
  return DenseCrossEntropy(options.labels, options.logits, options.axis, scope);
}

Output softmax_cross_entropy_with_logits(const SoftmaxCrossEntropyOptions& options) {
  SourceScope here(options.logits);
  const std::vector<Input> inputs = {options.logits, options.labels};
  const Graph graph = graph_of(inputs);
  const DefaultGraphScope with = graph.as_default();
  const name_scope scope(options.name.empty() ? "softmax_cross_entropy_with_logits_sg"
                                              : options.name);
  const Output labels = stop_gradient(options.labels, "labels_stop_gradient");
  const name_scope again(scope.name());
  return DenseCrossEntropy(labels, options.logits, options.axis, again);
}

Output sparse_softmax_cross_entropy_with_logits(const SparseSoftmaxCrossEntropyOptions& options) {
  SourceScope here(options.logits);
  const std::vector<Input> inputs = {options.logits, options.labels};
  const Graph graph = graph_of(inputs);
  const DefaultGraphScope with = graph.as_default();
  const char* const op = "SparseSoftmaxCrossEntropyWithLogits";
  const name_scope scope(options.name.empty() ? op : options.name);
  const Output labels = convert_to_tensor(options.labels);
  const Output logits = convert_to_tensor(options.logits);
  const Output precise = BaseType(logits.dtype()) == float16 ? cast(logits, float32) : logits;
  const Output labels_shape = shape(labels);
  CheckSparseShapes(labels.get_shape(), logits.get_shape());
  Output cost;
  if (logits.get_shape().has_rank() && logits.get_shape().rank() == 2) {
    cost = LossOf(op, options.name, precise, labels);
  } else {
    cost = SparseOfAnyRank(logits, precise, labels, labels_shape, options.name);
  }
  return BaseType(logits.dtype()) == float16 ? cast(cost, float16) : cost;
}

}  // namespace nn
}  // namespace sessile
