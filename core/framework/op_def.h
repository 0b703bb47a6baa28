// What an operation means: its arguments, attributes, shape rule, gradient and facts.
//
// An OpDef is written with OpRegistry::Add (op_registry.h), one per TensorFlow operation, in a file
// of ops/. All that passes and executors must know of an op is a field here, never a list of names
// kept elsewhere.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "sessile/core/framework/attr_value.h"
#include "sessile/core/framework/data_type.h"

namespace sessile {

struct CallSite;        // a node that calls functions (ops/)
class FunctionInliner;  // the state of an inlining (ops/)
class GradContext;      // the state of a gradient walk (ops/)
class Node;             // core/graph/node.h
class Output;           // core/graph/output.h
class ShapeContext;     // shape_inference.h

// One argument, or with number_attr or type_list_attr a list of arguments. Exactly one of `type`,
// `type_attr` and `type_list_attr` is set.
struct ArgDef {
  std::string name;
  DataType type = DataType::kInvalid;
  std::string type_attr;
  std::string number_attr;
  std::string type_list_attr;
  bool is_ref = false;
};

struct AttrDef {
  std::string name;
  // "string", "int", "float", "bool", "type", "shape", "tensor", "func" or "list(...)" of these.
  std::string type;
  std::optional<AttrValue> default_value;
  std::optional<int64_t> minimum;  // of an int, or of the length of a list
  std::vector<DataType> allowed_types;
  std::vector<std::string> allowed_strings;
};

// How an executor treats a node. Everything but kNone has no kernel: both executors implement
// TensorFlow's dataflow rules for these kinds themselves. The Ref forms have the same kind.
enum class ControlFlowKind {
  kNone,
  kSwitch,  // data goes to one of two outputs, the other one is dead
  kMerge,   // the first live input
  kEnter,   // into a loop frame
  kExit,    // out of a loop frame
  kNextIteration,
  kLoopCond,
  kControlTrigger,  // runs although inputs are dead
};

using ShapeFn = std::function<absl::Status(ShapeContext&)>;
// The value of output `index` if it follows from what is known when the graph is built.
using ValueFn = std::function<std::optional<Tensor>(ShapeContext&, int index)>;
// The value of output `index` read as a shape, dimensions that are not known yet left open.
using ValueAsShapeFn = std::function<std::optional<Shape>(ShapeContext&, int index)>;
// Builds the gradient of `node`: one Output for each data input (an empty Output where none flows),
// given the gradients of its outputs (empty where none came).
using GradientFn = std::function<absl::StatusOr<std::vector<Output>>(
    GradContext&, const Node& node, std::span<const Output> grads)>;

// Replaces a node that calls functions of the graph's library by nodes that call none.
using LowerFn = std::function<absl::Status(FunctionInliner&, const CallSite&)>;

struct OpDef {
  std::string name;
  std::vector<ArgDef> inputs;
  std::vector<ArgDef> outputs;
  std::vector<AttrDef> attrs;
  std::string doc;  // one line

  bool is_stateful = false;
  bool is_commutative = false;
  bool is_aggregate = false;
  bool allows_uninitialized_input = false;
  bool may_block = false;         // a queue, an iterator: runs off the caller's thread
  bool rows_independent = false;  // row i of the outputs depends on row i of the inputs only
  ControlFlowKind control_flow = ControlFlowKind::kNone;
  std::optional<int> deprecated_since;  // GraphDef version

  LowerFn lower;  // empty: the op calls no functions

  ShapeFn shape;
  ValueFn value;                  // empty: never known
  ValueAsShapeFn value_as_shape;  // empty: what `value` gives
  GradientFn gradient;            // empty: see not_differentiable
  // Why there is no gradient. `gradients` treats such an op as a constant when `blocks_gradient`
  // is set (TensorFlow's NotDifferentiable), and refuses it otherwise (no gradient registered).
  std::string not_differentiable;
  bool blocks_gradient = false;

  const AttrDef* FindAttr(std::string_view attr) const;
};

// The types of a node's inputs or outputs, reference types included, from its attributes.
absl::StatusOr<std::vector<DataType>> ArgTypes(const std::vector<ArgDef>& args,
                                               const AttrMap& attrs);
// The number of tensors that argument `arg` stands for.
absl::StatusOr<int64_t> ArgCount(const ArgDef& arg, const AttrMap& attrs);

// "NodeDef mentions attr 'x' not in ..." for a name that the definition does not have; those that
// begin with '_' are free. For who builds nodes: in a file, what is not known here is a newer
// program's, and means nothing.
absl::Status CheckAttrNames(const OpDef& op, std::string_view node_name, const AttrMap& attrs);

// Adds defaults to `attrs` and checks the attributes of the definition: "NodeDef missing attr 'T'
// from ...", "Value for attr 'T' of string is not in the list of allowed values: ...".
absl::Status CheckAttrs(const OpDef& op, std::string_view node_name, AttrMap* attrs);

// "Op<name=BiasAdd; signature=value:T, bias:T -> output:T; attr=T:type,...>", as in error messages.
std::string SummarizeOpDef(const OpDef& op);

}  // namespace sessile
