#include "sessile/ops/variable.h"

#include <algorithm>
#include <atomic>

#include "sessile/core/framework/errors.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/graph/graph_impl.h"
#include "sessile/core/graph/scope.h"
#include "sessile/core/session/session.h"
#include "sessile/ops/collections.h"
#include "sessile/ops/control_flow.h"
#include "sessile/ops/op_builder.h"
#include "sessile/ops/resource_variable.h"
#include "sessile/ops/state.h"
#include "sessile/ops/variable_nodes.h"
#include "sessile/ops/variable_scope.h"

namespace sessile {
namespace {

std::atomic<bool> g_use_resource{false};

bool UsesResource(const VariableOptions& options) {
  if (options.use_resource.has_value()) return *options.use_resource;
  return get_variable_scope().use_resource().value_or(resource_variables_enabled());
}

}  // namespace

void enable_resource_variables() { g_use_resource = true; }
void disable_resource_variables() { g_use_resource = false; }
bool resource_variables_enabled() { return g_use_resource; }

Variable::Variable(Input initial_value, const VariableOptions& options) {
  SourceScope here(initial_value);
  Init(&initial_value, nullptr, options);
}

Variable::Variable(const std::function<Input()>& initial_value, const VariableOptions& options,
                   SourceLocation at, int /*tag*/) {
  SourceScope here(at);
  Init(nullptr, &initial_value, options);
}

Variable::Variable(std::shared_ptr<GraphImpl> graph, int index)
    : graph_(std::move(graph)), index_(index) {
  op_ = Output(graph_, record().ref).op();
}

void Variable::Init(const Input* value, const std::function<Input()>* make,
                    const VariableOptions& options) {
  const Graph graph = value != nullptr ? graph_of(std::span(value, 1)) : get_default_graph();
  const auto with = graph.as_default();
  graph_ = graph.impl();
  // A variable belongs to the whole graph, not to the conditions that hold where it is made.
  const control_dependencies none(nullptr);
  const InitialValue initial{.value = value, .make = make};
  const VariableNodes nodes = UsesResource(options)
                                  ? BuildResourceVariable(graph_, initial, options)
                                  : BuildRefVariable(graph_, initial, options);
  op_ = nodes.ref.op();
  const bool trainable =
      options.trainable && options.synchronization != VariableSynchronization::ON_READ;
  index_ = graph_->AddVariable({.ref = nodes.ref.endpoint(),
                                .snapshot = nodes.snapshot.endpoint(),
                                .initializer = nodes.initializer.node().id(),
                                .initial_value = nodes.initial_value.endpoint(),
                                .trainable = trainable,
                                .dtype = BaseType(nodes.initial_value.dtype()),
                                .synchronization = options.synchronization,
                                .aggregation = options.aggregation});
  std::vector<std::string> collections =
      options.collections.value_or(std::vector<std::string>{GraphKeys::GLOBAL_VARIABLES});
  if (trainable && std::find(collections.begin(), collections.end(),
                             GraphKeys::TRAINABLE_VARIABLES) == collections.end()) {
    collections.emplace_back(GraphKeys::TRAINABLE_VARIABLES);
  }
  for (const std::string& collection : collections) {
    graph_->collections().Add(collection, VariableItem{index_});
  }
}

const Operation& Variable::op() const {
  record();  // throws for an empty handle
  return op_;
}

VariableRecord Variable::record() const {
  if (graph_ == nullptr) {
    errors::ThrowIfError(InvalidArgument("An empty tf::Variable was used: it was never made"));
  }
  return graph_->variable(index_);
}

Output Variable::ref() const { return Output(graph_, record().ref); }

Shape Variable::get_shape() const {
  return is_resource() ? HandleFactsOf(ref()).shape : ref().get_shape();
}

namespace {

// A cached value stands for the variable as a reference's read does; the read of a handle does not.
bool IsStandingRead(const Output& snapshot) { return snapshot.op().type() != "ReadVariableOp"; }

}  // namespace

Output Variable::value() const {
  const Output snapshot(graph_, record().snapshot);
  return IsStandingRead(snapshot) ? snapshot : ReadVariable(ref());
}

Output Variable::graph_element() const {
  if (!is_resource()) return ref();
  const Output snapshot(graph_, record().snapshot);
  return IsStandingRead(snapshot) ? Output(graph_, snapshot.node().inputs()[0]) : snapshot;
}

std::shared_ptr<const LazyOutput> Variable::lazy() const {
  const Output snapshot(graph_, record().snapshot);
  if (IsStandingRead(snapshot)) return nullptr;
  return std::make_shared<LazyOutput>(LazyOutput{
      snapshot, ref(), [handle = ref()](std::string_view) { return ReadVariable(handle); }});
}

Output Variable::read_value() const {
  if (!is_resource()) return OpBuilder("Identity", "read").Input(ref()).Build();
  Output read;
  {
    const name_scope scope("Read", graph_);
    read = ReadVariable(ref());
  }
  return OpBuilder("Identity").Input(read).Build();
}

Output Variable::initial_value() const { return Output(graph_, record().initial_value); }

Output Variable::initialized_value() const {
  const control_dependencies none(nullptr);
  const Output initialized = is_variable_initialized(*this);
  return cond(
      initialized, [this] { return read_value(); }, [this] { return initial_value(); });
}

Operation Variable::initializer() const {
  const int node = record().initializer;
  return Operation(graph_, &graph_->node(node));
}

void Variable::load(const FeedValue& value, Session& session) const {
  const Operation assign = initializer();
  const Endpoint initial = assign.node().inputs()[1];
  session.run(assign, {{Output(graph_, initial), value}});
}

Updated Variable::assign(Input value, const UpdateOptions& options) const {
  SourceScope here(value);
  return sessile::assign(ref(), std::move(value),
                         {.use_locking = options.use_locking, .name = options.name});
}

Updated Variable::assign_add(Input delta, const UpdateOptions& options) const {
  SourceScope here(delta);
  if (is_resource()) {
    return Updated(WriteByHandle("AssignAddVariableOp", ref(), delta, options.name), ref());
  }
  return sessile::assign_add(ref(), std::move(delta), options);
}

Updated Variable::assign_sub(Input delta, const UpdateOptions& options) const {
  SourceScope here(delta);
  if (is_resource()) {
    return Updated(WriteByHandle("AssignSubVariableOp", ref(), delta, options.name), ref());
  }
  return sessile::assign_sub(ref(), std::move(delta), options);
}

}  // namespace sessile
