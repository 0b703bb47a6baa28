// Identity and its kin: the input itself, and what is asked of it or said of it on the way.

#include "sessile/core/framework/op_registry.h"
#include "sessile/core/framework/shape_inference.h"
#include "sessile/core/framework/status.h"
#include "sessile/ops/array.h"
#include "sessile/ops/folding.h"
#include "sessile/ops/grad_context.h"
#include "sessile/ops/op_builder.h"
#include "sessile/ops/register_all.h"

namespace sessile {
namespace {

absl::Status EnsureShapeShape(ShapeContext& ctx) {
  SESSILE_ASSIGN_OR_RETURN(const Shape wanted, ctx.Attr<Shape>("shape"));
  SESSILE_ASSIGN_OR_RETURN(Shape shape, ctx.Merge(wanted, ctx.input(0)));
  ctx.SetOutput(0, std::move(shape));
  return absl::OkStatus();
}

absl::Status UnchangedShapes(ShapeContext& ctx) {
  for (int i = 0; i < ctx.num_outputs(); ++i) ctx.SetOutput(i, ctx.input(i));
  return absl::OkStatus();
}

absl::StatusOr<std::vector<Output>> PassGradients(GradContext&, const Node&,
                                                  std::span<const Output> grads) {
  return std::vector<Output>(grads.begin(), grads.end());
}

// T -> T, of the input's shape.
OpDefBuilder AddSame(OpRegistry& ops, std::string_view name, std::string_view doc) {
  OpDefBuilder builder = ops.Add(name);
  builder.Input("input: T").Output("output: T").Attr("T: type").Shape(UnchangedShape);
  builder.RowsIndependent().Doc(doc);
  return builder;
}

}  // namespace

void RegisterIdentity(OpRegistry& ops) {
  AddSame(ops, "Identity", "The input itself; a read of a variable.")
      .Value(InputValue)
      .Gradient(PassGradient);
  AddSame(ops, "StopGradient", "The input itself, a constant where gradients are taken.")
      .Value(InputValue)
      .NotDifferentiable("its purpose is to stop gradients");
  AddSame(ops, "PreventGradient", "The input itself; taking a gradient through it is an error.")
      .Attr("message: string = ''")
      .Value(InputValue)
      .NoGradient("its purpose is to prevent gradients");
  AddSame(ops, "GuaranteeConst", "The input itself, which the program says never to change.")
      .NoGradient("TensorFlow has none")
      .Stateful();
  AddSame(ops, "Snapshot", "The input itself.").NoGradient("TensorFlow has none");
  ops.Add("IdentityN")
      .Input("input: T")
      .Output("output: T")
      .Attr("T: list(type) >= 1")
      .Shape(UnchangedShapes)
      .Gradient(PassGradients)
      .RowsIndependent()
      .Doc("The inputs themselves.");
  ops.Add("EnsureShape")
      .Input("input: T")
      .Output("output: T")
      .Attr("shape: shape")
      .Attr("T: type")
      .Shape(EnsureShapeShape)
      .Value(InputValue)
      .Gradient(PassGradient)
      .Doc("The input itself, if its shape is as `shape` says.");
}

Output identity(Input input, std::string_view name) {
  SourceScope here(input);
  return OpBuilder("Identity", name).Input(input).Build();
}

std::vector<Output> identity_n(const InputList& input, std::string_view name) {
  SourceScope here(input.empty() ? SourceLocation() : input.front().location());
  return OpBuilder("IdentityN", name).InputList(input).BuildAll();
}

Output stop_gradient(Input input, std::string_view name) {
  SourceScope here(input);
  return OpBuilder("StopGradient", name).Input(input).Build();
}

Output guarantee_const(Input input, std::string_view name) {
  SourceScope here(input);
  return OpBuilder("GuaranteeConst", name).Input(input).Build();
}

Output ensure_shape(Input x, const Shape& shape, std::string_view name) {
  SourceScope here(x);
  return OpBuilder("EnsureShape", name).Input(x).Attr("shape", shape).Build();
}

}  // namespace sessile
