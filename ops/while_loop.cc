// while_loop: TensorFlow's nodes for a loop, in its order. A value enters the loop's frame (Enter),
// meets what comes back from the last turn (Merge), leaves (Switch, Exit) or goes round (Switch,
// Identity, the body, NextIteration).

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "sessile/core/framework/errors.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/graph/node_builder.h"
#include "sessile/core/graph/scope.h"
#include "sessile/ops/constant.h"
#include "sessile/ops/control_flow.h"
#include "sessile/ops/grouping.h"
#include "sessile/ops/math.h"
#include "sessile/ops/op_builder.h"
#include "sessile/ops/operators.h"
#include "sessile/ops/while_context.h"

namespace sessile {

WhileContext* WhileContext::Make(const std::shared_ptr<GraphImpl>& graph,
                                 int64_t parallel_iterations) {
  const BuildScope& scope = BuildScope::Of(*graph);
  std::string name = graph->UniqueName(
      scope.name.empty() ? "while_context" : absl::StrCat(scope.name, "/while_context"));
  auto* const outer = dynamic_cast<GuardingContext*>(scope.context);
  std::unique_ptr<WhileContext> context(
      new WhileContext(*graph, std::move(name), outer, parallel_iterations));
  return static_cast<WhileContext*>(graph->AdoptContext(std::move(context)));
}

const WhileContext* WhileContext::Around(const ControlFlowContext* context) {
  return dynamic_cast<const WhileContext*>(LoopAround(context));
}

absl::StatusOr<Endpoint> WhileContext::MakeEnter(Endpoint value, bool is_constant) {
  // The front end throws; what calls a context does not.
  try {
    const std::shared_ptr<GraphImpl> graph = graph_.shared_from_this();
    const DefaultGraphScope with = Graph(graph).as_default();
    const Output data(graph, value);
    Output entered;
    {
      const control_dependencies none(nullptr);
      entered = OpBuilder(IsRef(data.dtype()) ? "RefEnter" : "Enter")
                    .Input(data)
                    .Attr("frame_name", name_)
                    .Attr("is_constant", is_constant)
                    .Attr("parallel_iterations", parallel_iterations_)
                    .Build();
    }
    return entered.endpoint();
  } catch (const errors::OpError& error) {
    return error.status();
  }
}

void WhileContext::Adopt(Endpoint entered) {
  Node& node = graph_.node(entered.node);
  const WhileContext* const outer_loop = Around(outer_);
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
}

absl::StatusOr<Endpoint> WhileContext::AddValue(Endpoint value) {
  const bool is_own = graph_.node(value.node).control_flow_context() == this;
  if (values_.contains(value) || is_own) {
    const auto external = external_values_.find(value);
    return external == external_values_.end() ? value : external->second;
  }
  values_.insert(value);
  Endpoint outside = value;
  if (outer_ != nullptr) {
    SESSILE_ASSIGN_OR_RETURN(outside, outer_->AddValue(value));
  }
  SESSILE_ASSIGN_OR_RETURN(const Endpoint entered, MakeEnter(outside, true));
  if (outer_ != nullptr) outer_->MarkSeen(entered);
  Adopt(entered);
  values_.insert(entered);
  external_values_[value] = entered;
  return entered;
}

bool WhileContext::OnlyReadsInvariants(const Node& node) const {
  if (!node.control_inputs().empty()) return false;
  return std::all_of(node.inputs().begin(), node.inputs().end(), [this](Endpoint input) {
    const Node& from = graph_.node(input.node);
    if (from.op() == nullptr || from.op()->control_flow != ControlFlowKind::kEnter) return false;
    return from.attrs().GetOr<bool>("is_constant", false).value_or(false);
  });
}

absl::Status WhileContext::AddOp(Node& node) {
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
  if (outer_ != nullptr) {
    for (int i = 0; i < node.num_outputs(); ++i) outer_->MarkSeen({node.id(), i});
  }
  return absl::OkStatus();
}

absl::StatusOr<int> WhileContext::WaitInside(int control) {
  try {
    const std::shared_ptr<GraphImpl> graph = graph_.shared_from_this();
    const DefaultGraphScope with = Graph(graph).as_default();
    const control_dependencies none(nullptr);
    const ContextScope inside(graph, this);
    return OpBuilder("Identity").Input(Output(graph, {control, 0})).Build().endpoint().node;
  } catch (const errors::OpError& error) {
    return error.status();
  }
}

namespace {

using internal::LoopFn;

// `shape` may take the place of `first` for all turns.
bool Covers(const Shape& shape, const Shape& first) {
  if (!shape.has_rank()) return true;
  if (!first.has_rank() || first.rank() != shape.rank()) return false;
  for (int i = 0; i < shape.rank(); ++i) {
    if (shape.dim(i) != None && shape.dim(i) != first.dim(i)) return false;
  }
  return true;
}

class LoopBuilder {
 public:
  LoopBuilder(std::shared_ptr<GraphImpl> graph, WhileContext* context)
      : graph_(std::move(graph)), context_(context) {}

  void EnterAll(const std::vector<Output>& values, const std::vector<Shape>& invariants) {
    auto* const outer = dynamic_cast<GuardingContext*>(context_->outer());
    std::vector<Endpoint> given;
    for (const Output& value : values) {
      context_->MarkSeen(value.endpoint());
      given.push_back(outer == nullptr ? value.endpoint()
                                       : errors::ValueOrThrow(outer->AddValue(value.endpoint())));
    }
    for (size_t i = 0; i < values.size(); ++i) {
      const Shape first = Output(graph_, given[i]).get_shape();
      const Shape& invariant = invariants.empty() ? first : invariants[i];
      const Endpoint entered = errors::ValueOrThrow(context_->MakeEnter(given[i], false));
      if (!Covers(invariant, first)) {
        errors::ThrowIfError(InvalidArgument(
            "The shape invariant specified for ", values[i].name(),
            " is not compatible with the initial shape of the loop variable. It enters the loop "
            "with shape ",
            first.ToPythonString(), ", but the specified shape invariant is ",
            invariant.ToPythonString(), "."));
      }
      errors::ThrowIfError(graph_->RefineShape(entered, invariant));
      if (outer != nullptr) outer->MarkSeen(entered);
      entered_.emplace_back(graph_, entered);
    }
    for (const Output& entered : entered_) context_->Adopt(entered.endpoint());
    context_->ForgetValues();
    for (const Output& entered : entered_) context_->MarkSeen(entered.endpoint());
  }

  std::vector<Output> Build(const LoopFn& cond, const LoopFn& body) {
    for (const Output& entered : entered_) merged_.push_back(merge({entered, entered}).output);
    context_->SetPivotForCondition(merged_[0].endpoint());
    const Output condition = Convert(cond(merged_), 1, "'cond'")[0];
    const Output pivot = OpBuilder("LoopCond", "LoopCond").Input(condition).Build();
    std::vector<SwitchResult> sides;
    for (const Output& value : merged_) sides.push_back(switch_ref_or_tensor(value, pivot));
    std::vector<Output> inside;
    for (const SwitchResult& side : sides) {
      inside.push_back(OpBuilder("Identity").Input(side.output_true).Build());
    }
    context_->SetPivotForBody(inside[0].endpoint());
    const std::vector<Output> results = Convert(body(inside), merged_.size(), "'body'");
    for (size_t i = 0; i < results.size(); ++i) GoRound(merged_[i], results[i]);
    std::vector<Output> exits;
    for (const SwitchResult& side : sides) {
      exits.push_back(OpBuilder("Exit").Input(side.output_false).Build());
    }
    if (auto* const outer = dynamic_cast<GuardingContext*>(context_->outer())) {
      for (const Output& exit : exits) outer->MarkSeen(exit.endpoint());
    }
    return exits;
  }

 private:
  std::vector<Output> Convert(const std::vector<BranchValue>& values, size_t wanted,
                              const char* who) {
    if (values.size() != wanted) {
      errors::ThrowIfError(InvalidArgument("Number of inputs and outputs of ", who,
                                           " must match 'loop_vars'. Got ", values.size(),
                                           " outputs, and ", wanted, " are expected."));
    }
    std::vector<Output> outputs;
    for (size_t i = 0; i < values.size(); ++i) {
      if (!values[i].value.has_value()) {
        errors::ThrowIfError(
            InvalidArgument(who, " of a loop must return tensors, not operations"));
      }
      std::optional<DataType> dtype;
      if (wanted == merged_.size() && values[i].value->literal() != nullptr &&
          std::string_view(who) == "'body'") {
        dtype = BaseType(merged_[i].dtype());
      }
      outputs.push_back(convert_to_tensor(*values[i].value, dtype));
    }
    return outputs;
  }

  // Makes `value` the second input of `merged`.
  void GoRound(const Output& merged, const Output& value) {
    if (BaseType(value.dtype()) != BaseType(merged.dtype())) {
      errors::ThrowIfError(InvalidArgument("Input tensor '", merged.name(),
                                           "' enters the loop with type ",
                                           PythonName(merged.dtype()), ", but has type ",
                                           PythonName(value.dtype()), " after 1 iteration."));
    }
    const Output next = OpBuilder("NextIteration").Input(value).Build();
    const Output first = entered_[static_cast<size_t>(&merged - merged_.data())];
    if (!Covers(merged.get_shape(), next.get_shape())) {
      errors::ThrowIfError(InvalidArgument(
          "Input tensor '", Output(graph_, first.op().node().inputs()[0]).name(),
          "' enters the loop with shape ", merged.get_shape().ToPythonString(), ", but has shape ",
          next.get_shape().ToPythonString(),
          " after one iteration. To allow the shape to vary across iterations, use the "
          "`shape_invariants` argument of tf.while_loop to specify a less-specific shape."));
    }
    errors::ThrowIfError(
        graph_->UpdateInput(graph_->node(merged.endpoint().node), 1, next.endpoint()));
  }

  const std::shared_ptr<GraphImpl> graph_;
  WhileContext* const context_;
  std::vector<Output> entered_;
  std::vector<Output> merged_;
};

std::vector<Output> WithoutFirst(const std::vector<Output>& values) {
  return std::vector<Output>(values.begin() + 1, values.end());
}

}  // namespace

namespace internal {

void CheckLoopArguments(size_t taken, size_t given) {
  if (taken == given) return;
  errors::ThrowIfError(InvalidArgument("A function of a loop takes ", taken,
                                       " values, but there are ", given, " loop variables"));
}

std::vector<Output> BuildWhile(const LoopFn& cond, const LoopFn& body,
                               const std::vector<Input>& loop_vars, const WhileOptions& options) {
  if (loop_vars.empty()) errors::ThrowIfError(InvalidArgument("'loop_vars' must be provided."));
  if (options.parallel_iterations < 1) {
    errors::ThrowIfError(InvalidArgument("'parallel_iterations' must be a positive integer."));
  }
  if (!options.shape_invariants.empty() && options.shape_invariants.size() != loop_vars.size()) {
    errors::ThrowIfError(InvalidArgument("There are ", options.shape_invariants.size(),
                                         " shape invariants for ", loop_vars.size(),
                                         " loop variables."));
  }
  const SourceScope here(loop_vars[0]);
  const std::shared_ptr<GraphImpl> graph = graph_of(loop_vars).impl();
  const DefaultGraphScope with = Graph(graph).as_default();
  const name_scope scope(options.name.empty() ? "while" : options.name, graph);
  std::vector<Input> values = loop_vars;
  std::vector<Shape> invariants = options.shape_invariants;
  LoopFn whole_cond = cond;
  LoopFn whole_body = body;
  if (options.maximum_iterations.has_value()) {
    const Output most = convert_to_tensor(*options.maximum_iterations, {}, "maximum_iterations");
    const Output counter =
        constant(0, {.dtype = BaseType(most.dtype()), .name = "iteration_counter"});
    values.insert(values.begin(), counter);
    if (!invariants.empty()) invariants.insert(invariants.begin(), Shape());
    whole_cond = [most, &cond](const std::vector<Output>& all) {
      const Output below = all[0] < most;
      const Output goes_on = convert_to_tensor(*cond(WithoutFirst(all)).at(0).value);
      return std::vector<BranchValue>{logical_and(below, goes_on)};
    };
    whole_body = [&body](const std::vector<Output>& all) {
      std::vector<BranchValue> results = {all[0] + 1};
      for (BranchValue& value : body(WithoutFirst(all))) results.push_back(std::move(value));
      return results;
    };
  }
  WhileContext* const context = WhileContext::Make(graph, options.parallel_iterations);
  std::vector<Output> tensors;
  for (const Input& value : values) tensors.push_back(convert_to_tensor(value));
  LoopBuilder builder(graph, context);
  const ContextScope inside(graph, context);
  builder.EnterAll(tensors, invariants);
  std::vector<Output> exits = builder.Build(whole_cond, whole_body);
  return options.maximum_iterations.has_value() ? WithoutFirst(exits) : exits;
}

}  // namespace internal
}  // namespace sessile
