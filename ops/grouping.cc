// NoOp, and the builders that hang control dependencies on it: group, tuple, with_dependencies.

#include "sessile/ops/grouping.h"

#include <map>
#include <set>

#include "sessile/core/framework/errors.h"
#include "sessile/core/framework/op_registry.h"
#include "sessile/core/framework/shape_inference.h"
#include "sessile/core/framework/status.h"
#include "sessile/ops/op_builder.h"

namespace sessile {
namespace {

Graph GraphOf(const std::vector<Dependency>& dependencies) {
  if (dependencies.empty()) return get_default_graph();
  return dependencies.front().op().graph();
}

// One NoOp that waits for operations of one device, and is placed there too.
Operation GroupOnDevice(const std::string& on, const std::vector<Dependency>& inputs,
                        std::string_view name) {
  const control_dependencies after(inputs);
  if (on.empty()) return no_op(name);
  const device place(on);
  return no_op(name);
}

}  // namespace

void RegisterNoOp(OpRegistry& ops) {
  ops.Add("NoOp").Shape(NoOutputs).NoGradient("it has no inputs").Doc("Does nothing.");
}

Operation no_op(std::string_view name, SourceLocation at) {
  SourceScope here(at);
  return OpBuilder("NoOp", name).BuildOperation();
}

Operation group(const DependencyList& inputs, std::string_view name, SourceLocation at) {
  SourceScope here(at);
  const Graph graph = GraphOf(inputs);
  const auto with = graph.as_default();
  const name_scope scope(name.empty() ? "group_deps" : name);
  if (inputs.empty()) return no_op(scope.name());
  std::map<std::string, std::vector<Dependency>> by_device;
  for (const Dependency& input : inputs) by_device[input.op().device()].push_back(input);
  if (by_device.size() == 1) return GroupOnDevice(by_device.begin()->first, inputs, scope.name());
  // One NoOp a device, then one that waits for these.
  std::vector<Dependency> groups;
  for (const auto& [on, members] : by_device) {
    groups.emplace_back(GroupOnDevice(on, members, {}));
  }
  const control_dependencies after(groups);
  return no_op(scope.name());
}

std::vector<Output> tuple(const std::vector<Output>& tensors, const TupleOptions& options,
                          SourceLocation at) {
  SourceScope here(at);
  std::map<int, Operation> gating;  // in the order of the nodes
  for (const Output& tensor : tensors) {
    if (tensor.has_value()) gating.emplace(tensor.node().id(), tensor.op());
  }
  for (const Dependency& control : options.control_inputs) {
    gating.emplace(control.op().node().id(), control.op());
  }
  if (gating.empty()) {
    errors::ThrowIfError(InvalidArgument("'tensors' must have at least one Tensor. Received: ",
                                         tensors.size(), " of them without a value."));
  }
  const auto with = gating.begin()->second.graph().as_default();
  const name_scope scope(options.name.empty() ? "tuple" : options.name);
  std::vector<Dependency> inputs;
  for (const auto& [id, op] : gating) inputs.emplace_back(op);
  const Operation gate = group(inputs);
  std::vector<Output> results;
  for (const Output& tensor : tensors) {
    results.push_back(tensor.has_value() ? with_dependencies({gate}, tensor) : Output());
  }
  return results;
}

Output with_dependencies(const DependencyList& dependencies, const Output& output,
                         std::string_view name) {
  const name_scope scope(name.empty() ? "control_dependency" : name, output.graph_impl());
  const colocate_with place(output);
  const control_dependencies after(dependencies);
  return OpBuilder("Identity", scope.name()).Input(output).Build();
}

}  // namespace sessile
