// Diag and DiagPart: the diagonals of tensors of any even rank.

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

absl::StatusOr<Outputs> DiagGradient(GradContext&, const Node&, std::span<const Output> grads) {
  return Outputs{OpBuilder("DiagPart").Input(grads[0]).Build()};
}

absl::StatusOr<Outputs> DiagPartGradient(GradContext&, const Node&, std::span<const Output> grads) {
  return Outputs{OpBuilder("Diag").Input(grads[0]).Build()};
}

}  // namespace

void RegisterDiag(OpRegistry& ops) {
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

}  // namespace sessile
