#include "sessile/ops/matrix_diag_grad.h"

#include <string>

#include "sessile/core/framework/diagonal_band.h"
#include "sessile/core/framework/shape_inference.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/graph/scope.h"
#include "sessile/ops/array.h"
#include "sessile/ops/constant.h"
#include "sessile/ops/control_flow.h"
#include "sessile/ops/math.h"
#include "sessile/ops/operators.h"
#include "sessile/ops/subscript.h"

namespace sessile {
namespace {

using Outputs = std::vector<Output>;

// The second versions have no such attribute.
absl::StatusOr<std::string> AlignOf(const Node& node) {
  return node.attrs().GetOr<std::string>("align", "LEFT_LEFT");
}

// Rows and columns are None where the shape does not say both.
MatrixSize KnownSize(const Shape& matrices) {
  constexpr MatrixSize kUnknown = {None, None};
  if (!matrices.has_rank() || matrices.rank() < 2) return kUnknown;
  const MatrixSize size = MatrixSizeOf(matrices);
  return size.rows == None || size.columns == None ? kUnknown : size;
}

// The shape of the main diagonals of matrices of unknown shape.
Output MainDiagonalShape(const Output& matrices) {
  const colocate_with beside(matrices);
  const Output sizes = shape(matrices);
  const Output dims = rank(matrices);
  const Output batch = slice(sizes, {0}, {dims - 2});
  const Output length = reduce_min(slice(sizes, {dims - 2}, {2}));
  return concat({batch, {length}}, 0);
}

// The shape of the main diagonals of `matrices`: a constant where `known` says it.
absl::StatusOr<Input> MainDiagonalSizes(const Shape& known, const Output& matrices) {
  if (!known.IsFullyDefined()) return Input(MainDiagonalShape(matrices));
  SESSILE_ASSIGN_OR_RETURN(const Shape packed, DiagonalBand().Packed(known));
  return Input(packed);
}

// The shape of the packed diagonals k of matrices of unknown shape.
Output PackedShape(const Output& matrices, const Output& k) {
  const Output sizes = shape(matrices);
  const Output batch = sizes[{{{}, -2}}];
  const Output matrix = sizes[{{-2, {}}}];
  const Output bounds = reshape(k, {-1});
  const Output lower = bounds[0];
  const Output upper = bounds[-1];
  const Output fewer_rows = cond(
      less(upper, 0), [&] { return upper; }, [&] { return Output(constant(0)); });
  const Output fewer_columns = cond(
      greater(lower, 0), [&] { return -lower; }, [&] { return Output(constant(0)); });
  const Output rows = matrix[0] + fewer_rows;
  const Output columns = matrix[1] + fewer_columns;
  const Output longest = minimum(rows, columns);
  const Output packed = cond(
      equal(lower, upper), [&] { return stack({longest}, {.name = "packed"}); },
      [&] {
        return stack({upper - lower + 1, longest}, {.name = "packed"});
      });
  return concat({batch, packed}, 0);
}

}  // namespace

absl::StatusOr<Outputs> MatrixDiagGradient(GradContext&, const Node&,
                                           std::span<const Output> grads) {
  return Outputs{matrix_diag_part(grads[0])};
}

absl::StatusOr<Outputs> MatrixBandDiagGradient(GradContext& ctx, const Node& node,
                                               std::span<const Output> grads) {
  SESSILE_ASSIGN_OR_RETURN(const std::string align, AlignOf(node));
  const Output by_diagonal = matrix_diag_part(grads[0], {.k = ctx.input(node, 1), .align = align});
  return Outputs{by_diagonal, Output(), Output(), Output(), Output()};
}

absl::StatusOr<Outputs> MatrixDiagPartGradient(GradContext& ctx, const Node& node,
                                               std::span<const Output> grads) {
  const Output input = ctx.input(node, 0);
  const MatrixSize size = KnownSize(input.get_shape());
  if (size.rows != None && size.rows == size.columns) return Outputs{matrix_diag(grads[0])};
  return Outputs{matrix_set_diag(zeros_like(input), grads[0])};
}

absl::StatusOr<Outputs> MatrixBandDiagPartGradient(GradContext& ctx, const Node& node,
                                                   std::span<const Output> grads) {
  SESSILE_ASSIGN_OR_RETURN(const std::string align, AlignOf(node));
  const Output input = ctx.input(node, 0);
  const Output k = ctx.input(node, 1);
  const MatrixSize size = KnownSize(input.get_shape());
  const Output by_input =
      size.rows == None
          ? matrix_set_diag(zeros_like(input), grads[0], {.k = k, .align = align})
          : matrix_diag(grads[0],
                        {.k = k, .num_rows = size.rows, .num_cols = size.columns, .align = align});
  return Outputs{by_input, Output(), Output()};
}

absl::StatusOr<Outputs> MatrixSetDiagGradient(GradContext& ctx, const Node& node,
                                              std::span<const Output> grads) {
  SESSILE_ASSIGN_OR_RETURN(const Shape input,
                           Shape::Merge(ctx.input(node, 0).get_shape(), grads[0].get_shape()));
  SESSILE_ASSIGN_OR_RETURN(const Input sizes, MainDiagonalSizes(input, grads[0]));
  const Output by_input = matrix_set_diag(grads[0], zeros(sizes, BaseType(grads[0].dtype())));
  return Outputs{by_input, matrix_diag_part(grads[0])};
}

absl::StatusOr<Outputs> MatrixBandSetDiagGradient(GradContext& ctx, const Node& node,
                                                  std::span<const Output> grads) {
  SESSILE_ASSIGN_OR_RETURN(const std::string align, AlignOf(node));
  const Shape diagonal = ctx.input(node, 1).get_shape();
  const Output k = ctx.input(node, 2);
  const Input sizes = diagonal.IsFullyDefined() ? Input(diagonal) : Input(PackedShape(grads[0], k));
  const Output by_input =
      matrix_set_diag(grads[0], zeros(sizes, BaseType(grads[0].dtype())), {.k = k, .align = align});
  const Output by_diagonal = matrix_diag_part(grads[0], {.k = k, .align = align});
  return Outputs{by_input, by_diagonal, Output()};
}

}  // namespace sessile
