// The scopes in which nodes are built: default graph, names, control dependencies, devices,
// colocation, cond and loop contexts.
//
//   auto with = graph.as_default();
//   {
//     tf::name_scope scope("layer1");          // names begin with "layer1/"
//     tf::control_dependencies after({update});  // nodes wait for `update`
//     ...
//   }
//
// The stack of default graphs belongs to the thread; all other scopes belong to (graph, thread), so
// an open name scope does not leak into another graph or thread. Scope objects are neither copyable
// nor movable and must die in the reverse order of their making: one that does not is recorded, and
// the next builder or run on that graph throws errors::InternalError.
#pragma once

#include <concepts>
#include <cstddef>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "sessile/core/framework/parameter_list.h"
#include "sessile/core/graph/control_flow_context.h"
#include "sessile/core/graph/graph.h"
#include "sessile/core/graph/graph_impl.h"

namespace sessile {

class ScopeObject;

// The state of all scopes of one graph in one thread.
struct BuildScope {
  struct Control {
    std::vector<int> nodes;
    // control_dependencies(nullptr): what is further out does not count, contexts included.
    bool clears = false;
    // Nodes built inside: whoever takes one as input depends on `nodes` already.
    std::set<int> seen = {};
  };
  struct Colocation {
    int op = -1;          // the node to be with; -1: none
    bool clears = false;  // those further out do not count
  };
  std::string name;  // "a/b", without the last slash
  std::vector<Control> controls;
  std::vector<std::string> devices;
  std::vector<Colocation> colocations;
  ControlFlowContext* context = nullptr;
  std::vector<AttrMap::Entry> attrs;      // of attr_scope; later ones override
  std::vector<const ScopeObject*> alive;  // innermost last
  absl::Status broken;                    // a scope was destroyed out of order

  // The scopes of (graph, calling thread).
  static BuildScope& Of(const GraphImpl& graph);
  // OK, or what a destructor recorded; then forgets it.
  absl::Status TakeError();
};

// What all scope objects have in common: they know their place in the stack.
class [[nodiscard]] ScopeObject {
 public:
  ScopeObject(const ScopeObject&) = delete;
  ScopeObject& operator=(const ScopeObject&) = delete;

 protected:
  ScopeObject(std::shared_ptr<GraphImpl> graph, const char* kind);
  // Calls `undo` if the object is the innermost one; else records the mistake and calls it anyway.
  ~ScopeObject();
  BuildScope& scope() const;

  std::shared_ptr<GraphImpl> graph_;
  std::function<void(BuildScope&)> undo_;

 private:
  const char* kind_;
};

class [[nodiscard]] DefaultGraphScope {
 public:
  [[nodiscard]] explicit DefaultGraphScope(Graph graph);
  ~DefaultGraphScope();
  DefaultGraphScope(const DefaultGraphScope&) = delete;
  DefaultGraphScope& operator=(const DefaultGraphScope&) = delete;

 private:
  Graph graph_;
  size_t depth_;
};

// The innermost default graph of this thread; the process-wide one if no scope is open.
Graph get_default_graph();
// Replaces the process-wide default graph by an empty one. Handles on the old one become unusable.
// Throws errors::FailedPreconditionError while a graph scope is open in this thread.
void reset_default_graph();

// Names of nodes built inside begin with `name` and a slash, made unique first. A name that ends in
// a slash re-enters that very scope; an empty one, and nullptr, is the root. name() is the scope
// with its slash.
class [[nodiscard]] name_scope : public ScopeObject {
 public:
  [[nodiscard]] explicit name_scope(std::string_view name);
  [[nodiscard]] explicit name_scope(std::nullptr_t);
  [[nodiscard]] name_scope(std::string_view name, std::shared_ptr<GraphImpl> graph);
  const std::string& name() const { return name_; }
  operator const std::string&() const { return name_; }  // NOLINT: a scope is used as a name

 private:
  std::string name_;
};

// What may stand in a control dependency: an operation, or whatever makes a tensor.
class Dependency {
 public:
  Dependency(const Operation& op) : op_(op) {}            // NOLINT: meant to convert
  Dependency(const Output& output) : op_(output.op()) {}  // NOLINT
  // A variable stands for the operation that holds it, not for a read of its value.
  template <typename V>
  requires requires(const V& v) {
    { v.ref() } -> std::same_as<Output>;
  }
  Dependency(const V& variable) : op_(variable.ref().op()) {}  // NOLINT
  // The same of what has an operation of its own besides being a tensor.
  template <std::derived_from<Output> V>
  requires(!std::same_as<V, Output>) Dependency(const V& update) : op_(update.op()) {}  // NOLINT
  const Operation& op() const { return op_; }

 private:
  Operation op_;
};

// A parameter that takes a list of them: {a, b}, or a vector of anything that converts.
using DependencyList = ParameterList<Dependency>;

// Nodes built inside run after `dependencies`. nullptr clears those of outer scopes, and leaves the
// current cond or loop.
class [[nodiscard]] control_dependencies : public ScopeObject {
 public:
  [[nodiscard]] explicit control_dependencies(std::initializer_list<Dependency> dependencies);
  [[nodiscard]] explicit control_dependencies(const DependencyList& dependencies);
  [[nodiscard]] explicit control_dependencies(std::nullptr_t);

 private:
  void Enter(BuildScope::Control control);
};

// Nodes built inside are placed on `name` ("/cpu:0"), which is kept in the GraphDef; everything
// runs on the CPU. Later, more specific parts override.
class [[nodiscard]] device : public ScopeObject {
 public:
  [[nodiscard]] explicit device(std::string_view name);
  // Forgets the devices of outer scopes.
  [[nodiscard]] explicit device(std::nullptr_t);
};

// Nodes built inside get the attribute `_class`: they belong to the place of `op`.
class [[nodiscard]] colocate_with : public ScopeObject {
 public:
  [[nodiscard]] explicit colocate_with(const Dependency& op, bool ignore_existing = false);
  // Forgets the colocations and devices of outer scopes.
  [[nodiscard]] explicit colocate_with(std::nullptr_t);

 private:
  void Enter(BuildScope::Colocation colocation);
};

// Nodes built inside get the attribute `name`, unless they have one of that name already; for
// builders ("_class" of a variable that does not exist yet).
class [[nodiscard]] attr_scope : public ScopeObject {
 public:
  attr_scope(std::shared_ptr<GraphImpl> graph, std::string_view name, AttrValue value);
};

// Makes `context` the current one; for the control-flow builders.
class [[nodiscard]] ContextScope : public ScopeObject {
 public:
  ContextScope(std::shared_ptr<GraphImpl> graph, ControlFlowContext* context);
};

}  // namespace sessile
