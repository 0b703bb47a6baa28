// Learning rates that follow from the number of steps.

#include <numbers>
#include <string>
#include <vector>

#include "sessile/core/framework/errors.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/graph/scope.h"
#include "sessile/ops/array.h"
#include "sessile/ops/constant.h"
#include "sessile/ops/control_flow.h"
#include "sessile/ops/math.h"
#include "sessile/ops/op_builder.h"
#include "sessile/ops/operators.h"
#include "sessile/ops/train.h"

namespace sessile::train {
namespace {

// What a decay multiplies by, and how many periods of steps have passed.
struct Decay {
  Output rate;
  Output periods;
};

// What all of them begin with: the first rate as a tensor, whose dtype is that of all numbers.
class Schedule {
 public:
  Schedule(const std::vector<Input>& inputs, const std::string& name, const char* missing)
      : with_(graph_of(inputs).as_default()), scope_(name.empty() ? missing : name) {
    rate_ = convert_to_tensor(inputs[0], {}, "initial_learning_rate");
  }
  const Output& rate() const { return rate_; }
  const std::string& name() const { return scope_.name(); }
  Output Number(const Input& input) const { return cast(input, BaseType(rate_.dtype())); }
  // With staircase, only whole periods count.
  Decay DecayOf(const Input& global_step, const Input& decay_steps, const Input& decay_rate,
                bool staircase) const;

 private:
  const DefaultGraphScope with_;
  const name_scope scope_;
  Output rate_;
};

Output Ceil(const Output& x) { return OpBuilder("Ceil").Input(x).Build(); }
Output Floor(const Output& x) { return OpBuilder("Floor").Input(x).Build(); }
Output Cos(const Output& x) { return OpBuilder("Cos").Input(x).Build(); }

Decay Schedule::DecayOf(const Input& global_step, const Input& decay_steps, const Input& decay_rate,
                        bool staircase) const {
  const Output steps = Number(decay_steps);
  const Output rate = Number(decay_rate);
  const Output step = Number(global_step);
  const Output periods = step / steps;
  return {rate, staircase ? Floor(periods) : periods};
}

}  // namespace

Output exponential_decay(Input learning_rate, Input global_step, Input decay_steps,
                         Input decay_rate, const StaircaseOptions& options) {
  SourceScope here(learning_rate);
  const Schedule schedule({learning_rate, global_step, decay_steps, decay_rate}, options.name,
                          "ExponentialDecay");
  const auto [rate, periods] =
      schedule.DecayOf(global_step, decay_steps, decay_rate, options.staircase);
  return multiply(schedule.rate(), pow(rate, periods), schedule.name());
}

Output natural_exp_decay(Input learning_rate, Input global_step, Input decay_steps,
                         Input decay_rate, const StaircaseOptions& options) {
  SourceScope here(learning_rate);
  const Output rate = exp(negative(decay_rate));
  return exponential_decay(learning_rate, global_step, decay_steps, rate, options);
}

Output inverse_time_decay(Input learning_rate, Input global_step, Input decay_steps,
                          Input decay_rate, const StaircaseOptions& options) {
  SourceScope here(learning_rate);
  const Schedule schedule({learning_rate, global_step, decay_steps, decay_rate}, options.name,
                          "InverseTimeDecay");
  const auto [rate, periods] =
      schedule.DecayOf(global_step, decay_steps, decay_rate, options.staircase);
  const Output one = schedule.Number(constant(1));
  const Output growth = multiply(rate, periods);
  return divide(schedule.rate(), add(one, growth), schedule.name());
}

Output polynomial_decay(Input learning_rate, Input global_step, Input decay_steps,
                        const PolynomialDecayOptions& options) {
  SourceScope here(learning_rate);
  const Schedule schedule(
      {learning_rate, global_step, decay_steps, options.end_learning_rate, options.power},
      options.name, "PolynomialDecay");
  const Output end = schedule.Number(options.end_learning_rate);
  const Output power = schedule.Number(options.power);
  Output step = schedule.Number(global_step);
  Output steps = schedule.Number(decay_steps);
  if (options.cycle) {
    // The first multiple of decay_steps that is not below the step.
    const Output at_first = equal(step, 0);
    const Output periods = Ceil(truediv(step, decay_steps));
    const Output multiplier = where_v2(at_first, 1.0, periods);
    steps = multiply(steps, multiplier);
  } else {
    step = minimum(step, steps);
  }
  const Output p = divide(step, steps);
  const Output range = schedule.rate() - end;
  const Output rest = 1.0 - p;
  const Output left = multiply(range, pow(rest, power));
  return add(left, end, schedule.name());
}

Output cosine_decay(Input learning_rate, Input global_step, Input decay_steps,
                    const CosineDecayOptions& options) {
  SourceScope here(learning_rate);
  const Schedule schedule({learning_rate, global_step, decay_steps}, options.name, "CosineDecay");
  const Output steps = schedule.Number(decay_steps);
  const Output step = minimum(schedule.Number(global_step), steps);
  const Output fraction = step / steps;
  const Output pi = constant(std::numbers::pi);
  const Output cosine = 0.5 * (1.0 + Cos(pi * fraction));
  const Output decayed = (1.0 - options.alpha) * cosine + options.alpha;
  return multiply(schedule.rate(), decayed);
}

namespace {

std::vector<Output> ToTensors(const std::vector<Input>& inputs) {
  std::vector<Output> tensors;
  for (const Input& input : inputs) tensors.push_back(convert_to_tensor(input));
  return tensors;
}

// Where x lies between boundaries: a branch of its own for each value.
std::vector<CaseBranch> Pieces(const Output& x, const std::vector<Output>& boundaries,
                               const std::vector<Output>& values) {
  const auto value = [](const Output& each) { return [each] { return each; }; };
  std::vector<CaseBranch> pieces;
  pieces.emplace_back(x <= boundaries.front(), value(values.front()));
  pieces.emplace_back(x > boundaries.back(), value(values.back()));
  for (size_t i = 1; i < boundaries.size(); ++i) {
    const Output above = x > boundaries[i - 1];
    const Output below = x <= boundaries[i];
    pieces.emplace_back(above & below, value(values[i]));
  }
  return pieces;
}

absl::Status CheckPieces(size_t boundaries, const std::vector<Output>& values) {
  if (boundaries == 0 || boundaries + 1 != values.size()) {
    return InvalidArgument(
        "[piecewise_constant] expected one or more boundaries and one value more, got ", boundaries,
        " boundaries and ", values.size(), " values");
  }
  for (const Output& value : values) {
    if (BaseType(value.dtype()) == BaseType(values[0].dtype())) continue;
    return InvalidArgument("`values` must have elements all with the same dtype (",
                           DataTypeName(BaseType(values[0].dtype())), " vs ",
                           DataTypeName(BaseType(value.dtype())), ").");
  }
  return absl::OkStatus();
}

}  // namespace

Output piecewise_constant(Input x, const InputList& boundaries, const InputList& values,
                          const PiecewiseConstantOptions& options) {
  SourceScope here(x);
  const DefaultGraphScope with = graph_of(std::vector<Input>{x}).as_default();
  std::vector<Output> bounds = ToTensors(boundaries);
  const std::vector<Output> rates = ToTensors(values);
  errors::ThrowIfError(CheckPieces(bounds.size(), rates));
  const Output step = convert_to_tensor(x);
  for (Output& bound : bounds) {
    if (bound.dtype() == step.dtype()) continue;
    if (bound.dtype() != int32 || step.dtype() != int64) {
      errors::ThrowIfError(InvalidArgument("`boundaries` (", DataTypeName(bound.dtype()),
                                           ") must have the same dtype as x (",
                                           DataTypeName(step.dtype()), ")."));
    }
    bound = cast(bound, int64);
  }
  const name_scope scope(options.name.empty() ? "PiecewiseConstant" : options.name);
  return case_(Pieces(step, bounds, rates), [&] { return rates[0]; }, {.exclusive = true});
}

}  // namespace sessile::train
