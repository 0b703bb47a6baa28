// Gradient descent: the operation that updates a variable, and the optimizer that builds it.

#include "sessile/core/framework/op_registry.h"
#include "sessile/core/framework/shape_inference.h"
#include "sessile/core/framework/status.h"
#include "sessile/ops/math.h"
#include "sessile/ops/op_builder.h"
#include "sessile/ops/operators.h"
#include "sessile/ops/register_all.h"
#include "sessile/ops/resource_variable.h"
#include "sessile/ops/state.h"
#include "sessile/ops/train.h"

namespace sessile {
namespace {

absl::Status ApplyGradientDescentShape(ShapeContext& ctx) {
  SESSILE_RETURN_IF_ERROR(ctx.InputIsScalar(1));
  SESSILE_ASSIGN_OR_RETURN(const Shape var, ctx.Merge(ctx.variable(0), ctx.input(2)));
  if (ctx.num_outputs() > 0) ctx.SetOutput(0, var);
  return absl::OkStatus();
}

// `variable` is the type of var.
OpDefBuilder AddGradientDescent(OpRegistry& ops, const char* name, const std::string& variable) {
  return ops.Add(name)
      .Input("var: " + variable)
      .Input("alpha: T")
      .Input("delta: T")
      .Attr("T: numbertype")
      .Attr("use_locking: bool = false")
      .Shape(ApplyGradientDescentShape)
      .NoGradient("it updates a variable")
      .Doc("Subtracts `alpha` * `delta` from `var`.");
}

}  // namespace

void RegisterGradientDescent(OpRegistry& ops) {
  AddGradientDescent(ops, "ApplyGradientDescent", "Ref(T)").Output("out: Ref(T)");
  AddGradientDescent(ops, "ResourceApplyGradientDescent", "resource").Stateful();
}

namespace train {

GradientDescentOptimizer::GradientDescentOptimizer(Input learning_rate,
                                                   GradientDescentOptions options)
    : Optimizer(options.name, options.use_locking), learning_rate_(std::move(learning_rate)) {}

void GradientDescentOptimizer::Prepare() {
  learning_rate_tensor_ = convert_to_tensor(learning_rate_, {}, "learning_rate");
}

Operation GradientDescentOptimizer::ApplyDense(const Output& grad, const Variable& var) {
  const Output rate = cast(learning_rate_tensor_, var.dtype());
  return UpdateOp(var, "ApplyGradientDescent")
      .Input(var.ref())
      .Input(rate)
      .Input(grad)
      .Attr("use_locking", use_locking())
      .BuildOperation();
}

Operation GradientDescentOptimizer::ApplySparseDuplicateIndices(const IndexedSlices& grad,
                                                                const Variable& var) {
  if (var.is_resource()) {
    const Output down = -grad.values;
    const Output delta = down * learning_rate_tensor_;
    return OpBuilder("ResourceScatterAdd")
        .Input(var.ref())
        .Input(grad.indices)
        .Input(delta)
        .BuildOperation();
  }
  const Output rate = cast(learning_rate_tensor_, var.dtype());
  const Output delta = grad.values * rate;
  return scatter_sub(var, grad.indices, delta, {.use_locking = use_locking()}).op();
}

}  // namespace train
}  // namespace sessile
