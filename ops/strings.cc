// Operations on strings: StringJoin, StaticRegexFullMatch.

#include "sessile/core/framework/op_registry.h"
#include "sessile/core/framework/shape_inference.h"
#include "sessile/core/framework/status.h"
#include "sessile/ops/register_all.h"

namespace sessile {
namespace {

// Scalars go with every element of the others, which have one shape.
absl::Status StringJoinShape(ShapeContext& ctx) {
  Shape shape;
  bool all_scalars = true;
  for (int i = 0; i < ctx.num_inputs(); ++i) {
    const Shape input = ctx.input(i);
    if (!input.has_rank()) return absl::OkStatus();
    if (input.rank() == 0) continue;
    if (all_scalars) {
      shape = input;
    } else {
      SESSILE_ASSIGN_OR_RETURN(shape, ShapeContext::Merge(shape, input));
    }
    all_scalars = false;
  }
  ctx.SetOutput(0, shape);
  return absl::OkStatus();
}

}  // namespace

void RegisterStrings(OpRegistry& ops) {
  ops.Add("StringJoin")
      .Input("inputs: N * string")
      .Output("output: string")
      .Attr("N: int >= 0")
      .Attr("separator: string = ''")
      .Shape(StringJoinShape)
      .NotDifferentiable("strings have no gradient")
      .Doc("The inputs one after the other, `separator` between them.");
  ops.Add("StaticRegexFullMatch")
      .Input("input: string")
      .Output("output: bool")
      .Attr("pattern: string")
      .Shape(UnchangedShape)
      .NoGradient("strings have no gradient")
      .Doc("Whether the regular expression `pattern` matches the whole of each element.");
}

}  // namespace sessile
