// TopK and TopKV2: the largest elements along the last dimension; InTopK: whether a class is among
// them.

#include "sessile/core/framework/op_registry.h"
#include "sessile/core/framework/shape_inference.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/graph/scope.h"
#include "sessile/ops/array.h"
#include "sessile/ops/constant.h"
#include "sessile/ops/folding.h"
#include "sessile/ops/grad_context.h"
#include "sessile/ops/math.h"
#include "sessile/ops/nn.h"
#include "sessile/ops/op_builder.h"
#include "sessile/ops/operators.h"
#include "sessile/ops/register_all.h"

namespace sessile {
namespace {

absl::Status TopKShapeFor(ShapeContext& ctx, int64_t k) {
  SESSILE_ASSIGN_OR_RETURN(Shape input, ctx.InputAtLeastRank(0, 1));
  if (!input.has_rank()) return absl::OkStatus();
  const int last = input.rank() - 1;
  if (k != None && input.dim(last) != None && input.dim(last) < k) {
    return InvalidArgument("input must have last dimension >= k = ", k, " but is ",
                           input.dim(last));
  }
  const Shape output = input.WithDim(last, k);
  ctx.SetOutput(0, output);
  ctx.SetOutput(1, output);
  return absl::OkStatus();
}

absl::Status TopKShape(ShapeContext& ctx) {
  SESSILE_RETURN_IF_ERROR(ctx.InputIsScalar(1));
  const int64_t k = KnownInt(ctx, 1).value_or(None);
  if (ctx.input_value(1) != nullptr && k < 0 && k != None) {
    return InvalidArgument("Need k >= 0, got ", k);
  }
  return TopKShapeFor(ctx, k);
}

absl::Status OldTopKShape(ShapeContext& ctx) {
  SESSILE_ASSIGN_OR_RETURN(const int64_t k, ctx.Attr<int64_t>("k"));
  return TopKShapeFor(ctx, k);
}

absl::Status InTopKShape(ShapeContext& ctx) {
  SESSILE_ASSIGN_OR_RETURN(const Shape predictions, ctx.InputWithRank(0, 2));
  SESSILE_ASSIGN_OR_RETURN(const Shape targets, ctx.InputWithRank(1, 1));
  SESSILE_ASSIGN_OR_RETURN(const int64_t batch, ctx.MergeDim(predictions.dim(0), targets.dim(0)));
  ctx.SetOutput(0, Shape({batch}));
  return absl::OkStatus();
}

absl::Status InTopKV2Shape(ShapeContext& ctx) {
  SESSILE_RETURN_IF_ERROR(ctx.InputIsScalar(2));
  return InTopKShape(ctx);
}

// The last element of a shape, as int64.
Output LastOf(const Output& sizes) {
  const Output wide = cast(sizes, int64);
  const Output last = size(sizes) - 1;
  return gather(wide, last);
}

// Each element goes back to where it came from: index i of row r is element r * columns + i.
absl::StatusOr<std::vector<Output>> TopKGradient(GradContext& ctx, const Node& node,
                                                 std::span<const Output> grads) {
  const Output input_sizes = shape(ctx.input(node, 0));
  const Output indices = ctx.output(node, 1);
  const Output index_sizes = shape(indices);
  const Output k = LastOf(index_sizes);
  const Output rows = reshape(indices, stack({-1, k}));
  const Output columns = LastOf(input_sizes);
  const Output number = shape(rows)[0];
  const Output end = cast(number, int64) * columns;
  const Output starts = expand_dims(range(0, end, columns), -1);
  const Output places = reshape(rows + cast(starts, int32), {-1});
  const Output where = expand_dims(places, -1);
  const Output values = reshape(grads[0], {-1});
  const Output total = reduce_prod(input_sizes);
  const Output scattered = scatter_nd(where, values, {total});
  const Output by_input = reshape(scattered, input_sizes);
  if (node.num_inputs() == 1) return std::vector<Output>{by_input};
  return std::vector<Output>{by_input, zeros(Shape(), int32)};
}

}  // namespace

void RegisterTopK(OpRegistry& ops) {
  ops.Add("TopK")
      .Input("input: T")
      .Output("values: T")
      .Output("indices: int32")
      .Attr("k: int >= 0")
      .Attr("sorted: bool = true")
      .Attr("T: realnumbertype")
      .Shape(OldTopKShape)
      .Gradient(TopKGradient)
      .Deprecated(7)
      .Doc("As TopKV2, with `k` as an attribute.");
  ops.Add("TopKV2")
      .Input("input: T")
      .Input("k: Tk")
      .Output("values: T")
      .Output("indices: index_type")
      .Attr("sorted: bool = true")
      .Attr("T: realnumbertype")
      .Attr("Tk: {int16, int32, int64} = DT_INT32")
      .Attr("index_type: {int16, int32, int64} = DT_INT32")
      .Shape(TopKShape)
      .Gradient(TopKGradient)
      .Doc(
          "The `k` largest elements along the last dimension and their indices; of equal ones "
          "the first.");
  constexpr const char* kTruth = "a truth value has no derivative";
  ops.Add("InTopK")
      .Input("predictions: float")
      .Input("targets: T")
      .Output("precision: bool")
      .Attr("k: int")
      .Attr("T: {int32, int64} = DT_INT32")
      .Shape(InTopKShape)
      .NoGradient(kTruth)
      .Doc("Whether fewer than `k` predictions of a row are above that of its target.");
  ops.Add("InTopKV2")
      .Input("predictions: float")
      .Input("targets: T")
      .Input("k: T")
      .Output("precision: bool")
      .Attr("T: {int32, int64} = DT_INT32")
      .Shape(InTopKV2Shape)
      .NoGradient(kTruth)
      .Doc("As InTopK, with `k` as a tensor.");
}

namespace nn {

TopK top_k(Input input, Input k, const TopKOptions& options) {
  SourceScope here(input);
  const std::vector<Output> outputs = OpBuilder("TopKV2", options.name)
                                          .Input(input)
                                          .Input(k)
                                          .Attr("sorted", options.sorted)
                                          .Attr("index_type", options.index_type)
                                          .BuildAll();
  return {outputs[0], outputs[1]};
}

Output in_top_k(Input predictions, Input targets, Input k, std::string_view name) {
  SourceScope here(predictions);
  const std::vector<Input> inputs = {predictions, targets, k};
  const Graph graph = graph_of(inputs);
  // With a name, the node has the name of its scope too.
  const name_scope scope(name.empty() ? "in_top_k" : name, graph.impl());
  return OpBuilder("InTopKV2", name).Input(predictions).Input(targets).Input(k).Build();
}

}  // namespace nn
}  // namespace sessile
