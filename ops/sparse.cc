// Sparse tensors, which are given by their indices [n, rank], values [n] and shape [rank].

#include "sessile/core/framework/op_registry.h"
#include "sessile/core/framework/shape_inference.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/graph/node.h"
#include "sessile/ops/array.h"
#include "sessile/ops/constant.h"
#include "sessile/ops/grad_context.h"
#include "sessile/ops/math.h"
#include "sessile/ops/op_builder.h"
#include "sessile/ops/operators.h"
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

// -- SparseToDense, whose indices may also be a vector or a scalar, and values one for all.

absl::Status SparseToDenseShape(ShapeContext& ctx) {
  SESSILE_RETURN_IF_ERROR(ctx.InputAtMostRank(0, 2).status());
  SESSILE_RETURN_IF_ERROR(ctx.InputAtMostRank(2, 1).status());
  SESSILE_RETURN_IF_ERROR(ctx.InputIsScalar(3));
  SESSILE_ASSIGN_OR_RETURN(Shape output, ctx.input_value_as_shape(1));
  ctx.SetOutput(0, std::move(output));
  return absl::OkStatus();
}

absl::StatusOr<Outputs> SparseToDenseGradient(GradContext& ctx, const Node& node,
                                              std::span<const Output> grads) {
  const Output indices = ctx.input(node, 0);
  const Output by_values = gather_nd(grads[0], indices);
  const Output all = reduce_sum(grads[0]);
  const Output by_default = all - reduce_sum(by_values);
  const Output by_indices = zeros_like(indices);
  return Outputs{by_indices, zeros_like(ctx.input(node, 1)), by_values, by_default};
}

// -- SparseTensorDenseMatMul.

absl::Status SparseMatMulShape(ShapeContext& ctx) {
  SESSILE_ASSIGN_OR_RETURN(const Shape indices, ctx.InputWithRank(0, 2));
  SESSILE_RETURN_IF_ERROR(ctx.InputWithRank(1, 1).status());
  SESSILE_RETURN_IF_ERROR(ctx.InputWithRank(2, 1).status());
  SESSILE_ASSIGN_OR_RETURN(const Shape b, ctx.InputWithRank(3, 2));
  SESSILE_ASSIGN_OR_RETURN(const Shape sizes, ctx.input_value_as_shape(2));
  SESSILE_ASSIGN_OR_RETURN(const Shape a, ctx.Merge(sizes, Shape::UnknownOfRank(2)));
  SESSILE_ASSIGN_OR_RETURN(const bool adjoint_a, ctx.Attr<bool>("adjoint_a"));
  SESSILE_ASSIGN_OR_RETURN(const bool adjoint_b, ctx.Attr<bool>("adjoint_b"));
  SESSILE_RETURN_IF_ERROR(
      ctx.MergeDim(a.dim(adjoint_a ? 0 : 1), b.dim(adjoint_b ? 1 : 0)).status());
  ctx.SetOutput(0, Shape({a.dim(adjoint_a ? 1 : 0), b.dim(adjoint_b ? 0 : 1)}));
  return absl::OkStatus();
}

// The gradient of the product, by a value at (r, c): a row of it times a row of b.
absl::StatusOr<Outputs> SparseMatMulGradient(GradContext& ctx, const Node& node,
                                             std::span<const Output> grads) {
  SESSILE_ASSIGN_OR_RETURN(const bool adjoint_a, node.attrs().Get<bool>("adjoint_a"));
  SESSILE_ASSIGN_OR_RETURN(const bool adjoint_b, node.attrs().Get<bool>("adjoint_b"));
  const Output indices = ctx.input(node, 0);
  const Output b = ctx.input(node, 3);
  Output by_b = OpBuilder("SparseTensorDenseMatMul")
                    .Input(indices)
                    .Input(ctx.input(node, 1))
                    .Input(ctx.input(node, 2))
                    .Input(grads[0])
                    .Attr("adjoint_a", !adjoint_a)
                    .Build();
  if (adjoint_b) by_b = transpose(by_b);
  const Output rows = indices[{{}, 0}];
  const Output columns = indices[{{}, 1}];
  const Output of_grad = gather(grads[0], adjoint_a ? columns : rows);
  const Output of_b = gather(adjoint_b ? transpose(b) : b, adjoint_a ? rows : columns);
  const Output left = expand_dims(of_grad, adjoint_a ? -1 : -2);
  const Output right = expand_dims(of_b, adjoint_a == adjoint_b ? -2 : -1);
  const Output products =
      matmul(left, right, {.adjoint_a = adjoint_a, .adjoint_b = adjoint_a == adjoint_b});
  return Outputs{Output(), squeeze(products, {.axis = {-2, -1}}), Output(), by_b};
}

// -- SparseReorder and SparseReshape.

absl::Status SparseReorderShape(ShapeContext& ctx) {
  SESSILE_ASSIGN_OR_RETURN(const Shape indices, ctx.InputWithRank(0, 2));
  SESSILE_ASSIGN_OR_RETURN(const Shape values, ctx.InputWithRank(1, 1));
  SESSILE_RETURN_IF_ERROR(ctx.InputWithRank(2, 1).status());
  ctx.SetOutput(0, indices);
  ctx.SetOutput(1, values);
  return absl::OkStatus();
}

// To where each value came from.
absl::StatusOr<Outputs> SparseReorderGradient(GradContext& ctx, const Node& node,
                                              std::span<const Output> grads) {
  const Output indices = ctx.input(node, 0);
  const Output count = shape(indices)[0];
  const Output numbers = range(count);
  const Output order = OpBuilder("SparseReorder")
                           .Input(indices)
                           .Input(numbers)
                           .Input(ctx.input(node, 2))
                           .BuildAll()[1];
  const Output back = OpBuilder("InvertPermutation").Input(order).Build();
  return Outputs{Output(), gather(grads[1], back), Output()};
}

absl::Status SparseReshapeShape(ShapeContext& ctx) {
  SESSILE_ASSIGN_OR_RETURN(const Shape indices, ctx.InputWithRank(0, 2));
  SESSILE_RETURN_IF_ERROR(ctx.InputWithRank(1, 1).status());
  SESSILE_ASSIGN_OR_RETURN(const Shape sizes, ctx.InputWithRank(2, 1));
  ctx.SetOutput(0, Shape({indices.dim(0), sizes.dim(0)}));
  ctx.SetOutput(1, sizes);
  return absl::OkStatus();
}

void RegisterSparseArrangements(OpRegistry& ops) {
  ops.Add("SparseReorder")
      .Input("input_indices: int64")
      .Input("input_values: T")
      .Input("input_shape: int64")
      .Output("output_indices: int64")
      .Output("output_values: T")
      .Attr("T: type")
      .Shape(SparseReorderShape)
      .Gradient(SparseReorderGradient)
      .Doc("A sparse tensor with its values in row-major order.");
  ops.Add("SparseReshape")
      .Input("input_indices: int64")
      .Input("input_shape: int64")
      .Input("new_shape: int64")
      .Output("output_indices: int64")
      .Output("output_shape: int64")
      .Shape(SparseReshapeShape)
      .NoGradient("places have no derivative")
      .Doc("The indices of a sparse tensor's values in another shape; one size may be -1.");
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
  ops.Add("SparseToDense")
      .Input("sparse_indices: Tindices")
      .Input("output_shape: Tindices")
      .Input("sparse_values: T")
      .Input("default_value: T")
      .Output("dense: T")
      .Attr("validate_indices: bool = true")
      .Attr("T: type")
      .Attr("Tindices: {int32, int64}")
      .Shape(SparseToDenseShape)
      .Gradient(SparseToDenseGradient)
      .Doc("A tensor of one value everywhere but where `sparse_indices` say otherwise.");
  ops.Add("SparseTensorDenseMatMul")
      .Input("a_indices: Tindices")
      .Input("a_values: T")
      .Input("a_shape: int64")
      .Input("b: T")
      .Output("product: T")
      .Attr("T: type")
      .Attr("Tindices: {int32, int64} = DT_INT64")
      .Attr("adjoint_a: bool = false")
      .Attr("adjoint_b: bool = false")
      .Shape(SparseMatMulShape)
      .Gradient(SparseMatMulGradient)
      .Doc("The product of the sparse matrix `a` and `b`, or of their transposes.");
  RegisterSparseArrangements(ops);
}

Output sparse_to_dense(Input sparse_indices, Input output_shape, Input sparse_values,
                       const SparseToDenseOptions& options) {
  SourceScope here(sparse_indices);
  return OpBuilder("SparseToDense", options.name)
      .Input(sparse_indices)
      .Input(output_shape)
      .Input(sparse_values)
      .Input(options.default_value)
      .Attr("validate_indices", options.validate_indices)
      .Build();
}

}  // namespace sessile
