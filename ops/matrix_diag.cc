// MatrixDiag, MatrixDiagPart, MatrixSetDiag, MatrixBandPart, Diag and DiagPart: the diagonals of
// matrices and of batches of them.

#include <algorithm>

#include "sessile/core/framework/op_registry.h"
#include "sessile/core/framework/shape_inference.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/graph/node.h"
#include "sessile/ops/array.h"
#include "sessile/ops/constant.h"
#include "sessile/ops/grad_context.h"
#include "sessile/ops/op_builder.h"
#include "sessile/ops/register_all.h"

namespace sessile {
namespace {

using Outputs = std::vector<Output>;

absl::Status MatrixDiagShape(ShapeContext& ctx) {
  SESSILE_ASSIGN_OR_RETURN(const Shape diagonal, ctx.InputAtLeastRank(0, 1));
  if (!diagonal.has_rank()) return absl::OkStatus();
  std::vector<int64_t> dims(diagonal.dims().begin(), diagonal.dims().end());
  dims.push_back(dims.back());
  SESSILE_ASSIGN_OR_RETURN(Shape output, Shape::FromDims(dims));
  ctx.SetOutput(0, std::move(output));
  return absl::OkStatus();
}

// The shape of the diagonals of matrices.
Shape DiagonalShape(const Shape& matrix) {
  const int rank = matrix.rank();
  const int64_t rows = matrix.dim(rank - 2);
  const int64_t columns = matrix.dim(rank - 1);
  const int64_t length = rows == None || columns == None ? None : std::min(rows, columns);
  return matrix.Slice(0, rank - 1).WithDim(rank - 2, length);
}

absl::Status MatrixDiagPartShape(ShapeContext& ctx) {
  SESSILE_ASSIGN_OR_RETURN(const Shape input, ctx.InputAtLeastRank(0, 2));
  if (input.has_rank()) ctx.SetOutput(0, DiagonalShape(input));
  return absl::OkStatus();
}

absl::Status MatrixSetDiagShape(ShapeContext& ctx) {
  SESSILE_ASSIGN_OR_RETURN(const Shape input, ctx.InputAtLeastRank(0, 2));
  SESSILE_ASSIGN_OR_RETURN(const Shape diagonal, ctx.InputAtLeastRank(1, 1));
  if (input.has_rank()) {
    SESSILE_RETURN_IF_ERROR(ctx.Merge(DiagonalShape(input), diagonal).status());
  }
  ctx.SetOutput(0, input);
  return absl::OkStatus();
}

absl::Status MatrixBandPartShape(ShapeContext& ctx) {
  SESSILE_ASSIGN_OR_RETURN(const Shape input, ctx.InputAtLeastRank(0, 2));
  SESSILE_RETURN_IF_ERROR(ctx.InputIsScalar(1));
  SESSILE_RETURN_IF_ERROR(ctx.InputIsScalar(2));
  ctx.SetOutput(0, input);
  return absl::OkStatus();
}

absl::Status DiagShape(ShapeContext& ctx) {
  SESSILE_ASSIGN_OR_RETURN(const Shape diagonal, ctx.InputAtLeastRank(0, 1));
  if (!diagonal.has_rank()) return absl::OkStatus();
  SESSILE_ASSIGN_OR_RETURN(Shape output, Shape::FromDims(Shape::Concat(diagonal, diagonal).dims()));
  ctx.SetOutput(0, std::move(output));
  return absl::OkStatus();
}

absl::Status DiagPartShape(ShapeContext& ctx) {
  const Shape input = ctx.input(0);
  if (!input.has_rank()) return absl::OkStatus();
  if (input.rank() % 2 != 0 || input.rank() == 0) {
    return InvalidArgument("Input must have even and non-zero rank, input rank is ", input.rank());
  }
  const int half = input.rank() / 2;
  SESSILE_ASSIGN_OR_RETURN(Shape output, ctx.Merge(input.Slice(0, half), input.Slice(half)));
  ctx.SetOutput(0, std::move(output));
  return absl::OkStatus();
}

absl::StatusOr<Outputs> MatrixDiagGradient(GradContext&, const Node&,
                                           std::span<const Output> grads) {
  return Outputs{OpBuilder("MatrixDiagPart").Input(grads[0]).Build()};
}

absl::StatusOr<Outputs> MatrixDiagPartGradient(GradContext& ctx, const Node& node,
                                               std::span<const Output> grads) {
  const Output input = ctx.input(node, 0);
  const Shape known = input.get_shape();
  const int rank = known.has_rank() ? known.rank() : 0;
  if (rank >= 2 && known.dim(rank - 1) != None && known.dim(rank - 1) == known.dim(rank - 2)) {
    return Outputs{OpBuilder("MatrixDiag").Input(grads[0]).Build()};
  }
  return Outputs{OpBuilder("MatrixSetDiag").Input(zeros_like(input)).Input(grads[0]).Build()};
}

absl::StatusOr<Outputs> MatrixSetDiagGradient(GradContext& ctx, const Node& node,
                                              std::span<const Output> grads) {
  const Output zeros = zeros_like(ctx.input(node, 1));
  const Output by_input = OpBuilder("MatrixSetDiag").Input(grads[0]).Input(zeros).Build();
  const Output by_diagonal = OpBuilder("MatrixDiagPart").Input(grads[0]).Build();
  return Outputs{by_input, by_diagonal};
}

absl::StatusOr<Outputs> MatrixBandPartGradient(GradContext& ctx, const Node& node,
                                               std::span<const Output> grads) {
  const Output by_input = OpBuilder("MatrixBandPart")
                              .Input(grads[0])
                              .Input(ctx.input(node, 1))
                              .Input(ctx.input(node, 2))
                              .Build();
  return Outputs{by_input, Output(), Output()};
}

absl::StatusOr<Outputs> DiagGradient(GradContext&, const Node&, std::span<const Output> grads) {
  return Outputs{OpBuilder("DiagPart").Input(grads[0]).Build()};
}

absl::StatusOr<Outputs> DiagPartGradient(GradContext&, const Node&, std::span<const Output> grads) {
  return Outputs{OpBuilder("Diag").Input(grads[0]).Build()};
}

}  // namespace

void RegisterMatrixDiag(OpRegistry& ops) {
  ops.Add("MatrixDiag")
      .Input("diagonal: T")
      .Output("output: T")
      .Attr("T: type")
      .Shape(MatrixDiagShape)
      .Gradient(MatrixDiagGradient)
      .Doc("Square matrices with these diagonals, zero elsewhere.");
  ops.Add("MatrixDiagPart")
      .Input("input: T")
      .Output("diagonal: T")
      .Attr("T: type")
      .Shape(MatrixDiagPartShape)
      .Gradient(MatrixDiagPartGradient)
      .Doc("The diagonals of matrices.");
  ops.Add("MatrixSetDiag")
      .Input("input: T")
      .Input("diagonal: T")
      .Output("output: T")
      .Attr("T: type")
      .Shape(MatrixSetDiagShape)
      .Gradient(MatrixSetDiagGradient)
      .Doc("Matrices with other diagonals.");
  ops.Add("MatrixBandPart")
      .Input("input: T")
      .Input("num_lower: Tindex")
      .Input("num_upper: Tindex")
      .Output("band: T")
      .Attr("T: type")
      .Attr("Tindex: {int32, int64} = DT_INT64")
      .Shape(MatrixBandPartShape)
      .Gradient(MatrixBandPartGradient)
      .Doc("Matrices with zeros outside of a band around the diagonal; negative: the whole side.");
  constexpr const char* kTypes =
      "T: {bfloat16, half, float, double, int32, int64, complex64, "
      "complex128}";
  ops.Add("Diag")
      .Input("diagonal: T")
      .Output("output: T")
      .Attr(kTypes)
      .Shape(DiagShape)
      .Gradient(DiagGradient)
      .Doc("A tensor of shape [d..., d...] with this diagonal, zero elsewhere.");
  ops.Add("DiagPart")
      .Input("input: T")
      .Output("diagonal: T")
      .Attr(kTypes)
      .Shape(DiagPartShape)
      .Gradient(DiagPartGradient)
      .Doc("The diagonal of a tensor of shape [d..., d...].");
}

Output diag(Input diagonal, std::string_view name) {
  SourceScope here(diagonal);
  return OpBuilder("Diag", name).Input(std::move(diagonal)).Build();
}

Output diag_part(Input input, std::string_view name) {
  SourceScope here(input);
  return OpBuilder("DiagPart", name).Input(std::move(input)).Build();
}

Output matrix_band_part(Input input, Input num_lower, Input num_upper, std::string_view name) {
  SourceScope here(input);
  return OpBuilder("MatrixBandPart", name)
      .Input(std::move(input))
      .Input(std::move(num_lower))
      .Input(std::move(num_upper))
      .Build();
}

}  // namespace sessile
