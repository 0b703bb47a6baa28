// The bodies of functions, where they are called.

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "sessile/core/framework/status.h"
#include "sessile/ops/function_inliner.h"

namespace sessile {

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

absl::StatusOr<CallResult> FunctionInliner::Call(const CallSite& site, const FunctionRef& function,
                                                 const std::vector<Endpoint>& args, int pivot) {
  std::vector<std::string> callers = site.callers;
  SESSILE_RETURN_IF_ERROR(EnterFunction(site, function.name, &callers));
  SESSILE_ASSIGN_OR_RETURN(const auto shared_body, bodies_.Get(function));
  const FunctionBody& body = *shared_body;
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
  if (callers->size() > FunctionBodies::kMostCallers) {
    return InvalidArgument("Node '", site.name, "': more than ", FunctionBodies::kMostCallers,
                           " functions call each other");
  }
  return absl::OkStatus();
}

}  // namespace sessile
