#include "sessile/ops/graph_util.h"

#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "sessile/core/framework/errors.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/graph/def_index.h"
#include "sessile/core/graph/proto_convert.h"
#include "sessile/proto/graph.pb.h"

namespace sessile {
namespace {

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

}  // namespace

bool IsRefVariable(std::string_view op_type) {
  return op_type == "VariableV2" || op_type == "Variable";
}

absl::StatusOr<GraphDef> FreezeGraph(const GraphDef& graph_def,
                                     const std::vector<std::string>& destinations,
                                     const VariableReader& read) {
  const pb::GraphDef& from = *graph_def.message();
  SESSILE_ASSIGN_OR_RETURN(const std::vector<bool> needed, Needed(from, destinations));
  auto frozen = std::make_shared<pb::GraphDef>();
  *frozen->mutable_versions() = from.versions();
  if (from.has_library()) *frozen->mutable_library() = from.library();
  for (int i = 0; i < from.node_size(); ++i) {
    if (!needed[static_cast<size_t>(i)]) continue;
    pb::NodeDef* const node = frozen->add_node();
    *node = from.node(i);
    if (read == nullptr) continue;
    if (node->op() == "VarHandleOp") {
      return Unimplemented("'", node->name(),
                           "' is a resource variable: only variables of TensorFlow 1 become "
                           "constants");
    }
    if (!IsRefVariable(node->op())) continue;
    absl::StatusOr<Tensor> value = read(node->name());
    if (!value.ok()) {
      return WithSuffix(value.status(), absl::StrCat(" (variable '", node->name(), "')"));
    }
    SESSILE_RETURN_IF_ERROR(MakeConstant(*value, node));
  }
  return GraphDef(std::move(frozen));
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
