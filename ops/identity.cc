// Identity, and StopGradient: the identity that counts as a constant when gradients are taken.

#include "sessile/core/framework/op_registry.h"
#include "sessile/core/framework/shape_inference.h"
#include "sessile/ops/array.h"
#include "sessile/ops/folding.h"
#include "sessile/ops/grad_context.h"
#include "sessile/ops/op_builder.h"
#include "sessile/ops/register_all.h"

namespace sessile {
void RegisterIdentity(OpRegistry& ops) {
  ops.Add("Identity")
      .Input("input: T")
      .Output("output: T")
      .Attr("T: type")
      .Shape(UnchangedShape)
      .Value(InputValue)
      .Gradient(PassGradient)
      .RowsIndependent()
      .Doc("The input itself; a read of a variable.");
  ops.Add("StopGradient")
      .Input("input: T")
      .Output("output: T")
      .Attr("T: type")
      .Shape(UnchangedShape)
      .Value(InputValue)
      .NotDifferentiable("its purpose is to stop gradients")
      .RowsIndependent()
      .Doc("The input itself, a constant where gradients are taken.");
}

Output identity(Input input, std::string_view name) {
  SourceScope here(input);
  return OpBuilder("Identity", name).Input(input).Build();
}

Output stop_gradient(Input input, std::string_view name) {
  SourceScope here(input);
  return OpBuilder("StopGradient", name).Input(input).Build();
}

}  // namespace sessile
