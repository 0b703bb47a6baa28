#include "sessile/ops/while_context.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "sessile/core/framework/errors.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/graph/node_builder.h"
#include "sessile/core/graph/scope.h"
#include "sessile/ops/grad_loop_state.h"
#include "sessile/ops/op_builder.h"

namespace sessile {

WhileContext::WhileContext(GraphImpl& graph, std::string name, GuardingContext* outer,
                           Options options)
    : GuardingContext(graph, std::move(name), outer), options_(std::move(options)) {}

WhileContext::~WhileContext() = default;

WhileContext* WhileContext::Make(const std::shared_ptr<GraphImpl>& graph, Options options,
                                 std::string_view name) {
  const BuildScope& scope = BuildScope::Of(*graph);
  const std::string own(name);
  std::string unique =
      graph->UniqueName(scope.name.empty() ? own : absl::StrCat(scope.name, "/", own));
  auto* const outer = dynamic_cast<GuardingContext*>(scope.context);
  std::unique_ptr<WhileContext> context(
      new WhileContext(*graph, std::move(unique), outer, std::move(options)));
  return static_cast<WhileContext*>(graph->AdoptContext(std::move(context)));
}

WhileContext* WhileContext::Restore(GraphImpl& graph, Parts parts, GuardingContext* outer) {
  std::unique_ptr<WhileContext> context(
      new WhileContext(graph, std::move(parts.name), outer, std::move(parts.options)));
  context->pivot_ = parts.pivot;
  context->pivot_for_condition_ = parts.pivot_for_condition;
  context->pivot_for_body_ = parts.pivot_for_body;
  context->enters_ = std::move(parts.enters);
  context->exits_ = std::move(parts.exits);
  context->values_ = std::move(parts.values);
  context->external_values_ = std::move(parts.external_values);
  return static_cast<WhileContext*>(graph.AdoptContext(std::move(context)));
}

WhileContext* WhileContext::Around(ControlFlowContext* context) {
  while (context != nullptr && !context->IsWhile()) context = context->outer();
  return dynamic_cast<WhileContext*>(context);
}

WhileContext* WhileContext::Current(const GraphImpl& graph) {
  return Around(BuildScope::Of(graph).context);
}

void WhileContext::SetGradState(std::unique_ptr<GradLoopState> state) {
  grad_state_ = std::move(state);
}

absl::StatusOr<Endpoint> WhileContext::MakeEnter(Endpoint value, bool is_constant) {
  return Caught([&] {
    const std::shared_ptr<GraphImpl> graph = graph_.shared_from_this();
    const DefaultGraphScope with = Graph(graph).as_default();
    const Output data(graph, value);
    const control_dependencies none(nullptr);
    return OpBuilder(IsRef(data.dtype()) ? "RefEnter" : "Enter")
        .Input(data)
        .Attr("frame_name", name_)
        .Attr("is_constant", is_constant)
        .Attr("parallel_iterations", options_.parallel_iterations)
        .Build()
        .endpoint();
  });
}

absl::Status WhileContext::Adopt(Endpoint entered) {
  Node& node = graph_.node(entered.node);
  const ControlFlowContext* const outer_loop = LoopAround(outer_);
  for (const int control : ControlInputsOfScopes(graph_, node.inputs()[0])) {
    const ControlFlowContext* const wanted = OutputContextOf(graph_.node(control));
    const ControlFlowContext* context = outer_;
    while (context != wanted && context != nullptr && context != outer_loop) {
      context = context->outer();
    }
    if (context == wanted) graph_.AddControlInput(node, control);
  }
  graph_.SetControlFlowContext(node, this);
  MarkSeenByControls(graph_, node.id());
  return absl::OkStatus();
}

Output WhileContext::AddEnter(const Output& value, std::string_view name) {
  MarkSeen(value.endpoint());
  const Output entered = OpBuilder("Enter", name)
                             .Input(value)
                             .Attr("frame_name", name_)
                             .Attr("is_constant", false)
                             .Attr("parallel_iterations", options_.parallel_iterations)
                             .Build();
  entered.set_shape(value.get_shape());
  enters_.push_back(entered.endpoint());
  return entered;
}

Output WhileContext::AddExit(const Output& value, std::string_view name) {
  const Output left = OpBuilder("Exit", name.empty() ? "Exit" : name).Input(value).Build();
  exits_.push_back(left.endpoint());
  if (outer_ != nullptr) outer_->MarkSeen(left.endpoint());
  return left;
}

absl::StatusOr<Endpoint> WhileContext::AddValue(Endpoint value) {
  const bool is_own = graph_.node(value.node).control_flow_context() == this;
  if (values_.contains(value) || is_own) {
    const auto external = external_values_.find(value);
    return external == external_values_.end() ? value : external->second;
  }
  values_.insert(value);
  const WhileContext* const current = Current(graph_);
  GradLoopState* const grads = current == nullptr ? nullptr : current->grad_state();
  if (grads != nullptr &&
      LoopAround(OutputContextOf(graph_.node(value.node))) == grads->forward_context()) {
    SESSILE_ASSIGN_OR_RETURN(const Endpoint remembered,
                             Caught([&] { return grads->GetRealValue(value); }));
    external_values_[value] = remembered;
    return remembered;
  }
  Endpoint outside = value;
  if (outer_ != nullptr) {
    SESSILE_ASSIGN_OR_RETURN(outside, outer_->AddValue(value));
  }
  SESSILE_ASSIGN_OR_RETURN(const Endpoint entered, MakeEnter(outside, true));
  SESSILE_RETURN_IF_ERROR(Adopt(entered));
  values_.insert(entered);
  external_values_[value] = entered;
  return entered;
}

bool WhileContext::OnlyReadsInvariants(const Node& node) const {
  if (!node.control_inputs().empty()) return false;
  return std::all_of(node.inputs().begin(), node.inputs().end(),
                     [this](Endpoint input) { return IsLoopInvariant(graph_.node(input.node)); });
}

absl::StatusOr<bool> WhileContext::AddToForwardLoop(Node& node) {
  const std::string& op = node.op_type();
  if (op != "Shape" && op != "Size" && op != "Rank") return false;
  const WhileContext* const current = Current(graph_);
  if (current == nullptr || current->grad_state() == nullptr) return false;
  const Node& source = graph_.node(node.inputs()[0].node);
  ControlFlowContext* const context = source.control_flow_context();
  if (LoopAround(context) != current->grad_state()->forward_context()) return false;
  graph_.SetControlFlowContext(node, context);
  if (auto* const loop = dynamic_cast<WhileContext*>(context)) {
    SESSILE_RETURN_IF_ERROR(loop->AddOpHere(node));
  } else {
    SESSILE_RETURN_IF_ERROR(context->AddOp(node));
  }
  return true;
}

absl::Status WhileContext::AddOp(Node& node) {
  SESSILE_ASSIGN_OR_RETURN(const bool done, AddToForwardLoop(node));
  return done ? absl::OkStatus() : AddOpHere(node);
}

absl::Status WhileContext::AddOpHere(Node& node) {
  for (int i = 0; i < node.num_inputs(); ++i) {
    const Endpoint given = node.inputs()[static_cast<size_t>(i)];
    SESSILE_ASSIGN_OR_RETURN(const Endpoint inside, AddValue(given));
    if (inside != given) SESSILE_RETURN_IF_ERROR(graph_.UpdateInput(node, i, inside));
  }
  const std::vector<int> external = TakeExternalControls(node);
  // What waits for nothing inside of the loop waits for its turn.
  if (node.num_inputs() == 0 ? node.control_inputs().empty() : OnlyReadsInvariants(node)) {
    graph_.AddControlInput(node, control_pivot().node);
  }
  for (int i = 0; i < node.num_outputs(); ++i) values_.insert({node.id(), i});
  for (const int control : external) {
    // What stands outside is waited for by a value of it that comes in.
    if (graph_.node(control).num_outputs() == 0) continue;
    SESSILE_ASSIGN_OR_RETURN(const int waits, WaitInside(control));
    graph_.AddControlInput(node, waits);
  }
  return absl::OkStatus();
}

absl::StatusOr<int> WhileContext::WaitInside(int control) {
  return Caught([&] {
    const std::shared_ptr<GraphImpl> graph = graph_.shared_from_this();
    const DefaultGraphScope with = Graph(graph).as_default();
    const control_dependencies none(nullptr);
    const ContextScope inside(graph, this);
    return OpBuilder("Identity").Input(Output(graph, {control, 0})).Build().endpoint().node;
  });
}

bool IsLoopSwitch(const Node& node) {
  if (node.op() == nullptr || node.op()->control_flow != ControlFlowKind::kSwitch) return false;
  const auto* const loop = dynamic_cast<const WhileContext*>(node.control_flow_context());
  return loop != nullptr && node.num_inputs() == 2 && node.inputs()[1] == loop->pivot();
}

}  // namespace sessile
