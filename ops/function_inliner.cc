#include "sessile/ops/function_inliner.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "sessile/core/framework/status.h"

namespace sessile {
namespace {

// What inlining may make of a graph.
constexpr int kMostNodes = 1 << 20;
// Functions that call functions. Each is some stack frames.
constexpr size_t kMostCallers = 200;

bool IsCall(const OpDef* op) { return op != nullptr && op->lower != nullptr; }

absl::Status CheckInputs(const std::string& node, const OpDef& op, size_t given, size_t wanted) {
  if (given == wanted) return absl::OkStatus();
  return InvalidArgument("Node '", node, "' of op ", op.name, " has ", given, " inputs, but takes ",
                         wanted);
}

AttrMap TypeAttr(DataType type) {
  AttrMap attrs;
  attrs.Set("T", type);
  return attrs;
}

}  // namespace

// The nodes of one function body as they are added.
class FunctionInliner::Body {
 public:
  Body(FunctionInliner& inliner, const CallSite& site, const FunctionBody& body,
       const std::vector<Endpoint>& args, int pivot, std::vector<std::string> callers)
      : inliner_(inliner),
        site_(site),
        body_(body),
        args_(args),
        pivot_(pivot),
        callers_(std::move(callers)) {}

  absl::StatusOr<CallResult> AddAll() {
    for (const BodyNode& node : body_.nodes) {
      SESSILE_RETURN_IF_ERROR(IsCall(node.op) ? AddCall(node) : AddPlain(node));
    }
    for (size_t i = 0; i < body_.nodes.size(); ++i) SESSILE_RETURN_IF_ERROR(Connect(i));
    CallResult result;
    for (const BodySource& source : body_.results) result.outputs.push_back(EndpointOf(source));
    for (const int node : body_.control_results) AddEffect(node, &result);
    for (size_t i = 0; i < body_.nodes.size(); ++i) {
      const OpDef& op = *body_.nodes[i].op;
      if (op.is_stateful) AddEffect(static_cast<int>(i), &result);
    }
    return result;
  }

 private:
  struct Added {
    int node = -1;  // the first of the nodes, for messages
    int done = -1;  // has run when the node has
    std::vector<Endpoint> outputs = {};
    CallSite call = {};  // of a call
  };

  Added& added(int i) { return added_[static_cast<size_t>(i)]; }

  void AddEffect(int node, CallResult* result) {
    const int done = added(node).done;
    auto& effects = result->effects;
    if (std::find(effects.begin(), effects.end(), done) == effects.end()) effects.push_back(done);
  }

  absl::Status AddPlain(const BodyNode& node) {
    NodeSpec spec{.name = absl::StrCat(site_.name, "/", node.name),
                  .op = node.op->name,
                  .attrs = node.attrs,
                  .device = node.device.empty() ? site_.device : node.device,
                  .built_at = site_.built_at};
    spec.attrs.Erase("_class");  // it names nodes of the body
    spec.inputs.assign(node.inputs.size(), NodeSpec::kLater);
    SESSILE_ASSIGN_OR_RETURN(const Node* made, inliner_.AddNode(std::move(spec)));
    SESSILE_RETURN_IF_ERROR(
        CheckInputs(made->name(), *node.op, node.inputs.size(), made->input_types().size()));
    Added place{.node = made->id(), .done = made->id()};
    for (int i = 0; i < made->num_outputs(); ++i) place.outputs.push_back({made->id(), i});
    added_.push_back(std::move(place));
    return absl::OkStatus();
  }

  absl::Status AddCall(const BodyNode& node) {
    CallSite site{.name = absl::StrCat(site_.name, "/", node.name),
                  .op = node.op,
                  .attrs = &node.attrs,
                  .device = node.device.empty() ? site_.device : node.device,
                  .built_at = site_.built_at,
                  .callers = callers_};
    const bool waits = !node.control_inputs.empty() || (node.inputs.empty() && pivot_ >= 0);
    // A body in a loop or a branch must not run by itself.
    SESSILE_ASSIGN_OR_RETURN(site, inliner_.Site(std::move(site), waits || pivot_ >= 0));
    SESSILE_RETURN_IF_ERROR(
        CheckInputs(site.name, *node.op, node.inputs.size(), site.inputs.size()));
    SESSILE_RETURN_IF_ERROR(node.op->lower(inliner_, site));
    Added place{.node = site.done, .done = site.done, .outputs = site.outputs};
    place.call = std::move(site);
    added_.push_back(std::move(place));
    return absl::OkStatus();
  }

  // The inputs of node i, now that all nodes are there.
  absl::Status Connect(size_t i) {
    const BodyNode& node = body_.nodes[i];
    const Added& place = added_[i];
    GraphImpl& graph = *inliner_.inlined_.graph;
    for (size_t k = 0; k < node.inputs.size(); ++k) {
      const Endpoint source = EndpointOf(node.inputs[k]);
      SESSILE_RETURN_IF_ERROR(IsCall(node.op)
                                  ? inliner_.Connect(place.call.inputs[k].node, 0, source)
                                  : inliner_.Connect(place.node, static_cast<int>(k), source));
    }
    std::vector<int> controls;
    for (const int control : node.control_inputs) controls.push_back(added(control).done);
    if (node.inputs.empty() && controls.empty() && pivot_ >= 0) controls.push_back(pivot_);
    const int waits = IsCall(node.op) ? place.call.pivot : place.node;
    for (const int control : controls) graph.AddControlInput(graph.node(waits), control);
    return absl::OkStatus();
  }

  Endpoint EndpointOf(const BodySource& source) {
    if (source.node == BodySource::kArgument) return args_[static_cast<size_t>(source.index)];
    const auto& outputs = added(source.node).outputs;
    const size_t index = static_cast<size_t>(source.index);
    return index < outputs.size() ? outputs[index] : Endpoint{};
  }

  FunctionInliner& inliner_;
  const CallSite& site_;
  const FunctionBody& body_;
  const std::vector<Endpoint>& args_;
  const int pivot_;
  const std::vector<std::string> callers_;
  std::vector<Added> added_;
};

FunctionInliner::FunctionInliner(GraphImpl& original) : original_(original), library_(original) {
  inlined_.graph = std::make_shared<GraphImpl>(original.ops());
}

absl::StatusOr<InlinedGraph> FunctionInliner::Inline(std::span<const int> roots,
                                                     const std::set<Endpoint>& fed) {
  SESSILE_RETURN_IF_ERROR(Reach(roots, fed));
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

absl::StatusOr<CallResult> FunctionInliner::Call(const CallSite& site, const FunctionRef& function,
                                                 const std::vector<Endpoint>& args, int pivot) {
  std::vector<std::string> callers = site.callers;
  SESSILE_RETURN_IF_ERROR(EnterFunction(site, function.name, &callers));
  SESSILE_ASSIGN_OR_RETURN(const FunctionBody body, library_.Instantiate(function));
  if (body.arguments.size() != args.size()) {
    return InvalidArgument("Node '", site.name, "' (op: '", site.op->name, "'): function '",
                           function.name, "' takes ", body.arguments.size(),
                           " arguments, but gets ", args.size());
  }
  for (size_t i = 0; i < args.size(); ++i) {
    if (TypeOf(args[i]) == body.arguments[i]) continue;
    return InvalidArgument("Node '", site.name, "' (op: '", site.op->name, "'): argument ", i,
                           " of function '", function.name, "' is ",
                           DataTypeName(body.arguments[i]), ", but gets ",
                           DataTypeName(TypeOf(args[i])));
  }
  return Body(*this, site, body, args, pivot, std::move(callers)).AddAll();
}

absl::Status FunctionInliner::EnterFunction(const CallSite& site, const std::string& name,
                                            std::vector<std::string>* callers) const {
  const bool recursive = std::find(callers->begin(), callers->end(), name) != callers->end();
  callers->push_back(name);
  if (recursive) {
    return InvalidArgument(
        "Node '", site.name, "': function '", name,
        "' calls itself, which is not supported: ", absl::StrJoin(*callers, " -> "));
  }
  if (callers->size() > kMostCallers) {
    return InvalidArgument("Node '", site.name, "': more than ", kMostCallers,
                           " functions call each other");
  }
  return absl::OkStatus();
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
  if (inlined_.graph->num_nodes() >= kMostNodes) {
    return absl::ResourceExhaustedError(absl::StrCat(
        "Inlining the functions of this graph makes more than ", kMostNodes, " nodes"));
  }
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
