// BatchMatMul, V2 and V3: products of batches of matrices; the builder is tf::matmul.

#include "sessile/core/framework/broadcast_shape.h"
#include "sessile/core/framework/op_registry.h"
#include "sessile/core/framework/shape_inference.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/graph/node.h"
#include "sessile/ops/array.h"
#include "sessile/ops/grad_context.h"
#include "sessile/ops/math.h"
#include "sessile/ops/op_builder.h"
#include "sessile/ops/register_all.h"

namespace sessile {
namespace {

using Outputs = std::vector<Output>;

absl::Status BatchMatMulShape(ShapeContext& ctx) {
  SESSILE_ASSIGN_OR_RETURN(const Shape x, ctx.InputAtLeastRank(0, 2));
  SESSILE_ASSIGN_OR_RETURN(const Shape y, ctx.InputAtLeastRank(1, 2));
  if (!x.has_rank() || !y.has_rank()) return absl::OkStatus();
  SESSILE_ASSIGN_OR_RETURN(const bool adj_x, ctx.Attr<bool>("adj_x"));
  SESSILE_ASSIGN_OR_RETURN(const bool adj_y, ctx.Attr<bool>("adj_y"));
  const int64_t rows = x.dim(x.rank() - (adj_x ? 1 : 2));
  const int64_t columns = y.dim(y.rank() - (adj_y ? 2 : 1));
  SESSILE_RETURN_IF_ERROR(
      ctx.MergeDim(x.dim(x.rank() - (adj_x ? 2 : 1)), y.dim(y.rank() - (adj_y ? 1 : 2))).status());
  const Shape x_batch = x.Slice(0, -2), y_batch = y.Slice(0, -2);
  Shape batch;
  if (ctx.node().op_type() == "BatchMatMul") {
    SESSILE_ASSIGN_OR_RETURN(batch, ctx.Merge(x_batch, y_batch));
  } else {
    SESSILE_ASSIGN_OR_RETURN(batch, BroadcastShapes(x_batch, y_batch));
  }
  SESSILE_ASSIGN_OR_RETURN(Shape out, Shape::FromDims(batch.Append(rows).Append(columns).dims()));
  ctx.SetOutput(0, std::move(out));
  return absl::OkStatus();
}

Output AdjointProduct(const Output& a, const Output& b, bool adjoint_a, bool adjoint_b) {
  return matmul(a, b, {.adjoint_a = adjoint_a, .adjoint_b = adjoint_b});
}

// As of MatMul (matmul.cc).
absl::StatusOr<Outputs> ProductGradients(GradContext& ctx, const Node& node, const Output& g) {
  SESSILE_ASSIGN_OR_RETURN(const bool ax, node.attrs().Get<bool>("adj_x"));
  SESSILE_ASSIGN_OR_RETURN(const bool ay, node.attrs().Get<bool>("adj_y"));
  const Output x = ctx.input(node, 0);
  const Output y = ctx.input(node, 1);
  const Output gx = ax ? AdjointProduct(y, g, ay, true) : AdjointProduct(g, y, false, !ay);
  const Output gy = ay ? AdjointProduct(g, x, true, ax) : AdjointProduct(x, g, !ax, false);
  return Outputs{gx, gy};
}

absl::StatusOr<Outputs> BatchMatMulGradient(GradContext& ctx, const Node& node,
                                            std::span<const Output> grads) {
  return ProductGradients(ctx, node, grads[0]);
}

bool MayHaveBatch(const Shape& shape) { return !shape.has_rank() || shape.rank() > 2; }

// What was broadcast along the batch is summed.
absl::StatusOr<Outputs> BatchMatMulV2Gradient(GradContext& ctx, const Node& node,
                                              std::span<const Output> grads) {
  SESSILE_ASSIGN_OR_RETURN(Outputs products, ProductGradients(ctx, node, grads[0]));
  const Output x = ctx.input(node, 0);
  const Output y = ctx.input(node, 1);
  const Shape x_known = x.get_shape(), y_known = y.get_shape();
  if (!MayHaveBatch(x_known) && !MayHaveBatch(y_known)) return products;
  if (x_known.has_rank() && y_known.has_rank()) {
    const Shape x_batch = x_known.Slice(0, -2), y_batch = y_known.Slice(0, -2);
    if (x_batch.IsFullyDefined() && x_batch == y_batch) return products;
  }
  const Output x_shape = shape(x);
  const Output y_shape = shape(y);
  const Output x_batch = x_shape[{{{}, -2}}];
  const Output y_batch = y_shape[{{{}, -2}}];
  const Outputs axes = OpBuilder("BroadcastGradientArgs").Input(x_batch).Input(y_batch).BuildAll();
  const Output gx = reshape(reduce_sum(products[0], {.axis = axes[0]}), x_shape);
  const Output gy = reshape(reduce_sum(products[1], {.axis = axes[1]}), y_shape);
  return Outputs{gx, gy};
}

}  // namespace

void RegisterBatchMatMul(OpRegistry& ops) {
  ops.Add("BatchMatMul")
      .Input("x: T")
      .Input("y: T")
      .Output("output: T")
      .Attr("T: {bfloat16, half, float, double, int32, int64, complex64, complex128}")
      .Attr("adj_x: bool = false")
      .Attr("adj_y: bool = false")
      .Shape(BatchMatMulShape)
      .Gradient(BatchMatMulGradient)
      .Doc("The products of the matrices of two batches.");
  ops.Add("BatchMatMulV2")
      .Input("x: T")
      .Input("y: T")
      .Output("output: T")
      .Attr(
          "T: {bfloat16, half, float, double, int16, int32, int64, uint8, uint16, uint32, uint64, "
          "complex64, complex128}")
      .Attr("adj_x: bool = false")
      .Attr("adj_y: bool = false")
      .Shape(BatchMatMulShape)
      .Gradient(BatchMatMulV2Gradient)
      .Doc("The products of the matrices of two batches, which broadcast.");
  ops.Add("BatchMatMulV3")
      .Input("x: Ta")
      .Input("y: Tb")
      .Output("output: Tout")
      .Attr(
          "Ta: {bfloat16, half, float, double, uint8, int8, int16, int32, int64, complex64, "
          "complex128}")
      .Attr(
          "Tb: {bfloat16, half, float, double, uint8, int8, int16, int32, int64, complex64, "
          "complex128}")
      .Attr("Tout: {bfloat16, half, float, double, int16, int32, int64, complex64, complex128}")
      .Attr("adj_x: bool = false")
      .Attr("adj_y: bool = false")
      .Shape(BatchMatMulShape)
      .Gradient(BatchMatMulV2Gradient)
      .Doc("The products of the matrices of two batches, which broadcast, as another type.");
}

}  // namespace sessile
