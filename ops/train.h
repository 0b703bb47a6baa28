// Training: optimizers, and the count of steps.
//
//   auto train_op = tf::train::AdamOptimizer(0.001).minimize(loss);
//   for (...) sess.run(train_op, {{inputs, batch}});
#pragma once

#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "sessile/core/framework/source_location.h"
#include "sessile/ops/optimizer.h"
#include "sessile/ops/variable.h"

namespace sessile {

class OpRegistry;

namespace train {

struct GradientDescentOptions {
  bool use_locking = false;
  std::string name = "GradientDescent";
};

// var -= learning_rate * grad
class GradientDescentOptimizer final : public Optimizer {
 public:
  explicit GradientDescentOptimizer(Input learning_rate, GradientDescentOptions options = {});

 protected:
  void Prepare() override;
  Operation ApplyDense(const Output& grad, const Variable& var) override;
  Operation ApplySparseDuplicateIndices(const IndexedSlices& grad, const Variable& var) override;

 private:
  Input learning_rate_;
  Output learning_rate_tensor_;
};

struct AdamOptions {
  Input beta1 = 0.9;     // decay of the mean of gradients
  Input beta2 = 0.999;   // decay of the mean of their squares
  Input epsilon = 1e-8;  // added to the root, before the division
  bool use_locking = false;
  std::string name = "Adam";
};

// Adam (Kingma and Ba, 2015), in the form of the end of its section 2. With t the number of steps:
//   rate = learning_rate * sqrt(1 - beta2^t) / (1 - beta1^t)
//   m = beta1 * m + (1 - beta1) * grad
//   v = beta2 * v + (1 - beta2) * grad^2
//   var -= rate * m / (sqrt(v) + epsilon)
// m and v are the slots "m" and "v" of each variable, named "VAR/Adam" and "VAR/Adam_1".
class AdamOptimizer final : public Optimizer {
 public:
  explicit AdamOptimizer(Input learning_rate = 0.001, AdamOptions options = {});

 protected:
  void CreateSlots(const std::vector<Variable>& vars) override;
  void Prepare() override;
  Operation ApplyDense(const Output& grad, const Variable& var) override;
  Operation ApplySparse(const IndexedSlices& grad, const Variable& var) override;
  Operation Finish(const std::vector<Operation>& updates, std::string_view name) override;

 private:
  std::vector<Input> Powers(const Variable& var) const;
  std::vector<Output> Scalars(const Variable& var) const;

  Input learning_rate_;
  AdamOptions options_;
  Output learning_rate_tensor_;
  Output beta1_tensor_;
  Output beta2_tensor_;
  Output epsilon_tensor_;
};

struct MomentumOptions {
  bool use_locking = false;
  std::string name = "Momentum";
  bool use_nesterov = false;
};

// Gradient descent with momentum:
//   accum = momentum * accum + grad
//   var -= learning_rate * accum
// and with Nesterov's (Sutskever et al., 2013): var -= learning_rate * (grad + momentum * accum).
// accum is the slot "momentum" of each variable, named "VAR/Momentum".
class MomentumOptimizer final : public Optimizer {
 public:
  MomentumOptimizer(Input learning_rate, Input momentum, MomentumOptions options = {});

 protected:
  void CreateSlots(const std::vector<Variable>& vars) override;
  void Prepare() override;
  Operation ApplyDense(const Output& grad, const Variable& var) override;
  Operation ApplySparse(const IndexedSlices& grad, const Variable& var) override;

 private:
  // `indices`: of the rows that `grad` has; null for all.
  Operation Update(const Output& grad, const Output* indices, const Variable& var) const;

  Input learning_rate_;
  Input momentum_;
  bool use_nesterov_;
  Output learning_rate_tensor_;
  Output momentum_tensor_;
};

struct RMSPropOptions {
  Input decay = 0.9;  // of the mean of squared gradients
  Input momentum = 0.0;
  Input epsilon = 1e-10;
  bool use_locking = false;
  bool centered = false;  // divide by the variance of gradients, not by their mean square
  std::string name = "RMSProp";
};

// RMSProp (Hinton, 2012):
//   rms = decay * rms + (1 - decay) * grad^2
//   mom = momentum * mom + learning_rate * grad / sqrt(rms + epsilon)
//   var -= mom
// and centered, with mg the mean of gradients, rms - mg^2 in place of rms. The slots are "rms"
// (ones at first), "mg" if centered, and "momentum".
class RMSPropOptimizer final : public Optimizer {
 public:
  explicit RMSPropOptimizer(Input learning_rate, RMSPropOptions options = {});

 protected:
  void CreateSlots(const std::vector<Variable>& vars) override;
  void Prepare() override;
  Operation ApplyDense(const Output& grad, const Variable& var) override;
  Operation ApplySparse(const IndexedSlices& grad, const Variable& var) override;

 private:
  // `indices`: of the rows that `grad` has; null for all.
  Operation Update(const Output& grad, const Output* indices, const Variable& var) const;

  Input learning_rate_;
  RMSPropOptions options_;
  std::vector<Output> scalars_;  // learning rate, decay, momentum, epsilon
};

struct AdagradOptions {
  double initial_accumulator_value = 0.1;  // above zero
  bool use_locking = false;
  std::string name = "Adagrad";
};

// Adagrad (Duchi et al., 2011):
//   accumulator += grad^2
//   var -= learning_rate * grad / sqrt(accumulator)
class AdagradOptimizer final : public Optimizer {
 public:
  explicit AdagradOptimizer(Input learning_rate, AdagradOptions options = {});

 protected:
  void CreateSlots(const std::vector<Variable>& vars) override;
  void Prepare() override;
  Operation ApplyDense(const Output& grad, const Variable& var) override;
  Operation ApplySparse(const IndexedSlices& grad, const Variable& var) override;

 private:
  // `indices`: of the rows that `grad` has; null for all.
  Operation Update(const Output& grad, const Output* indices, const Variable& var) const;

  Input learning_rate_;
  double initial_;
  Output learning_rate_tensor_;
};

struct AdadeltaOptions {
  Input rho = 0.95;  // decay of both means
  Input epsilon = 1e-8;
  bool use_locking = false;
  std::string name = "Adadelta";
};

// Adadelta (Zeiler, 2012):
//   accum = rho * accum + (1 - rho) * grad^2
//   update = sqrt(accum_update + epsilon) / sqrt(accum + epsilon) * grad
//   accum_update = rho * accum_update + (1 - rho) * update^2
//   var -= learning_rate * update
class AdadeltaOptimizer final : public Optimizer {
 public:
  explicit AdadeltaOptimizer(Input learning_rate = 0.001, AdadeltaOptions options = {});

 protected:
  void CreateSlots(const std::vector<Variable>& vars) override;
  void Prepare() override;
  Operation ApplyDense(const Output& grad, const Variable& var) override;
  Operation ApplySparse(const IndexedSlices& grad, const Variable& var) override;

 private:
  // `indices`: of the rows that `grad` has; null for all.
  Operation Update(const Output& grad, const Output* indices, const Variable& var) const;

  Input learning_rate_;
  AdadeltaOptions options_;
  std::vector<Output> scalars_;  // learning rate, rho, epsilon
};

struct FtrlOptions {
  double learning_rate_power = -0.5;       // at most zero; how the rate falls
  double initial_accumulator_value = 0.1;  // this and those below: at least zero
  double l1_regularization_strength = 0.0;
  double l2_regularization_strength = 0.0;
  bool use_locking = false;
  std::string name = "Ftrl";
  std::string accum_name = {};   // of the slot "accum"; the optimizer's name if empty
  std::string linear_name = {};  // of the slot "linear"
  double l2_shrinkage_regularization_strength = 0.0;
  double beta = 0.0;
};

// FTRL-Proximal (McMahan et al., 2013), with g = grad + 2 * l2_shrinkage * var and p =
// learning_rate_power:
//   linear += g - ((accum + grad^2)^-p - accum^-p) / learning_rate * var
//   accum += grad^2
//   var = (clip(linear, -l1, l1) - linear) / (accum^-p / learning_rate + 2 * l2)
// l2 is l2_regularization_strength + beta / (2 * learning_rate).
class FtrlOptimizer final : public Optimizer {
 public:
  explicit FtrlOptimizer(Input learning_rate, FtrlOptions options = {});

 protected:
  void CreateSlots(const std::vector<Variable>& vars) override;
  void Prepare() override;
  Operation ApplyDense(const Output& grad, const Variable& var) override;
  Operation ApplySparse(const IndexedSlices& grad, const Variable& var) override;

 private:
  // `indices`: of the rows that `grad` has; null for all.
  Operation Update(const Output& grad, const Output* indices, const Variable& var) const;

  Input learning_rate_;
  FtrlOptions options_;
  std::vector<Output> scalars_;  // learning rate, l1, l2, l2_shrinkage, learning rate power
};

struct ExponentialMovingAverageOptions {
  std::optional<Input> num_updates = {};  // the decay is at most (1 + n) / (10 + n)
  std::string name = "ExponentialMovingAverage";
};

// What a moving average is kept of: a variable, whose average begins with its initial value, or a
// tensor, whose average begins with zeros.
class Averaged {
 public:
  Averaged(const Variable& variable) : variable_(variable) {}  // NOLINT: both are meant to convert
  Averaged(const Output& tensor) : tensor_(tensor) {}          // NOLINT
  // Without value for a tensor.
  const Variable& variable() const { return variable_; }
  // What is averaged.
  Input value() const { return variable_.has_value() ? Input(variable_) : Input(tensor_); }
  // The tensor, or the variable's own.
  Output tensor() const { return variable_.has_value() ? variable_.ref() : tensor_; }

 private:
  Variable variable_;
  Output tensor_;
};

// average -= (1 - decay) * (average - value), at every run of the operation that apply() gives:
//
//   tf::train::ExponentialMovingAverage ema(0.999);
//   tf::control_dependencies with({train_step});
//   auto train = ema.apply();                       // of all trainable variables
//   ema.average(w);                                 // the variable "w/ExponentialMovingAverage"
//
// An object remembers its averages, and is used from one thread at a time.
class ExponentialMovingAverage {
 public:
  explicit ExponentialMovingAverage(Input decay, ExponentialMovingAverageOptions options = {});

  // Throw errors::InvalidArgumentError for what is of no floating type.
  Operation apply(SourceLocation at = SourceLocation::Current());
  Operation apply(const std::vector<Averaged>& values,
                  SourceLocation at = SourceLocation::Current());
  // Without value if no average is kept.
  Variable average(const Averaged& value) const;
  // The name that the average has or would have.
  std::string average_name(const Averaged& value) const;
  // For a Saver that puts averages into the variables themselves: the name under which each
  // variable is found, its average's for those that have one.
  std::map<std::string, Variable> variables_to_restore() const;

 private:
  // A value is known by its graph, node and output.
  using Key = std::tuple<uint64_t, int, int>;
  static Key KeyOf(const Averaged& value);
  void MakeAverage(const Averaged& value);

  Input decay_;
  ExponentialMovingAverageOptions options_;
  std::map<Key, Variable> averages_;
};

// Learning rates that fall with the step, an integer or number tensor. Each is a scalar of the
// dtype of `learning_rate`; with p = step / decay_steps, rounded down with `staircase`:
//
//   exponential_decay   learning_rate * decay_rate^p
//   natural_exp_decay   learning_rate * e^(-decay_rate * p)
//   inverse_time_decay  learning_rate / (1 + decay_rate * p)
struct StaircaseOptions {
  bool staircase = false;
  std::string name = {};
};
Output exponential_decay(Input learning_rate, Input global_step, Input decay_steps,
                         Input decay_rate, const StaircaseOptions& options = {});
Output natural_exp_decay(Input learning_rate, Input global_step, Input decay_steps,
                         Input decay_rate, const StaircaseOptions& options = {});
Output inverse_time_decay(Input learning_rate, Input global_step, Input decay_steps,
                          Input decay_rate, const StaircaseOptions& options = {});

// (learning_rate - end) * (1 - p)^power + end, with p at most 1. With `cycle`, decay_steps is
// replaced by its first multiple that is not below the step.
struct PolynomialDecayOptions {
  Input end_learning_rate = 0.0001;
  Input power = 1.0;
  bool cycle = false;
  std::string name = {};
};
Output polynomial_decay(Input learning_rate, Input global_step, Input decay_steps,
                        const PolynomialDecayOptions& options = {});

// learning_rate * ((1 - alpha) * (1 + cos(pi * p)) / 2 + alpha), with p at most 1.
struct CosineDecayOptions {
  double alpha = 0.0;
  std::string name = {};
};
Output cosine_decay(Input learning_rate, Input global_step, Input decay_steps,
                    const CosineDecayOptions& options = {});

// values[0] up to x = boundaries[0], values[i] for boundaries[i - 1] < x <= boundaries[i], and
// values.back() from there on. There is one value more than boundaries, and all are of one dtype;
// boundaries are of x's (int32 ones go with an int64 x). Throws errors::InvalidArgumentError.
struct PiecewiseConstantOptions {
  std::string name = {};
};
Output piecewise_constant(Input x, const InputList& boundaries, const InputList& values,
                          const PiecewiseConstantOptions& options = {});

// The variable "global_step" of the default graph, an int64 scalar that counts training steps.
// Without value if there is none; throws errors::InvalidArgumentError if it is no integer scalar.
Variable get_global_step();
// Throws errors::InvalidArgumentError if there is one already ("\"global_step\" already exists.").
Variable create_global_step(SourceLocation at = SourceLocation::Current());
Variable get_or_create_global_step(SourceLocation at = SourceLocation::Current());

}  // namespace train
}  // namespace sessile
