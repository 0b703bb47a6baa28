#include "sessile/ops/control_flow_state.h"

#include <optional>

#include "sessile/core/framework/errors.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/graph/scope.h"
#include "sessile/ops/constant.h"
#include "sessile/ops/control_flow.h"
#include "sessile/ops/control_flow_context.h"
#include "sessile/ops/op_builder.h"
#include "sessile/ops/resource_variable.h"

namespace sessile {
namespace {

bool IsExit(const Node& node) {
  return node.op() != nullptr && node.op()->control_flow == ControlFlowKind::kExit;
}

Output ShapeNode(const Output& value) { return OpBuilder("Shape").Input(value).Build(); }

// Zeros like the variable behind a handle, where `pivot` lives.
Output ZerosOfVariable(const Output& handle, const Output& pivot) {
  const control_dependencies after({pivot});
  const Output shape = OpBuilder("VariableShape").Input(handle).Build();
  return zeros(shape, HandleFactsOf(handle).dtype);
}

// The zeros of an output outside of loops.
Output PlainZeros(const GradContext& ctx, const Node& node, int index) {
  const CondContext* const cond = CondContext::Of(node);
  if (node.op()->control_flow != ControlFlowKind::kSwitch || cond == nullptr) {
    return OpBuilder("ZerosLike", "zeros_like").Input(ctx.output(node, index)).Build();
  }
  const Output pred(ctx.graph(), cond->pred());
  const SwitchResult sides = switch_(ctx.input(node, 0), pred);
  const Output other = cond->branch() == 1 ? sides.output_false : sides.output_true;
  const Output pivot = OpBuilder("Identity").Input(other).Build();
  if (other.dtype() == DataType::kResource) return ZerosOfVariable(other, pivot);
  const Output shape = ShapeNode(other);
  const control_dependencies after({pivot});
  return zeros(shape, BaseType(ctx.output(node, index).dtype()));
}

}  // namespace

GradLoopState* ControlFlowState::StateOf(const ControlFlowContext* forward) const {
  if (forward == nullptr) return nullptr;
  for (GradLoopState* const state : loops_) {
    if (state->forward_context() == forward) return state;
  }
  return nullptr;
}

GradLoopState* ControlFlowState::LoopOf(const Node& node) const {
  return loops_.empty() ? nullptr : StateOf(WhileContext::Around(node.control_flow_context()));
}

GradLoopState* ControlFlowState::LoopOfOutputs(const Node& node) const {
  if (loops_.empty()) return nullptr;
  return StateOf(WhileContext::Around(GuardingContext::OutputContextOf(node)));
}

void ControlFlowState::AddLoops(GradientRegion& region, bool colocate) {
  for (size_t i = 0; i < region.nodes().size(); ++i) {
    const Node& node = graph_->node(region.nodes()[i]);
    if (!IsExit(node)) continue;
    auto* const forward = dynamic_cast<WhileContext*>(node.control_flow_context());
    if (forward == nullptr) {
      errors::ThrowIfError(InvalidArgument(
          "Node '", node.name(), "' (op: '", node.op_type(),
          "') between ys and xs is the end of a loop of which only the nodes were imported. To "
          "take gradients through it, import the meta graph, which says what belongs together."));
    }
    if (StateOf(forward) != nullptr) continue;
    std::optional<colocate_with> with;
    if (colocate) with.emplace(Operation(graph_, &graph_->node(node.id())));
    loops_.push_back(
        GradLoopState::Make(graph_, forward, StateOf(WhileContext::Around(forward->outer()))));
    for (const Endpoint& exit : loops_.back()->exits().all) region.Add(exit.node);
  }
}

std::vector<Endpoint> ControlFlowState::TakeUnusedExits(GradientRegion& region,
                                                        const std::set<int>& is_queued) {
  std::vector<Endpoint> taken;
  for (GradLoopState* const state : loops_) {
    GradLoopState::Exits& exits = state->exits();
    for (const Endpoint& exit : exits.all) {
      if (region.pending(exit.node) != 0) continue;
      --exits.to_come;
      if (!is_queued.contains(exit.node)) exits.unused.push_back(exit);
      if (exits.to_come == 0) {
        taken.insert(taken.end(), exits.unused.begin(), exits.unused.end());
      }
    }
    for (const Endpoint& enter : state->forward_context()->enters()) {
      if (region.pending(enter.node) == 0) region.pending(enter.node) = 1;
    }
  }
  return taken;
}

Output ControlFlowState::ForwardShape(const GradContext& ctx, const Node& node, int index) {
  ControlFlowContext* const context = node.control_flow_context();
  const auto* const cond = dynamic_cast<const CondContext*>(context);
  if (node.op()->control_flow != ControlFlowKind::kSwitch || cond == nullptr) {
    const ContextScope there(graph_, context);
    return ShapeNode(ctx.output(node, index));
  }
  Output other;
  Output shape;
  {
    const ContextScope around(graph_, cond->outer());
    const SwitchResult sides =
        switch_ref_or_tensor(ctx.input(node, 0), Output(graph_, cond->pred()));
    other = cond->branch() == 1 ? sides.output_false : sides.output_true;
    shape = ShapeNode(other);
  }
  graph_->SetControlFlowContext(graph_->node(other.endpoint().node), context);
  graph_->SetControlFlowContext(graph_->node(shape.endpoint().node), context);
  return shape;
}

// TensorFlow takes zeros of a known shape for a gradient like any other here.
Output ControlFlowState::ZerosInLoop(GradContext& ctx, const Node& node, int index,
                                     GradLoopState& state) {
  const Output value = ctx.output(node, index);
  const DataType dtype = BaseType(value.dtype());
  const CondContext* const cond = CondContext::Of(node);
  const bool dead = node.op()->control_flow == ControlFlowKind::kSwitch && cond != nullptr;
  if (value.get_shape().IsFullyDefined()) {
    const Output zero = constant(0, {.dtype = dtype, .shape = value.get_shape()});
    if (!dead) return zero;
    const Output pred(graph_, state.RealPredicate(cond->pred()));
    const SwitchResult sides = switch_ref_or_tensor(zero, pred);
    return cond->branch() == 1 ? sides.output_false : sides.output_true;
  }
  const Endpoint shape = ForwardShape(ctx, node, index).endpoint();
  Endpoint history;
  {
    const ContextScope outside(graph_, state.grad_context()->outer());
    history = state.AddForwardAccumulator(shape, dead);
  }
  const Output sizes(graph_, state.AddBackpropAccumulatedValue(history, shape, dead));
  return ctx.MarkFilled(zeros(sizes, dtype));
}

Output ControlFlowState::ZerosLike(GradContext& ctx, const Node& node, int index) {
  if (IsLoopSwitch(node) && has_loops()) return Output();
  GradLoopState* const state = LoopOf(node);
  if (state != nullptr) return ZerosInLoop(ctx, node, index, *state);
  return ctx.MarkFilled(PlainZeros(ctx, node, index));
}

Output ControlFlowState::ZerosLikeForExit(Endpoint exit) {
  const Output value(graph_, exit);
  const DataType dtype = BaseType(value.dtype());
  const Shape known = value.get_shape();
  const ControlFlowContext* const forward = value.node().control_flow_context();
  GradLoopState* const around = StateOf(WhileContext::Around(forward->outer()));
  if (around == nullptr) {
    return known.IsFullyDefined() ? zeros(known, dtype)
                                  : OpBuilder("ZerosLike", "zeros_like").Input(value).Build();
  }
  if (known.IsFullyDefined()) {
    const ContextScope inside(graph_, around->grad_context());
    return zeros(known, dtype);
  }
  Output shape;
  {
    const ContextScope there(graph_, forward->outer());
    shape = ShapeNode(value);
  }
  const Endpoint history = around->AddForwardAccumulator(shape.endpoint());
  const ContextScope inside(graph_, around->grad_context());
  return zeros(Output(graph_, around->AddBackpropAccumulatedValue(history, shape.endpoint())),
               dtype);
}

void ControlFlowState::Finish() {
  for (GradLoopState* const state : loops_) state->FinishSwitchMerges();
}

}  // namespace sessile
