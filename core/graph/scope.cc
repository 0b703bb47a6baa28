#include "sessile/core/graph/scope.h"

#include <algorithm>
#include <cctype>
#include <map>
#include <mutex>

#include "absl/strings/str_cat.h"
#include "sessile/core/framework/errors.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/graph/device_spec.h"

namespace sessile {
namespace {

// By GraphImpl::uid(), which is never used again: an entry of a dead graph is never found.
thread_local std::map<uint64_t, BuildScope> t_scopes;
thread_local std::vector<Graph> t_default_graphs;

std::mutex g_default_mutex;
std::optional<Graph>& ProcessDefault() {
  static std::optional<Graph> graph;
  return graph;
}

bool IsScopeName(std::string_view name, bool root) {
  if (name.empty()) return true;
  const auto allowed = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
           std::string_view("_.\\/>-").find(c) != std::string_view::npos;
  };
  if (root && std::isalnum(static_cast<unsigned char>(name[0])) == 0 && name[0] != '.')
    return false;
  for (char c : name) {
    if (!allowed(c)) return false;
  }
  return true;
}

void CheckScopeName(std::string_view name, bool root) {
  if (IsScopeName(name, root)) return;
  errors::ThrowIfError(InvalidArgument(
      "'", std::string(name), "' is not a valid ", root ? "root " : "", "scope name. A ",
      root ? "root " : "", "scope name has to match the following pattern: ",
      root ? "^[A-Za-z0-9.][A-Za-z0-9_.\\/>-]*$" : "^[A-Za-z0-9_.\\/>-]*$"));
}

}  // namespace

BuildScope& BuildScope::Of(const GraphImpl& graph) { return t_scopes[graph.uid()]; }

absl::Status BuildScope::TakeError() {
  absl::Status error = std::move(broken);
  broken = absl::OkStatus();
  return error;
}

ScopeObject::ScopeObject(std::shared_ptr<GraphImpl> graph, const char* kind)
    : graph_(std::move(graph)), kind_(kind) {
  scope().alive.push_back(this);
}

ScopeObject::~ScopeObject() {
  BuildScope& scope = this->scope();
  std::vector<const ScopeObject*>& alive = scope.alive;
  const auto place = std::find(alive.begin(), alive.end(), this);
  if (place == alive.end() || place + 1 != alive.end()) {
    scope.broken = Internal("A ", kind_,
                            " scope was destroyed out of order: scopes must end in the reverse "
                            "order of their beginning, in the thread that began them");
  }
  if (place == alive.end()) return;
  alive.erase(place);
  if (undo_) undo_(scope);
  if (!alive.empty()) return;
  // Whatever order they died in, without scopes all is as at the beginning.
  absl::Status broken = std::move(scope.broken);
  scope = BuildScope();
  scope.broken = std::move(broken);
  if (scope.broken.ok()) t_scopes.erase(graph_->uid());
}

BuildScope& ScopeObject::scope() const { return BuildScope::Of(*graph_); }

DefaultGraphScope::DefaultGraphScope(Graph graph) : graph_(std::move(graph)) {
  t_default_graphs.push_back(graph_);
  depth_ = t_default_graphs.size();
}

DefaultGraphScope::~DefaultGraphScope() {
  if (t_default_graphs.size() != depth_) {
    BuildScope::Of(*graph_.impl()).broken =
        Internal("A default-graph scope was destroyed out of order");
  }
  if (t_default_graphs.size() >= depth_) t_default_graphs.resize(depth_ - 1, graph_);
}

Graph get_default_graph() {
  if (!t_default_graphs.empty()) return t_default_graphs.back();
  std::lock_guard lock(g_default_mutex);
  if (!ProcessDefault().has_value()) ProcessDefault().emplace();
  return *ProcessDefault();
}

void reset_default_graph() {
  if (!t_default_graphs.empty()) {
    errors::ThrowIfError(FailedPrecondition(
        "Do not use tf.reset_default_graph() to clear nested graphs. If you need a cleared graph, "
        "exit the nesting and create a new graph."));
  }
  std::lock_guard lock(g_default_mutex);
  if (ProcessDefault().has_value()) ProcessDefault()->impl()->MarkReset();
  ProcessDefault().emplace();
}

name_scope::name_scope(std::string_view name) : name_scope(name, get_default_graph().impl()) {}

name_scope::name_scope(std::nullptr_t) : name_scope(std::string_view()) {}

name_scope::name_scope(std::string_view name, std::shared_ptr<GraphImpl> graph)
    : ScopeObject(std::move(graph), "name") {
  const std::string outer = scope().name;
  std::string inner;
  if (name.empty()) {
    inner = "";
  } else if (name.back() == '/') {
    CheckScopeName(name, true);
    inner = std::string(name.substr(0, name.size() - 1));
  } else {
    CheckScopeName(name, outer.empty());
    inner = graph_->UniqueName(outer.empty() ? std::string(name)
                                             : absl::StrCat(outer, "/", std::string(name)));
  }
  undo_ = [outer](BuildScope& scope) { scope.name = outer; };
  scope().name = inner;
  name_ = inner.empty() ? "" : inner + "/";
}

control_dependencies::control_dependencies(std::initializer_list<Dependency> dependencies)
    : control_dependencies(std::vector<Dependency>(dependencies)) {}

control_dependencies::control_dependencies(const DependencyList& dependencies)
    : ScopeObject(
          dependencies.empty() ? get_default_graph().impl() : dependencies[0].op().graph().impl(),
          "control_dependencies") {
  BuildScope::Control control;
  for (const Dependency& dependency : dependencies) {
    const Node& node = dependency.op().node();
    if (dependency.op().graph_impl() != graph_) {
      errors::ThrowIfError(InvalidArgument("Control dependency '", node.name(),
                                           "' is not an element of this graph."));
    }
    if (std::find(control.nodes.begin(), control.nodes.end(), node.id()) == control.nodes.end()) {
      control.nodes.push_back(node.id());
      // TensorFlow marks what a program names as a dependency.
      graph_->SetAttr(graph_->node(node.id()), "_has_manual_control_dependencies", true);
    }
  }
  Enter(std::move(control));
}

control_dependencies::control_dependencies(std::nullptr_t)
    : ScopeObject(get_default_graph().impl(), "control_dependencies") {
  Enter({.nodes = {}, .clears = true, .seen = {}});
}

void control_dependencies::Enter(BuildScope::Control control) {
  const size_t size = scope().controls.size();
  ControlFlowContext* const context = scope().context;
  if (control.clears) scope().context = nullptr;
  scope().controls.push_back(std::move(control));
  undo_ = [size, context](BuildScope& scope) {
    if (scope.controls.size() <= size) return;
    if (scope.controls[size].clears) scope.context = context;
    scope.controls.resize(size);
  };
}

device::device(std::string_view name) : ScopeObject(get_default_graph().impl(), "device") {
  absl::StatusOr<std::string> normal = NormalDeviceName(name);
  errors::ThrowIfError(normal.status());
  std::vector<std::string>& devices = scope().devices;
  const size_t size = devices.size();
  devices.push_back(devices.empty() ? *normal : MergeDeviceNames(devices.back(), *normal));
  undo_ = [size](BuildScope& scope) {
    if (scope.devices.size() > size) scope.devices.resize(size);
  };
}

device::device(std::nullptr_t) : ScopeObject(get_default_graph().impl(), "device") {
  const size_t size = scope().devices.size();
  scope().devices.push_back("");
  undo_ = [size](BuildScope& scope) {
    if (scope.devices.size() > size) scope.devices.resize(size);
  };
}

colocate_with::colocate_with(const Dependency& op, bool ignore_existing)
    : ScopeObject((op.op().node(), op.op().graph_impl()), "colocate_with") {
  Enter({.op = op.op().node().id(), .clears = ignore_existing});
}

colocate_with::colocate_with(std::nullptr_t)
    : ScopeObject(get_default_graph().impl(), "colocate_with") {
  Enter({.op = -1, .clears = true});
}

void colocate_with::Enter(BuildScope::Colocation colocation) {
  // A colocation is stronger than the devices of outer scopes: they are forgotten inside.
  std::vector<std::string> devices = std::move(scope().devices);
  scope().devices.clear();
  const size_t size = scope().colocations.size();
  scope().colocations.push_back(colocation);
  undo_ = [devices, size](BuildScope& scope) {
    scope.devices = devices;
    if (scope.colocations.size() > size) scope.colocations.resize(size);
  };
}

attr_scope::attr_scope(std::shared_ptr<GraphImpl> graph, std::string_view name, AttrValue value)
    : ScopeObject(std::move(graph), "attr") {
  const size_t size = scope().attrs.size();
  scope().attrs.emplace_back(std::string(name), std::move(value));
  undo_ = [size](BuildScope& scope) {
    if (scope.attrs.size() > size) scope.attrs.resize(size);
  };
}

ContextScope::ContextScope(std::shared_ptr<GraphImpl> graph, ControlFlowContext* context)
    : ScopeObject(std::move(graph), "control-flow") {
  ControlFlowContext* const outer = scope().context;
  scope().context = context;
  undo_ = [outer](BuildScope& scope) { scope.context = outer; };
}

}  // namespace sessile
