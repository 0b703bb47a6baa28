// GatherNd and ScatterNd: slices of a tensor, taken from and put to places that have several
// indices each.

#include "sessile/core/framework/op_registry.h"
#include "sessile/core/framework/shape_inference.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/graph/node.h"
#include "sessile/ops/array.h"
#include "sessile/ops/grad_context.h"
#include "sessile/ops/op_builder.h"
#include "sessile/ops/register_all.h"

namespace sessile {
namespace {

// [picks..., K], and params from dimension K on.
absl::Status GatherNdShape(ShapeContext& ctx) {
  const Shape params = ctx.input(0);
  SESSILE_ASSIGN_OR_RETURN(const Shape indices, ctx.InputAtLeastRank(1, 1));
  if (!params.has_rank() || !indices.has_rank()) return absl::OkStatus();
  const int64_t depth = indices.dim(indices.rank() - 1);
  if (depth < 0) return absl::OkStatus();
  if (depth > params.rank()) {
    return InvalidArgument("indices.shape[-1] must be <= params.rank, but saw indices shape: ",
                           indices.ToString(), " and params shape: ", params.ToString());
  }
  const Shape rest = params.Slice(static_cast<int>(depth));
  if (indices.rank() - 1 + rest.rank() > Shape::kMaxRank) {
    return InvalidArgument("The result has more than ", Shape::kMaxRank, " dimensions");
  }
  SESSILE_ASSIGN_OR_RETURN(Shape out,
                           Shape::FromDims(Shape::Concat(indices.Slice(0, -1), rest).dims()));
  ctx.SetOutput(0, std::move(out));
  return absl::OkStatus();
}

absl::Status ScatterNdShape(ShapeContext& ctx) {
  SESSILE_RETURN_IF_ERROR(ctx.InputAtLeastRank(0, 1).status());
  SESSILE_ASSIGN_OR_RETURN(Shape out, ctx.input_value_as_shape(2));
  ctx.SetOutput(0, std::move(out));
  return absl::OkStatus();
}

// Added up where they were taken from. (TensorFlow gives IndexedSlices for indices of shape [n, 1];
// the sum of these is the same.)
absl::StatusOr<std::vector<Output>> GatherNdGradient(GradContext& ctx, const Node& node,
                                                     std::span<const Output> grads) {
  const Output indices = ctx.input(node, 1);
  const Output whole = shape(ctx.input(node, 0), {.out_type = indices.dtype()});
  return std::vector<Output>{scatter_nd(indices, grads[0], whole), Output()};
}

absl::StatusOr<std::vector<Output>> ScatterNdGradient(GradContext& ctx, const Node& node,
                                                      std::span<const Output> grads) {
  return std::vector<Output>{Output(), gather_nd(grads[0], ctx.input(node, 0)), Output()};
}

}  // namespace

void RegisterGatherNd(OpRegistry& ops) {
  ops.Add("GatherNd")
      .Input("params: Tparams")
      .Input("indices: Tindices")
      .Output("output: Tparams")
      .Attr("Tparams: type")
      .Attr("Tindices: {int16, int32, int64}")
      .Shape(GatherNdShape)
      .Gradient(GatherNdGradient)
      .Doc("The slices of `params` at places that the rows of `indices` name.");
  ops.Add("ScatterNd")
      .Input("indices: Tindices")
      .Input("updates: T")
      .Input("shape: Tindices")
      .Output("output: T")
      .Attr("T: type")
      .Attr("Tindices: {int16, int32, int64}")
      .Shape(ScatterNdShape)
      .Gradient(ScatterNdGradient)
      .Doc("Zeros of `shape`, to which `updates` are added where the rows of `indices` say.");
}

Output gather_nd(Input params, Input indices, std::string_view name) {
  SourceScope here(params);
  return OpBuilder("GatherNd", name).Input(params).Input(indices).Build();
}

Output scatter_nd(Input indices, Input updates, Input shape, std::string_view name) {
  SourceScope here(indices);
  return OpBuilder("ScatterNd", name).Input(indices).Input(updates).Input(shape).Build();
}

}  // namespace sessile
