// MatrixInverse, MatrixDeterminant, LogMatrixDeterminant, MatrixSolve, Cholesky, Qr and Svd.

#include "sessile/ops/linalg.h"

#include <algorithm>

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

using Outputs = std::vector<Output>;

// Square matrices; unknown rank stays unknown.
absl::StatusOr<Shape> SquareInput(ShapeContext& ctx) {
  SESSILE_ASSIGN_OR_RETURN(const Shape input, ctx.InputAtLeastRank(0, 2));
  if (!input.has_rank()) return input;
  const int rank = input.rank();
  SESSILE_ASSIGN_OR_RETURN(const int64_t size,
                           ctx.MergeDim(input.dim(rank - 2), input.dim(rank - 1)));
  return input.WithDim(rank - 2, size).WithDim(rank - 1, size);
}

absl::Status SquareShape(ShapeContext& ctx) {
  SESSILE_ASSIGN_OR_RETURN(Shape square, SquareInput(ctx));
  ctx.SetOutput(0, std::move(square));
  return absl::OkStatus();
}

absl::Status DeterminantShape(ShapeContext& ctx) {
  SESSILE_ASSIGN_OR_RETURN(const Shape square, SquareInput(ctx));
  if (!square.has_rank()) return absl::OkStatus();
  for (int i = 0; i < ctx.num_outputs(); ++i) {
    ctx.SetOutput(i, square.Slice(0, square.rank() - 2));
  }
  return absl::OkStatus();
}

absl::Status MatrixSolveShape(ShapeContext& ctx) {
  SESSILE_ASSIGN_OR_RETURN(const Shape square, SquareInput(ctx));
  SESSILE_ASSIGN_OR_RETURN(const Shape rhs, ctx.InputAtLeastRank(1, 2));
  if (!square.has_rank() || !rhs.has_rank()) return absl::OkStatus();
  const int rank = square.rank();
  SESSILE_ASSIGN_OR_RETURN(const Shape rows,
                           ctx.Merge(square.Slice(0, rank - 1), rhs.Slice(0, rhs.rank() - 1)));
  ctx.SetOutput(0, Shape::Concat(rows, rhs.Slice(rhs.rank() - 1)));
  return absl::OkStatus();
}

int64_t Smaller(int64_t a, int64_t b) { return a == None || b == None ? None : std::min(a, b); }

absl::Status QrShape(ShapeContext& ctx) {
  SESSILE_ASSIGN_OR_RETURN(const Shape input, ctx.InputAtLeastRank(0, 2));
  SESSILE_ASSIGN_OR_RETURN(const bool full, ctx.Attr<bool>("full_matrices"));
  if (!input.has_rank()) return absl::OkStatus();
  const int64_t m = input.dim(input.rank() - 2);
  const int64_t n = input.dim(input.rank() - 1);
  const int64_t inner = full ? m : Smaller(m, n);
  const Shape batch = input.Slice(0, input.rank() - 2);
  ctx.SetOutput(0, Shape::Concat(batch, Shape({m, inner})));
  ctx.SetOutput(1, Shape::Concat(batch, Shape({inner, n})));
  return absl::OkStatus();
}

absl::Status SvdShape(ShapeContext& ctx) {
  SESSILE_ASSIGN_OR_RETURN(const Shape input, ctx.InputAtLeastRank(0, 2));
  SESSILE_ASSIGN_OR_RETURN(const bool full, ctx.Attr<bool>("full_matrices"));
  SESSILE_ASSIGN_OR_RETURN(const bool compute_uv, ctx.Attr<bool>("compute_uv"));
  if (!compute_uv) {
    ctx.SetOutput(1, Shape({0}));
    ctx.SetOutput(2, Shape({0}));
  }
  if (!input.has_rank()) return absl::OkStatus();
  const int64_t m = input.dim(input.rank() - 2);
  const int64_t n = input.dim(input.rank() - 1);
  const int64_t p = Smaller(m, n);
  const Shape batch = input.Slice(0, input.rank() - 2);
  ctx.SetOutput(0, Shape::Concat(batch, Shape({p})));
  if (!compute_uv) return absl::OkStatus();
  ctx.SetOutput(1, Shape::Concat(batch, Shape({m, full ? m : p})));
  ctx.SetOutput(2, Shape::Concat(batch, Shape({n, full ? n : p})));
  return absl::OkStatus();
}

// d(a^-1) = -a^-1 da a^-1.
absl::StatusOr<Outputs> MatrixInverseGradient(GradContext& ctx, const Node& node,
                                              std::span<const Output> grads) {
  SESSILE_ASSIGN_OR_RETURN(const bool adjoint, node.attrs().Get<bool>("adjoint"));
  const Output inverse = ctx.output(node, 0);
  const Output right = matmul(grads[0], inverse, {.adjoint_a = adjoint, .adjoint_b = !adjoint});
  return Outputs{-matmul(inverse, right, {.adjoint_a = !adjoint})};
}

// d(det a) = det(a) tr(a^-1 da).
absl::StatusOr<Outputs> DeterminantGradient(GradContext& ctx, const Node& node,
                                            std::span<const Output> grads) {
  const Output inverse = linalg::inv(ctx.input(node, 0), {.adjoint = true});
  const Output determinant = ctx.output(node, 0);
  const Output scaled = grads[0] * determinant;
  const Output batch = shape(determinant);
  const Output sizes = concat({batch, {1, 1}}, 0);
  return Outputs{reshape(scaled, sizes) * inverse};
}

absl::StatusOr<Outputs> MatrixSolveGradient(GradContext& ctx, const Node& node,
                                            std::span<const Output> grads) {
  SESSILE_ASSIGN_OR_RETURN(const bool adjoint, node.attrs().Get<bool>("adjoint"));
  const Output solution = ctx.output(node, 0);
  const Output by_rhs = linalg::solve(ctx.input(node, 0), grads[0], {.adjoint = !adjoint});
  const Output product = adjoint ? matmul(solution, by_rhs, {.adjoint_b = true})
                                 : matmul(by_rhs, solution, {.adjoint_b = true});
  return Outputs{-product, by_rhs};
}

constexpr const char* kNotYet = "its gradient is not implemented";
constexpr const char* kNoneInTensorFlow = "TensorFlow defines none";
constexpr const char* kTypes = "T: {double, float, half, complex64, complex128}";

// The same operations with the deprecated names.
void RegisterBatchLinalg(OpRegistry& ops) {
  constexpr const char* kRealTypes = "T: {double, float}";
  ops.Add("BatchMatrixInverse")
      .Input("input: T")
      .Output("output: T")
      .Attr("adjoint: bool = false")
      .Attr(kRealTypes)
      .Shape(SquareShape)
      .NoGradient(kNoneInTensorFlow)
      .Deprecated(13)
      .Doc("As MatrixInverse.");
  ops.Add("BatchMatrixDeterminant")
      .Input("input: T")
      .Output("output: T")
      .Attr("T: {float, double, complex64, complex128}")
      .Shape(DeterminantShape)
      .NoGradient(kNoneInTensorFlow)
      .Deprecated(13)
      .Doc("As MatrixDeterminant.");
  ops.Add("BatchMatrixSolve")
      .Input("matrix: T")
      .Input("rhs: T")
      .Output("output: T")
      .Attr("adjoint: bool = false")
      .Attr(kRealTypes)
      .Shape(MatrixSolveShape)
      .NoGradient(kNoneInTensorFlow)
      .Deprecated(13)
      .Doc("As MatrixSolve.");
  ops.Add("BatchCholesky")
      .Input("input: T")
      .Output("output: T")
      .Attr(kRealTypes)
      .Shape(SquareShape)
      .NoGradient(kNoneInTensorFlow)
      .Deprecated(13)
      .Doc("As Cholesky.");
}

}  // namespace

void RegisterLinalg(OpRegistry& ops) {
  RegisterBatchLinalg(ops);
  ops.Add("MatrixInverse")
      .Input("input: T")
      .Output("output: T")
      .Attr("adjoint: bool = false")
      .Attr(kTypes)
      .Shape(SquareShape)
      .Gradient(MatrixInverseGradient)
      .Doc("The inverses of matrices, or of their transposes.");
  ops.Add("MatrixDeterminant")
      .Input("input: T")
      .Output("output: T")
      .Attr(kTypes)
      .Shape(DeterminantShape)
      .Gradient(DeterminantGradient)
      .Doc("The determinants of matrices.");
  ops.Add("LogMatrixDeterminant")
      .Input("input: T")
      .Output("sign: T")
      .Output("log_abs_determinant: T")
      .Attr(kTypes)
      .Shape(DeterminantShape)
      .NoGradient(kNotYet)
      .Doc("The signs and the logarithms of the magnitudes of determinants.");
  ops.Add("MatrixSolve")
      .Input("matrix: T")
      .Input("rhs: T")
      .Output("output: T")
      .Attr("adjoint: bool = false")
      .Attr(kTypes)
      .Shape(MatrixSolveShape)
      .Gradient(MatrixSolveGradient)
      .Doc("x with matrix x = rhs.");
  ops.Add("Cholesky")
      .Input("input: T")
      .Output("output: T")
      .Attr(kTypes)
      .Shape(SquareShape)
      .NoGradient(kNotYet)
      .Doc("The lower triangles l with l l^T = input.");
  ops.Add("Qr")
      .Input("input: T")
      .Output("q: T")
      .Output("r: T")
      .Attr("full_matrices: bool = false")
      .Attr(kTypes)
      .Shape(QrShape)
      .NoGradient(kNotYet)
      .Doc("Orthonormal q and upper triangular r with q r = input.");
  ops.Add("Svd")
      .Input("input: T")
      .Output("s: T")
      .Output("u: T")
      .Output("v: T")
      .Attr("compute_uv: bool = true")
      .Attr("full_matrices: bool = false")
      .Attr(kTypes)
      .Shape(SvdShape)
      .NoGradient(kNotYet)
      .Doc("Singular values and vectors: u diag(s) v^T = input.");
}

namespace linalg {

Output inv(Input input, const AdjointOptions& options) {
  SourceScope here(input);
  return OpBuilder("MatrixInverse", options.name)
      .Input(std::move(input))
      .Attr("adjoint", options.adjoint)
      .Build();
}

Output det(Input input, std::string_view name) {
  SourceScope here(input);
  return OpBuilder("MatrixDeterminant", name).Input(std::move(input)).Build();
}

Output solve(Input matrix, Input rhs, const AdjointOptions& options) {
  SourceScope here(matrix);
  return OpBuilder("MatrixSolve", options.name)
      .Input(std::move(matrix))
      .Input(std::move(rhs))
      .Attr("adjoint", options.adjoint)
      .Build();
}

Output cholesky(Input input, std::string_view name) {
  SourceScope here(input);
  return OpBuilder("Cholesky", name).Input(std::move(input)).Build();
}

LogDeterminant slogdet(Input input, std::string_view name) {
  SourceScope here(input);
  const Outputs outputs =
      OpBuilder("LogMatrixDeterminant", name).Input(std::move(input)).BuildAll();
  return {outputs[0], outputs[1]};
}

QrFactors qr(Input input, const FactorOptions& options) {
  SourceScope here(input);
  const Outputs outputs = OpBuilder("Qr", options.name)
                              .Input(std::move(input))
                              .Attr("full_matrices", options.full_matrices)
                              .BuildAll();
  return {outputs[0], outputs[1]};
}

SvdFactors svd(Input tensor, const SvdOptions& options) {
  SourceScope here(tensor);
  const Outputs outputs = OpBuilder("Svd", options.name)
                              .Input(std::move(tensor))
                              .Attr("compute_uv", options.compute_uv)
                              .Attr("full_matrices", options.full_matrices)
                              .BuildAll();
  return {outputs[0], outputs[1], outputs[2]};
}

}  // namespace linalg
}  // namespace sessile
