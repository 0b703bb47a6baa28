#include "sessile/ops/restore_mismatch.h"

#include <optional>
#include <set>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "sessile/core/checkpoint/checkpoint_reader.h"
#include "sessile/core/framework/status.h"

namespace sessile {
namespace {

const Tensor* ConstantAt(const GraphImpl& graph, Endpoint at) {
  const Node& node = graph.node(at.node);
  if (node.op_type() != "Const") return nullptr;
  const AttrValue* const value = node.attrs().Find("value");
  const Tensor* const tensor = value == nullptr ? nullptr : value->get_if<Tensor>();
  return tensor != nullptr && tensor->dtype() == DataType::kString ? tensor : nullptr;
}

// The name of the tensor of the checkpoint that is at this endpoint; nothing for parts of tensors,
// whose shapes the file is compared with when it is read.
std::optional<std::string> RestoredName(const GraphImpl& graph, Endpoint at) {
  while (graph.node(at.node).op_type() == "Identity") at = graph.node(at.node).inputs()[0];
  const Node& node = graph.node(at.node);
  if (node.op_type() != "RestoreV2" && node.op_type() != "Restore") return std::nullopt;
  const Tensor* const names = ConstantAt(graph, node.inputs()[1]);
  if (names == nullptr || at.index >= names->num_elements()) return std::nullopt;
  if (node.num_inputs() > 2) {
    const Tensor* const parts = ConstantAt(graph, node.inputs()[2]);
    if (parts == nullptr || at.index >= parts->num_elements()) return std::nullopt;
    if (!parts->data<std::string>()[at.index].empty()) return std::nullopt;
  }
  return names->data<std::string>()[at.index];
}

class Mismatches {
 public:
  Mismatches(const GraphImpl& graph, const CheckpointReader& reader)
      : graph_(graph), reader_(reader) {}

  std::vector<std::string> Below(std::span<const int> restoring) {
    std::vector<int> todo(restoring.begin(), restoring.end());
    std::set<int> seen;
    while (!todo.empty()) {
      const int id = todo.back();
      todo.pop_back();
      if (!seen.insert(id).second) continue;
      const Node& node = graph_.node(id);
      if (node.op_type() == "Assign" || node.op_type() == "AssignVariableOp") Compare(node);
      todo.insert(todo.end(), node.control_inputs().begin(), node.control_inputs().end());
    }
    return {lines_.begin(), lines_.end()};
  }

 private:
  void Compare(const Node& assign) {
    if (!assign.attrs().GetOr<bool>("validate_shape", true).value_or(true)) return;
    const std::optional<std::string> name = RestoredName(graph_, assign.inputs()[1]);
    if (!name.has_value()) return;
    const auto stored = reader_.tensors().find(*name);
    if (stored == reader_.tensors().end()) return;
    const Endpoint target = assign.inputs()[0];
    const Node& variable = graph_.node(target.node);
    const Shape& shape = assign.op_type() == "Assign" ? variable.output_shape(target.index)
                                                      : variable.output_handle(target.index).shape;
    if (Shape::Compatible(shape, stored->second.shape)) return;
    lines_.insert(absl::StrCat("Variable '", variable.name(), "' has shape ",
                               shape.ToPythonString(), ", but tensor '", *name, "' of checkpoint '",
                               reader_.prefix(), "' has shape ",
                               stored->second.shape.ToPythonString()));
  }

  const GraphImpl& graph_;
  const CheckpointReader& reader_;
  std::set<std::string> lines_;
};

}  // namespace

absl::Status WithShapeMismatches(const absl::Status& status, const GraphImpl& graph,
                                 std::span<const int> restoring, const std::string& prefix) {
  if (!absl::IsInvalidArgument(status)) return status;
  const auto reader = CheckpointReader::Open(prefix);
  if (!reader.ok()) return status;
  const std::vector<std::string> lines = Mismatches(graph, **reader).Below(restoring);
  return lines.empty() ? status : WithSuffix(status, "\n" + absl::StrJoin(lines, "\n"));
}

}  // namespace sessile
