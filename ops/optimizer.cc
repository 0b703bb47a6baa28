#include "sessile/ops/optimizer.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "sessile/core/framework/errors.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/graph/scope.h"
#include "sessile/ops/array.h"
#include "sessile/ops/collections.h"
#include "sessile/ops/grouping.h"
#include "sessile/ops/math.h"
#include "sessile/ops/operators.h"
#include "sessile/ops/resource_variable.h"
#include "sessile/ops/slot_creator.h"
#include "sessile/ops/state.h"

namespace sessile::train {
namespace {

// As Python shows a list of the variables' texts.
std::string Describe(const std::vector<GradAndVar>& pairs) {
  return absl::StrCat(
      "[",
      absl::StrJoin(
          pairs, ", ",
          [](std::string* out, const GradAndVar& pair) {
            absl::StrAppend(
                out, "\"<tf.Variable '", pair.var.name(),
                "' shape=", pair.var.get_shape().ToPythonString(), " dtype=",
                PythonName(pair.var.is_resource() ? pair.var.dtype() : MakeRef(pair.var.dtype())),
                ">\"");
          }),
      "]");
}

bool NoneHasGrad(const std::vector<GradAndVar>& pairs) {
  return std::none_of(pairs.begin(), pairs.end(),
                      [](const GradAndVar& pair) { return pair.grad.has_value(); });
}

void CheckFloating(DataType dtype, const std::string& name) {
  if (IsFloating(BaseType(dtype))) return;
  errors::ThrowIfError(
      InvalidArgument("Invalid type tf.", PythonName(BaseType(dtype)), " for ", name,
                      ", expected: [tf.float16, tf.bfloat16, tf.float32, tf.float64]."));
}

}  // namespace

Optimizer::Optimizer(std::string name, bool use_locking)
    : name_(std::move(name)), use_locking_(use_locking) {
  if (name_.empty()) errors::ThrowIfError(InvalidArgument("Must specify the optimizer name"));
}

Operation Optimizer::minimize(const Output& loss, const MinimizeOptions& options,
                              SourceLocation at) {
  const SourceScope here(at);
  const std::vector<GradAndVar> pairs =
      compute_gradients(loss, {.var_list = options.var_list,
                               .gate_gradients = options.gate_gradients,
                               .aggregation_method = options.aggregation_method,
                               .colocate_gradients_with_ops = options.colocate_gradients_with_ops,
                               .grad_loss = options.grad_loss});
  if (NoneHasGrad(pairs)) {
    errors::ThrowIfError(InvalidArgument(
        "No gradients provided for any variable, check your graph for ops that do not support "
        "gradients, between variables ",
        Describe(pairs), " and loss Tensor(\"", loss.name(), "\", shape=",
        loss.get_shape().ToPythonString(), ", dtype=", PythonName(loss.dtype()), ")."));
  }
  return apply_gradients(pairs, {.global_step = options.global_step, .name = options.name});
}

std::vector<GradAndVar> Optimizer::compute_gradients(const Output& loss,
                                                     const ComputeGradientsOptions& options,
                                                     SourceLocation at) {
  const SourceScope here(at);
  const DefaultGraphScope with = loss.graph().as_default();
  CheckFloating(loss.dtype(), loss.name());
  std::vector<Input> grad_ys;
  if (options.grad_loss.has_value()) {
    const std::optional<DataType> dtype = options.grad_loss->dtype();
    if (dtype.has_value()) CheckFloating(*dtype, "grad_loss");
    grad_ys.push_back(*options.grad_loss);
  }
  const std::vector<Variable> vars = options.var_list.value_or(trainable_variables());
  if (vars.empty()) errors::ThrowIfError(InvalidArgument("No variables to optimize."));
  GradientList grads =
      gradients(loss, vars,
                {.grad_ys = grad_ys,
                 .colocate_gradients_with_ops = options.colocate_gradients_with_ops,
                 .gate_gradients = options.gate_gradients == GATE_OP,
                 .aggregation_method = options.aggregation_method});
  if (options.gate_gradients == GATE_GRAPH) {
    std::vector<Output> values;
    for (const Gradient& grad : grads) values.push_back(grad.values());
    const std::vector<Output> gated = tuple(values);
    for (size_t i = 0; i < grads.size(); ++i) grads[i] = grads[i].WithValues(gated[i]);
  }
  std::vector<GradAndVar> pairs;
  for (size_t i = 0; i < vars.size(); ++i) {
    if (grads[i].has_value()) CheckFloating(vars[i].dtype(), vars[i].name());
    pairs.push_back({.grad = grads[i], .var = vars[i]});
  }
  return pairs;
}

Operation Optimizer::apply_gradients(const std::vector<GradAndVar>& grads_and_vars,
                                     const ApplyGradientsOptions& options, SourceLocation at) {
  const SourceScope here(at);
  if (grads_and_vars.empty()) errors::ThrowIfError(InvalidArgument("No variables provided."));
  if (NoneHasGrad(grads_and_vars)) {
    errors::ThrowIfError(
        InvalidArgument("No gradients provided for any variable: ", Describe(grads_and_vars), "."));
  }
  std::vector<Variable> vars;
  for (const GradAndVar& pair : grads_and_vars) {
    if (pair.grad.has_value()) vars.push_back(pair.var);
  }
  const DefaultGraphScope with = vars[0].graph().as_default();
  {
    // Variables stand outside of conds and dependencies.
    const control_dependencies none(nullptr);
    CreateSlots(vars);
  }
  const name_scope scope(options.name.empty() ? name_ : options.name);
  Prepare();
  std::vector<Operation> updates;
  for (const GradAndVar& pair : grads_and_vars) {
    if (!pair.grad.has_value()) continue;
    const name_scope update("update_" + pair.var.op().name());
    const colocate_with place(pair.var.op());
    updates.push_back(pair.grad.is_slices()
                          ? ApplySparseDuplicateIndices(pair.grad.slices(), pair.var)
                          : ApplyDense(pair.grad.tensor(), pair.var));
  }
  const Operation all = options.global_step.has_value()
                            ? CountUp(options.global_step, Finish(updates, "update"), scope.name())
                            : Finish(updates, scope.name());
  vars[0].graph_impl()->collections().AddOnce(GraphKeys::TRAIN_OP,
                                              OperationItem{.node = all.node().id()});
  return all;
}

Operation Optimizer::CountUp(const Variable& global_step, const Operation& updated,
                             std::string_view name) {
  const control_dependencies after({updated});
  const colocate_with place(global_step.op());
  if (global_step.is_resource()) {
    return WriteByHandle("AssignAddVariableOp", global_step.ref(), 1, name);
  }
  return assign_add(global_step, 1, {.name = std::string(name)}).op();
}

Operation Optimizer::ApplySparse(const IndexedSlices& grad, const Variable& var) {
  return ApplyDense(convert_to_tensor(grad), var);
}

Operation Optimizer::ApplySparseDuplicateIndices(const IndexedSlices& grad, const Variable& var) {
  const UniqueElements rows = unique(grad.indices);
  const Output count = shape(rows.y)[0];
  const Output sums = unsorted_segment_sum(grad.values, rows.idx, count);
  return ApplySparse({sums, rows.y, grad.dense_shape}, var);
}

void Optimizer::CreateSlots(const std::vector<Variable>&) {}

Operation Optimizer::Finish(const std::vector<Operation>& updates, std::string_view name) {
  return group(std::vector<Dependency>(updates.begin(), updates.end()), name);
}

Optimizer::VariableKey Optimizer::KeyOf(const Variable& var) {
  return {var.graph_impl()->uid(), var.op().node().id()};
}

Variable Optimizer::get_slot(const Variable& var, std::string_view name) const {
  const auto slots = slots_.find(name);
  if (slots == slots_.end()) return Variable();
  const auto slot = slots->second.find(KeyOf(var));
  return slot == slots->second.end() ? Variable() : slot->second;
}

std::vector<std::string> Optimizer::get_slot_names() const {
  std::vector<std::string> names;
  for (const auto& [name, slots] : slots_) names.push_back(name);
  return names;
}

std::vector<Variable> Optimizer::variables() const {
  const uint64_t graph = get_default_graph().impl()->uid();
  std::vector<Variable> result;
  for (const auto& [key, var] : non_slots_) {
    if (key.second == graph) result.push_back(var);
  }
  for (const auto& [name, slots] : slots_) {
    for (const auto& [key, var] : slots) {
      if (key.first == graph) result.push_back(var);
    }
  }
  std::sort(result.begin(), result.end(),
            [](const Variable& a, const Variable& b) { return a.name() < b.name(); });
  return result;
}

Variable Optimizer::GetOrMakeSlot(const Variable& var, std::string_view slot,
                                  const std::function<Variable()>& create) {
  auto& slots = slots_[std::string(slot)];
  const VariableKey key = KeyOf(var);
  const auto found = slots.find(key);
  if (found != slots.end()) return found->second;
  return slots.emplace(key, create()).first->second;
}

Variable Optimizer::ZerosSlot(const Variable& var, std::string_view slot,
                              std::string_view op_name) {
  return GetOrMakeSlot(var, slot, [&] { return CreateZerosSlot(var, op_name); });
}

Variable Optimizer::Slot(const Variable& var, const Initializer& initial, std::string_view slot,
                         std::string_view op_name) {
  return GetOrMakeSlot(var, slot, [&] { return CreateSlot(var, initial, op_name); });
}

Variable Optimizer::NonSlotVariable(const Input& initial_value, const std::string& name,
                                    const Variable& primary) {
  const std::pair<std::string, uint64_t> key(name, primary.graph_impl()->uid());
  const auto found = non_slots_.find(key);
  if (found != non_slots_.end()) return found->second;
  const colocate_with place(primary.op());
  const VariableOptions options{
      .trainable = false, .name = name, .use_resource = primary.is_resource()};
  return non_slots_.emplace(key, Variable(initial_value, options)).first->second;
}

Variable Optimizer::GetNonSlotVariable(const std::string& name) const {
  const auto found = non_slots_.find({name, get_default_graph().impl()->uid()});
  return found == non_slots_.end() ? Variable() : found->second;
}

}  // namespace sessile::train
