// The optimizers that keep slots for each variable and are one operation a variable.

#include "absl/strings/str_cat.h"
#include "sessile/core/framework/errors.h"
#include "sessile/core/framework/status.h"
#include "sessile/ops/array.h"
#include "sessile/ops/constant.h"
#include "sessile/ops/math.h"
#include "sessile/ops/op_builder.h"
#include "sessile/ops/operators.h"
#include "sessile/ops/resource_variable.h"
#include "sessile/ops/train.h"

namespace sessile::train {
namespace {

// Of the variable's dtype.
std::vector<Output> CastAll(const std::vector<Output>& scalars, const Variable& var) {
  std::vector<Output> result;
  for (const Output& scalar : scalars) result.push_back(cast(scalar, var.dtype()));
  return result;
}

// The operation of all rows, or that of some.
OpBuilder UpdateOp(const Variable& var, const char* op, const Output* indices) {
  return UpdateOp(var, absl::StrCat(indices == nullptr ? "" : "Sparse", op));
}

OpBuilder& AddGradient(OpBuilder& op, const Output& grad, const Output* indices) {
  op.Input(grad);
  if (indices != nullptr) op.Input(*indices);
  return op;
}

OpBuilder& AddInputs(OpBuilder& op, const std::vector<Output>& inputs) {
  for (const Output& input : inputs) op.Input(input);
  return op;
}

}  // namespace

MomentumOptimizer::MomentumOptimizer(Input learning_rate, Input momentum, MomentumOptions options)
    : Optimizer(options.name, options.use_locking),
      learning_rate_(std::move(learning_rate)),
      momentum_(std::move(momentum)),
      use_nesterov_(options.use_nesterov) {}

void MomentumOptimizer::CreateSlots(const std::vector<Variable>& vars) {
  for (const Variable& var : vars) ZerosSlot(var, "momentum", get_name());
}

void MomentumOptimizer::Prepare() {
  learning_rate_tensor_ = convert_to_tensor(learning_rate_, {}, "learning_rate");
  momentum_tensor_ = convert_to_tensor(momentum_, {}, "momentum");
}

Operation MomentumOptimizer::ApplyDense(const Output& grad, const Variable& var) {
  return Update(grad, nullptr, var);
}
Operation MomentumOptimizer::ApplySparse(const IndexedSlices& grad, const Variable& var) {
  return Update(grad.values, &grad.indices, var);
}

Operation MomentumOptimizer::Update(const Output& grad, const Output* indices,
                                    const Variable& var) const {
  const std::vector<Output> scalars = CastAll({learning_rate_tensor_, momentum_tensor_}, var);
  OpBuilder update = UpdateOp(var, "ApplyMomentum", indices);
  update.Input(var.ref()).Input(get_slot(var, "momentum").ref()).Input(scalars[0]);
  return AddGradient(update, grad, indices)
      .Input(scalars[1])
      .Attr("use_locking", use_locking())
      .Attr("use_nesterov", use_nesterov_)
      .BuildOperation();
}

RMSPropOptimizer::RMSPropOptimizer(Input learning_rate, RMSPropOptions options)
    : Optimizer(options.name, options.use_locking),
      learning_rate_(std::move(learning_rate)),
      options_(std::move(options)) {}

void RMSPropOptimizer::CreateSlots(const std::vector<Variable>& vars) {
  for (const Variable& var : vars) {
    Initializer initial = ones_initializer();
    if (!var.get_shape().IsFullyDefined()) initial = ones_like(var);
    Slot(var, initial, "rms", get_name());
    if (options_.centered) ZerosSlot(var, "mg", get_name());
    ZerosSlot(var, "momentum", get_name());
  }
}

void RMSPropOptimizer::Prepare() {
  scalars_ = {convert_to_tensor(learning_rate_, {}, "learning_rate"),
              convert_to_tensor(options_.decay, {}, "decay"),
              convert_to_tensor(options_.momentum, {}, "momentum"),
              convert_to_tensor(options_.epsilon, {}, "epsilon")};
}

Operation RMSPropOptimizer::ApplyDense(const Output& grad, const Variable& var) {
  return Update(grad, nullptr, var);
}
Operation RMSPropOptimizer::ApplySparse(const IndexedSlices& grad, const Variable& var) {
  return Update(grad.values, &grad.indices, var);
}

Operation RMSPropOptimizer::Update(const Output& grad, const Output* indices,
                                   const Variable& var) const {
  const std::vector<Output> scalars = CastAll(scalars_, var);
  OpBuilder update =
      UpdateOp(var, options_.centered ? "ApplyCenteredRMSProp" : "ApplyRMSProp", indices);
  update.Input(var.ref());
  if (options_.centered) update.Input(get_slot(var, "mg").ref());
  update.Input(get_slot(var, "rms").ref()).Input(get_slot(var, "momentum").ref());
  AddInputs(update, scalars);
  return AddGradient(update, grad, indices).Attr("use_locking", use_locking()).BuildOperation();
}

AdagradOptimizer::AdagradOptimizer(Input learning_rate, AdagradOptions options)
    : Optimizer(options.name, options.use_locking),
      learning_rate_(std::move(learning_rate)),
      initial_(options.initial_accumulator_value) {
  if (!(initial_ > 0)) {
    errors::ThrowIfError(InvalidArgument("initial_accumulator_value must be positive: ", initial_));
  }
}

void AdagradOptimizer::CreateSlots(const std::vector<Variable>& vars) {
  for (const Variable& var : vars) {
    const auto filled = [&] {
      const Output values = fill(shape(var), initial_);
      return cast(values, var.dtype());
    };
    Initializer initial = constant_initializer(initial_);
    if (!var.get_shape().IsFullyDefined()) initial = filled;
    Slot(var, initial, "accumulator", get_name());
  }
}

void AdagradOptimizer::Prepare() {
  learning_rate_tensor_ = convert_to_tensor(learning_rate_, {}, "learning_rate");
}

Operation AdagradOptimizer::ApplyDense(const Output& grad, const Variable& var) {
  return Update(grad, nullptr, var);
}
Operation AdagradOptimizer::ApplySparse(const IndexedSlices& grad, const Variable& var) {
  return Update(grad.values, &grad.indices, var);
}

Operation AdagradOptimizer::Update(const Output& grad, const Output* indices,
                                   const Variable& var) const {
  const Output rate = cast(learning_rate_tensor_, var.dtype());
  OpBuilder update = UpdateOp(var, "ApplyAdagrad", indices);
  update.Input(var.ref()).Input(get_slot(var, "accumulator").ref()).Input(rate);
  return AddGradient(update, grad, indices).Attr("use_locking", use_locking()).BuildOperation();
}

AdadeltaOptimizer::AdadeltaOptimizer(Input learning_rate, AdadeltaOptions options)
    : Optimizer(options.name, options.use_locking),
      learning_rate_(std::move(learning_rate)),
      options_(std::move(options)) {}

void AdadeltaOptimizer::CreateSlots(const std::vector<Variable>& vars) {
  for (const Variable& var : vars) {
    ZerosSlot(var, "accum", get_name());
    ZerosSlot(var, "accum_update", get_name());
  }
}

void AdadeltaOptimizer::Prepare() {
  scalars_ = {convert_to_tensor(learning_rate_, {}, "lr"),
              convert_to_tensor(options_.rho, {}, "rho"),
              convert_to_tensor(options_.epsilon, {}, "epsilon")};
}

Operation AdadeltaOptimizer::ApplyDense(const Output& grad, const Variable& var) {
  return Update(grad, nullptr, var);
}
Operation AdadeltaOptimizer::ApplySparse(const IndexedSlices& grad, const Variable& var) {
  return Update(grad.values, &grad.indices, var);
}

Operation AdadeltaOptimizer::Update(const Output& grad, const Output* indices,
                                    const Variable& var) const {
  const std::vector<Output> scalars = CastAll(scalars_, var);
  OpBuilder update = UpdateOp(var, "ApplyAdadelta", indices);
  update.Input(var.ref()).Input(get_slot(var, "accum").ref());
  update.Input(get_slot(var, "accum_update").ref());
  AddInputs(update, scalars);
  return AddGradient(update, grad, indices).Attr("use_locking", use_locking()).BuildOperation();
}

FtrlOptimizer::FtrlOptimizer(Input learning_rate, FtrlOptions options)
    : Optimizer(options.name, options.use_locking),
      learning_rate_(std::move(learning_rate)),
      options_(std::move(options)) {
  const auto expect = [](bool holds, const char* what, double value, const char* sign) {
    if (holds) return;
    errors::ThrowIfError(InvalidArgument(what, " ", value, " needs to be ", sign, " or zero"));
  };
  expect(options_.initial_accumulator_value >= 0, "initial_accumulator_value",
         options_.initial_accumulator_value, "positive");
  expect(options_.learning_rate_power <= 0, "learning_rate_power", options_.learning_rate_power,
         "negative");
  expect(options_.l1_regularization_strength >= 0, "l1_regularization_strength",
         options_.l1_regularization_strength, "positive");
  expect(options_.l2_regularization_strength >= 0, "l2_regularization_strength",
         options_.l2_regularization_strength, "positive");
  expect(options_.l2_shrinkage_regularization_strength >= 0, "l2_shrinkage_regularization_strength",
         options_.l2_shrinkage_regularization_strength, "positive");
}

void FtrlOptimizer::CreateSlots(const std::vector<Variable>& vars) {
  const auto initial = [this](const Shape& shape, DataType dtype) {
    return ones(shape, dtype) * options_.initial_accumulator_value;
  };
  const auto name = [this](const std::string& slot) { return slot.empty() ? get_name() : slot; };
  for (const Variable& var : vars) {
    Slot(var, Initializer::Fn(initial), "accum", name(options_.accum_name));
    ZerosSlot(var, "linear", name(options_.linear_name));
  }
}

void FtrlOptimizer::Prepare() {
  const Output rate = convert_to_tensor(learning_rate_, {}, "learning_rate");
  const Output l1 =
      convert_to_tensor(options_.l1_regularization_strength, {}, "l1_regularization_strength");
  const Output positive_rate = maximum(learning_rate_, 1e-36);
  const Output twice = 2.0 * positive_rate;
  const Output beta_part = options_.beta / twice;
  const Output l2 = options_.l2_regularization_strength + beta_part;
  // TensorFlow makes this node and does not use it.
  convert_to_tensor(options_.beta, {}, "beta");
  const Output shrinkage = convert_to_tensor(options_.l2_shrinkage_regularization_strength, {},
                                             "l2_shrinkage_regularization_strength");
  const Output power = convert_to_tensor(options_.learning_rate_power, {}, "learning_rate_power");
  scalars_ = {rate, l1, l2};
  if (options_.l2_shrinkage_regularization_strength > 0) scalars_.push_back(shrinkage);
  scalars_.push_back(power);
}

Operation FtrlOptimizer::ApplyDense(const Output& grad, const Variable& var) {
  return Update(grad, nullptr, var);
}
Operation FtrlOptimizer::ApplySparse(const IndexedSlices& grad, const Variable& var) {
  return Update(grad.values, &grad.indices, var);
}

Operation FtrlOptimizer::Update(const Output& grad, const Output* indices,
                                const Variable& var) const {
  const bool shrinks = options_.l2_shrinkage_regularization_strength > 0;
  const std::vector<Output> scalars = CastAll(scalars_, var);
  OpBuilder update = UpdateOp(var, shrinks ? "ApplyFtrlV2" : "ApplyFtrl", indices);
  update.Input(var.ref()).Input(get_slot(var, "accum").ref()).Input(get_slot(var, "linear").ref());
  AddGradient(update, grad, indices);
  return AddInputs(update, scalars).Attr("use_locking", use_locking()).BuildOperation();
}

}  // namespace sessile::train
