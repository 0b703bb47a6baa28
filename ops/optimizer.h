// What all optimizers share: the way from a loss to the operation that trains.
//
//   tf::train::GradientDescentOptimizer opt(0.1);
//   auto grads = opt.compute_gradients(loss);
//   for (auto& [grad, var] : grads) ...              // look at them, change them
//   tf::Operation train_op = opt.apply_gradients(grads);
//
// minimize() is both steps. One's own optimizer derives from Optimizer and says how one variable is
// updated (ApplyDense, and ApplySparse for IndexedSlices), which variables of its own it needs
// (CreateSlots), and what comes before and after the updates (Prepare, Finish). An object remembers
// the slots that it has made, and is used from one thread at a time.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sessile/core/framework/source_location.h"
#include "sessile/ops/gradients.h"
#include "sessile/ops/initializers.h"
#include "sessile/ops/variable.h"

namespace sessile::train {

// When a gradient may be used: at once; when all gradients of its operation are computed; when all
// gradients are.
enum class GateGradients { GATE_NONE, GATE_OP, GATE_GRAPH };

struct GradAndVar {
  Gradient grad;  // without value: the loss does not depend on the variable
  Variable var;
};

struct ComputeGradientsOptions {
  std::optional<std::vector<Variable>> var_list = {};  // by default tf::trainable_variables()
  GateGradients gate_gradients = GateGradients::GATE_OP;
  AggregationMethod aggregation_method = AggregationMethod::DEFAULT;
  bool colocate_gradients_with_ops = false;
  std::optional<Input> grad_loss = {};  // the gradient of something further by the loss
};

struct ApplyGradientsOptions {
  Variable global_step = {};  // counted up once the variables are updated
  std::string name = {};      // by default the optimizer's name
};

struct MinimizeOptions {
  Variable global_step = {};
  std::optional<std::vector<Variable>> var_list = {};
  GateGradients gate_gradients = GateGradients::GATE_OP;
  AggregationMethod aggregation_method = AggregationMethod::DEFAULT;
  bool colocate_gradients_with_ops = false;
  std::string name = {};
  std::optional<Input> grad_loss = {};
};

class Optimizer {
 public:
  static constexpr GateGradients GATE_NONE = GateGradients::GATE_NONE;
  static constexpr GateGradients GATE_OP = GateGradients::GATE_OP;
  static constexpr GateGradients GATE_GRAPH = GateGradients::GATE_GRAPH;

  virtual ~Optimizer() = default;

  // An operation that does one step: it updates the variables so that `loss` becomes smaller.
  // Throws errors::InvalidArgumentError if the loss depends on none of them ("No gradients provided
  // for any variable, ...") or is of no floating type.
  Operation minimize(const Output& loss, const MinimizeOptions& options = {},
                     SourceLocation at = SourceLocation::Current());
  // A pair for each variable, in their order.
  std::vector<GradAndVar> compute_gradients(const Output& loss,
                                            const ComputeGradientsOptions& options = {},
                                            SourceLocation at = SourceLocation::Current());
  // An operation that updates the variables; pairs without a gradient are left out.
  Operation apply_gradients(const std::vector<GradAndVar>& grads_and_vars,
                            const ApplyGradientsOptions& options = {},
                            SourceLocation at = SourceLocation::Current());

  const std::string& get_name() const { return name_; }
  // The variable `name` ("m") that this optimizer keeps for `var`; without value if there is none.
  Variable get_slot(const Variable& var, std::string_view name) const;
  std::vector<std::string> get_slot_names() const;
  // All variables that this optimizer keeps, by their names.
  std::vector<Variable> variables() const;

 protected:
  Optimizer(std::string name, bool use_locking);
  Optimizer(const Optimizer&) = default;
  Optimizer& operator=(const Optimizer&) = default;

  // All of these may throw. Makes the variables that updates of `vars` need.
  virtual void CreateSlots(const std::vector<Variable>& vars);
  // Makes the tensors that all updates need; called in the name scope of the update.
  virtual void Prepare() {}
  // The operation that updates `var`.
  virtual Operation ApplyDense(const Output& grad, const Variable& var) = 0;
  // The operation that updates the rows of `var` that `grad` has, each of them once. By default the
  // whole variable is updated.
  virtual Operation ApplySparse(const IndexedSlices& grad, const Variable& var);
  // The same for rows that may occur several times. By default they are added up first.
  virtual Operation ApplySparseDuplicateIndices(const IndexedSlices& grad, const Variable& var);
  // The operation `name` that has run when all `updates` have.
  virtual Operation Finish(const std::vector<Operation>& updates, std::string_view name);

  bool use_locking() const { return use_locking_; }
  // The slot `slot` of `var`: zeros in its shape, made under the name "VAR/OP_NAME" if it is not
  // there yet.
  Variable ZerosSlot(const Variable& var, std::string_view slot, std::string_view op_name);
  // The same, with other values in it at first.
  Variable Slot(const Variable& var, const Initializer& initial, std::string_view slot,
                std::string_view op_name);
  // A variable that belongs to no other one, with the place of `colocate_with`.
  Variable NonSlotVariable(const Input& initial_value, const std::string& name,
                           const Variable& colocate_with);
  // That variable of the default graph; without value if it was not made.
  Variable GetNonSlotVariable(const std::string& name) const;

 private:
  // A variable is known by its graph and its place in it.
  using VariableKey = std::pair<uint64_t, int>;
  static VariableKey KeyOf(const Variable& var);
  // The slot, which `create` makes if it is not there yet.
  Variable GetOrMakeSlot(const Variable& var, std::string_view slot,
                         const std::function<Variable()>& create);
  Operation CountUp(const Variable& global_step, const Operation& updated, std::string_view name);

  std::string name_;
  bool use_locking_;
  std::map<std::string, std::map<VariableKey, Variable>, std::less<>> slots_;
  std::map<std::pair<std::string, uint64_t>, Variable> non_slots_;
};

}  // namespace sessile::train
