// Reading meta graphs.

#include <algorithm>
#include <array>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "sessile/core/framework/errors.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/graph/def_index.h"
#include "sessile/core/graph/op_def_proto.h"
#include "sessile/core/graph/scope.h"
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

// The collections that hold variables.
constexpr std::array kVariableCollections = {
    GraphKeys::TRAINABLE_VARIABLES, GraphKeys::GLOBAL_VARIABLES,
    GraphKeys::LOCAL_VARIABLES,     GraphKeys::MODEL_VARIABLES,
    GraphKeys::METRIC_VARIABLES,    GraphKeys::MOVING_AVERAGE_VARIABLES,
    GraphKeys::GLOBAL_STEP,
};

// Before this version of TensorFlow, variables did not say whether they are trainable.
bool SaysTrainable(const std::string& version) {
  const std::vector<std::string> parts = absl::StrSplit(version, '.');
  int major = 0;
  int minor = 0;
  if (parts.size() < 2 || !absl::SimpleAtoi(parts[0], &major) ||
      !absl::SimpleAtoi(parts[1], &minor)) {
    return true;
  }
  return major > 1 || (major == 1 && minor >= 9);
}

class MetaImporter {
 public:
  MetaImporter(const pb::MetaGraphDef& meta, const ImportMetaGraphOptions& options,
               std::shared_ptr<GraphImpl> graph)
      : meta_(meta), options_(options), graph_(std::move(graph)) {}

  absl::StatusOr<ImportedMetaGraph> Import(const MetaGraphDef& meta);

 private:
  absl::Status CheckUnboundInputs() const;
  absl::StatusOr<GraphDef> GraphOf(const MetaGraphDef& meta) const;
  // "x:0" or "x" of the file in the graph.
  absl::StatusOr<Endpoint> Find(const std::string& name) const;
  std::string Rename(const std::string& name) const;
  absl::Status AddCollection(const std::string& name, const pb::CollectionDef& collection);
  absl::Status AddNodes(const std::string& name, const pb::CollectionDef& collection);
  absl::Status AddVariables(const std::string& name, const pb::CollectionDef& collection);
  absl::Status AddBytes(const std::string& name, const pb::CollectionDef& collection);
  void AddOther(const std::string& name, const pb::CollectionDef& collection);

  const pb::MetaGraphDef& meta_;
  const ImportMetaGraphOptions& options_;
  const std::shared_ptr<GraphImpl> graph_;
  std::string prefix_;  // of names: "scope" or ""
  absl::flat_hash_map<std::string, int> nodes_;
  std::map<std::string, int> variables_;  // by their messages: a variable is in many collections
};

absl::StatusOr<ImportedMetaGraph> MetaImporter::Import(const MetaGraphDef& meta) {
  SESSILE_RETURN_IF_ERROR(CheckUnboundInputs());
  SESSILE_ASSIGN_OR_RETURN(const GraphDef def, GraphOf(meta));
  ImportGraphDefOptions options{.input_map = options_.input_map,
                                .return_elements = options_.return_elements,
                                .name = options_.import_scope};
  if (meta_.meta_info_def().has_stripped_op_list()) {
    for (const pb::OpDef& op : meta_.meta_info_def().stripped_op_list().op()) {
      SESSILE_ASSIGN_OR_RETURN(OpDef made, OpDefFromProto(op));
      std::string name = made.name;
      options.producer_op_list.emplace(std::move(name), std::move(made));
    }
  }
  SESSILE_ASSIGN_OR_RETURN(ImportedScope imported, ImportGraphDefInScope(def, options, graph_));
  prefix_ = imported.prefix;
  for (int i = 0; i < def.node_size(); ++i) {
    nodes_[def.message()->node(i).name()] = imported.nodes[static_cast<size_t>(i)];
  }
  const auto& collections = meta_.collection_def();
  // These first: they tell old variables whether they are trainable.
  const char* const first = GraphKeys::TRAINABLE_VARIABLES;
  if (const auto found = collections.find(first); found != collections.end()) {
    SESSILE_RETURN_IF_ERROR(AddCollection(first, found->second));
  }
  std::map<std::string, const pb::CollectionDef*> sorted;
  for (const auto& [name, collection] : collections) sorted[name] = &collection;
  for (const auto& [name, collection] : sorted) {
    if (name == first || name == kUnboundInputs) continue;
    SESSILE_RETURN_IF_ERROR(AddCollection(name, *collection));
  }
  ImportedMetaGraph result;
  result.prefix = prefix_;
  result.returned = std::move(imported.elements);
  if (meta_.has_saver_def()) {
    result.saver_def =
        SaverFromProto(meta_.saver_def(), [this](const std::string& n) { return Rename(n); });
  }
  return result;
}

absl::Status MetaImporter::CheckUnboundInputs() const {
  const auto found = meta_.collection_def().find(kUnboundInputs);
  if (found == meta_.collection_def().end()) return absl::OkStatus();
  std::vector<std::string> missing;
  for (const std::string& name : found->second.node_list().value()) {
    if (!options_.input_map.contains(name)) missing.push_back(name);
  }
  if (missing.empty()) return absl::OkStatus();
  return InvalidArgument("Graph contains unbound inputs: ", absl::StrJoin(missing, ","),
                         ". Must provide these inputs through input_map.");
}

absl::StatusOr<GraphDef> MetaImporter::GraphOf(const MetaGraphDef& meta) const {
  if (!options_.clear_devices) return meta.graph_def();
  auto cleared = std::make_shared<pb::GraphDef>(meta_.graph_def());
  for (pb::NodeDef& node : *cleared->mutable_node()) node.clear_device();
  return GraphDef(std::move(cleared));
}

absl::StatusOr<Endpoint> MetaImporter::Find(const std::string& name) const {
  const TensorName parts = ParseTensorName(name);
  const auto found = nodes_.find(parts.node);
  if (found == nodes_.end() || parts.index == TensorName::kControl) {
    return NotFound("The name '", name,
                    "' refers to a Tensor or an Operation which does not exist "
                    "in the meta graph");
  }
  const Node& node = graph_->node(found->second);
  if (name.find(':') != std::string::npos && parts.index >= node.num_outputs()) {
    return NotFound(
        "The name '", name, "' refers to a Tensor which does not exist. The operation, '",
        std::string(parts.node), "', exists but only has ", node.num_outputs(), " outputs.");
  }
  return Endpoint{node.id(), parts.index};
}

// The name that a node or context of the file has in the graph.
std::string MetaImporter::Rename(const std::string& name) const {
  const TensorName parts = ParseTensorName(name);
  const auto found = nodes_.find(parts.node);
  if (found == nodes_.end()) return prefix_.empty() ? name : absl::StrCat(prefix_, "/", name);
  const std::string& now = graph_->node(found->second).name();
  return name.find(':') == std::string::npos ? now : absl::StrCat(now, ":", parts.index);
}

absl::Status MetaImporter::AddCollection(const std::string& name,
                                         const pb::CollectionDef& collection) {
  Collections& to = graph_->collections();
  switch (collection.kind_case()) {
    case pb::CollectionDef::kNodeList:
      return AddNodes(name, collection);
    case pb::CollectionDef::kBytesList:
      return AddBytes(name, collection);
    case pb::CollectionDef::kInt64List:
      for (const int64_t value : collection.int64_list().value()) to.Add(name, value);
      break;
    case pb::CollectionDef::kFloatList:
      for (const float value : collection.float_list().value()) to.Add(name, value);
      break;
    case pb::CollectionDef::kAnyList:
      AddOther(name, collection);
      break;
    case pb::CollectionDef::KIND_NOT_SET:
      break;
  }
  return absl::OkStatus();
}

void MetaImporter::AddOther(const std::string& name, const pb::CollectionDef& collection) {
  auto& kept = graph_->Slot<OtherCollections>().by_name[name];
  if (kept == nullptr) kept = std::make_shared<pb::CollectionDef>();
  kept->MergeFrom(collection);
}

absl::Status MetaImporter::AddNodes(const std::string& name, const pb::CollectionDef& collection) {
  for (const std::string& value : collection.node_list().value()) {
    absl::StatusOr<Endpoint> found = Find(value);
    if (!found.ok()) {
      return WithSuffix(found.status(), absl::StrCat(" (collection '", name, "')"));
    }
    if (value.find(':') == std::string::npos) {
      graph_->collections().Add(name, OperationItem{found->node});
    } else {
      graph_->collections().Add(name, *found);
    }
  }
  return absl::OkStatus();
}

absl::Status MetaImporter::AddVariables(const std::string& name,
                                        const pb::CollectionDef& collection) {
  const bool says_trainable = SaysTrainable(meta_.meta_info_def().tensorflow_version());
  for (const std::string& bytes : collection.bytes_list().value()) {
    pb::VariableDef message;
    SESSILE_RETURN_IF_ERROR(
        ParseProto(bytes, &message, absl::StrCat("an item of collection '", name, "'")));
    const auto known = variables_.find(bytes);
    if (known != variables_.end()) {
      graph_->collections().Add(name, VariableItem{known->second});
      continue;
    }
    if (!says_trainable) message.set_trainable(name == GraphKeys::TRAINABLE_VARIABLES);
    SESSILE_ASSIGN_OR_RETURN(VariableRecord record,
                             VariableFromProto(
                                 *graph_, message, [this](const std::string& n) { return Find(n); },
                                 [this](const std::string& n) { return Rename(n); }));
    const int index = graph_->AddVariable(std::move(record));
    variables_[bytes] = index;
    graph_->collections().Add(name, VariableItem{index});
  }
  return absl::OkStatus();
}

absl::Status MetaImporter::AddBytes(const std::string& name, const pb::CollectionDef& collection) {
  const bool are_variables = std::find(kVariableCollections.begin(), kVariableCollections.end(),
                                       name) != kVariableCollections.end();
  if (are_variables) return AddVariables(name, collection);
  const auto rename = [this](const std::string& n) { return Rename(n); };
  const auto find = [this](const std::string& n) { return Find(n); };
  auto* const outer = dynamic_cast<GuardingContext*>(BuildScope::Of(*graph_).context);
  for (const std::string& bytes : collection.bytes_list().value()) {
    if (name == GraphKeys::COND_CONTEXT) {
      pb::CondContextDef message;
      SESSILE_RETURN_IF_ERROR(ParseProto(bytes, &message, "an item of collection 'cond_context'"));
      SESSILE_RETURN_IF_ERROR(CondFromProto(*graph_, message, find, rename, outer));
    } else if (name == GraphKeys::WHILE_CONTEXT) {
      pb::WhileContextDef message;
      SESSILE_RETURN_IF_ERROR(ParseProto(bytes, &message, "an item of collection 'while_context'"));
      SESSILE_RETURN_IF_ERROR(WhileFromProto(*graph_, message, find, rename, outer));
    } else if (name == GraphKeys::SAVERS) {
      pb::SaverDef message;
      SESSILE_RETURN_IF_ERROR(ParseProto(bytes, &message, "an item of collection 'savers'"));
      SaverToProto(
          SaverFromProto(message, rename), [](const std::string& n) { return n; }, &message);
      graph_->collections().Add(name, message.SerializeAsString());
    } else {
      graph_->collections().Add(name, bytes);
    }
  }
  return absl::OkStatus();
}

}  // namespace

ImportedMetaGraph import_scoped_meta_graph(const MetaGraphDef& meta,
                                           const ImportMetaGraphOptions& options) {
  const Graph graph = get_default_graph();
  const auto lock = graph.impl()->Lock();
  return errors::ValueOrThrow(MetaImporter(*meta.message(), options, graph.impl()).Import(meta));
}

ImportedMetaGraph import_scoped_meta_graph(const std::string& filename,
                                           const ImportMetaGraphOptions& options) {
  return import_scoped_meta_graph(errors::ValueOrThrow(ReadMetaGraphDef(filename)), options);
}

}  // namespace sessile::train
