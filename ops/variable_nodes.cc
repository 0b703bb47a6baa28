// The order of nodes and scopes is that of TensorFlow's RefVariable and ResourceVariable.

#include "sessile/ops/variable_nodes.h"

#include <optional>

#include "absl/strings/str_cat.h"
#include "sessile/core/framework/errors.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/graph/graph_impl.h"
#include "sessile/core/graph/scope.h"
#include "sessile/ops/convert.h"
#include "sessile/ops/initial_value_guard.h"
#include "sessile/ops/op_builder.h"
#include "sessile/ops/state.h"

namespace sessile {
namespace {

// The place of a variable that does not exist yet: its nodes are given it by name.
std::vector<std::string> PlaceOf(const std::string& name) { return {absl::StrCat("loc:@", name)}; }

Output ToTensor(GraphImpl& graph, const Input& value, const VariableOptions& options) {
  return errors::ValueOrThrow(ConvertToTensor(graph, value, options.dtype, "initial_value"));
}

// Under "Initializer/".
Output MakeInitialValue(const std::shared_ptr<GraphImpl>& graph, const std::function<Input()>& make,
                        const VariableOptions& options) {
  const name_scope scope("Initializer", graph);
  const device nowhere(nullptr);
  return ToTensor(*graph, make(), options);
}

void CheckIsOutside(const Output& value, const std::string& scope) {
  if (value.node().control_flow_context() == nullptr) return;
  errors::ThrowIfError(
      InvalidArgument("Initializer for variable ", scope,
                      " is from inside a control-flow construct, such as a loop or "
                      "conditional. When creating a variable inside a loop or conditional, "
                      "use a lambda as the initializer."));
}

void CheckInitialValue(const Output& value, const VariableOptions& options,
                       const std::string& name) {
  if (!options.validate_shape || value.get_shape().IsFullyDefined()) return;
  errors::ThrowIfError(InvalidArgument(
      "initial_value must have a shape specified: ", Describe(value), " (variable '", name, "')"));
}

Output VariableOp(const Output& initial_value, const VariableOptions& options,
                  std::string_view name) {
  const Shape own = options.validate_shape ? initial_value.get_shape() : Shape::Unknown();
  return OpBuilder("VariableV2", name)
      .Attr("shape", options.shape.value_or(own))
      .Attr("dtype", BaseType(initial_value.dtype()))
      .Build();
}

Output HandleOp(const Output& initial_value, const VariableOptions& options,
                const std::string& name) {
  return OpBuilder("VarHandleOp", name + "/")
      .Attr("shared_name", name)
      .Attr("debug_name", name + "/")
      .Attr("dtype", BaseType(initial_value.dtype()))
      .Attr("shape", options.shape.value_or(initial_value.get_shape()))
      .Build();
}

Output ReadReference(const Output& ref, const VariableOptions& options) {
  if (!options.caching_device.empty()) {
    const device place(options.caching_device);
    return OpBuilder("Identity", "read").Input(ref).Build();
  }
  const colocate_with place(ref);
  return OpBuilder("Identity", "read").Input(ref).Build();
}

std::optional<device> DeviceOf(const Output& handle) {
  if (handle.op().device().empty()) return std::nullopt;
  return std::make_optional<device>(handle.op().device());
}

Operation AssignInitialValue(const Output& handle, const Output& value, const std::string& name) {
  const name_scope scope("Assign", handle.graph_impl());
  const colocate_with nothing(nullptr);
  const Output safe = GuardInitialValue(value, name);
  return OpBuilder("AssignVariableOp", scope.name()).Input(handle).Input(safe).BuildOperation();
}

// The value where the caching device is, or the plain read.
Output ReadHandle(const Output& handle, DataType dtype, const VariableOptions& options) {
  const name_scope scope("Read", handle.graph_impl());
  const Output read = OpBuilder("ReadVariableOp").Input(handle).Attr("dtype", dtype).Build();
  if (options.caching_device.empty()) return read;
  const colocate_with nothing(nullptr);
  const device place(options.caching_device);
  return OpBuilder("Identity").Input(read).Build();
}

}  // namespace

VariableNodes BuildRefVariable(const std::shared_ptr<GraphImpl>& graph, const InitialValue& initial,
                               const VariableOptions& options) {
  const name_scope scope(options.name.empty() ? "Variable" : options.name);
  const std::string name = scope.name().substr(0, scope.name().size() - 1);
  VariableNodes nodes;
  if (initial.make != nullptr) {
    const attr_scope place(graph, "_class", PlaceOf(name));
    nodes.initial_value = MakeInitialValue(graph, *initial.make, options);
    CheckInitialValue(nodes.initial_value, options, name);
    nodes.ref = VariableOp(nodes.initial_value, options, scope.name());
  } else {
    nodes.initial_value = ToTensor(*graph, *initial.value, options);
    CheckIsOutside(nodes.initial_value, scope.name());
    CheckInitialValue(nodes.initial_value, options, name);
    nodes.ref = VariableOp(nodes.initial_value, options, scope.name());
  }
  const Output safe = GuardInitialValue(nodes.initial_value, name);
  nodes.initializer = assign(nodes.ref, safe, {.validate_shape = options.validate_shape}).op();
  nodes.snapshot = ReadReference(nodes.ref, options);
  return nodes;
}

VariableNodes BuildResourceVariable(const std::shared_ptr<GraphImpl>& graph,
                                    const InitialValue& initial, const VariableOptions& options) {
  const name_scope scope(options.name.empty() ? "Variable" : options.name);
  const std::string name = scope.name().substr(0, scope.name().size() - 1);
  VariableNodes nodes;
  {
    const attr_scope place(graph, "_class", PlaceOf(name));
    const auto value = [&] { return initial.make != nullptr ? (*initial.make)() : *initial.value; };
    nodes.initial_value = MakeInitialValue(graph, value, options);
    if (initial.make == nullptr) CheckIsOutside(nodes.initial_value, scope.name());
    nodes.ref = HandleOp(nodes.initial_value, options, name);
  }
  {
    const name_scope asks("IsInitialized", graph);
    OpBuilder("VarIsInitializedOp").Input(nodes.ref).Build();
  }
  const auto beside = DeviceOf(nodes.ref);
  nodes.initializer = AssignInitialValue(nodes.ref, nodes.initial_value, name);
  nodes.snapshot = ReadHandle(nodes.ref, BaseType(nodes.initial_value.dtype()), options);
  return nodes;
}

}  // namespace sessile
