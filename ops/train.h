// Training: optimizers, and the count of steps.
//
//   auto train_op = tf::train::AdamOptimizer(0.001).minimize(loss);
//   for (...) sess.run(train_op, {{inputs, batch}});
#pragma once

#include <source_location>
#include <string>

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
  Operation Finish(const std::vector<Operation>& updates, std::string_view name) override;

 private:
  Input learning_rate_;
  AdamOptions options_;
  Output learning_rate_tensor_;
  Output beta1_tensor_;
  Output beta2_tensor_;
  Output epsilon_tensor_;
};

// The variable "global_step" of the default graph, an int64 scalar that counts training steps.
// Without value if there is none; throws errors::InvalidArgumentError if it is no integer scalar.
Variable get_global_step();
// Throws errors::InvalidArgumentError if there is one already ("\"global_step\" already exists.").
Variable create_global_step(std::source_location at = std::source_location::current());
Variable get_or_create_global_step(std::source_location at = std::source_location::current());

}  // namespace train
}  // namespace sessile
