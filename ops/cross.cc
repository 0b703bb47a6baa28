// Cross: the cross products of vectors of three elements.

#include "sessile/core/framework/op_registry.h"
#include "sessile/core/framework/shape_inference.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/graph/node.h"
#include "sessile/ops/grad_context.h"
#include "sessile/ops/linalg.h"
#include "sessile/ops/op_builder.h"
#include "sessile/ops/register_all.h"

namespace sessile {
namespace {

absl::Status CrossShape(ShapeContext& ctx) {
  SESSILE_ASSIGN_OR_RETURN(const Shape a, ctx.InputAtLeastRank(0, 1));
  SESSILE_ASSIGN_OR_RETURN(const Shape b, ctx.InputAtLeastRank(1, 1));
  SESSILE_ASSIGN_OR_RETURN(Shape both, ctx.Merge(a, b));
  if (both.has_rank()) {
    SESSILE_RETURN_IF_ERROR(ctx.MergeDim(3, both.dim(both.rank() - 1)).status());
    both = both.WithDim(both.rank() - 1, 3);
  }
  ctx.SetOutput(0, std::move(both));
  return absl::OkStatus();
}

// g . (da x b + a x db) = da . (b x g) + db . (g x a).
absl::StatusOr<std::vector<Output>> CrossGradient(GradContext& ctx, const Node& node,
                                                  std::span<const Output> grads) {
  const Output by_a = linalg::cross(ctx.input(node, 1), grads[0]);
  const Output by_b = linalg::cross(grads[0], ctx.input(node, 0));
  return std::vector<Output>{by_a, by_b};
}

}  // namespace

void RegisterCross(OpRegistry& ops) {
  ops.Add("Cross")
      .Input("a: T")
      .Input("b: T")
      .Output("product: T")
      .Attr("T: realnumbertype")
      .Shape(CrossShape)
      .Gradient(CrossGradient)
      .RowsIndependent()
      .Doc("The cross products of vectors [..., 3].");
}

namespace linalg {

Output cross(Input a, Input b, std::string_view name) {
  SourceScope here(a);
  return OpBuilder("Cross", name).Input(a).Input(b).Build();
}

}  // namespace linalg
}  // namespace sessile
