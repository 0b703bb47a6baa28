// Adam: the operation that updates a variable and its moments, and the optimizer that builds it.

#include <algorithm>
#include <tuple>

#include "sessile/core/framework/op_registry.h"
#include "sessile/core/framework/shape_inference.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/graph/scope.h"
#include "sessile/ops/grouping.h"
#include "sessile/ops/math.h"
#include "sessile/ops/op_builder.h"
#include "sessile/ops/operators.h"
#include "sessile/ops/register_all.h"
#include "sessile/ops/resource_variable.h"
#include "sessile/ops/state.h"
#include "sessile/ops/train.h"

namespace sessile {
namespace {

// var, m, v and grad are alike; what is in between are scalars.
absl::Status ApplyAdamShape(ShapeContext& ctx) {
  Shape var = ctx.variable(0);
  for (int i : {1, 2}) {
    SESSILE_ASSIGN_OR_RETURN(var, ctx.Merge(var, ctx.variable(i)));
  }
  for (int i = 3; i <= 8; ++i) SESSILE_RETURN_IF_ERROR(ctx.InputIsScalar(i));
  SESSILE_ASSIGN_OR_RETURN(var, ctx.Merge(var, ctx.input(9)));
  if (ctx.num_outputs() > 0) ctx.SetOutput(0, var);
  return absl::OkStatus();
}

// `variable` is the type of var, m and v.
OpDefBuilder AddAdam(OpRegistry& ops, const char* name, const std::string& variable) {
  return ops.Add(name)
      .Input("var: " + variable)
      .Input("m: " + variable)
      .Input("v: " + variable)
      .Input("beta1_power: T")
      .Input("beta2_power: T")
      .Input("lr: T")
      .Input("beta1: T")
      .Input("beta2: T")
      .Input("epsilon: T")
      .Input("grad: T")
      .Attr("T: numbertype")
      .Attr("use_locking: bool = false")
      .Attr("use_nesterov: bool = false")
      .Shape(ApplyAdamShape)
      .NoGradient("it updates variables")
      .Doc("One step of Adam for `var`, whose moments are `m` and `v`.");
}

}  // namespace

void RegisterAdam(OpRegistry& ops) {
  AddAdam(ops, "ApplyAdam", "Ref(T)").Output("out: Ref(T)");
  AddAdam(ops, "ResourceApplyAdam", "resource").Stateful();
}

namespace train {
namespace {

// Adds to rows of a moment; the result is the whole of it after that.
Output AddRows(const Variable& moment, const Output& indices, const Output& rows,
               bool use_locking) {
  if (!moment.is_resource()) {
    return scatter_add(moment, indices, rows, {.use_locking = use_locking});
  }
  const Operation added = OpBuilder("ResourceScatterAdd")
                              .Input(moment.ref())
                              .Input(indices)
                              .Input(rows)
                              .BuildOperation();
  const control_dependencies after({added});
  return moment.value();
}

}  // namespace

AdamOptimizer::AdamOptimizer(Input learning_rate, AdamOptions options)
    : Optimizer(options.name, options.use_locking),
      learning_rate_(std::move(learning_rate)),
      options_(std::move(options)) {}

void AdamOptimizer::CreateSlots(const std::vector<Variable>& vars) {
  const Variable& first =
      *std::min_element(vars.begin(), vars.end(),
                        [](const Variable& a, const Variable& b) { return a.name() < b.name(); });
  NonSlotVariable(options_.beta1, "beta1_power", first);
  NonSlotVariable(options_.beta2, "beta2_power", first);
  for (const Variable& var : vars) {
    ZerosSlot(var, "m", get_name());
    ZerosSlot(var, "v", get_name());
  }
}

void AdamOptimizer::Prepare() {
  learning_rate_tensor_ = convert_to_tensor(learning_rate_, {}, "learning_rate");
  beta1_tensor_ = convert_to_tensor(options_.beta1, {}, "beta1");
  beta2_tensor_ = convert_to_tensor(options_.beta2, {}, "beta2");
  epsilon_tensor_ = convert_to_tensor(options_.epsilon, {}, "epsilon");
}

Operation AdamOptimizer::ApplyDense(const Output& grad, const Variable& var) {
  OpBuilder update = UpdateOp(var, "ApplyAdam");
  update.Input(var.ref()).Input(get_slot(var, "m").ref()).Input(get_slot(var, "v").ref());
  for (const Input& power : Powers(var)) update.Input(power);
  for (const Output& scalar : Scalars(var)) update.Input(scalar);
  return update.Input(grad).Attr("use_locking", use_locking()).BuildOperation();
}

// beta1^t and beta2^t in the variable's dtype.
std::vector<Input> AdamOptimizer::Powers(const Variable& var) const {
  std::vector<Input> powers;
  for (const char* const name : {"beta1_power", "beta2_power"}) {
    const Variable power = GetNonSlotVariable(name);
    powers.push_back(power.dtype() == var.dtype() ? Input(power) : Input(cast(power, var.dtype())));
  }
  return powers;
}

// The rate, beta1, beta2 and epsilon.
std::vector<Output> AdamOptimizer::Scalars(const Variable& var) const {
  std::vector<Output> scalars = {learning_rate_tensor_, beta1_tensor_, beta2_tensor_,
                                 epsilon_tensor_};
  for (Output& scalar : scalars) scalar = cast(scalar, var.dtype());
  return scalars;
}

// In parts, because no operation does it all: every row of the moments decays, and all of `var`
// moves by them.
Operation AdamOptimizer::ApplySparse(const IndexedSlices& grad, const Variable& var) {
  const std::vector<Input> powers = Powers(var);
  const std::vector<Output> scalars = Scalars(var);
  const auto& [base_rate, beta1, beta2, epsilon] =
      std::tie(scalars[0], scalars[1], scalars[2], scalars[3]);
  const Output root = sqrt(1 - powers[1].Read());
  const Output numerator = base_rate * root;
  const Output rate = numerator / (1 - powers[0].Read());
  const auto decay_and_add = [&](const char* slot, const Output& rows, const Output& beta) {
    const Variable moment = get_slot(var, slot);
    const Output kept = moment * beta;
    const Updated decayed = moment.assign(kept, {.use_locking = use_locking()});
    const control_dependencies after({decayed});
    return AddRows(moment, grad.indices, rows, use_locking());
  };
  const Output m_rows = grad.values * (1 - beta1);
  const Output m = decay_and_add("m", m_rows, beta1);
  const Output squares = grad.values * grad.values;
  const Output v_rows = squares * (1 - beta2);
  const Output v = decay_and_add("v", v_rows, beta2);
  const Output v_root = sqrt(v);
  const Output scaled = rate * m;
  const Output step = scaled / (v_root + epsilon);
  const Updated update = assign_sub(var, step, {.use_locking = use_locking()});
  return group({update, m, v});
}

Operation AdamOptimizer::Finish(const std::vector<Operation>& updates, std::string_view name) {
  std::vector<Dependency> all(updates.begin(), updates.end());
  {
    const Variable beta1_power = GetNonSlotVariable("beta1_power");
    const Variable beta2_power = GetNonSlotVariable("beta2_power");
    const control_dependencies after(updates);
    const colocate_with place(beta1_power.op());
    const auto decay = [&](const Variable& power, const Output& beta) {
      const Output next = OpBuilder("Mul", "mul").Input(Input(power).Read()).Input(beta).Build();
      all.emplace_back(power.assign(next, {.use_locking = use_locking()}));
    };
    decay(beta1_power, beta1_tensor_);
    decay(beta2_power, beta2_tensor_);
  }
  return group(all, name);
}

}  // namespace train
}  // namespace sessile
