#include "sessile/core/graph/def_index.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/strip.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/graph/graph_impl.h"
#include "sessile/proto/graph.pb.h"

namespace sessile {
namespace {

bool HasKind(const OpRegistry& ops, const pb::NodeDef& node, ControlFlowKind kind) {
  const OpDef* op = ops.Find(node.op());
  return op != nullptr && op->control_flow == kind;
}

bool IsControl(absl::string_view input) { return absl::StartsWith(input, "^"); }

}  // namespace

TensorName ParseTensorName(absl::string_view name) {
  if (IsControl(name)) return {name.substr(1), TensorName::kControl};
  const size_t colon = name.rfind(':');
  if (colon == absl::string_view::npos || colon == 0) return {name, 0};
  const absl::string_view digits = name.substr(colon + 1);
  int index = 0;
  if (!std::all_of(digits.begin(), digits.end(), absl::ascii_isdigit) ||
      !absl::SimpleAtoi(digits, &index)) {
    return {name, 0};
  }
  return {name.substr(0, colon), index};
}

absl::Status DefIndex::Build(const pb::GraphDef& def, const OpRegistry& ops,
                             const std::map<std::string, Endpoint>& input_map) {
  const size_t count = static_cast<size_t>(def.node_size());
  by_name.reserve(count);
  inputs.resize(count);
  highest_output.resize(count, -1);
  consumers.resize(count);
  pending.resize(count);
  for (int id = 0; id < def.node_size(); ++id) {
    SESSILE_RETURN_IF_ERROR(AddName(def.node(id).name(), id));
    if (def.node(id).op().empty()) {
      return InvalidArgument("Node '", def.node(id).name(), "' does not specify an operation");
    }
  }
  for (const auto& [key, endpoint] : input_map) {
    const TensorName name = ParseTensorName(key);
    mapped_[{name.node, name.index}] = endpoint;
  }
  for (int id = 0; id < def.node_size(); ++id) {
    SESSILE_RETURN_IF_ERROR(AddInputs(def, id, ops));
    SESSILE_RETURN_IF_ERROR(CheckColocation(def, id));
  }
  return absl::OkStatus();
}

const Endpoint* DefIndex::Mapped(const TensorName& name) const {
  const auto found = mapped_.find({name.node, name.index});
  return found == mapped_.end() ? nullptr : &found->second;
}

absl::Status DefIndex::AddName(const std::string& name, int id) {
  if (!IsNodeName(name)) {
    return InvalidArgument("Node '", name, "': Node name contains invalid characters");
  }
  if (!by_name.emplace(name, id).second) {
    return InvalidArgument("Node '", name, "' is not unique");
  }
  return absl::OkStatus();
}

absl::Status DefIndex::AddInputs(const pb::GraphDef& def, int id, const OpRegistry& ops) {
  const pb::NodeDef& node = def.node(id);
  const bool may_close_loop = HasKind(ops, node, ControlFlowKind::kMerge);
  std::vector<DefInput>& to = inputs[static_cast<size_t>(id)];
  to.reserve(static_cast<size_t>(node.input_size()));
  bool in_control = false;
  for (const std::string& input : node.input()) {
    if (in_control && !IsControl(input)) {
      return InvalidArgument("Node '", node.name(),
                             "': Control dependencies must come after regular dependencies");
    }
    in_control = IsControl(input);
    const TensorName name = ParseTensorName(input);
    if (const Endpoint* mapped = Mapped(name)) {
      used_.emplace(name.node, name.index);
      to.push_back({.def = -1, .index = name.index, .mapped = *mapped});
      continue;
    }
    const auto found = by_name.find(name.node);
    if (found == by_name.end()) {
      return InvalidArgument("Node '", node.name(), "': Unknown input node '", input, "'");
    }
    const int from = found->second;
    const bool back = may_close_loop && !in_control &&
                      HasKind(ops, def.node(from), ControlFlowKind::kNextIteration);
    to.push_back({.def = from, .index = name.index, .is_back_edge = back});
    int& used = highest_output[static_cast<size_t>(from)];
    used = std::max(used, name.index);
    if (back) continue;
    consumers[static_cast<size_t>(from)].push_back(id);
    ++pending[static_cast<size_t>(id)];
  }
  return absl::OkStatus();
}

absl::Status DefIndex::CheckColocation(const pb::GraphDef& def, int id) const {
  const pb::NodeDef& node = def.node(id);
  const auto attr = node.attr().find("_class");
  if (attr == node.attr().end()) return absl::OkStatus();
  for (absl::string_view place : attr->second.list().s()) {
    if (absl::ConsumePrefix(&place, kColocation) && !by_name.contains(place)) {
      return InvalidArgument("Node '", node.name(), "' expects to be colocated with unknown node '",
                             place, "'");
    }
  }
  return absl::OkStatus();
}

}  // namespace sessile
