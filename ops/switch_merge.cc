// Switch and Merge, the two halves of a conditional: a value goes to one of two outputs, and the
// first of several inputs that is alive goes on.

#include "sessile/core/framework/errors.h"
#include "sessile/core/framework/op_registry.h"
#include "sessile/core/framework/shape_inference.h"
#include "sessile/core/framework/status.h"
#include "sessile/ops/control_flow.h"
#include "sessile/ops/control_flow_context.h"
#include "sessile/ops/grad_context.h"
#include "sessile/ops/grad_loop_state.h"
#include "sessile/ops/op_builder.h"
#include "sessile/ops/register_all.h"
#include "sessile/ops/while_context.h"

namespace sessile {
namespace {

absl::Status SwitchShape(ShapeContext& ctx) {
  SESSILE_RETURN_IF_ERROR(ctx.InputIsScalar(1));
  ctx.PassOn(0, 0);
  ctx.PassOn(0, 1);
  return absl::OkStatus();
}

// What all inputs have in common: any of them may arrive.
absl::Status MergeShape(ShapeContext& ctx) {
  Shape out = ctx.input(0);
  for (int i = 1; i < ctx.num_inputs() && out.has_rank(); ++i) {
    const Shape in = ctx.input(i);
    if (!in.has_rank() || in.rank() != out.rank()) {
      out = Shape::Unknown();
      break;
    }
    for (int d = 0; d < in.rank(); ++d) {
      if (in.dim(d) != out.dim(d)) out = out.WithDim(d, Shape::kUnknownDim);
    }
  }
  ctx.SetOutput(0, out);
  ctx.SetOutput(1, Shape());
  const HandleFacts first = ctx.input_handle(0);
  for (int i = 1; i < ctx.num_inputs(); ++i) {
    if (ctx.input_handle(i) != first) return absl::OkStatus();
  }
  ctx.SetOutputHandle(0, first);
  return absl::OkStatus();
}

// The gradients of a loop variable join in a Merge: that of what leaves the loop comes first and
// starts the gradient's loop, that of what goes round comes later and closes it.
absl::StatusOr<std::vector<Output>> LoopSwitchGradient(const Node& node,
                                                       std::span<const Output> grads,
                                                       GradLoopState& state) {
  if (const std::optional<Endpoint> merged = state.SwitchMerge(node.id())) {
    if (grads[1].has_value()) {
      const Output next = OpBuilder("NextIteration").Input(grads[1]).Build();
      GraphImpl& graph = *grads[1].graph_impl();
      SESSILE_RETURN_IF_ERROR(graph.UpdateInput(graph.node(merged->node), 1, next.endpoint()));
    }
    return std::vector<Output>(2);
  }
  if (!grads[0].has_value()) return std::vector<Output>(2);
  const Output merged = merge({grads[0], grads[0]}, "b_switch").output;
  state.SetSwitchMerge(node.id(), merged.endpoint());
  return std::vector<Output>{merged, Output()};
}

// The gradient of a branch that was not taken must not be computed: what guarded the value on its
// way in joins the gradients of both branches on their way out, of which one is dead.
absl::StatusOr<std::vector<Output>> SwitchGradient(GradContext& ctx, const Node& node,
                                                   std::span<const Output> grads) {
  const WhileContext* const current = WhileContext::Current(*ctx.graph());
  if (IsLoopSwitch(node) && current != nullptr && current->grad_state() != nullptr) {
    return LoopSwitchGradient(node, grads, *current->grad_state());
  }
  if (const CondContext* cond = CondContext::Of(node)) {
    // Empty for a type without zeros only.
    if (!grads[static_cast<size_t>(1 - cond->branch())].has_value()) {
      return std::vector<Output>(2);
    }
    const std::vector<Output> sides(grads.begin(), grads.end());
    return std::vector<Output>{merge(sides, "cond_grad").output, Output()};
  }
  const Output pred = ctx.input(node, 1);
  const Output if_false = switch_(grads[0], pred).output_false;
  const Output if_true = switch_(grads[1], pred).output_true;
  return std::vector<Output>{merge({if_false, if_true}).output, Output()};
}

// The gradient goes back to the input that was alive, by the predicate of the cond; without one, by
// the index that Merge gives. In a loop it goes round, or leaves at the first turn.
absl::StatusOr<std::vector<Output>> MergeGradient(GradContext& ctx, const Node& node,
                                                  std::span<const Output> grads) {
  const Output first = ctx.input(node, 0);
  ControlFlowContext* const context = GuardingContext::OutputContextOf(first.node());
  const WhileContext* const current = WhileContext::Current(*ctx.graph());
  GradLoopState* const state = current == nullptr ? nullptr : current->grad_state();
  if (context != nullptr && context->IsWhile() && state != nullptr) {
    const SwitchResult sides =
        switch_ref_or_tensor(grads[0], Output(ctx.graph(), current->pivot()));
    return std::vector<Output>{sides.output_false, sides.output_true};
  }
  if (const auto* const cond = dynamic_cast<const CondContext*>(context)) {
    const Output pred(ctx.graph(),
                      state == nullptr ? cond->pred() : state->RealPredicate(cond->pred()));
    const SwitchResult sides = switch_ref_or_tensor(grads[0], pred, "cond_grad");
    return std::vector<Output>{sides.output_false, sides.output_true};
  }
  std::vector<Output> chosen;
  for (int i = 0; i < node.num_inputs(); ++i) {
    chosen.push_back(OpBuilder("Equal").Input(ctx.output(node, 1)).Input(i).Build());
  }
  std::vector<Output> result;
  for (const Output& pred : chosen) {
    result.push_back(switch_ref_or_tensor(grads[0], pred).output_true);
  }
  return result;
}

}  // namespace

void RegisterSwitchMerge(OpRegistry& ops) {
  ops.Add("Switch")
      .Input("data: T")
      .Input("pred: bool")
      .Output("output_false: T")
      .Output("output_true: T")
      .Attr("T: type")
      .ControlFlow(ControlFlowKind::kSwitch)
      .Shape(SwitchShape)
      .Gradient(SwitchGradient)
      .Doc("Passes `data` to `output_true` or `output_false`; the other output is dead.");
  ops.Add("RefSwitch")
      .Input("data: Ref(T)")
      .Input("pred: bool")
      .Output("output_false: Ref(T)")
      .Output("output_true: Ref(T)")
      .Attr("T: type")
      .AllowsUninitializedInput()
      .ControlFlow(ControlFlowKind::kSwitch)
      .Shape(SwitchShape)
      .Gradient(SwitchGradient)
      .Doc("Switch of a variable's own output.");
  ops.Add("Merge")
      .Input("inputs: N * T")
      .Output("output: T")
      .Output("value_index: int32")
      .Attr("T: type")
      .Attr("N: int >= 1")
      .ControlFlow(ControlFlowKind::kMerge)
      .Shape(MergeShape)
      .Gradient(MergeGradient)
      .Doc("Passes on the first of `inputs` that is alive, and says which.");
  ops.Add("RefMerge")
      .Input("inputs: Ref(N * T)")
      .Output("output: Ref(T)")
      .Output("value_index: int32")
      .Attr("T: type")
      .Attr("N: int >= 1")
      .ControlFlow(ControlFlowKind::kMerge)
      .Shape(MergeShape)
      .Gradient(MergeGradient)
      .Doc("Merge of variables' own outputs.");
}

SwitchResult switch_(Input data, Input pred, std::string_view name) {
  SourceScope here(data);
  const Graph graph = graph_of(std::vector<Input>{data, pred});
  name_scope scope(name.empty() ? "Switch" : name, graph.impl());
  const Output value = convert_to_tensor(data, {}, "data");
  const Output condition = convert_to_tensor(pred, {}, "pred");
  const std::vector<Output> sides =
      OpBuilder("Switch", scope.name()).Input(value).Input(condition).BuildAll();
  return {.output_false = sides[0], .output_true = sides[1]};
}

SwitchResult switch_ref_or_tensor(const Output& data, const Output& pred, std::string_view name) {
  colocate_with with(data, /*ignore_existing=*/true);
  if (!IsRef(data.dtype())) return switch_(data, pred, name);
  const std::vector<Output> sides = OpBuilder("RefSwitch", name).Input(data).Input(pred).BuildAll();
  return {.output_false = sides[0], .output_true = sides[1]};
}

MergeResult merge(const std::vector<Output>& inputs, std::string_view name) {
  bool all_refs = !inputs.empty();
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (!inputs[i].has_value()) {
      errors::ThrowIfError(InvalidArgument("At least one of the merge inputs is None: input ", i,
                                           " of ", inputs.size()));
    }
    all_refs = all_refs && IsRef(inputs[i].dtype());
  }
  const Graph graph = inputs.empty() ? get_default_graph() : inputs[0].graph();
  name_scope scope(name.empty() ? "Merge" : name, graph.impl());
  const std::vector<Output> outputs =
      OpBuilder(all_refs ? "RefMerge" : "Merge", scope.name()).InputList(inputs).BuildAll();
  return {.output = outputs[0], .value_index = outputs[1]};
}

}  // namespace sessile
