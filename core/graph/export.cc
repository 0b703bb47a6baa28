#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/graph/graph_def.h"
#include "sessile/core/graph/graph_impl.h"
#include "sessile/core/graph/graph_payload.h"
#include "sessile/core/graph/proto_convert.h"
#include "sessile/proto/graph.pb.h"

namespace sessile {
namespace {

// The first GraphDef version that knows functions.
constexpr int kFunctionsMinConsumer = 12;

void ExportInputs(const GraphImpl& graph, const Node& node, pb::NodeDef* out) {
  out->clear_input();
  for (const Endpoint& input : node.inputs()) {
    const std::string& source = graph.node(input.node).name();
    out->add_input(input.index == 0 ? source : absl::StrCat(source, ":", input.index));
  }
  std::vector<std::string> controls;
  for (const int control : node.control_inputs()) controls.push_back(graph.node(control).name());
  std::sort(controls.begin(), controls.end());
  for (const std::string& control : controls) out->add_input(absl::StrCat("^", control));
}

// True if `proto` reads as `value`: then its bytes stay, with all that we do not know of them.
bool ReadsAs(const pb::AttrValue& proto, const AttrValue& value) {
  ExpansionBudget budget;
  const absl::StatusOr<AttrValue> old = AttrFromProto(proto, &budget);
  return old.ok() && *old == value;
}

// A default is copied from the operation's definition: tensors as they are written there.
absl::Status ExportAttr(const Node& node, const std::string& name, const AttrValue& value,
                        pb::AttrValue* out) {
  const Tensor* const tensor = value.get_if<Tensor>();
  const AttrDef* const attr = node.op() == nullptr ? nullptr : node.op()->FindAttr(name);
  if (tensor != nullptr && attr != nullptr && attr->default_value == value) {
    return TensorToProto(*tensor, out->mutable_tensor(), TensorForm::kValues);
  }
  return AttrToProto(value, out);
}

// What the importer left out stays out.
void DropAttrs(const Node& node, pb::NodeDef* out) {
  std::vector<std::string> dropped;
  for (const auto& [name, value] : out->attr()) {
    if (node.attrs().Find(name) == nullptr) dropped.push_back(name);
  }
  for (const std::string& name : dropped) out->mutable_attr()->erase(name);
}

absl::Status ExportNode(const GraphImpl& graph, const Node& node, pb::NodeDef* out) {
  if (node.original() != nullptr) *out = *node.original();
  DropAttrs(node, out);
  out->set_name(node.name());
  out->set_op(node.op_type());
  ExportInputs(graph, node, out);
  out->set_device(node.device());
  for (const auto& [name, value] : node.attrs()) {
    const auto old = out->attr().find(name);
    if (old != out->attr().end() && ReadsAs(old->second, value)) continue;
    const absl::Status status = ExportAttr(node, name, value, &(*out->mutable_attr())[name]);
    if (!status.ok()) {
      return WithSuffix(status, absl::StrCat(" (attr '", name, "' of node '", node.name(), "')"));
    }
  }
  return absl::OkStatus();
}

void AddShapes(const Node& node, pb::NodeDef* out) {
  if (node.num_outputs() == 0) return;
  pb::AttrValue::ListValue& shapes = *(*out->mutable_attr())[kOutputShapes].mutable_list();
  shapes.Clear();
  for (int i = 0; i < node.num_outputs(); ++i) {
    ShapeToProto(node.output_shape(i), shapes.add_shape());
  }
}

}  // namespace

absl::StatusOr<GraphDef> ExportGraphDef(GraphImpl& graph, bool add_shapes) {
  const auto lock = graph.Lock();
  auto out = std::make_shared<pb::GraphDef>();
  const GraphPayload& payload = graph.Slot<GraphPayload>();
  if (payload.versions != nullptr) *out->mutable_versions() = *payload.versions;
  out->mutable_versions()->set_producer(graph.producer_version());
  if (payload.library != nullptr) {
    *out->mutable_library() = *payload.library;
    const int min_consumer = out->versions().min_consumer();
    out->mutable_versions()->set_min_consumer(std::max(min_consumer, kFunctionsMinConsumer));
  }
  out->MergeFromString(payload.other_fields);
  const int count = graph.num_nodes();
  out->mutable_node()->Reserve(count);
  for (int id = 0; id < count; ++id) {
    SESSILE_RETURN_IF_ERROR(ExportNode(graph, graph.node(id), out->add_node()));
    if (add_shapes) AddShapes(graph.node(id), out->mutable_node(id));
  }
  return GraphDef(std::move(out));
}

}  // namespace sessile
