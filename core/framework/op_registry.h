// The operations that a graph may hold.
//
//   void RegisterBiasAdd(OpRegistry& ops) {
//     ops.Add("BiasAdd")
//         .Input("value: T")
//         .Input("bias: T")
//         .Output("output: T")
//         .Attr("T: numbertype")
//         .Attr("data_format: {'NHWC', 'NCHW'} = 'NHWC'")
//         .Shape(BiasAddShape)
//         .Gradient(BiasAddGradient)
//         .RowsIndependent()
//         .Doc("Adds `bias` [channels] to `value` [..., channels].");
//   }
//
// Registration is explicit: ops/register_all.cc calls one such function a file; a user's op comes
// in through builtin_ops().Add(...) before the first Graph is made, which freezes the registry. A
// mistake (duplicate name, malformed argument, Add after the freeze) is kept in status(), which
// every new Graph reports. Not thread-safe until frozen; then read-only.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "sessile/core/framework/op_def.h"

namespace sessile {

class OpRegistry;
struct FunctionSupport;  // core/graph/inlined_graph.h

// Writes one OpDef. Specifications are in TensorFlow's notation:
//   arguments   "x: T", "axis: Tidx", "shape: int32", "ref: Ref(T)", "inputs: N * T", "in: Tlist"
//   attributes  "T: type", "T: {float, double}", "T: numbertype", "N: int >= 2", "x: float = 1e-4",
//               "strides: list(int)", "padding: {'SAME', 'VALID'}", "shape: shape",
//               "dilations: list(int) = [1, 1, 1, 1]", "keep_dims: bool = false", "s: string = ''"
class OpDefBuilder {
 public:
  OpDefBuilder& Input(std::string_view spec);
  OpDefBuilder& Output(std::string_view spec);
  OpDefBuilder& Attr(std::string_view spec);
  // With a default that has no notation: a tensor.
  OpDefBuilder& Attr(std::string_view spec, AttrValue default_value);
  OpDefBuilder& Doc(std::string_view line);
  OpDefBuilder& Shape(ShapeFn fn);
  OpDefBuilder& Value(ValueFn fn);
  OpDefBuilder& ValueAsShape(ValueAsShapeFn fn);
  OpDefBuilder& Gradient(GradientFn fn);
  // TensorFlow's ops.NotDifferentiable: the op counts as a constant.
  OpDefBuilder& NotDifferentiable(std::string_view reason);
  // No gradient is registered: taking one through the op is an error that gives the reason.
  OpDefBuilder& NoGradient(std::string_view reason);
  OpDefBuilder& Stateful();
  OpDefBuilder& Commutative();
  OpDefBuilder& Aggregate();
  OpDefBuilder& AllowsUninitializedInput();
  OpDefBuilder& MayBlock();
  OpDefBuilder& RowsIndependent();
  OpDefBuilder& ControlFlow(ControlFlowKind kind);
  OpDefBuilder& Deprecated(int since_version);
  OpDefBuilder& Lower(LowerFn fn);

 private:
  friend class OpRegistry;
  OpDefBuilder(OpRegistry* registry, OpDef* op) : registry_(registry), op_(op) {}
  void Fail(std::string_view spec, absl::string_view why);

  OpRegistry* registry_;
  OpDef* op_;
};

class OpRegistry {
 public:
  OpRegistry() = default;
  OpRegistry(const OpRegistry&) = delete;
  OpRegistry& operator=(const OpRegistry&) = delete;

  OpDefBuilder Add(std::string_view name);
  // Null if there is none.
  const OpDef* Find(std::string_view name) const;
  // NOT_FOUND for an op that is not there, of node `node` if it has a name yet: "Op type not
  // registered 'Foo' (node 'x') in binary running on HOST. ..."; says so if it was added after the
  // freeze.
  absl::Status NotRegistered(std::string_view op, std::string_view node = {}) const;
  // In the order of the names.
  std::vector<const OpDef*> List() const;

  // How graphs of these operations run functions; null: they do not.
  void SetFunctionSupport(std::shared_ptr<const FunctionSupport> support);
  const FunctionSupport* function_support() const { return function_support_.get(); }

  // From now on Add is a mistake. Checks that arguments name attributes that are there.
  void Freeze();
  const absl::Status& status() const { return status_; }

 private:
  friend class OpDefBuilder;
  // Keeps the first mistake.
  void Fail(std::string message);

  absl::flat_hash_map<absl::string_view, std::unique_ptr<OpDef>> ops_;  // by OpDef::name
  std::vector<std::unique_ptr<OpDef>> rejected_;  // what builders of refused names write to
  std::shared_ptr<const FunctionSupport> function_support_;
  absl::Status status_;
  bool frozen_ = false;
};

// The registry of a program, filled with the built-in operations at the first call. Declared here
// for Graph's default constructor; defined by the layer that has the operations
// (ops/register_all.cc).
OpRegistry& builtin_ops();

}  // namespace sessile
