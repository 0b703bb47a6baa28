// tf.train.export_meta_graph.

#include <algorithm>
#include <functional>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "sessile/core/framework/errors.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/graph/op_def_proto.h"
#include "sessile/core/graph/proto_convert.h"
#include "sessile/core/io/proto_io.h"
#include "sessile/ops/collections.h"
#include "sessile/ops/meta_graph.h"
#include "sessile/ops/meta_graph_protos.h"
#include "sessile/proto/control_flow.pb.h"
#include "sessile/proto/meta_graph.pb.h"
#include "sessile/proto/saver.pb.h"
#include "sessile/proto/variable.pb.h"

namespace sessile::train {
namespace {

// The TensorFlow whose graphs these are; readers decide by it what the fields mean.
constexpr char kTensorFlowVersion[] = "2.15.1";
constexpr char kUnboundInput[] = "$unbound_inputs_";
constexpr absl::string_view kLocation = "loc:@";

class Exporter {
 public:
  Exporter(GraphImpl& graph, const ExportMetaGraphOptions& options)
      : graph_(graph), options_(options) {}

  absl::StatusOr<MetaGraphDef> Export();

 private:
  bool IsInScope(absl::string_view name) const {
    return options_.export_scope.empty() || absl::StartsWith(name, options_.export_scope);
  }
  // "scope/x" is "x", "^scope/x" is "^x".
  std::string Strip(const std::string& name) const;
  std::string InputName(const std::string& input);
  absl::Status ExportGraph();
  void ExportNode(pb::NodeDef* node);
  absl::Status ExportOps();
  void AddOpsOf(const pb::NodeDef& node, std::set<std::string>* names) const;
  absl::Status StripDefaults();
  absl::Status StripDefaults(pb::NodeDef* node) const;
  absl::Status ExportCollection(const std::string& name);
  absl::Status ExportItem(const std::string& collection, const CollectionItem& item);
  absl::Status ExportContexts(const std::string& collection);

  GraphImpl& graph_;
  const ExportMetaGraphOptions& options_;
  std::shared_ptr<pb::MetaGraphDef> meta_ = std::make_shared<pb::MetaGraphDef>();
  std::vector<std::string> unbound_;
};

absl::StatusOr<MetaGraphDef> Exporter::Export() {
  pb::MetaGraphDef::MetaInfoDef& info = *meta_->mutable_meta_info_def();
  info.set_tensorflow_version(kTensorFlowVersion);
  info.set_tensorflow_git_version("sessile");
  for (const std::string& tag : options_.tags) info.add_tags(tag);
  SESSILE_RETURN_IF_ERROR(ExportGraph());
  SESSILE_RETURN_IF_ERROR(ExportOps());
  if (options_.strip_default_attrs) SESSILE_RETURN_IF_ERROR(StripDefaults());
  const Rename rename = [this](const std::string& name) { return Strip(name); };
  if (options_.saver_def.has_value()) {
    SaverToProto(*options_.saver_def, rename, meta_->mutable_saver_def());
  }
  std::vector<std::string> names = graph_.collections().Names();
  names.emplace_back(GraphKeys::COND_CONTEXT);
  names.emplace_back(GraphKeys::WHILE_CONTEXT);
  for (const auto& [name, other] : graph_.Slot<OtherCollections>().by_name) names.push_back(name);
  for (const std::string& name : options_.collection_list.value_or(names)) {
    SESSILE_RETURN_IF_ERROR(ExportCollection(name));
  }
  for (const std::string& name : unbound_) {
    (*meta_->mutable_collection_def())[kUnboundInputs].mutable_node_list()->add_value(name);
  }
  return MetaGraphDef(meta_);
}

std::string Exporter::Strip(const std::string& name) const {
  if (options_.export_scope.empty()) return name;
  absl::string_view rest = name;
  absl::string_view mark;
  for (const absl::string_view prefix : {absl::string_view("^"), kLocation}) {
    if (absl::ConsumePrefix(&rest, prefix)) mark = prefix;
  }
  if (!absl::ConsumePrefix(&rest, options_.export_scope) || !absl::ConsumePrefix(&rest, "/")) {
    return name;
  }
  return absl::StrCat(mark, rest);
}

std::string Exporter::InputName(const std::string& input) {
  absl::string_view name = input;
  const bool is_control = absl::ConsumePrefix(&name, "^");
  if (IsInScope(name)) return Strip(input);
  const std::string unbound = absl::StrCat(is_control ? "^" : "", kUnboundInput, name);
  if (std::find(unbound_.begin(), unbound_.end(), unbound) == unbound_.end()) {
    unbound_.push_back(unbound);
  }
  return unbound;
}

absl::Status Exporter::ExportGraph() {
  if (options_.graph_def.has_value()) {
    *meta_->mutable_graph_def() = *options_.graph_def->message();
  } else {
    SESSILE_ASSIGN_OR_RETURN(const GraphDef whole, ExportGraphDef(graph_, /*add_shapes=*/true));
    *meta_->mutable_graph_def() = *whole.message();
  }
  if (options_.export_scope.empty() && !options_.clear_devices) return absl::OkStatus();
  pb::GraphDef& def = *meta_->mutable_graph_def();
  int kept = 0;
  for (int i = 0; i < def.node_size(); ++i) {
    if (!IsInScope(def.node(i).name())) continue;
    if (kept != i) def.mutable_node()->SwapElements(kept, i);
    ExportNode(def.mutable_node(kept++));
  }
  def.mutable_node()->DeleteSubrange(kept, def.node_size() - kept);
  return absl::OkStatus();
}

void Exporter::ExportNode(pb::NodeDef* node) {
  node->set_name(Strip(node->name()));
  if (options_.clear_devices) node->clear_device();
  for (std::string& input : *node->mutable_input()) input = InputName(input);
  const auto place = node->mutable_attr()->find("_class");
  if (place == node->mutable_attr()->end()) return;
  pb::AttrValue::ListValue kept;
  for (const std::string& name : place->second.list().s()) {
    absl::string_view with = name;
    if (absl::ConsumePrefix(&with, kLocation) && !IsInScope(with)) continue;
    kept.add_s(Strip(name));
  }
  if (kept.s_size() == 0) {
    node->mutable_attr()->erase("_class");
  } else {
    *place->second.mutable_list() = std::move(kept);
  }
}

void Exporter::AddOpsOf(const pb::NodeDef& node, std::set<std::string>* names) const {
  if (graph_.ops().Find(node.op()) != nullptr) names->insert(node.op());
}

// The definitions of all ops that are used, for readers that know fewer attributes than we do.
absl::Status Exporter::ExportOps() {
  std::set<std::string> names;
  for (const pb::NodeDef& node : meta_->graph_def().node()) AddOpsOf(node, &names);
  for (const pb::FunctionDef& function : meta_->graph_def().library().function()) {
    for (const pb::NodeDef& node : function.node_def()) AddOpsOf(node, &names);
  }
  pb::OpList& list = *meta_->mutable_meta_info_def()->mutable_stripped_op_list();
  for (const std::string& name : names) {
    SESSILE_RETURN_IF_ERROR(OpDefToProto(*graph_.ops().Find(name), list.add_op()));
  }
  return absl::OkStatus();
}

absl::Status Exporter::StripDefaults() {
  pb::GraphDef& def = *meta_->mutable_graph_def();
  for (pb::NodeDef& node : *def.mutable_node()) SESSILE_RETURN_IF_ERROR(StripDefaults(&node));
  for (pb::FunctionDef& function : *def.mutable_library()->mutable_function()) {
    for (pb::NodeDef& node : *function.mutable_node_def()) {
      SESSILE_RETURN_IF_ERROR(StripDefaults(&node));
    }
  }
  if (def.library().function_size() == 0 && def.library().gradient_size() == 0) {
    def.clear_library();
  }
  meta_->mutable_meta_info_def()->set_stripped_default_attrs(true);
  return absl::OkStatus();
}

absl::Status Exporter::StripDefaults(pb::NodeDef* node) const {
  const OpDef* op = graph_.ops().Find(node->op());
  if (op == nullptr) return absl::OkStatus();
  ExpansionBudget budget;
  for (const AttrDef& attr : op->attrs) {
    const auto found = node->attr().find(attr.name);
    if (found == node->attr().end() || !attr.default_value.has_value()) continue;
    SESSILE_ASSIGN_OR_RETURN(const AttrValue value, AttrFromProto(found->second, &budget));
    if (value == *attr.default_value) node->mutable_attr()->erase(attr.name);
  }
  return absl::OkStatus();
}

absl::Status Exporter::ExportCollection(const std::string& name) {
  if (name == GraphKeys::COND_CONTEXT || name == GraphKeys::WHILE_CONTEXT) {
    return ExportContexts(name);
  }
  if (name == GraphKeys::SAVERS && options_.clear_extraneous_savers &&
      options_.saver_def.has_value()) {
    return ExportItem(name, meta_->saver_def().SerializeAsString());
  }
  for (const CollectionItem& item : graph_.collections().Get(name)) {
    SESSILE_RETURN_IF_ERROR(ExportItem(name, item));
  }
  const auto& others = graph_.Slot<OtherCollections>().by_name;
  if (const auto other = others.find(name); other != others.end()) {
    (*meta_->mutable_collection_def())[name] = *other->second;
  }
  return absl::OkStatus();
}

absl::Status Exporter::ExportItem(const std::string& collection, const CollectionItem& item) {
  const auto entry = [&]() -> pb::CollectionDef& {
    return (*meta_->mutable_collection_def())[collection];
  };
  const Rename rename = [this](const std::string& name) { return Strip(name); };
  std::string node_name;
  if (const auto* endpoint = std::get_if<Endpoint>(&item)) {
    node_name = absl::StrCat(graph_.node(endpoint->node).name(), ":", endpoint->index);
  } else if (const auto* op = std::get_if<OperationItem>(&item)) {
    node_name = graph_.node(op->node).name();
  } else if (const auto* variable = std::get_if<VariableItem>(&item)) {
    const VariableRecord record = graph_.variable(variable->variable);
    if (!IsInScope(graph_.node(record.ref.node).name())) return absl::OkStatus();
    pb::VariableDef message;
    VariableToProto(graph_, record, rename, &message);
    SESSILE_ASSIGN_OR_RETURN(*entry().mutable_bytes_list()->add_value(),
                             SerializeDeterministic(message));
  } else if (const auto* bytes = std::get_if<std::string>(&item)) {
    entry().mutable_bytes_list()->add_value(*bytes);
  } else if (const auto* integer = std::get_if<int64_t>(&item)) {
    entry().mutable_int64_list()->add_value(*integer);
  } else if (const auto* number = std::get_if<float>(&item)) {
    entry().mutable_float_list()->add_value(*number);
  }
  if (!node_name.empty() && IsInScope(node_name)) {
    entry().mutable_node_list()->add_value(Strip(node_name));
  }
  return absl::OkStatus();
}

// Conds and loops inside of others are part of the message of the outermost one.
absl::Status Exporter::ExportContexts(const std::string& collection) {
  const Rename rename = [this](const std::string& name) { return Strip(name); };
  for (const ControlFlowContext* context : graph_.contexts()) {
    if (context->outer() != nullptr || !IsInScope(context->name())) continue;
    if (context->IsWhile() != (collection == GraphKeys::WHILE_CONTEXT)) continue;
    std::string bytes;
    if (const auto* const cond = dynamic_cast<const CondContext*>(context)) {
      pb::CondContextDef message;
      CondToProto(graph_, *cond, rename, &message);
      SESSILE_ASSIGN_OR_RETURN(bytes, SerializeDeterministic(message));
    } else if (const auto* const loop = dynamic_cast<const WhileContext*>(context)) {
      // TensorFlow keeps no loop of a gradient: none can be differentiated.
      if (loop->grad_state() != nullptr) continue;
      pb::WhileContextDef message;
      WhileToProto(graph_, *loop, rename, &message);
      SESSILE_ASSIGN_OR_RETURN(bytes, SerializeDeterministic(message));
    }
    auto& list = *(*meta_->mutable_collection_def())[collection].mutable_bytes_list();
    list.add_value(std::move(bytes));
  }
  return absl::OkStatus();
}

}  // namespace

MetaGraphDef export_meta_graph(const ExportMetaGraphOptions& options) {
  const Graph graph = options.graph.value_or(get_default_graph());
  errors::ThrowIfError(graph.impl()->CheckUsable());
  const auto lock = graph.impl()->Lock();
  const MetaGraphDef meta = errors::ValueOrThrow(Exporter(*graph.impl(), options).Export());
  if (!options.filename.empty()) {
    errors::ThrowIfError(WriteMetaGraphDef(options.filename, meta, options.as_text));
  }
  return meta;
}

}  // namespace sessile::train
