// TopKV2: the largest elements along the last dimension; InTopK: whether a class is among them.

#include "sessile/core/framework/op_registry.h"
#include "sessile/core/framework/shape_inference.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/graph/scope.h"
#include "sessile/ops/folding.h"
#include "sessile/ops/nn.h"
#include "sessile/ops/op_builder.h"
#include "sessile/ops/register_all.h"

namespace sessile {
namespace {

absl::Status TopKShape(ShapeContext& ctx) {
  SESSILE_ASSIGN_OR_RETURN(Shape input, ctx.InputAtLeastRank(0, 1));
  SESSILE_RETURN_IF_ERROR(ctx.InputIsScalar(1));
  const int64_t k = KnownInt(ctx, 1).value_or(None);
  if (ctx.input_value(1) != nullptr && k < 0 && k != None) {
    return InvalidArgument("Need k >= 0, got ", k);
  }
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

}  // namespace

void RegisterTopK(OpRegistry& ops) {
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
      .NoGradient("its gradient needs ScatterNd, which is not supported yet")
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
