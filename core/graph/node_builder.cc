#include "sessile/core/graph/node_builder.h"

#include <algorithm>
#include <set>

#include "absl/strings/str_cat.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/graph/scope.h"

namespace sessile {
namespace {

// The scopes that count: those inside the innermost one that clears the outer ones.
template <typename T>
std::span<T> Effective(std::vector<T>& scopes) {
  size_t first = 0;
  for (size_t i = 0; i < scopes.size(); ++i) {
    if (scopes[i].clears) first = i;
  }
  return std::span<T>(scopes).subspan(first);
}

bool ReadsFrom(const NodeSpec& spec, int node) {
  return std::any_of(spec.inputs.begin(), spec.inputs.end(),
                     [node](const Endpoint& input) { return input.node == node; });
}

// A control dependency is implied if an input was itself built under it, or is it.
void AddControlsOfScopes(BuildScope& scope, NodeSpec* spec) {
  for (const BuildScope::Control& control : Effective(scope.controls)) {
    const bool dominated =
        std::any_of(spec->inputs.begin(), spec->inputs.end(),
                    [&](const Endpoint& input) { return control.seen.contains(input.node); });
    if (dominated) continue;
    for (int node : control.nodes) {
      if (!ReadsFrom(*spec, node)) spec->control_inputs.push_back(node);
    }
  }
}

// What an op says of the place that it belongs to: its own `_class`, else itself.
void AddColocationGroups(const Node& node, std::set<std::string>* groups) {
  const AttrValue* attr = node.attrs().Find("_class");
  const AttrList* list = attr == nullptr ? nullptr : attr->get_if<AttrList>();
  bool any = false;
  if (list != nullptr) {
    for (const std::string& group : list->strings) {
      if (!group.starts_with("loc:@")) continue;
      groups->insert(group);
      any = true;
    }
  }
  if (!any) groups->insert(absl::StrCat("loc:@", node.name()));
}

void ApplyAttrs(GraphImpl& graph, const BuildScope& scope, Node& node) {
  for (auto it = scope.attrs.rbegin(); it != scope.attrs.rend(); ++it) {
    if (node.attrs().Find(it->first) == nullptr) graph.SetAttr(node, it->first, it->second);
  }
}

void ApplyColocation(GraphImpl& graph, BuildScope& scope, Node& node) {
  if (scope.colocations.empty()) return;
  const std::span<BuildScope::Colocation> colocations = Effective(scope.colocations);
  std::set<std::string> groups;
  std::string device;
  for (auto it = colocations.rbegin(); it != colocations.rend(); ++it) {
    if (it->op < 0) continue;
    const Node& with = graph.node(it->op);
    AddColocationGroups(with, &groups);
    if (device.empty()) device = with.device();
  }
  if (groups.empty()) return;
  if (!device.empty()) graph.SetDevice(node, device);
  graph.SetAttr(node, "_class", AttrValue(std::vector<std::string>(groups.begin(), groups.end())));
}

}  // namespace

absl::StatusOr<Node*> AddNodeInScope(GraphImpl& graph, NodeSpec spec) {
  SESSILE_RETURN_IF_ERROR(BuildScope::Of(graph).TakeError());
  {
    BuildScope& scope = BuildScope::Of(graph);
    AddControlsOfScopes(scope, &spec);
    if (spec.device.empty() && !scope.devices.empty()) spec.device = scope.devices.back();
    if (spec.context == nullptr) spec.context = scope.context;
  }
  SESSILE_ASSIGN_OR_RETURN(Node* const node, graph.AddNode(std::move(spec)));
  // The context may build nodes of its own (guards of the inputs), and so change the scopes.
  if (node->control_flow_context() != nullptr) {
    SESSILE_RETURN_IF_ERROR(node->control_flow_context()->AddOp(*node));
  }
  BuildScope& scope = BuildScope::Of(graph);
  for (BuildScope::Control& control : Effective(scope.controls)) control.seen.insert(node->id());
  ApplyScopes(graph, *node);
  return node;
}

void ApplyScopes(GraphImpl& graph, Node& node) {
  BuildScope& scope = BuildScope::Of(graph);
  ApplyAttrs(graph, scope, node);
  ApplyColocation(graph, scope, node);
}

std::vector<int> ControlInputsOfScopes(GraphImpl& graph, Endpoint input) {
  NodeSpec spec;
  spec.inputs = {input};
  AddControlsOfScopes(BuildScope::Of(graph), &spec);
  return spec.control_inputs;
}

void MarkSeenByControls(GraphImpl& graph, int node) {
  for (BuildScope::Control& control : Effective(BuildScope::Of(graph).controls)) {
    control.seen.insert(node);
  }
}

}  // namespace sessile
