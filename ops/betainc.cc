// Betainc: the regularized incomplete beta function.

#include <array>

#include "sessile/core/framework/op_registry.h"
#include "sessile/core/framework/shape_inference.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/graph/node.h"
#include "sessile/ops/array.h"
#include "sessile/ops/grad_context.h"
#include "sessile/ops/math.h"
#include "sessile/ops/op_builder.h"
#include "sessile/ops/operators.h"
#include "sessile/ops/register_all.h"

namespace sessile {
namespace {

// Arguments have one shape or are scalars.
absl::Status BetaincShape(ShapeContext& ctx) {
  Shape output;
  for (int i = 0; i < 3; ++i) {
    const Shape shape = ctx.input(i);
    if (!shape.has_rank()) return absl::OkStatus();
    if (shape.rank() == 0) continue;
    if (output.rank() == 0) {
      output = shape;
    } else {
      SESSILE_ASSIGN_OR_RETURN(output, ctx.Merge(output, shape));
    }
  }
  ctx.SetOutput(0, std::move(output));
  return absl::OkStatus();
}

// By x only, x^(a - 1) (1 - x)^(b - 1) / B(a, b), as the exponential of its logarithm.
absl::StatusOr<std::vector<Output>> BetaincGradient(GradContext& ctx, const Node& node,
                                                    std::span<const Output> grads) {
  const Output a = ctx.input(node, 0);
  const Output b = ctx.input(node, 1);
  const Output x = ctx.input(node, 2);
  const Output a_shape = shape(a);
  const Output x_shape = shape(x);
  const Output axes =
      OpBuilder("BroadcastGradientArgs").Input(a_shape).Input(x_shape).BuildAll()[1];
  const Output lgamma_a = lgamma(a);
  const Output lgammas = lgamma_a + lgamma(b);
  const Output sum = a + b;
  const Output log_beta = lgammas - lgamma(sum);
  const Output b_less = b - 1.0;
  const Output minus_x = negative(x);
  const Output upper = xlog1py(b_less, minus_x);
  const Output a_less = a - 1.0;
  const Output both = upper + OpBuilder("Xlogy").Input(a_less).Input(x).Build();
  const Output by_x = exp(both - log_beta);
  const Output summed = reduce_sum(by_x * grads[0], {.axis = axes});
  return std::vector<Output>{Output(), Output(), reshape(summed, x_shape)};
}

}  // namespace

void RegisterBetainc(OpRegistry& ops) {
  ops.Add("Betainc")
      .Input("a: T")
      .Input("b: T")
      .Input("x: T")
      .Output("z: T")
      .Attr("T: {float, double}")
      .Shape(BetaincShape)
      .Gradient(BetaincGradient)
      .Doc("The regularized incomplete beta function I_x(a, b).");
}

Output betainc(Input a, Input b, Input x, std::string_view name) {
  SourceScope here(a);
  return OpBuilder("Betainc", name).Input(a).Input(b).Input(x).Build();
}

}  // namespace sessile
