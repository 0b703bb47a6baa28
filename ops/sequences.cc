// ReverseSequence, LinSpace, and copies: DeepCopy, Empty, ParallelConcat.

#include "sessile/core/framework/op_registry.h"
#include "sessile/core/framework/shape_inference.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/graph/node.h"
#include "sessile/ops/array.h"
#include "sessile/ops/folding.h"
#include "sessile/ops/grad_context.h"
#include "sessile/ops/math.h"
#include "sessile/ops/op_builder.h"
#include "sessile/ops/register_all.h"

namespace sessile {
namespace {

using Outputs = std::vector<Output>;

absl::Status ReverseSequenceShape(ShapeContext& ctx) {
  SESSILE_ASSIGN_OR_RETURN(const int64_t seq_dim, ctx.Attr<int64_t>("seq_dim"));
  SESSILE_ASSIGN_OR_RETURN(const int64_t batch_dim, ctx.Attr<int64_t>("batch_dim"));
  SESSILE_ASSIGN_OR_RETURN(const Shape lengths, ctx.InputWithRank(1, 1));
  Shape input = ctx.input(0);
  if (!input.has_rank()) return absl::OkStatus();
  if (batch_dim < 0 || batch_dim >= input.rank()) {
    return InvalidArgument("batch_dim must be < input rank: ", batch_dim, " vs. ", input.rank());
  }
  if (seq_dim < 0 || seq_dim >= input.rank()) {
    return InvalidArgument("seq_dim must be < input rank: ", seq_dim, " vs. ", input.rank());
  }
  const int at = static_cast<int>(batch_dim);
  SESSILE_ASSIGN_OR_RETURN(const int64_t batch, ctx.MergeDim(input.dim(at), lengths.dim(0)));
  ctx.SetOutput(0, input.WithDim(at, batch));
  return absl::OkStatus();
}

absl::Status LinSpaceShape(ShapeContext& ctx) {
  for (int i = 0; i < 3; ++i) SESSILE_RETURN_IF_ERROR(ctx.InputIsScalar(i));
  const std::optional<int64_t> count = KnownInt(ctx, 2);
  if (count.has_value() && *count <= 0) {
    return InvalidArgument("Requires num > 0: ", *count);
  }
  ctx.SetOutput(0, Shape({count.value_or(None)}));
  return absl::OkStatus();
}

absl::Status EmptyShape(ShapeContext& ctx) {
  SESSILE_RETURN_IF_ERROR(ctx.InputWithRank(0, 1).status());
  SESSILE_ASSIGN_OR_RETURN(Shape shape, ctx.input_value_as_shape(0));
  ctx.SetOutput(0, std::move(shape));
  return absl::OkStatus();
}

absl::Status ParallelConcatShape(ShapeContext& ctx) {
  SESSILE_ASSIGN_OR_RETURN(const Shape shape, ctx.Attr<Shape>("shape"));
  if (!shape.has_rank() || shape.rank() == 0) {
    return InvalidArgument("shape attr must have known rank of at least 1");
  }
  Shape row = shape.WithDim(0, 1);
  for (int i = 0; i < ctx.num_inputs(); ++i) {
    SESSILE_ASSIGN_OR_RETURN(row, ctx.Merge(row, ctx.input(i)));
  }
  ctx.SetOutput(0, shape);
  return absl::OkStatus();
}

// Reversing twice changes nothing.
absl::StatusOr<Outputs> ReverseSequenceGradient(GradContext& ctx, const Node& node,
                                                std::span<const Output> grads) {
  const Output by_input = OpBuilder("ReverseSequence")
                              .Input(grads[0])
                              .Input(ctx.input(node, 1))
                              .CopyAttr(node, "seq_dim")
                              .CopyAttr(node, "batch_dim")
                              .Build();
  return Outputs{by_input, Output()};
}

void RegisterOrders(OpRegistry& ops) {
  ops.Add("ReverseSequence")
      .Input("input: T")
      .Input("seq_lengths: Tlen")
      .Output("output: T")
      .Attr("seq_dim: int")
      .Attr("batch_dim: int = 0")
      .Attr("T: type")
      .Attr("Tlen: {int32, int64} = DT_INT64")
      .Shape(ReverseSequenceShape)
      .Gradient(ReverseSequenceGradient)
      .Doc(
          "Reverses the first seq_lengths[i] elements along one dimension, for each i of another.");
  ops.Add("LinSpace")
      .Input("start: T")
      .Input("stop: T")
      .Input("num: Tidx")
      .Output("output: T")
      .Attr("T: {bfloat16, half, float, double}")
      .Attr("Tidx: {int32, int64} = DT_INT32")
      .Shape(LinSpaceShape)
      .NotDifferentiable("TensorFlow treats the numbers as constants")
      .Doc("`num` numbers at equal distances, from `start` to `stop`.");
}

void RegisterMemory(OpRegistry& ops) {
  ops.Add("DeepCopy")
      .Input("x: T")
      .Output("y: T")
      .Attr("T: type")
      .Shape(UnchangedShape)
      .NoGradient("TensorFlow has none")
      .Stateful()
      .Doc("A copy in memory of its own.");
  ops.Add("Empty")
      .Input("shape: int32")
      .Output("output: dtype")
      .Attr("dtype: type")
      .Attr("init: bool = false")
      .Shape(EmptyShape)
      .NoGradient("TensorFlow has none")
      .Stateful()
      .Doc("A tensor of this shape; zeros, whatever `init` is.");
  ops.Add("ParallelConcat")
      .Input("values: N * T")
      .Output("output: T")
      .Attr("N: int >= 1")
      .Attr("T: type")
      .Attr("shape: shape")
      .Shape(ParallelConcatShape)
      .NoGradient("TensorFlow has none")
      .Doc("Rows [1, ...], one after the other.");
}

}  // namespace

void RegisterSequences(OpRegistry& ops) {
  RegisterOrders(ops);
  RegisterMemory(ops);
}

Output reverse_sequence(Input input, Input seq_lengths, const ReverseSequenceOptions& options) {
  SourceScope here(input);
  return OpBuilder("ReverseSequence", options.name)
      .Input(std::move(input))
      .Input(std::move(seq_lengths))
      .Attr("seq_dim", options.seq_axis)
      .Attr("batch_dim", options.batch_axis)
      .Build();
}

Output lin_space(Input start, Input stop, Input num, std::string_view name) {
  SourceScope here(start);
  return OpBuilder("LinSpace", name).Input(start).Input(stop).Input(num).Build();
}

}  // namespace sessile
