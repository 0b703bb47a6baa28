// Moving averages of variables and tensors.

#include "sessile/core/framework/errors.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/graph/scope.h"
#include "sessile/ops/collections.h"
#include "sessile/ops/control_flow.h"
#include "sessile/ops/grouping.h"
#include "sessile/ops/initializers.h"
#include "sessile/ops/math.h"
#include "sessile/ops/op_builder.h"
#include "sessile/ops/operators.h"
#include "sessile/ops/slot_creator.h"
#include "sessile/ops/state.h"
#include "sessile/ops/train.h"
#include "sessile/ops/variable_scope.h"

namespace sessile::train {
namespace {

// Zeros, since a tensor has no value before the first run.
Variable AverageOfTensor(const Output& tensor, const std::string& name) {
  const variable_scope scope(nullptr, {.default_name = tensor.op().name() + "/" + name});
  return get_variable("", tensor.get_shape(),
                      {.dtype = BaseType(tensor.dtype()),
                       .initializer = zeros_initializer(),
                       .trainable = false,
                       .validate_shape = tensor.get_shape().IsFullyDefined()});
}

// What the variable starts from, computed on its device.
Output InitialAverage(const Variable& variable) {
  const device place(variable.op().device());
  return variable.initialized_value();
}

// average - value
Output Distance(const Output& average, const Input& value) {
  const name_scope scope("sub");
  return subtract(average, value, scope.name());
}

// average -= (1 - decay) * (average - value)
Operation Update(const Variable& average, const Input& value, const Output& decay) {
  const name_scope scope("AssignMovingAvg");
  Output fresh = 1.0 - decay;
  fresh = cast(fresh, average.dtype());
  const Output old = average.value();
  const Output distance = Distance(old, value);
  const Output delta = distance * fresh;
  return assign_sub(average, delta, {.name = scope.name()}).op();
}

}  // namespace

ExponentialMovingAverage::ExponentialMovingAverage(Input decay,
                                                   ExponentialMovingAverageOptions options)
    : decay_(std::move(decay)), options_(std::move(options)) {}

ExponentialMovingAverage::Key ExponentialMovingAverage::KeyOf(const Averaged& value) {
  const Output output = value.tensor();
  const int node = output.node().id();  // an error where there is none
  return {output.graph_impl()->uid(), node, output.index()};
}

void ExponentialMovingAverage::MakeAverage(const Averaged& value) {
  if (averages_.contains(KeyOf(value))) return;
  const control_dependencies none(nullptr);
  if (!value.variable().has_value()) {
    averages_.emplace(KeyOf(value), AverageOfTensor(value.tensor(), options_.name));
    return;
  }
  const Variable& variable = value.variable();
  const Output initial = InitialAverage(variable);
  averages_.emplace(KeyOf(value), CreateSlot(variable, initial, options_.name));
  add_to_collection(GraphKeys::MOVING_AVERAGE_VARIABLES, variable);
}

Operation ExponentialMovingAverage::apply(SourceLocation at) {
  const std::vector<Variable> all = trainable_variables();
  return apply(std::vector<Averaged>(all.begin(), all.end()), at);
}

Operation ExponentialMovingAverage::apply(const std::vector<Averaged>& values, SourceLocation at) {
  const SourceScope here(at);
  for (const Averaged& value : values) {
    if (!IsFloating(*value.value().dtype())) {
      errors::ThrowIfError(
          InvalidArgument("The variables must be half, float, or double: ", value.tensor().name()));
    }
    MakeAverage(value);
  }
  const name_scope scope(options_.name);
  Output decay = convert_to_tensor(decay_, float32, "decay");
  if (options_.num_updates.has_value()) {
    const Output updates = cast(*options_.num_updates, float32, "num_updates");
    const Output above = 1.0 + updates;
    const Output below = 10.0 + updates;
    decay = minimum(decay, above / below);
  }
  std::vector<Dependency> updates;
  for (const Averaged& value : values) {
    updates.emplace_back(Update(averages_.at(KeyOf(value)), value.value(), decay));
  }
  return group(updates, scope.name());
}

Variable ExponentialMovingAverage::average(const Averaged& value) const {
  const auto at = averages_.find(KeyOf(value));
  return at == averages_.end() ? Variable() : at->second;
}

std::string ExponentialMovingAverage::average_name(const Averaged& value) const {
  const Variable known = average(value);
  if (known.has_value()) return known.op().name();
  return get_default_graph().impl()->UniqueName(value.tensor().op().name() + "/" + options_.name,
                                                /*mark_as_used=*/false);
}

std::map<std::string, Variable> ExponentialMovingAverage::variables_to_restore() const {
  std::map<std::string, Variable> names;
  std::vector<Variable> averaged = trainable_variables();
  for (const Variable& var : get_collection<Variable>(GraphKeys::MOVING_AVERAGE_VARIABLES)) {
    averaged.push_back(var);
  }
  for (const Variable& var : averaged) names.emplace(average_name(var), var);
  for (const Variable& var : global_variables()) {
    const auto is_this = [&var](const Variable& other) { return other.name() == var.name(); };
    if (std::none_of(averaged.begin(), averaged.end(), is_this))
      names.emplace(var.op().name(), var);
  }
  return names;
}

}  // namespace sessile::train
