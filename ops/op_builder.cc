// The order of events is that of TensorFlow's op-def library: name scope, inputs one by one, the
// attributes that follow from them, then the node.

#include "sessile/ops/op_builder.h"

#include <map>
#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "sessile/core/framework/errors.h"
#include "sessile/core/framework/op_registry.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/graph/node_builder.h"
#include "sessile/core/graph/scope.h"
#include "sessile/ops/convert.h"

namespace sessile {
namespace {

// Turns the arguments of one node into endpoints and attributes.
class InputBinder {
 public:
  InputBinder(GraphImpl& graph, const OpDef& op, AttrMap attrs)
      : graph_(graph), op_(op), attrs_(std::move(attrs)) {}

  absl::Status Bind(const ArgDef& arg, const std::vector<Input>& values, bool is_list);

  const AttrMap& attrs() const { return attrs_; }
  const std::vector<Endpoint>& endpoints() const { return endpoints_; }
  // The operations behind reference arguments: the node belongs where they are.
  const std::vector<Operation>& refs() const { return refs_; }

 private:
  absl::StatusOr<Output> ConvertOne(const ArgDef& arg, const Input& value);
  absl::StatusOr<std::vector<Output>> ConvertList(const ArgDef& arg,
                                                  const std::vector<Input>& values);
  absl::Status SetCount(const ArgDef& arg, int64_t count);
  absl::Status SetType(const ArgDef& arg, const std::vector<Output>& tensors);
  absl::Status SetTypeList(const ArgDef& arg, const std::vector<Output>& tensors);
  absl::Status CheckAllowed(const ArgDef& arg, std::string_view attr, DataType type) const;
  // The type that argument `arg` must have, if that is known by now.
  std::optional<DataType> KnownType(const ArgDef& arg) const;
  const AttrDef* TypeAttrWithDefault(const ArgDef& arg) const;

  GraphImpl& graph_;
  const OpDef& op_;
  AttrMap attrs_;
  std::map<std::string, std::string> inferred_from_;  // attribute -> argument
  std::vector<Endpoint> endpoints_;
  std::vector<Operation> refs_;
};

bool IsList(const ArgDef& arg) { return !arg.number_attr.empty() || !arg.type_list_attr.empty(); }

std::optional<DataType> InputBinder::KnownType(const ArgDef& arg) const {
  if (arg.type != DataType::kInvalid) return arg.type;
  const AttrValue* const value = attrs_.Find(arg.type_attr);
  if (value == nullptr || value->get_if<DataType>() == nullptr) return std::nullopt;
  return *value->get_if<DataType>();
}

const AttrDef* InputBinder::TypeAttrWithDefault(const ArgDef& arg) const {
  const AttrDef* const attr = arg.type_attr.empty() ? nullptr : op_.FindAttr(arg.type_attr);
  return attr != nullptr && attr->default_value.has_value() ? attr : nullptr;
}

absl::StatusOr<Output> InputBinder::ConvertOne(const ArgDef& arg, const Input& value) {
  const std::optional<DataType> type = KnownType(arg);
  const AttrDef* const attr = TypeAttrWithDefault(arg);
  if (type.has_value() || attr == nullptr) {
    return ConvertToTensor(graph_, value, type, arg.name);
  }
  // The type is still open and has a default: a value keeps its own type if that is allowed.
  // Otherwise TensorFlow converts again, and leaves the first Const behind unused.
  const DataType preferred = *attr->default_value->get_if<DataType>();
  const auto& allowed = attr->allowed_types;
  if (!allowed.empty()) {
    SESSILE_ASSIGN_OR_RETURN(const Output own, ConvertToTensor(graph_, value, {}, arg.name));
    const DataType own_type = BaseType(own.dtype());
    if (std::find(allowed.begin(), allowed.end(), own_type) != allowed.end()) return own;
  }
  return ConvertToTensor(graph_, value, {}, arg.name, preferred);
}

absl::StatusOr<std::vector<Output>> InputBinder::ConvertList(const ArgDef& arg,
                                                             const std::vector<Input>& values) {
  std::optional<DataType> type;
  std::optional<DataType> preferred;
  if (arg.type_list_attr.empty()) {
    type = KnownType(arg);
    for (const Input& value : values) {
      if (!type.has_value() && value.is_output()) type = value.dtype();
    }
    const AttrDef* const attr = TypeAttrWithDefault(arg);
    if (!type.has_value() && attr != nullptr) preferred = *attr->default_value->get_if<DataType>();
  }
  std::vector<Output> tensors;
  for (size_t i = 0; i < values.size(); ++i) {
    SESSILE_ASSIGN_OR_RETURN(
        const Output tensor,
        ConvertToTensor(graph_, values[i], type, absl::StrCat(arg.name, "_", i), preferred));
    tensors.push_back(tensor);
  }
  return tensors;
}

absl::Status InputBinder::CheckAllowed(const ArgDef& arg, std::string_view attr_name,
                                       DataType type) const {
  const AttrDef* const attr = op_.FindAttr(attr_name);
  if (attr == nullptr || attr->allowed_types.empty()) return absl::OkStatus();
  const auto& allowed = attr->allowed_types;
  if (std::find(allowed.begin(), allowed.end(), type) != allowed.end()) return absl::OkStatus();
  return InvalidArgument("Value passed to parameter '", arg.name, "' has DataType ",
                         PythonName(type), " not in list of allowed values: ",
                         absl::StrJoin(allowed, ", ", [](std::string* out, DataType t) {
                           absl::StrAppend(out, PythonName(t));
                         }));
}

absl::Status InputBinder::SetCount(const ArgDef& arg, int64_t count) {
  const AttrValue* const known = attrs_.Find(arg.number_attr);
  if (known != nullptr && known->get_if<int64_t>() != nullptr) {
    const int64_t expected = *known->get_if<int64_t>();
    if (expected == count) return absl::OkStatus();
    return InvalidArgument("List argument '", arg.name, "' to '", op_.name, "' Op with length ",
                           count, " must match length ", expected, " of argument '",
                           inferred_from_[arg.number_attr], "'.");
  }
  const AttrDef* const attr = op_.FindAttr(arg.number_attr);
  if (attr != nullptr && attr->minimum.has_value() && count < *attr->minimum) {
    return InvalidArgument("List argument '", arg.name, "' to '", op_.name, "' Op with length ",
                           count, " shorter than minimum length ", *attr->minimum, ".");
  }
  attrs_.Set(arg.number_attr, count);
  inferred_from_[arg.number_attr] = arg.name;
  return absl::OkStatus();
}

absl::Status InputBinder::SetType(const ArgDef& arg, const std::vector<Output>& tensors) {
  if (arg.type_attr.empty()) return absl::OkStatus();
  if (tensors.empty()) {
    if (KnownType(arg).has_value() || TypeAttrWithDefault(arg) != nullptr) return absl::OkStatus();
    return InvalidArgument("Don't know how to infer type variable from empty input list passed to ",
                           "input '", arg.name, "' of '", op_.name, "' Op.");
  }
  for (const Output& tensor : tensors) {
    const DataType type = BaseType(tensor.dtype());
    const std::optional<DataType> known = KnownType(arg);
    if (known.has_value() && *known != type) {
      return InvalidArgument("Input '", arg.name, "' of '", op_.name, "' Op has type ",
                             PythonName(type), " that does not match type ", PythonName(*known),
                             " of argument '", inferred_from_[arg.type_attr], "'.");
    }
    if (known.has_value()) continue;
    SESSILE_RETURN_IF_ERROR(CheckAllowed(arg, arg.type_attr, type));
    attrs_.Set(arg.type_attr, type);
    inferred_from_[arg.type_attr] = arg.name;
  }
  return absl::OkStatus();
}

absl::Status InputBinder::SetTypeList(const ArgDef& arg, const std::vector<Output>& tensors) {
  std::vector<DataType> types;
  for (const Output& tensor : tensors) {
    types.push_back(BaseType(tensor.dtype()));
    SESSILE_RETURN_IF_ERROR(CheckAllowed(arg, arg.type_list_attr, types.back()));
  }
  if (attrs_.Find(arg.type_list_attr) == nullptr) attrs_.Set(arg.type_list_attr, types);
  return absl::OkStatus();
}

absl::Status InputBinder::Bind(const ArgDef& arg, const std::vector<Input>& values, bool is_list) {
  if (is_list != IsList(arg)) {
    return InvalidArgument("Expected ", IsList(arg) ? "a list" : "one tensor", " for '", arg.name,
                           "' argument to '", op_.name, "' Op, got ",
                           is_list ? "a list." : "one tensor.");
  }
  for (const Input& value : values) {
    if (!value.is_output() || value.output().dtype() != DataType::kInvalid) continue;
    return NotFound("Input '", arg.name, "' of '", op_.name, "' Op comes from '",
                    value.output().name(), "', whose type is not known: the operation '",
                    value.output().op().type(), "' is not registered");
  }
  std::vector<Output> tensors;
  // An argument whose type follows from an earlier one says so in its error.
  const Input* const single = is_list ? nullptr : &values.front();
  const std::optional<DataType> type = KnownType(arg);
  if (single != nullptr && single->is_output() && type.has_value() && *type != single->dtype()) {
    const auto from = inferred_from_.find(arg.type_attr);
    return InvalidArgument(
        "Input '", arg.name, "' of '", op_.name, "' Op has type ", PythonName(*single->dtype()),
        " that does not match ", from == inferred_from_.end() ? "expected type of " : "type ",
        PythonName(*type),
        from == inferred_from_.end() ? "" : absl::StrCat(" of argument '", from->second, "'"), ".");
  }
  if (is_list) {
    SESSILE_ASSIGN_OR_RETURN(tensors, ConvertList(arg, values));
  } else {
    absl::StatusOr<Output> tensor = ConvertOne(arg, *single);
    // What is the graph's fault (it is finalized, say) is not the value's.
    if (absl::IsFailedPrecondition(tensor.status())) return tensor.status();
    if (!tensor.ok() && type.has_value()) {
      return InvalidArgument("Expected ", PythonName(*type), " passed to parameter '", arg.name,
                             "' of op '", op_.name, "'. Error: ", tensor.status().message());
    }
    SESSILE_ASSIGN_OR_RETURN(const Output converted, std::move(tensor));
    tensors.push_back(converted);
  }
  if (!arg.number_attr.empty()) {
    SESSILE_RETURN_IF_ERROR(SetCount(arg, static_cast<int64_t>(tensors.size())));
  }
  SESSILE_RETURN_IF_ERROR(arg.type_list_attr.empty() ? SetType(arg, tensors)
                                                     : SetTypeList(arg, tensors));
  for (const Output& tensor : tensors) {
    if (arg.is_ref && !IsRef(tensor.dtype())) {
      return InvalidArgument("'", op_.name, "' Op requires that input '", arg.name,
                             "' be a mutable tensor (e.g.: a tf.Variable)");
    }
    if (arg.is_ref) refs_.push_back(tensor.op());
    endpoints_.push_back(tensor.endpoint());
  }
  return absl::OkStatus();
}

// Adds the node inside of one colocation scope for each of `refs`, the first one outermost.
absl::StatusOr<Node*> AddColocated(GraphImpl& graph, NodeSpec spec,
                                   std::span<const Operation> refs) {
  if (refs.empty()) return AddNodeInScope(graph, std::move(spec));
  const colocate_with scope(refs.front());
  return AddColocated(graph, std::move(spec), refs.subspan(1));
}

std::string BuiltAt(std::string_view node, std::string_view op) {
  const std::string at = SourceScope::Current().ToString();
  return absl::StrCat("\n\t [[{{node ", std::string(node), "}}]] (", std::string(op),
                      at.empty() ? "" : ", built at ", at, ")");
}

// Sets `first` to the first tensor of a graph; throws if another one is of another graph.
void FindGraph(std::span<const Input> inputs, Output* first) {
  for (const Input& input : inputs) {
    if (input.list() != nullptr) FindGraph(*input.list(), first);
    if (!input.is_output()) continue;
    if (!first->has_value()) *first = input.output();
    if (input.output().graph_impl() != first->graph_impl()) {
      const auto place = [](const Output& output) {
        const std::string line = output.op().node().built_at().ToString();
        return line.empty() ? line : absl::StrCat(" (line ", line, ")");
      };
      errors::ThrowIfError(InvalidArgument(
          "Tensor '", input.output().name(), "'", place(input.output()),
          " must be from the same graph as Tensor '", first->name(), "'", place(*first), "."));
    }
  }
}

}  // namespace

OpBuilder::OpBuilder(std::string_view op, std::string_view name)
    : op_(op), name_(name.empty() ? op : name) {}

OpBuilder& OpBuilder::Input(sessile::Input value) {
  arguments_.push_back({.values = {std::move(value)}, .is_list = false});
  return *this;
}

OpBuilder& OpBuilder::InputList(std::vector<sessile::Input> values) {
  arguments_.push_back({.values = std::move(values), .is_list = true});
  return *this;
}

OpBuilder& OpBuilder::InputList(const std::vector<Output>& values) {
  return InputList(std::vector<sessile::Input>(values.begin(), values.end()));
}

OpBuilder& OpBuilder::Attr(std::string_view name, AttrValue value) {
  attrs_.Set(name, std::move(value));
  return *this;
}

OpBuilder& OpBuilder::CopyAttr(const Node& node, std::string_view name) {
  const AttrValue* const value = node.attrs().Find(name);
  if (value != nullptr) attrs_.Set(name, *value);
  return *this;
}

OpBuilder& OpBuilder::ControlInput(const Operation& op) {
  controls_.push_back(op);
  return *this;
}

Operation OpBuilder::BuildOperation() {
  std::vector<sessile::Input> all;
  for (const Argument& argument : arguments_) {
    all.insert(all.end(), argument.values.begin(), argument.values.end());
  }
  const std::shared_ptr<GraphImpl> graph = graph_of(all).impl();
  const OpDef* const op = graph->ops().Find(op_);
  if (op == nullptr) errors::ThrowIfError(graph->ops().NotRegistered(op_));
  if (arguments_.size() != op->inputs.size()) {
    errors::ThrowIfError(InvalidArgument("Op '", op_, "' takes ", op->inputs.size(),
                                         " arguments, got ", arguments_.size()));
  }
  const name_scope scope(name_, graph);
  const std::string node_name = NodeName(*graph, scope.name());
  const auto check = [&](const absl::Status& status) {
    errors::ThrowIfError(WithSuffix(status, status.ok() ? "" : BuiltAt(node_name, op_)));
  };
  InputBinder binder(*graph, *op, attrs_);
  for (size_t i = 0; i < arguments_.size(); ++i) {
    check(binder.Bind(op->inputs[i], arguments_[i].values, arguments_[i].is_list));
  }
  check(CheckAttrNames(*op, node_name, binder.attrs()));
  NodeSpec spec{.name = node_name,
                .op = op_,
                .inputs = binder.endpoints(),
                .attrs = binder.attrs(),
                .built_at = SourceScope::Current()};
  for (const Operation& control : controls_) spec.control_inputs.push_back(control.node().id());
  absl::StatusOr<Node*> node = AddColocated(*graph, std::move(spec), binder.refs());
  check(node.status());
  return Operation(graph, *node);
}

Output OpBuilder::Build() {
  const Operation op = BuildOperation();
  if (op.node().num_outputs() != 1) {
    errors::ThrowIfError(Internal("Op '", op_, "' has ", op.node().num_outputs(),
                                  " outputs, where its builder expects one"));
  }
  return op.output(0);
}

std::vector<Output> OpBuilder::BuildAll() { return BuildOperation().outputs(); }

Graph graph_of(std::span<const Input> inputs) {
  Output first;
  FindGraph(inputs, &first);
  return first.has_value() ? first.graph() : get_default_graph();
}

}  // namespace sessile
