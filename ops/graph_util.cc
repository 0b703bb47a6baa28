#include "sessile/ops/graph_util.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "sessile/core/framework/errors.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/graph/def_index.h"
#include "sessile/core/graph/proto_convert.h"
#include "sessile/ops/freeze_calls.h"
#include "sessile/proto/graph.pb.h"

namespace sessile {
namespace {

constexpr std::string_view kVarHandleOp = "VarHandleOp";

// Which nodes the destinations need.
absl::StatusOr<std::vector<bool>> Needed(const pb::GraphDef& def,
                                         const std::vector<std::string>& destinations) {
  absl::flat_hash_map<absl::string_view, int> by_name;
  for (int i = 0; i < def.node_size(); ++i) by_name[def.node(i).name()] = i;
  std::vector<bool> needed(static_cast<size_t>(def.node_size()));
  std::vector<int> todo;
  const auto visit = [&](absl::string_view name) -> absl::Status {
    const auto found = by_name.find(name);
    if (found == by_name.end()) return NotFound(name, " is not in graph");
    if (!needed[static_cast<size_t>(found->second)]) todo.push_back(found->second);
    needed[static_cast<size_t>(found->second)] = true;
    return absl::OkStatus();
  };
  for (const std::string& name : destinations) SESSILE_RETURN_IF_ERROR(visit(name));
  while (!todo.empty()) {
    const pb::NodeDef& node = def.node(todo.back());
    todo.pop_back();
    for (const std::string& input : node.input()) {
      SESSILE_RETURN_IF_ERROR(visit(ParseTensorName(input).node));
    }
  }
  return needed;
}

absl::Status MakeConstant(const Tensor& value, pb::NodeDef* node) {
  node->set_op("Const");
  node->clear_input();
  node->clear_attr();
  auto& attrs = *node->mutable_attr();
  attrs["dtype"].set_type(static_cast<pb::DataType>(value.dtype()));
  return TensorToProto(value, attrs["value"].mutable_tensor());
}

pb::DataType TypeOf(const pb::NodeDef& node, const char* attr) {
  const auto found = node.attr().find(attr);
  return found == node.attr().end() ? pb::DT_INVALID : found->second.type();
}

// Which nodes make handles of variables, or pass them on.
class Handles {
 public:
  explicit Handles(const pb::GraphDef& def) {
    for (const pb::NodeDef& node : def.node()) by_name_[node.name()] = &node;
  }

  // The dtype of the variable to which the node's outputs are handles; nothing for other nodes.
  std::optional<pb::DataType> DtypeOf(const pb::NodeDef& node) const {
    const pb::NodeDef* at = &node;
    // Longer chains are cycles.
    for (size_t steps = 0; at != nullptr && steps <= by_name_.size(); ++steps) {
      if (at->op() == kVarHandleOp) return TypeOf(*at, "dtype");
      at = TypeOf(*at, "T") == pb::DT_RESOURCE ? Input(*at, 0) : nullptr;
    }
    return std::nullopt;
  }
  std::optional<pb::DataType> DtypeOfInput(const pb::NodeDef& node, int input) const {
    const pb::NodeDef* const source = Input(node, input);
    return source == nullptr ? std::nullopt : DtypeOf(*source);
  }
  // Whether an input behind the first `skipped` is a handle.
  bool IsInput(const pb::NodeDef& node, int skipped) const {
    for (int i = skipped; i < node.input_size(); ++i) {
      if (!absl::StartsWith(node.input(i), "^") && DtypeOfInput(node, i).has_value()) return true;
    }
    return false;
  }

 private:
  const pb::NodeDef* Input(const pb::NodeDef& node, int input) const {
    if (node.input_size() <= input) return nullptr;
    const auto found = by_name_.find(ParseTensorName(node.input(input)).node);
    return found == by_name_.end() ? nullptr : found->second;
  }
  absl::flat_hash_map<absl::string_view, const pb::NodeDef*> by_name_;
};

void SetType(const char* attr, pb::DataType type, pb::NodeDef* node) {
  (*node->mutable_attr())[attr].set_type(type);
}

// "NAME/axis", a constant 0.
absl::Status AddAxis(pb::NodeDef* gather, pb::GraphDef* def) {
  pb::NodeDef axis;
  axis.set_name(absl::StrCat(gather->name(), "/axis"));
  axis.set_device(gather->device());
  SESSILE_RETURN_IF_ERROR(MakeConstant(Tensor::Scalar(int32_t{0}), &axis));
  const int data = static_cast<int>(
      std::count_if(gather->input().begin(), gather->input().end(),
                    [](const std::string& input) { return !absl::StartsWith(input, "^"); }));
  gather->add_input(axis.name());
  for (int i = gather->input_size() - 1; i > data; --i) {
    gather->mutable_input()->SwapElements(i, i - 1);
  }
  *def->add_node() = std::move(axis);
  return absl::OkStatus();
}

absl::Status WantsVariable(const pb::NodeDef& node) {
  return InvalidArgument("'", node.name(), "' (", node.op(),
                         ") wants a variable, which a constant cannot be");
}

// A node whose first input was a handle, and is the variable's value now.
absl::Status TakeValue(pb::DataType dtype, pb::NodeDef* node, pb::GraphDef* axes) {
  const pb::NodeDef old = *node;
  const auto keep = [&](const char* attr) {
    const auto found = old.attr().find(attr);
    if (found != old.attr().end()) (*node->mutable_attr())[attr] = found->second;
  };
  const auto become = [&](const char* op, const char* type) {
    node->set_op(op);
    node->clear_attr();
    SetType(type, dtype, node);
  };
  if (old.op() == "ReadVariableOp") {
    become("Identity", "T");
  } else if (old.op() == "VariableShape") {
    become("Shape", "T");
    keep("out_type");
  } else if (old.op() == "ResourceGather") {
    become("GatherV2", "Tparams");
    keep("Tindices");
    keep("batch_dims");
    SetType("Taxis", pb::DT_INT32, node);
    return AddAxis(node, axes);
  } else if (old.op() == "ResourceGatherNd") {
    become("GatherNd", "Tparams");
    keep("Tindices");
  } else if (TypeOf(old, "T") == pb::DT_RESOURCE) {
    SetType("T", dtype, node);
  } else {
    return WantsVariable(old);
  }
  return absl::OkStatus();
}

// Whether what `destinations` need calls functions with variables, or functions that have some.
absl::StatusOr<bool> CallsWithVariables(const GraphDef& graph_def,
                                        const std::vector<std::string>& destinations) {
  const pb::GraphDef& def = *graph_def.message();
  if (def.library().function_size() == 0) return false;
  SESSILE_ASSIGN_OR_RETURN(const std::vector<bool> needed, Needed(def, destinations));
  absl::flat_hash_set<absl::string_view> functions;
  bool has_own = false;
  for (const pb::FunctionDef& function : def.library().function()) {
    functions.insert(function.signature().name());
    has_own = has_own || std::any_of(function.node_def().begin(), function.node_def().end(),
                                     [](const auto& node) { return IsVariable(node.op()); });
  }
  const Handles handles(def);
  for (int i = 0; i < def.node_size(); ++i) {
    const pb::NodeDef& node = def.node(i);
    if (!needed[static_cast<size_t>(i)]) continue;
    if (!functions.contains(node.op()) && !HasFunction(node)) continue;
    if (has_own || handles.IsInput(node, 0)) return true;
  }
  return false;
}

absl::StatusOr<GraphDef> FreezeNodes(const GraphDef& graph_def,
                                     const std::vector<std::string>& destinations,
                                     const VariableReader& read) {
  const pb::GraphDef& from = *graph_def.message();
  SESSILE_ASSIGN_OR_RETURN(const std::vector<bool> needed, Needed(from, destinations));
  auto frozen = std::make_shared<pb::GraphDef>();
  *frozen->mutable_versions() = from.versions();
  if (from.has_library()) *frozen->mutable_library() = from.library();
  const Handles handles(from);
  pb::GraphDef axes;
  for (int i = 0; i < from.node_size(); ++i) {
    if (!needed[static_cast<size_t>(i)]) continue;
    pb::NodeDef* const node = frozen->add_node();
    *node = from.node(i);
    if (read == nullptr) continue;
    if (TypeOf(*node, "T") != pb::DT_RESOURCE && handles.IsInput(*node, 1)) {
      return WantsVariable(*node);
    }
    if (const auto dtype = handles.DtypeOfInput(from.node(i), 0)) {
      SESSILE_RETURN_IF_ERROR(TakeValue(*dtype, node, &axes));
    }
    if (!IsVariable(node->op())) continue;
    absl::StatusOr<Tensor> value = read(node->name());
    if (!value.ok()) {
      return WithSuffix(value.status(), absl::StrCat(" (variable '", node->name(), "')"));
    }
    SESSILE_RETURN_IF_ERROR(MakeConstant(*value, node));
  }
  for (pb::NodeDef& axis : *axes.mutable_node()) *frozen->add_node() = std::move(axis);
  return GraphDef(std::move(frozen));
}

}  // namespace

bool IsVariable(std::string_view op_type) {
  return op_type == "VariableV2" || op_type == "Variable" || op_type == kVarHandleOp;
}

absl::StatusOr<GraphDef> FreezeGraph(const GraphDef& graph_def,
                                     const std::vector<std::string>& destinations,
                                     const VariableReader& read) {
  if (read != nullptr) {
    SESSILE_ASSIGN_OR_RETURN(const bool called, CallsWithVariables(graph_def, destinations));
    if (called) {
      SESSILE_ASSIGN_OR_RETURN(const GraphDef inlined, InlineCalls(graph_def, destinations));
      return FreezeNodes(inlined, destinations, read);
    }
  }
  return FreezeNodes(graph_def, destinations, read);
}

namespace graph_util {

GraphDef extract_sub_graph(const GraphDef& graph_def, const std::vector<std::string>& dest_nodes) {
  return errors::ValueOrThrow(FreezeGraph(graph_def, dest_nodes, nullptr));
}

GraphDef convert_variables_to_constants(Session& sess, const GraphDef& graph_def,
                                        const std::vector<std::string>& output_node_names) {
  const auto read = [&](const std::string& name) -> absl::StatusOr<Tensor> {
    SESSILE_ASSIGN_OR_RETURN(std::vector<Tensor> values, sess.Run({absl::StrCat(name, ":0")}));
    return std::move(values[0]);
  };
  return errors::ValueOrThrow(FreezeGraph(graph_def, output_node_names, read));
}

}  // namespace graph_util
}  // namespace sessile
