// MatrixBandPart: matrices without what is outside of a band around the diagonal.

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

absl::Status MatrixBandPartShape(ShapeContext& ctx) {
  SESSILE_ASSIGN_OR_RETURN(const Shape input, ctx.InputAtLeastRank(0, 2));
  SESSILE_RETURN_IF_ERROR(ctx.InputIsScalar(1));
  SESSILE_RETURN_IF_ERROR(ctx.InputIsScalar(2));
  ctx.SetOutput(0, input);
  return absl::OkStatus();
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

}  // namespace

void RegisterMatrixBandPart(OpRegistry& ops) {
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
  ops.Add("BatchMatrixBandPart")
      .Input("input: T")
      .Input("num_lower: int64")
      .Input("num_upper: int64")
      .Output("band: T")
      .Attr("T: type")
      .Shape(MatrixBandPartShape)
      .NoGradient("TensorFlow defines none")
      .Deprecated(14)
      .Doc("As MatrixBandPart.");
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
