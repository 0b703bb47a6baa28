// while_loop: TensorFlow's nodes for a loop, in its order. A value enters the loop's frame (Enter),
// meets what comes back from the last turn (Merge), leaves (Switch, Exit) or goes round (Switch,
// Identity, the body, NextIteration).

#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "sessile/core/framework/errors.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/graph/scope.h"
#include "sessile/ops/constant.h"
#include "sessile/ops/control_flow.h"
#include "sessile/ops/math.h"
#include "sessile/ops/op_builder.h"
#include "sessile/ops/operators.h"
#include "sessile/ops/while_context.h"

namespace sessile {
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
      entered_.emplace_back(graph_, entered);
      context_->AddEnterOf(entered);
    }
    OrderAfterOuterPivot();
    for (const Output& entered : entered_) {
      errors::ThrowIfError(context_->Adopt(entered.endpoint()));
    }
    context_->ForgetValues();
    for (const Output& entered : entered_) context_->MarkSeen(entered.endpoint());
  }

  std::vector<Output> Build(const LoopFn& cond, const LoopFn& body) {
    for (const Output& entered : entered_) merged_.push_back(merge({entered, entered}).output);
    context_->SetPivotForCondition(merged_[0].endpoint());
    const Output condition = Convert(cond(merged_), 1, "'cond'")[0];
    const Output pivot = OpBuilder("LoopCond", "LoopCond").Input(condition).Build();
    context_->SetPivot(pivot.endpoint());
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
    for (const SwitchResult& side : sides) exits.push_back(context_->AddExit(side.output_false));
    return exits;
  }

 private:
  // A loop variable that is the same in all turns of a loop around this one enters only in those
  // turns in which this loop runs.
  void OrderAfterOuterPivot() {
    Endpoint pivot;
    for (auto* outer = context_->outer(); outer != nullptr && pivot.node < 0;
         outer = outer->outer()) {
      if (const auto* loop = dynamic_cast<const WhileContext*>(outer)) {
        pivot = loop->control_pivot();
      } else if (const auto* cond = dynamic_cast<const CondContext*>(outer)) {
        pivot = cond->pivot();
      }
    }
    if (pivot.node < 0) return;
    for (const Output& entered : entered_) {
      Node& node = graph_->node(entered.endpoint().node);
      if (IsLoopInvariant(graph_->node(node.inputs()[0].node))) {
        graph_->AddControlInput(node, pivot.node);
      }
    }
  }

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

std::vector<Output> BuildWhile(const LoopFn& cond, const LoopFn& body, const InputList& loop_vars,
                               const WhileOptions& options) {
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
  WhileContext::Options loop;
  if (options.maximum_iterations.has_value()) {
    const Output most = convert_to_tensor(*options.maximum_iterations, {}, "maximum_iterations");
    if (most.get_shape().has_rank() && most.get_shape().rank() != 0) {
      errors::ThrowIfError(
          InvalidArgument("'maximum_iterations' must be a scalar. Received shape: ",
                          most.get_shape().ToPythonString()));
    }
    loop.maximum_iterations = most.endpoint();
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
  loop.parallel_iterations = options.parallel_iterations;
  loop.back_prop = options.back_prop;
  loop.swap_memory = options.swap_memory;
  WhileContext* const context = WhileContext::Make(graph, loop);
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
