// SparseTensorDenseAdd: a sparse tensor, given by its indices, values and shape, plus a dense one.

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

using Outputs = std::vector<Output>;

// indices [n, rank], values [n], shape [rank].
absl::Status SparseDenseAddShape(ShapeContext& ctx) {
  SESSILE_ASSIGN_OR_RETURN(const Shape indices, ctx.InputWithRank(0, 2));
  SESSILE_ASSIGN_OR_RETURN(const Shape values, ctx.InputWithRank(1, 1));
  SESSILE_ASSIGN_OR_RETURN(const Shape sizes, ctx.InputWithRank(2, 1));
  SESSILE_RETURN_IF_ERROR(ctx.MergeDim(indices.dim(0), values.dim(0)).status());
  SESSILE_RETURN_IF_ERROR(ctx.MergeDim(indices.dim(1), sizes.dim(0)).status());
  ctx.SetOutput(0, ctx.input(3));
  return absl::OkStatus();
}

absl::StatusOr<Outputs> SparseDenseAddGradient(GradContext& ctx, const Node& node,
                                               std::span<const Output> grads) {
  return Outputs{Output(), gather_nd(grads[0], ctx.input(node, 0)), Output(), grads[0]};
}

}  // namespace

void RegisterSparse(OpRegistry& ops) {
  ops.Add("SparseTensorDenseAdd")
      .Input("a_indices: Tindices")
      .Input("a_values: T")
      .Input("a_shape: Tindices")
      .Input("b: T")
      .Output("output: T")
      .Attr("T: numbertype")
      .Attr("Tindices: {int32, int64}")
      .Shape(SparseDenseAddShape)
      .Gradient(SparseDenseAddGradient)
      .Doc("The sparse tensor `a` plus `b`, which has its shape.");
}

}  // namespace sessile
