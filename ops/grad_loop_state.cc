#include "sessile/ops/grad_loop_state.h"

#include <optional>
#include <string>

#include "sessile/core/framework/errors.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/graph/scope.h"
#include "sessile/ops/constant.h"
#include "sessile/ops/constant_value.h"
#include "sessile/ops/control_flow.h"
#include "sessile/ops/math.h"
#include "sessile/ops/op_builder.h"

namespace sessile {
namespace {

// Connects `merged`, both of whose inputs are the value that enters, with what goes round.
Endpoint AddBackEdge(GraphImpl& graph, const Output& merged, const Output& value) {
  const Output next = OpBuilder("NextIteration").Input(value).Build();
  errors::ThrowIfError(graph.UpdateInput(graph.node(merged.endpoint().node), 1, next.endpoint()));
  return next.endpoint();
}

// The constant Enter that `value` comes from without being changed; null if it does not.
const Node* InvariantEnterOf(const GraphImpl& graph, Endpoint value) {
  const Node* node = &graph.node(value.node);
  while (node->op() != nullptr && node->num_inputs() > 0 &&
         (node->op()->control_flow == ControlFlowKind::kSwitch || node->op_type() == "Identity" ||
          node->op_type() == "RefIdentity")) {
    node = &graph.node(node->inputs()[0].node);
  }
  return IsLoopInvariant(*node) ? node : nullptr;
}

Output Fill0(const Output& shape, DataType dtype) { return zeros(shape, BaseType(dtype)); }

}  // namespace

GradLoopState::GradLoopState(std::shared_ptr<GraphImpl> graph, WhileContext* forward,
                             GradLoopState* outer)
    : graph_(*graph),
      forward_(forward),
      outer_(outer),
      call_context_(BuildScope::Of(*graph).context) {
  exits_.all = forward->exits();
  exits_.to_come = static_cast<int>(exits_.all.size());
}

GradLoopState* GradLoopState::Make(const std::shared_ptr<GraphImpl>& graph, WhileContext* forward,
                                   GradLoopState* outer) {
  std::unique_ptr<GradLoopState> owned(new GradLoopState(graph, forward, outer));
  GradLoopState* const state = owned.get();
  ControlFlowContext* const outer_forward =
      outer == nullptr ? forward->outer() : outer->forward_context();
  Output turns;
  {
    const ContextScope around(graph, outer_forward);
    turns = state->AddForwardCounter();
  }
  Endpoint history;
  if (outer != nullptr) {
    static_cast<GuardingContext*>(outer_forward)->MarkSeen(turns.endpoint());
    history = outer->AddForwardAccumulator(turns.endpoint());
  }
  const ContextScope around(graph, outer == nullptr ? outer_forward : outer->grad_context());
  state->backward_ = WhileContext::Make(graph, forward->options(), forward->name());
  state->backward_->SetGradState(std::move(owned));
  if (outer != nullptr) {
    turns = Output(graph, outer->AddBackpropAccumulatedValue(history, turns.endpoint()));
  }
  state->AddBackwardCounter(turns);
  return state;
}

Output GradLoopState::AddForwardCounter() {
  const Output zero = constant(0, {.name = "f_count"});
  // The pushes of one run of an inner loop come before those of the next one.
  if (outer_ != nullptr) {
    graph_.AddControlInput(graph_.node(zero.endpoint().node), outer_->ForwardAdd());
  }
  const ContextScope inside(graph(), forward_);
  const Output entered = forward_->AddEnter(zero, "f_count");
  const Output merged = merge({entered, entered}).output;
  const SwitchResult sides = switch_(merged, Output(graph(), forward_->pivot()));
  const Output index = add(sides.output_true, 1);
  forward_index_ = AddBackEdge(graph_, merged, index).node;
  return forward_->AddExit(sides.output_false, "f_count");
}

void GradLoopState::AddBackwardCounter(const Output& turns) {
  const Output one = constant(1, {.name = "b_count"});
  const ContextScope inside(graph(), backward_);
  const Output entered = backward_->AddEnter(turns, "b_count");
  const Output merged = merge({entered, entered}).output;
  backward_->SetPivotForCondition(merged.endpoint());
  const Output pred = greater_equal(merged, one);
  const Output pivot = OpBuilder("LoopCond", "b_count").Input(pred).Build();
  backward_->SetPivot(pivot.endpoint());
  const SwitchResult sides = switch_(merged, pivot);
  const Output index = subtract(sides.output_true, one);
  backward_->SetPivotForBody(index.endpoint());
  backward_index_ = AddBackEdge(graph_, merged, index).node;
  const Output last = backward_->AddExit(sides.output_false, "b_count");
  // The pops of one run of an inner loop come before those of the next one.
  if (outer_ != nullptr) {
    graph_.AddControlInput(graph_.node(outer_->BackwardSync()), last.endpoint().node);
  }
}

int GradLoopState::AddSync(std::string_view name, WhileContext* context, int counter) {
  int sync = -1;
  {
    const control_dependencies none(nullptr);
    sync = OpBuilder("ControlTrigger", name).BuildOperation().node().id();
  }
  graph_.SetControlFlowContext(graph_.node(sync), context);
  graph_.AddControlInput(graph_.node(counter), sync);
  return sync;
}

int GradLoopState::ForwardSync() {
  if (forward_sync_ < 0) forward_sync_ = AddSync("f_sync", forward_, forward_index_);
  return forward_sync_;
}

int GradLoopState::BackwardSync() {
  if (backward_sync_ < 0) backward_sync_ = AddSync("b_sync", backward_, backward_index_);
  return backward_sync_;
}

Output GradLoopState::MakeStack(const Output& value) {
  const ContextScope there(graph(), call_context_);
  const colocate_with near{Dependency(value)};
  const Output no_limit = constant(-1);
  return OpBuilder("StackV2", "f_acc")
      .Input(no_limit)
      .Attr("elem_type", BaseType(value.dtype()))
      .Build();
}

Output GradLoopState::AddPush(const Output& stack, const Output& value, ControlFlowContext* in) {
  const ContextScope there(graph(), in);
  return OpBuilder("StackPushV2")
      .Input(stack)
      .Input(value)
      .Attr("swap_memory", forward_->options().swap_memory)
      .Build();
}

Endpoint GradLoopState::AddForwardAccumulator(Endpoint value, bool dead_branch) {
  const DefaultGraphScope with = Graph(graph()).as_default();
  const control_dependencies none(nullptr);
  const Output pushed(graph(), value);
  const Output stack = MakeStack(pushed);
  const Output entered(graph(), errors::ValueOrThrow(forward_->AddValue(stack.endpoint())));
  ControlFlowContext* const context = GuardingContext::OutputContextOf(graph_.node(value.node));
  int push = -1;
  if (context == forward_) {
    push = AddPush(entered, pushed, forward_).endpoint().node;
    graph_.AddControlInput(graph_.node(forward_index_), push);
  } else {
    if (dynamic_cast<CondContext*>(context) == nullptr) {
      errors::ThrowIfError(Internal("Tensor '", pushed.name(), "' is neither of the loop '",
                                    forward_->name(), "' nor of a cond in it"));
    }
    push = AddPush(entered, pushed, dead_branch ? context->outer() : context).endpoint().node;
    if (dead_branch) graph_.SetControlFlowContext(graph_.node(push), context);
    graph_.AddControlInput(graph_.node(ForwardSync()), push);
  }
  graph_.AddControlInput(graph_.node(push), ForwardAdd());
  return stack.endpoint();
}

const Endpoint* GradLoopState::KnownPredicate(Endpoint pred) const {
  const auto known = history_.find(pred);
  return known == history_.end() ? nullptr : &known->second;
}

Endpoint GradLoopState::AddBackpropAccumulatedValue(Endpoint history, Endpoint value,
                                                    bool dead_branch) {
  const DefaultGraphScope with = Graph(graph()).as_default();
  // The cond that the history is written in.
  const ControlFlowContext* const history_context =
      graph_.node(history.node).control_flow_context();
  const ControlFlowContext* context = graph_.node(value.node).control_flow_context();
  while (context != nullptr && context != history_context &&
         dynamic_cast<const CondContext*>(context) == nullptr) {
    context = context->outer();
  }
  const auto* const cond =
      context == history_context ? nullptr : dynamic_cast<const CondContext*>(context);
  Output popped;
  {
    const control_dependencies none(nullptr);
    const ContextScope inside(graph(), backward_);
    Output stack(graph(), history);
    if (cond != nullptr) {
      const Endpoint* known = nullptr;
      for (const GradLoopState* state = this; known == nullptr && state != nullptr;
           state = state->outer_) {
        known = state->KnownPredicate(cond->pred());
      }
      const Endpoint pred = known == nullptr ? cond->pred() : *known;
      const SwitchResult sides = switch_ref_or_tensor(stack, Output(graph(), pred));
      stack = (cond->branch() == 1) != dead_branch ? sides.output_true : sides.output_false;
    }
    const Output original(graph(), value);
    popped =
        OpBuilder("StackPopV2").Input(stack).Attr("elem_type", BaseType(original.dtype())).Build();
    popped.set_shape(original.get_shape());
  }
  if (backward_->options().parallel_iterations > 1) {
    graph_.AddControlInput(graph_.node(BackwardSync()), popped.endpoint().node);
  }
  return popped.endpoint();
}

Endpoint GradLoopState::GetRealValue(Endpoint value) {
  if (const auto known = history_.find(value); known != history_.end()) return known->second;
  const DefaultGraphScope with = Graph(graph()).as_default();
  Endpoint current = value;
  GradLoopState* state = this;
  std::optional<Endpoint> real;
  while (const Node* const enter = InvariantEnterOf(graph_, current)) {
    current = enter->inputs()[0];
    state = state->outer_;
    if (state != nullptr) continue;
    real = errors::ValueOrThrow(backward_->AddValue(current));
    break;
  }
  if (!real.has_value() && graph_.node(current.node).op_type() == "Const") {
    const Output original(graph(), current);
    if (const Tensor* const known = constant_value(original)) {
      real = constant(*known).endpoint();
    }
  }
  if (!real.has_value()) {
    Endpoint history;
    {
      const ContextScope outside(graph(), call_context_);
      history = state->AddForwardAccumulator(current);
    }
    real = state->AddBackpropAccumulatedValue(history, current);
    if (state != this) real = errors::ValueOrThrow(backward_->AddValue(*real));
  }
  history_[value] = *real;
  return *real;
}

Endpoint GradLoopState::RealPredicate(Endpoint pred) {
  if (const Endpoint* const known = KnownPredicate(pred)) return *known;
  Endpoint history;
  {
    const ContextScope outside(graph(), call_context_);
    history = AddForwardAccumulator(pred);
  }
  return history_[pred] = AddBackpropAccumulatedValue(history, pred);
}

Output GradLoopState::InvariantZero(const Output& value, const Output& grad) {
  ControlFlowContext* const around = backward_->outer();
  const DataType dtype = BaseType(grad.dtype());
  if (grad.get_shape().IsFullyDefined()) {
    const ContextScope there(graph(), around);
    return constant(0, {.dtype = dtype, .shape = grad.get_shape(), .name = "b_acc"});
  }
  if (const auto* const loop = dynamic_cast<const WhileContext*>(around);
      loop == nullptr || loop->grad_state() == nullptr) {
    const ContextScope there(graph(), around);
    return Fill0(OpBuilder("Shape").Input(value).Build(), dtype);
  }
  Output shape;
  {
    const ContextScope there(graph(), forward_->outer());
    shape = OpBuilder("Shape").Input(value).Build();
  }
  Endpoint history;
  {
    const ContextScope outside(graph(), call_context_);
    history = outer_->AddForwardAccumulator(shape.endpoint());
  }
  const ContextScope there(graph(), around);
  return Fill0(Output(graph(), outer_->AddBackpropAccumulatedValue(history, shape.endpoint())),
               dtype);
}

Output GradLoopState::AddInvariantAccumulator(const Node& enter, const Output& grad) {
  const Output zero = InvariantZero(Output(graph(), enter.inputs()[0]), grad);
  const ContextScope inside(graph(), backward_);
  const Output entered = backward_->AddEnter(zero, "b_acc");
  const Output merged = merge({entered, entered}, "b_acc").output;
  const SwitchResult sides = switch_(merged, Output(graph(), backward_->pivot()));
  AddBackEdge(graph_, merged, add(sides.output_true, grad));
  return backward_->AddExit(sides.output_false, "b_acc");
}

std::optional<Endpoint> GradLoopState::SwitchMerge(int switch_node) const {
  for (const auto& [node, merged] : switch_merges_) {
    if (node == switch_node) return merged;
  }
  return std::nullopt;
}

void GradLoopState::SetSwitchMerge(int switch_node, Endpoint merged) {
  switch_merges_.emplace_back(switch_node, merged);
}

void GradLoopState::FinishSwitchMerges() {
  for (const auto& [node, merged] : switch_merges_) {
    const Node& merge_node = graph_.node(merged.node);
    if (merge_node.inputs()[0] != merge_node.inputs()[1]) continue;
    const Output entered(graph(), merge_node.inputs()[0]);
    const DataType dtype = BaseType(entered.dtype());
    Output zero;
    if (!entered.get_shape().IsFullyDefined()) {
      const ContextScope around(graph(), backward_->outer());
      const Output first(graph(), entered.node().inputs()[0]);
      zero = Fill0(OpBuilder("Shape").Input(first).Build(), dtype);
    }
    const ContextScope inside(graph(), backward_);
    if (!zero.has_value()) zero = constant(0, {.dtype = dtype, .shape = entered.get_shape()});
    AddBackEdge(graph_, Output(graph(), merged), zero);
  }
}

}  // namespace sessile
