#include "sessile/ops/control_flow_context.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "sessile/core/framework/errors.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/graph/scope.h"
#include "sessile/ops/control_flow.h"

namespace sessile {

void GuardingContext::MarkSeenOutwards(Endpoint value) {
  for (GuardingContext* context = this; context != nullptr; context = context->outer_) {
    context->values_.insert(value);
  }
}

bool GuardingContext::IsBuiltInside(const Node& node) const {
  const ControlFlowContext* context = node.control_flow_context();
  while (context != nullptr && context != this) context = context->outer();
  return context != nullptr;
}

ControlFlowContext* GuardingContext::OutputContextOf(const Node& node) {
  ControlFlowContext* const context = node.control_flow_context();
  const bool leaves = node.op() != nullptr && node.op()->control_flow == ControlFlowKind::kExit;
  return leaves && context != nullptr ? context->outer() : context;
}

ControlFlowContext* GuardingContext::LoopAround(ControlFlowContext* context) {
  while (context != nullptr && !context->IsWhile()) context = context->outer();
  return context;
}

std::vector<int> GuardingContext::TakeExternalControls(Node& node) {
  const ControlFlowContext* const loop = LoopAround(this);
  if (loop == nullptr) return {};
  std::vector<int> internal;
  std::vector<int> external;
  for (const int control : node.control_inputs()) {
    const bool inside = LoopAround(OutputContextOf(graph_.node(control))) == loop;
    (inside ? internal : external).push_back(control);
  }
  if (external.empty()) return external;
  graph_.RemoveControlInputs(node);
  for (const int control : internal) graph_.AddControlInput(node, control);
  return external;
}

CondContext* CondContext::Make(const std::shared_ptr<GraphImpl>& graph, Endpoint pred,
                               Endpoint pivot, int branch) {
  const BuildScope& scope = BuildScope::Of(*graph);
  std::string name =
      graph->UniqueName(scope.name.empty() ? "cond_text" : absl::StrCat(scope.name, "/cond_text"));
  auto* const outer = dynamic_cast<GuardingContext*>(scope.context);
  std::unique_ptr<CondContext> context(new CondContext(*graph, std::move(name), outer));
  context->pred_ = pred;
  context->pivot_ = pivot;
  context->branch_ = branch;
  context->values_ = {pred, pivot};
  context->external_values_[pred] = pred;
  auto* const made = static_cast<CondContext*>(graph->AdoptContext(std::move(context)));
  graph->SetControlFlowContext(graph->node(pivot.node), made);
  return made;
}

CondContext* CondContext::Restore(GraphImpl& graph, Parts parts, GuardingContext* outer) {
  std::unique_ptr<CondContext> context(new CondContext(graph, std::move(parts.name), outer));
  context->pred_ = parts.pred;
  context->pivot_ = parts.pivot;
  context->branch_ = parts.branch;
  context->values_ = std::move(parts.values);
  context->external_values_ = std::move(parts.external_values);
  return static_cast<CondContext*>(graph.AdoptContext(std::move(context)));
}

const CondContext* CondContext::Of(const Node& node) {
  return dynamic_cast<const CondContext*>(node.control_flow_context());
}

absl::Status CondContext::AddOp(Node& node) {
  if (node.num_inputs() == 0) {
    TakeExternalControls(node);
    // Nothing alive or dead reaches the node by its inputs, so it waits for the pivot.
    const auto controls = node.control_inputs();
    if (std::none_of(controls.begin(), controls.end(),
                     [this](int id) { return IsBuiltInside(graph_.node(id)); })) {
      graph_.AddControlInput(node, pivot_.node);
    }
  } else {
    SESSILE_RETURN_IF_ERROR(GuardInputs(node));
    TakeExternalControls(node);
  }
  for (int i = 0; i < node.num_outputs(); ++i) MarkSeenOutwards({node.id(), i});
  return absl::OkStatus();
}

absl::Status CondContext::GuardInputs(Node& node) {
  for (int i = 0; i < node.num_inputs(); ++i) {
    const Endpoint given = node.inputs()[static_cast<size_t>(i)];
    SESSILE_ASSIGN_OR_RETURN(const Endpoint guarded, AddValue(given));
    if (guarded != given) SESSILE_RETURN_IF_ERROR(graph_.UpdateInput(node, i, guarded));
  }
  return absl::OkStatus();
}

absl::StatusOr<Endpoint> CondContext::AddGuard(Endpoint value) {
  return Caught([&] {
    const std::shared_ptr<GraphImpl> graph = graph_.shared_from_this();
    const SwitchResult sides = switch_ref_or_tensor(Output(graph, value), Output(graph, pred_));
    return (branch_ == 1 ? sides.output_true : sides.output_false).endpoint();
  });
}

absl::StatusOr<Endpoint> CondContext::FromOuter(Endpoint value) {
  values_.insert(value);
  if (outer_ == nullptr) return value;
  SESSILE_ASSIGN_OR_RETURN(const Endpoint outside, outer_->AddValue(value));
  values_.insert(outside);
  external_values_[outside] = outside;
  return outside;
}

absl::StatusOr<Endpoint> CondContext::AddValue(Endpoint value) {
  if (values_.contains(value)) {
    const auto external = external_values_.find(value);
    return external == external_values_.end() ? value : external->second;
  }
  SESSILE_ASSIGN_OR_RETURN(const Endpoint outside, FromOuter(value));
  Endpoint guarded;
  {
    // The guard itself runs in any case: it stands outside of all contexts and dependencies.
    const DefaultGraphScope with = Graph(graph_.shared_from_this()).as_default();
    const control_dependencies none(nullptr);
    SESSILE_ASSIGN_OR_RETURN(guarded, AddGuard(outside));
  }
  graph_.SetControlFlowContext(graph_.node(guarded.node), this);
  MarkSeenOutwards(guarded);
  external_values_[value] = guarded;
  return guarded;
}

absl::StatusOr<Endpoint> CondContext::AddResult(Endpoint value) {
  if (values_.contains(value)) {
    const auto external = external_values_.find(value);
    return external == external_values_.end() ? value : external->second;
  }
  SESSILE_ASSIGN_OR_RETURN(const Endpoint outside, FromOuter(value));
  SESSILE_ASSIGN_OR_RETURN(const Endpoint guarded, AddGuard(outside));
  external_values_[value] = guarded;
  return guarded;
}

bool IsLoopInvariant(const Node& node) {
  if (node.op() == nullptr || node.op()->control_flow != ControlFlowKind::kEnter) return false;
  return node.num_inputs() == 1 && node.attrs().GetOr<bool>("is_constant", false).value_or(false);
}

}  // namespace sessile
