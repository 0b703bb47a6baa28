// The order of nodes and scopes is that of TensorFlow's RefVariable.

#include "sessile/ops/variable.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "sessile/core/framework/errors.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/graph/graph_impl.h"
#include "sessile/core/graph/scope.h"
#include "sessile/core/session/session.h"
#include "sessile/ops/collections.h"
#include "sessile/ops/control_flow.h"
#include "sessile/ops/convert.h"
#include "sessile/ops/initial_value_guard.h"
#include "sessile/ops/op_builder.h"
#include "sessile/ops/state.h"

namespace sessile {
namespace {

Output VariableOp(const Output& initial_value, const VariableOptions& options,
                  std::string_view name) {
  const Shape own = options.validate_shape ? initial_value.get_shape() : Shape::Unknown();
  return OpBuilder("VariableV2", name)
      .Attr("shape", options.shape.value_or(own))
      .Attr("dtype", BaseType(initial_value.dtype()))
      .Build();
}

// The initial value from a callable: built as part of a variable that does not exist yet, so its
// nodes are given the place by name.
Output MakeInitialValue(const std::function<Input()>& make, const VariableOptions& options,
                        const std::shared_ptr<GraphImpl>& graph) {
  const name_scope scope("Initializer", graph);
  const device nowhere(nullptr);
  const Input value = make();
  return errors::ValueOrThrow(ConvertToTensor(*graph, value, options.dtype, "initial_value"));
}

void CheckInitialValue(const Output& value, const VariableOptions& options,
                       const std::string& name) {
  if (!options.validate_shape || value.get_shape().IsFullyDefined()) return;
  errors::ThrowIfError(InvalidArgument(
      "initial_value must have a shape specified: ", Describe(value), " (variable '", name, "')"));
}

Output Read(const Output& ref, const VariableOptions& options) {
  if (!options.caching_device.empty()) {
    const device place(options.caching_device);
    return OpBuilder("Identity", "read").Input(ref).Build();
  }
  const colocate_with place(ref);
  return OpBuilder("Identity", "read").Input(ref).Build();
}

}  // namespace

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
  const name_scope scope(options.name.empty() ? "Variable" : options.name);
  const std::string name = scope.name().substr(0, scope.name().size() - 1);
  Output initial;
  Output ref;
  if (make != nullptr) {
    const attr_scope place(graph_, "_class", std::vector<std::string>{absl::StrCat("loc:@", name)});
    initial = MakeInitialValue(*make, options, graph_);
    CheckInitialValue(initial, options, name);
    ref = VariableOp(initial, options, scope.name());
  } else {
    initial =
        errors::ValueOrThrow(ConvertToTensor(*graph_, *value, options.dtype, "initial_value"));
    if (initial.node().control_flow_context() != nullptr) {
      errors::ThrowIfError(
          InvalidArgument("Initializer for variable ", scope.name(),
                          " is from inside a control-flow construct, such as a loop or "
                          "conditional. When creating a variable inside a loop or conditional, "
                          "use a lambda as the initializer."));
    }
    CheckInitialValue(initial, options, name);
    ref = VariableOp(initial, options, scope.name());
  }
  const Output safe = GuardInitialValue(initial, name);
  const Output assigned = sessile::assign(ref, safe, {.validate_shape = options.validate_shape});
  const Output snapshot = Read(ref, options);
  op_ = ref.op();
  index_ = graph_->AddVariable({.ref = ref.endpoint(),
                                .snapshot = snapshot.endpoint(),
                                .initializer = assigned.node().id(),
                                .initial_value = initial.endpoint(),
                                .trainable = options.trainable,
                                .dtype = BaseType(ref.dtype())});
  std::vector<std::string> collections =
      options.collections.value_or(std::vector<std::string>{GraphKeys::GLOBAL_VARIABLES});
  if (options.trainable && std::find(collections.begin(), collections.end(),
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

Output Variable::value() const { return Output(graph_, record().snapshot); }

Output Variable::read_value() const { return OpBuilder("Identity", "read").Input(ref()).Build(); }

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

Output Variable::assign(Input value, const UpdateOptions& options) const {
  SourceScope here(value);
  return sessile::assign(ref(), std::move(value),
                         {.use_locking = options.use_locking, .name = options.name});
}

Output Variable::assign_add(Input delta, const UpdateOptions& options) const {
  SourceScope here(delta);
  return sessile::assign_add(ref(), std::move(delta), options);
}

Output Variable::assign_sub(Input delta, const UpdateOptions& options) const {
  SourceScope here(delta);
  return sessile::assign_sub(ref(), std::move(delta), options);
}

}  // namespace sessile
