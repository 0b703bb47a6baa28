#include "sessile/core/session/reference_executor.h"

#include <utility>

#include "sessile/core/framework/status.h"
#include "sessile/core/session/variable.h"

namespace sessile {
namespace {

// A value for an output: what refers to a variable stays so only where the output's type does.
RunValue Pass(const Node& node, int output, RunValue& input) {
  if (MayReferToVariable(node.output_types()[static_cast<size_t>(output)])) {
    return std::move(input);
  }
  return {.tensor = TensorOf(input)};
}

}  // namespace

absl::StatusOr<bool> Predicate(const RunValue& value, std::string_view what) {
  SESSILE_ASSIGN_OR_RETURN(const Tensor tensor, CopyContent(TensorOf(value)));
  if (tensor.dtype() != DataType::kBool) {
    return InvalidArgument(std::string(what), " must be a bool, but is ",
                           DataTypeName(tensor.dtype()));
  }
  if (tensor.rank() != 0) {
    return InvalidArgument(std::string(what), " must be a scalar, but it has shape ",
                           tensor.shape().ToString());
  }
  return tensor.scalar<bool>();
}

namespace {

absl::StatusOr<std::vector<RunValue>> RunSwitch(const Node& node, std::span<RunValue> inputs) {
  SESSILE_ASSIGN_OR_RETURN(const bool taken, Predicate(inputs[1], "The second input"));
  std::vector<RunValue> outputs(2);
  outputs[taken] = Pass(node, taken, inputs[0]);
  return outputs;
}

absl::StatusOr<std::vector<RunValue>> RunMerge(const Node& node, std::span<RunValue> inputs) {
  std::vector<RunValue> outputs(2);
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (!inputs[i].live()) continue;
    outputs[0] = Pass(node, 0, inputs[i]);
    outputs[1].tensor = Tensor::Scalar(static_cast<int32_t>(i));
    return outputs;
  }
  return Internal("Merge has no live input");
}

absl::StatusOr<std::vector<RunValue>> RunControlFlow(const Step& step, std::span<RunValue> inputs) {
  const Node& node = *step.node;
  SESSILE_RETURN_IF_ERROR(CheckInitialized(step, inputs));
  switch (step.kind) {
    case ControlFlowKind::kSwitch:
      return RunSwitch(node, inputs);
    case ControlFlowKind::kMerge:
      return RunMerge(node, inputs);
    case ControlFlowKind::kControlTrigger:
      return std::vector<RunValue>();
    default: {
      if (step.kind == ControlFlowKind::kLoopCond) {
        SESSILE_RETURN_IF_ERROR(Predicate(inputs[0], "The input of LoopCond").status());
      }
      std::vector<RunValue> outputs;
      outputs.push_back(Pass(node, 0, inputs[0]));
      return outputs;
    }
  }
}

absl::StatusOr<std::vector<RunValue>> RunKernel(const Step& step, std::span<RunValue> inputs,
                                                const NodeCall::Environment& environment) {
  for (const RunValue& input : inputs) {
    if (!input.live()) return Internal("An input did not arrive");
  }
  NodeCall call(step, inputs, environment);
  SESSILE_RETURN_IF_ERROR(call.Run());
  return call.TakeOutputs();
}

// What is alive of a node's outputs.
RunTrace::Outputs OutputStats(const Node& node, const std::vector<RunValue>& outputs) {
  RunTrace::Outputs stats;
  for (size_t i = 0; i < outputs.size(); ++i) {
    if (!outputs[i].live()) continue;
    const int slot = static_cast<int>(i);
    const Tensor& tensor = outputs[i].tensor;
    stats.push_back({slot, BaseType(node.output_types()[i]),
                     tensor.has_value() ? tensor.shape() : node.output_shape(slot)});
  }
  return stats;
}

absl::StatusOr<std::vector<RunValue>> RunStep(const GraphImpl& graph, const Step& step,
                                              std::span<RunValue> inputs,
                                              const NodeCall::Environment& environment) {
  RunTrace::Scope timed(environment.trace, graph, *step.node, step.node->op_type());
  absl::StatusOr<std::vector<RunValue>> outputs = step.kind != ControlFlowKind::kNone
                                                      ? RunControlFlow(step, inputs)
                                                      : RunKernel(step, inputs, environment);
  timed.Stop();
  if (environment.trace != nullptr && outputs.ok()) {
    timed.SetOutputs(OutputStats(*step.node, *outputs));
  }
  return outputs;
}

}  // namespace

absl::StatusOr<RunValues> RunProgram(const Program& program, std::span<const Tensor> feeds,
                                     const NodeCall::Environment& environment,
                                     const StepsDone& done) {
  std::vector<RunValue> fed;
  for (const Tensor& feed : feeds) fed.push_back({.tensor = feed});
  Dataflow flow(program, fed);
  fed.clear();
  while (const std::optional<Dataflow::Task> task = flow.Next()) {
    SESSILE_RETURN_IF_ERROR(environment.limits->Check());
    const Step& step = program.step(task->step);
    if (task->dead) {
      flow.Finish(*task, std::vector<RunValue>(static_cast<size_t>(step.node->num_outputs())));
      continue;
    }
    if (std::vector<RunValue> known; done != nullptr && done(task->step, &known)) {
      flow.Finish(*task, std::move(known));
      continue;
    }
    absl::StatusOr<std::vector<RunValue>> outputs =
        RunStep(program.graph(), step, flow.Inputs(*task), environment);
    if (!outputs.ok()) {
      // A kernel that gave up because it was told to.
      SESSILE_RETURN_IF_ERROR(environment.limits->Check());
      return WithSuffix(outputs.status(), NodeSuffix(*step.node));
    }
    flow.Finish(*task, *std::move(outputs));
  }
  return std::move(flow.fetched());
}

}  // namespace sessile
