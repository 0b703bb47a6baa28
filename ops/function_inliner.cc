#include "sessile/ops/function_inliner.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "sessile/core/framework/status.h"

namespace sessile {
namespace {

absl::Status TooLarge(const std::string& node) {
  return absl::ResourceExhaustedError(absl::StrCat("Node '", node,
                                                   "': Inlining the functions of this graph makes "
                                                   "more than ",
                                                   FunctionBodies::kMostNodes, " nodes"));
}

AttrMap TypeAttr(DataType type) {
  AttrMap attrs;
  attrs.Set("T", type);
  return attrs;
}

}  // namespace

FunctionInliner::FunctionInliner(GraphImpl& original) : original_(original), bodies_(original) {
  inlined_.graph = std::make_shared<GraphImpl>(original.ops());
}

bool FunctionInliner::IsCall(const OpDef* op) { return op != nullptr && op->lower != nullptr; }

absl::Status FunctionInliner::CheckInputs(const std::string& node, const OpDef& op, size_t given,
                                          size_t wanted) {
  if (given == wanted) return absl::OkStatus();
  return InvalidArgument("Node '", node, "' of op ", op.name, " has ", given, " inputs, but takes ",
                         wanted);
}

absl::StatusOr<InlinedGraph> FunctionInliner::Inline(std::span<const int> roots,
                                                     const std::set<Endpoint>& fed) {
  SESSILE_RETURN_IF_ERROR(Reach(roots, fed));
  SESSILE_RETURN_IF_ERROR(CheckSize());
  std::set<int> all = reached_;
  for (const Endpoint& feed : fed) all.insert(feed.node);
  for (const int id : all) {
    SESSILE_RETURN_IF_ERROR(CopyNode(original_.node(id), reached_.contains(id)));
  }
  for (const int id : reached_) SESSILE_RETURN_IF_ERROR(ConnectCopy(original_.node(id)));
  return std::move(inlined_);
}

// The nodes that a run needs, without what stands behind a feed.
absl::Status FunctionInliner::Reach(std::span<const int> roots, const std::set<Endpoint>& fed) {
  std::vector<int> todo;
  const auto visit = [&](int id) {
    if (reached_.insert(id).second) todo.push_back(id);
  };
  std::for_each(roots.begin(), roots.end(), visit);
  while (!todo.empty()) {
    const Node& node = original_.node(todo.back());
    todo.pop_back();
    if (node.op() != nullptr && node.op()->control_flow != ControlFlowKind::kNone) {
      has_control_flow_ = true;
    }
    if (node.op() == nullptr) continue;  // it cannot run, which is the error
    for (const Endpoint& input : node.inputs()) {
      if (fed.contains(input)) continue;
      if (input.node < 0) {
        return InvalidArgument("Node '", node.name(), "' has an input that is not connected");
      }
      visit(input.node);
    }
    for (const int control : node.control_inputs()) visit(control);
  }
  return absl::OkStatus();
}

// Before any node is made: what is refused costs little.
absl::Status FunctionInliner::CheckSize() {
  int64_t size = 0;
  for (const int id : reached_) {
    const Node& node = original_.node(id);
    if (IsCall(node.op())) size += bodies_.SizeOf(*node.op(), node.attrs());
    if (size > FunctionBodies::kMostNodes) return TooLarge(node.name());
  }
  return absl::OkStatus();
}

absl::Status FunctionInliner::CopyNode(const Node& node, bool with_inputs) {
  with_inputs = with_inputs && node.op() != nullptr;
  std::vector<Endpoint>& outputs = inlined_.outputs[node.id()];
  if (with_inputs && IsCall(node.op())) {
    CallSite site{.name = node.name(),
                  .op = node.op(),
                  .attrs = &node.attrs(),
                  .device = node.device(),
                  .built_at = node.built_at()};
    SESSILE_ASSIGN_OR_RETURN(
        site, Site(std::move(site), has_control_flow_ || !node.control_inputs().empty()));
    SESSILE_RETURN_IF_ERROR(
        CheckInputs(site.name, *site.op, node.inputs().size(), site.inputs.size()));
    SESSILE_RETURN_IF_ERROR(node.op()->lower(*this, site));
    outputs = site.outputs;
    inlined_.done[node.id()] = site.done;
    calls_[node.id()] = std::move(site);
    return absl::OkStatus();
  }
  NodeSpec spec{.name = node.name(),
                .op = node.op_type(),
                .attrs = node.attrs(),
                .device = node.device(),
                .built_at = node.built_at(),
                .unregistered_outputs = node.num_outputs()};
  if (with_inputs) spec.inputs.assign(node.inputs().size(), NodeSpec::kLater);
  SESSILE_ASSIGN_OR_RETURN(const Node* copy, inlined_.graph->AddUncheckedNode(std::move(spec)));
  for (int i = 0; i < copy->num_outputs(); ++i) outputs.push_back({copy->id(), i});
  inlined_.done[node.id()] = copy->id();
  return absl::OkStatus();
}

absl::Status FunctionInliner::ConnectCopy(const Node& node) {
  if (node.op() == nullptr) return absl::OkStatus();
  const auto call = calls_.find(node.id());
  const bool is_call = call != calls_.end();
  const int own = inlined_.done.at(node.id());
  for (int i = 0; i < node.num_inputs(); ++i) {
    const Endpoint given = node.inputs()[static_cast<size_t>(i)];
    const std::vector<Endpoint>& outputs = inlined_.outputs.at(given.node);
    const size_t index = static_cast<size_t>(given.index);
    const Endpoint source = index < outputs.size() ? outputs[index] : Endpoint{};
    SESSILE_RETURN_IF_ERROR(
        is_call ? Connect(call->second.inputs[static_cast<size_t>(i)].node, 0, source)
                : Connect(own, i, source));
  }
  const int waits = is_call ? call->second.pivot : own;  // a call with controls has a pivot
  for (const int control : node.control_inputs()) {
    inlined_.graph->AddControlInput(inlined_.graph->node(waits), inlined_.done.at(control));
  }
  return absl::OkStatus();
}

absl::StatusOr<CallSite> FunctionInliner::Site(CallSite site, bool has_pivot) {
  SESSILE_ASSIGN_OR_RETURN(const std::vector<DataType> in, ArgTypes(site.op->inputs, *site.attrs));
  SESSILE_ASSIGN_OR_RETURN(const std::vector<DataType> out,
                           ArgTypes(site.op->outputs, *site.attrs));
  std::vector<int> arrived;
  for (const DataType type : in) {
    SESSILE_ASSIGN_OR_RETURN(
        const int id, Add(site, "Identity", "input", {NodeSpec::kLater}, TypeAttr(BaseType(type))));
    site.inputs.push_back({id, 0});
    arrived.push_back(id);
  }
  if (has_pivot) {
    SESSILE_ASSIGN_OR_RETURN(site.pivot, Add(site, "NoOp", "start", {}, {}, arrived));
  }
  for (const DataType type : out) {
    // The first output of a call has the call's name.
    SESSILE_ASSIGN_OR_RETURN(const int id,
                             Add(site, "Identity", site.outputs.empty() ? "" : "output",
                                 {NodeSpec::kLater}, TypeAttr(BaseType(type))));
    site.outputs.push_back({id, 0});
  }
  SESSILE_ASSIGN_OR_RETURN(site.done, Add(site, "NoOp", site.outputs.empty() ? "" : "done", {}));
  return site;
}

absl::Status FunctionInliner::SetResults(const CallSite& site, const CallResult& result) {
  if (result.outputs.size() != site.outputs.size()) {
    return InvalidArgument("Node '", site.name, "' (op: '", site.op->name, "') has ",
                           site.outputs.size(), " outputs, but its function returns ",
                           result.outputs.size());
  }
  GraphImpl& graph = *inlined_.graph;
  for (size_t i = 0; i < result.outputs.size(); ++i) {
    Node& output = graph.node(site.outputs[i].node);
    SESSILE_RETURN_IF_ERROR(Connect(output.id(), 0, result.outputs[i]));
    for (const int effect : result.effects) graph.AddControlInput(output, effect);
    graph.AddControlInput(graph.node(site.done), output.id());
  }
  for (const int effect : result.effects) graph.AddControlInput(graph.node(site.done), effect);
  if (site.pivot >= 0) graph.AddControlInput(graph.node(site.done), site.pivot);
  return absl::OkStatus();
}

absl::StatusOr<int> FunctionInliner::Add(const CallSite& site, absl::string_view op,
                                         absl::string_view name, std::vector<Endpoint> inputs,
                                         AttrMap attrs, std::vector<int> control_inputs) {
  NodeSpec spec{.name = name.empty() ? site.name : absl::StrCat(site.name, "/", name),
                .op = std::string(op),
                .inputs = std::move(inputs),
                .control_inputs = std::move(control_inputs),
                .attrs = std::move(attrs),
                .device = site.device,
                .built_at = site.built_at};
  SESSILE_ASSIGN_OR_RETURN(const Node* node, AddNode(std::move(spec)));
  return node->id();
}

absl::StatusOr<int> FunctionInliner::AddTyped(const CallSite& site, absl::string_view op,
                                              absl::string_view name, std::vector<Endpoint> inputs,
                                              std::vector<int> control_inputs) {
  const DataType type = TypeOf(inputs[0]);
  return Add(site, op, name, std::move(inputs), TypeAttr(type), std::move(control_inputs));
}

absl::StatusOr<Node*> FunctionInliner::AddNode(NodeSpec spec) {
  if (inlined_.graph->num_nodes() >= FunctionBodies::kMostNodes) return TooLarge(spec.name);
  // A call's own place keeps its name; the original has no other node of it.
  const Node* taken = original_.FindNode(spec.name);
  if (taken == nullptr || !IsCall(taken->op()) || inlined_.graph->FindNode(spec.name) != nullptr) {
    spec.name = UniqueName(std::move(spec.name));
  }
  return inlined_.graph->AddUncheckedNode(std::move(spec));
}

std::string FunctionInliner::UniqueName(std::string name) const {
  std::string unique = name;
  for (int i = 1; original_.FindNode(unique) != nullptr || inlined_.graph->FindNode(unique);) {
    unique = absl::StrCat(name, "_", i++);
  }
  return unique;
}

absl::Status FunctionInliner::Connect(int node, int input, Endpoint source) {
  return inlined_.graph->UpdateInput(inlined_.graph->node(node), input, source);
}

DataType FunctionInliner::TypeOf(Endpoint endpoint) const {
  const Node& node = inlined_.graph->node(endpoint.node);
  return BaseType(node.output_types()[static_cast<size_t>(endpoint.index)]);
}

}  // namespace sessile
