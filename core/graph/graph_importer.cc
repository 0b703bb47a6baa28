#include <algorithm>
#include <queue>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "sessile/core/framework/shape_inference.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/graph/def_index.h"
#include "sessile/core/graph/device_spec.h"
#include "sessile/core/graph/graph_impl.h"
#include "sessile/core/graph/graph_payload.h"
#include "sessile/core/graph/import.h"
#include "sessile/core/graph/inlined_graph.h"
#include "sessile/core/graph/op_def_proto.h"
#include "sessile/core/graph/proto_convert.h"
#include "sessile/core/io/proto_io.h"
#include "sessile/proto/graph.pb.h"

namespace sessile {
namespace {

// The GraphDef version that this library reads and writes; TensorFlow 2.15's.
constexpr int kVersion = 1645;

// More outputs than this are not believed of an operation that is not registered.
constexpr int kMostUnregisteredOutputs = 1 << 16;

absl::Status CheckVersions(const pb::VersionDef& versions) {
  if (versions.producer() < 0) {
    return InvalidArgument("GraphDef producer version ", versions.producer(),
                           " below min producer 0 supported by Sessile.  Please regenerate your "
                           "graph.");
  }
  if (versions.min_consumer() > kVersion) {
    return InvalidArgument("GraphDef min consumer version ", versions.min_consumer(),
                           " above current version ", kVersion,
                           " for Sessile.  Please upgrade Sessile.");
  }
  for (const int bad : versions.bad_consumers()) {
    if (bad == kVersion) {
      return InvalidArgument("GraphDef disallows consumer version ", kVersion,
                             ".  Please upgrade Sessile: this version is likely buggy.");
    }
  }
  return absl::OkStatus();
}

class Importer {
 public:
  Importer(const GraphDef& def, const ImportOptions& options, GraphImpl& graph)
      : message_(def.message()), def_(*message_), options_(options), graph_(graph) {}

  // On failure the caller removes the nodes that were made.
  absl::StatusOr<ImportedGraph> Import();
  // The functions that a failed import has added.
  const std::vector<std::string>& added_functions() const { return added_functions_; }

 private:
  void FindScopes();
  absl::Status AddNodes();
  absl::StatusOr<Endpoint> Find(const std::string& element) const;
  absl::Status MergePayload(bool into_empty_graph);
  absl::Status AddInOrder();
  absl::Status CheckInputMap() const;
  absl::Status AddOne(int id);
  absl::StatusOr<NodeSpec> SpecOf(int id);
  absl::Status SetInputs(int id, NodeSpec* spec);
  absl::StatusOr<Endpoint> Resolve(int id, const DefInput& input) const;
  absl::Status CloseLoops();
  absl::Status CycleError() const;
  bool IsTaken(const std::string& name) const;
  std::string NameFor(const std::string& name) const;
  void SetPlace(const pb::NodeDef& node, NodeSpec* spec) const;
  absl::Status AddFunctions();
  absl::Status DropNewerDefaults(NodeSpec* spec);
  absl::Status TakeShapes(int id, const std::vector<Shape>& shapes);
  absl::Status MergeLibrary(GraphPayload* payload);

  const std::shared_ptr<const pb::GraphDef> message_;
  const pb::GraphDef& def_;
  const ImportOptions& options_;
  GraphImpl& graph_;
  DefIndex index_;
  ExpansionBudget budget_;
  // The scopes of the nodes that were there before ("a/b" and "a" of "a/b/c").
  absl::flat_hash_set<std::string> scopes_;
  std::vector<int> ids_;  // in the graph; -1: not there yet
  std::vector<std::string> added_functions_;
  std::vector<std::pair<int, int>> back_edges_;  // (node of the GraphDef, its input)
};

absl::StatusOr<ImportedGraph> Importer::Import() {
  const bool into_empty_graph = graph_.num_nodes() == 0;
  FindScopes();
  SESSILE_RETURN_IF_ERROR(AddFunctions());
  SESSILE_RETURN_IF_ERROR(AddNodes());
  ImportedGraph imported;
  for (const std::string& element : options_.return_elements) {
    SESSILE_ASSIGN_OR_RETURN(const Endpoint found, Find(element));
    imported.returned.push_back(found);
  }
  SESSILE_RETURN_IF_ERROR(MergePayload(into_empty_graph));
  imported.nodes = std::move(ids_);
  return imported;
}

void Importer::FindScopes() {
  for (int id = 0; id < graph_.num_nodes(); ++id) {
    std::string name = graph_.node(id).name();
    for (size_t slash = name.rfind('/'); slash != std::string::npos; slash = name.rfind('/')) {
      name.resize(slash);
      if (!scopes_.insert(name).second) break;
    }
  }
}

absl::Status Importer::AddNodes() {
  SESSILE_RETURN_IF_ERROR(CheckVersions(def_.versions()));
  SESSILE_RETURN_IF_ERROR(index_.Build(def_, graph_.ops(), options_.input_map));
  ids_.assign(static_cast<size_t>(def_.node_size()), -1);
  SESSILE_RETURN_IF_ERROR(AddInOrder());
  SESSILE_RETURN_IF_ERROR(CheckInputMap());
  return CloseLoops();
}

// A key may name what nobody reads, but not what is not there.
absl::Status Importer::CheckInputMap() const {
  const auto is_there = [&](const TensorName& name) {
    const auto found = index_.by_name.find(name.node);
    if (found == index_.by_name.end()) return false;
    const Node& node = graph_.node(ids_[static_cast<size_t>(found->second)]);
    return node.op() == nullptr || name.index < node.num_outputs();
  };
  std::vector<std::string> missing;
  for (const auto& [key, endpoint] : options_.input_map) {
    const TensorName name = ParseTensorName(key);
    if (!index_.IsUsed(name) && !is_there(name)) missing.push_back(key);
  }
  if (missing.empty()) return absl::OkStatus();
  return InvalidArgument("Attempted to map inputs that were not found in graph_def: [",
                         absl::StrJoin(missing, ", "), "]");
}

// Of the nodes whose inputs are there always the first: a GraphDef that is sorted already keeps its
// order.
absl::Status Importer::AddInOrder() {
  std::priority_queue<int, std::vector<int>, std::greater<>> ready;
  for (int id = 0; id < def_.node_size(); ++id) {
    if (index_.pending[static_cast<size_t>(id)] == 0) ready.push(id);
  }
  int added = 0;
  for (; !ready.empty(); ++added) {
    const int id = ready.top();
    ready.pop();
    SESSILE_RETURN_IF_ERROR(AddOne(id));
    for (const int consumer : index_.consumers[static_cast<size_t>(id)]) {
      if (--index_.pending[static_cast<size_t>(consumer)] == 0) ready.push(consumer);
    }
  }
  return added == def_.node_size() ? absl::OkStatus() : CycleError();
}

// Nodes that wait for each other, and nodes behind them, are left over.
absl::Status Importer::CycleError() const {
  constexpr size_t kMostNames = 5;
  std::vector<std::string> names;
  for (int id = 0; id < def_.node_size(); ++id) {
    if (ids_[static_cast<size_t>(id)] < 0) names.push_back(def_.node(id).name());
  }
  const size_t count = names.size();
  if (count > kMostNames) {
    names.resize(kMostNames);
    names.push_back("...");
  }
  return InvalidArgument(count, " nodes in a cycle: ", absl::StrJoin(names, ", "));
}

absl::Status Importer::AddOne(int id) {
  SESSILE_ASSIGN_OR_RETURN(NodeSpec spec, SpecOf(id));
  const OpDef* op = graph_.FindOp(spec.op);
  if (op != nullptr && op->deprecated_since.has_value() &&
      def_.versions().producer() >= *op->deprecated_since) {
    return Unimplemented("Op ", spec.op, " is not available in GraphDef version ",
                         def_.versions().producer(), ". It has been removed in version ",
                         *op->deprecated_since, ". (node '", spec.name, "')");
  }
  const auto shapes = spec.attrs.GetOr<std::vector<Shape>>(kOutputShapes, {});
  if (!shapes.ok()) return shapes.status();
  spec.attrs.Erase(kOutputShapes);
  absl::StatusOr<Node*> node =
      op != nullptr ? graph_.AddNode(std::move(spec)) : graph_.AddUncheckedNode(std::move(spec));
  if (!node.ok()) return node.status();
  ids_[static_cast<size_t>(id)] = (*node)->id();
  return TakeShapes(id, *shapes);
}

absl::StatusOr<NodeSpec> Importer::SpecOf(int id) {
  const pb::NodeDef& node = def_.node(id);
  NodeSpec spec{.name = NameFor(node.name()), .op = node.op()};
  SESSILE_ASSIGN_OR_RETURN(spec.attrs, AttrsFromProto(node, &budget_));
  SESSILE_RETURN_IF_ERROR(DropNewerDefaults(&spec));
  SESSILE_RETURN_IF_ERROR(SetInputs(id, &spec));
  SetPlace(node, &spec);
  spec.context = options_.context;
  // The node shares the message, all of which stays as long as one of its nodes.
  spec.original = std::shared_ptr<const pb::NodeDef>(message_, &node);
  const int highest = index_.highest_output[static_cast<size_t>(id)];
  if (highest >= kMostUnregisteredOutputs && graph_.FindOp(spec.op) == nullptr) {
    return InvalidArgument("Node '", node.name(), "' has no output ", highest);
  }
  spec.unregistered_outputs = highest + 1;
  return spec;
}

// Attributes that a newer producer knows and we do not mean nothing as long as they have their
// defaults.
absl::Status Importer::DropNewerDefaults(NodeSpec* spec) {
  const OpDef* op = graph_.FindOp(spec->op);
  if (op == nullptr || options_.producer_op_list == nullptr) return absl::OkStatus();
  const auto producer = options_.producer_op_list->find(spec->op);
  if (producer == options_.producer_op_list->end()) return absl::OkStatus();
  for (const AttrDef& attr : producer->second.attrs) {
    const AttrValue* value = spec->attrs.Find(attr.name);
    if (value == nullptr || op->FindAttr(attr.name) != nullptr) continue;
    if (attr.default_value == *value) spec->attrs.Erase(attr.name);
  }
  return absl::OkStatus();
}

// What the file says of shapes adds to what follows from the graph.
absl::Status Importer::TakeShapes(int id, const std::vector<Shape>& shapes) {
  constexpr int kShapesHold = 21;  // older producers may have written wrong ones
  Node& node = graph_.node(ids_[static_cast<size_t>(id)]);
  if (static_cast<int>(shapes.size()) != node.num_outputs() ||
      def_.versions().producer() < kShapesHold) {
    return absl::OkStatus();
  }
  for (int i = 0; i < node.num_outputs(); ++i) {
    const Shape& shape = shapes[static_cast<size_t>(i)];
    if (graph_.RefineShape({node.id(), i}, shape).ok()) continue;
    return InvalidArgument("Node '", def_.node(id).name(),
                           "' has an _output_shapes attribute inconsistent with the GraphDef for "
                           "output #",
                           i, ": ", shape.ToString(), " and ", node.output_shape(i).ToString());
  }
  return absl::OkStatus();
}

bool Importer::IsTaken(const std::string& name) const {
  return graph_.FindNode(name) != nullptr || scopes_.contains(name);
}

// The name under the prefix, with a number if a node or a scope has it already; never one that
// another node of the GraphDef will have.
std::string Importer::NameFor(const std::string& name) const {
  const std::string prefix = options_.prefix.empty() ? "" : options_.prefix + "/";
  std::string unique = name;
  for (int i = 1; IsTaken(prefix + unique) || (i > 1 && index_.by_name.contains(unique)); ++i) {
    unique = absl::StrCat(name, "_", i);
  }
  return prefix + unique;
}

absl::Status Importer::SetInputs(int id, NodeSpec* spec) {
  const std::vector<DefInput>& inputs = index_.inputs[static_cast<size_t>(id)];
  spec->inputs.reserve(inputs.size());
  for (const DefInput& input : inputs) {
    if (input.is_back_edge) {
      back_edges_.emplace_back(id, static_cast<int>(spec->inputs.size()));
      spec->inputs.push_back(NodeSpec::kLater);
      spec->has_later_inputs = true;
      continue;
    }
    SESSILE_ASSIGN_OR_RETURN(const Endpoint from, Resolve(id, input));
    if (input.index == TensorName::kControl) {
      spec->control_inputs.push_back(from.node);
    } else {
      spec->inputs.push_back(from);
    }
  }
  spec->control_inputs.insert(spec->control_inputs.end(), options_.control_inputs.begin(),
                              options_.control_inputs.end());
  return absl::OkStatus();
}

absl::StatusOr<Endpoint> Importer::Resolve(int id, const DefInput& input) const {
  if (input.def < 0) return input.mapped;
  const Node& source = graph_.node(ids_[static_cast<size_t>(input.def)]);
  if (input.index == TensorName::kControl) return Endpoint{source.id(), 0};
  if (input.index >= source.num_outputs()) {
    return InvalidArgument("Node '", def_.node(id).name(), "': Connecting to invalid output ",
                           input.index, " of source node ", def_.node(input.def).name(),
                           " which has ", source.num_outputs(), " outputs.");
  }
  return Endpoint{source.id(), input.index};
}

absl::Status Importer::CloseLoops() {
  for (const auto& [id, i] : back_edges_) {
    const DefInput& input = index_.inputs[static_cast<size_t>(id)][static_cast<size_t>(i)];
    SESSILE_ASSIGN_OR_RETURN(const Endpoint from, Resolve(id, input));
    Node& node = graph_.node(ids_[static_cast<size_t>(id)]);
    SESSILE_RETURN_IF_ERROR(graph_.UpdateInput(node, i, from));
  }
  return absl::OkStatus();
}

// What an element of `return_elements` stands for.
absl::StatusOr<Endpoint> Importer::Find(const std::string& element) const {
  const TensorName name = ParseTensorName(element);
  const bool is_tensor = element.find(':') != std::string::npos;
  if (const Endpoint* mapped = index_.Mapped(name); is_tensor && mapped != nullptr) return *mapped;
  const auto found = index_.by_name.find(name.node);
  if (found == index_.by_name.end() || name.index == TensorName::kControl) {
    return InvalidArgument("Requested return ", is_tensor ? "tensor" : "node", " '", element,
                           "' not found in graph def");
  }
  const Node& node = graph_.node(ids_[static_cast<size_t>(found->second)]);
  if (is_tensor && name.index >= node.num_outputs()) {
    return InvalidArgument("Invalid return output ", name.index, " of node '", name.node,
                           "', which has ", node.num_outputs(), " output(s)");
  }
  return Endpoint{node.id(), name.index};
}

// Device and colocation, which names nodes of the GraphDef.
void Importer::SetPlace(const pb::NodeDef& node, NodeSpec* spec) const {
  spec->device = node.device();
  if (!options_.device.empty()) {
    const absl::StatusOr<std::string> own = NormalDeviceName(node.device());
    spec->device = MergeDeviceNames(options_.device, own.ok() ? *own : node.device());
  }
  const AttrValue* attr = spec->attrs.Find("_class");
  const AttrList* list = attr == nullptr ? nullptr : attr->get_if<AttrList>();
  if (list == nullptr) return;
  AttrList renamed = *list;
  for (std::string& place : renamed.strings) {
    absl::string_view with = place;
    if (!absl::ConsumePrefix(&with, kColocation)) continue;
    const int id = ids_[static_cast<size_t>(index_.by_name.at(with))];
    place = absl::StrCat(kColocation, id < 0 ? NameFor(std::string(with)) : graph_.node(id).name());
  }
  if (renamed.strings != list->strings) spec->attrs.Set("_class", std::move(renamed));
}

absl::Status Importer::MergePayload(bool into_empty_graph) {
  GraphPayload& payload = graph_.Slot<GraphPayload>();
  SESSILE_RETURN_IF_ERROR(MergeLibrary(&payload));
  const pb::VersionDef& versions = def_.versions();
  if (into_empty_graph || payload.versions == nullptr) {
    payload.versions = std::make_shared<pb::VersionDef>(versions);
  } else {
    pb::VersionDef& merged = *payload.versions;
    merged.set_min_consumer(std::max(merged.min_consumer(), versions.min_consumer()));
    for (const int bad : versions.bad_consumers()) {
      const auto& known = merged.bad_consumers();
      if (std::find(known.begin(), known.end(), bad) == known.end()) merged.add_bad_consumers(bad);
    }
  }
  graph_.set_producer_version(into_empty_graph
                                  ? versions.producer()
                                  : std::min(graph_.producer_version(), versions.producer()));
  // What else there is may name nodes, so it is true only where the nodes keep their names.
  if (options_.prefix.empty()) {
    pb::GraphDef rest;
    if (def_.has_debug_info()) *rest.mutable_debug_info() = def_.debug_info();
    rest.GetReflection()->MutableUnknownFields(&rest)->MergeFrom(
        def_.GetReflection()->GetUnknownFields(def_));
    payload.other_fields += rest.SerializeAsString();
  }
  return absl::OkStatus();
}

// The functions of the library can be called by their names.
absl::Status Importer::AddFunctions() {
  const FunctionSupport* support = graph_.ops().function_support();
  if (support == nullptr) return absl::OkStatus();
  for (const pb::FunctionDef& function : def_.library().function()) {
    SESSILE_ASSIGN_OR_RETURN(OpDef op, OpDefFromProto(function.signature()));
    op.shape = UnknownShape;
    op.lower = support->call;
    op.not_differentiable = "functions are inlined when a graph runs";
    const std::string name = op.name;
    if (graph_.AddFunction(std::move(op))) added_functions_.push_back(name);
  }
  return absl::OkStatus();
}

absl::Status Importer::MergeLibrary(GraphPayload* payload) {
  if (!def_.has_library()) return absl::OkStatus();
  if (payload->library == nullptr) {
    payload->library = std::make_shared<pb::FunctionDefLibrary>(def_.library());
    return absl::OkStatus();
  }
  absl::flat_hash_map<std::string, std::string> known;
  for (const pb::FunctionDef& function : payload->library->function()) {
    SESSILE_ASSIGN_OR_RETURN(known[function.signature().name()], SerializeDeterministic(function));
  }
  auto merged = std::make_shared<pb::FunctionDefLibrary>(*payload->library);
  for (const pb::FunctionDef& function : def_.library().function()) {
    const std::string& name = function.signature().name();
    SESSILE_ASSIGN_OR_RETURN(std::string bytes, SerializeDeterministic(function));
    const auto [same, is_new] = known.emplace(name, bytes);
    if (!is_new && same->second != bytes) {
      return InvalidArgument("Cannot add function '", name,
                             "' because a different function with the same name already exists.");
    }
    if (is_new) *merged->add_function() = function;
  }
  merged->mutable_gradient()->MergeFrom(def_.library().gradient());
  payload->library = std::move(merged);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<ImportedGraph> ImportGraphDef(const GraphDef& graph_def,
                                             const ImportOptions& options, GraphImpl& graph) {
  const auto lock = graph.Lock();
  SESSILE_RETURN_IF_ERROR(graph.CheckUsable());
  const int first = graph.num_nodes();
  Importer importer(graph_def, options, graph);
  absl::StatusOr<ImportedGraph> imported = importer.Import();
  if (!imported.ok()) {
    graph.RemoveNodesFrom(first);
    for (const std::string& name : importer.added_functions()) graph.RemoveFunction(name);
    return imported;
  }
  for (int id = first; id < graph.num_nodes(); ++id) {
    Node& node = graph.node(id);
    graph.MarkNameAsUsed(node.name());
    if (options.context != nullptr) SESSILE_RETURN_IF_ERROR(options.context->AddOp(node));
  }
  return imported;
}

}  // namespace sessile
