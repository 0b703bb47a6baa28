// The operations of a loop: values enter its frame, go round, and leave it.

#include <utility>

#include "sessile/core/framework/op_registry.h"
#include "sessile/core/framework/shape_inference.h"
#include "sessile/core/framework/status.h"
#include "sessile/ops/grad_context.h"
#include "sessile/ops/grad_loop_state.h"
#include "sessile/ops/register_all.h"
#include "sessile/ops/while_context.h"

namespace sessile {
namespace {

// What enters may change its shape from turn to turn, unless it is the same in all.
absl::Status EnterShape(ShapeContext& ctx) {
  SESSILE_ASSIGN_OR_RETURN(const bool is_constant, ctx.Attr<bool>("is_constant"));
  if (is_constant) ctx.PassOn(0, 0);
  return absl::OkStatus();
}

absl::Status LoopCondShape(ShapeContext& ctx) {
  SESSILE_RETURN_IF_ERROR(ctx.InputIsScalar(0));
  return UnchangedShape(ctx);
}

// The loop whose gradient is being built around here; null if there is none, or if its user wants
// none (`back_prop`).
WhileContext* GradientLoop(const GradContext& ctx) {
  WhileContext* const loop = WhileContext::Current(*ctx.graph());
  return loop == nullptr || loop->grad_state() == nullptr || !loop->options().back_prop ? nullptr
                                                                                        : loop;
}

// What left the loop enters the loop of its gradient.
absl::StatusOr<std::vector<Output>> ExitGradient(GradContext& ctx, const Node& node,
                                                 std::span<const Output> grads) {
  WhileContext* const loop = GradientLoop(ctx);
  if (loop == nullptr) return std::vector<Output>(1);
  const auto* const own = dynamic_cast<const WhileContext*>(node.control_flow_context());
  if (own != nullptr && own->grad_state() != nullptr) {
    return Unimplemented("Second-order gradient for while loops not supported: node '", node.name(),
                         "' (op: '", node.op_type(), "') is the end of a gradient's loop");
  }
  return std::vector<Output>{loop->AddEnter(grads[0], "b_exit")};
}

// What entered is reached by the gradient that leaves after the last turn; if it is the same in all
// turns, by the sum over them.
absl::StatusOr<std::vector<Output>> EnterGradient(GradContext& ctx, const Node& node,
                                                  std::span<const Output> grads) {
  WhileContext* const loop = GradientLoop(ctx);
  if (loop == nullptr) return std::vector<Output>{grads[0]};
  if (IsLoopInvariant(node)) {
    return std::vector<Output>{loop->grad_state()->AddInvariantAccumulator(node, grads[0])};
  }
  return std::vector<Output>{loop->AddExit(grads[0])};
}

// The gradient's own step to the next turn is made with that of the Switch.
absl::StatusOr<std::vector<Output>> NextIterationGradient(GradContext&, const Node&,
                                                          std::span<const Output> grads) {
  return std::vector<Output>{grads[0]};
}

absl::StatusOr<std::vector<Output>> NoGradientForCondition(GradContext&, const Node&,
                                                           std::span<const Output>) {
  return std::vector<Output>(1);
}

void AddEnter(OpRegistry& ops, std::string_view name, bool ref) {
  ops.Add(name)
      .Input(ref ? "data: Ref(T)" : "data: T")
      .Output(ref ? "output: Ref(T)" : "output: T")
      .Attr("T: type")
      .Attr("frame_name: string")
      .Attr("is_constant: bool = false")
      .Attr("parallel_iterations: int = 10")
      .ControlFlow(ControlFlowKind::kEnter)
      .Shape(ref ? ShapeFn(UnchangedShape) : ShapeFn(EnterShape))
      .Gradient(EnterGradient)
      .Doc("Passes `data` into the loop frame `frame_name`.");
}

void AddStep(OpRegistry& ops, std::string_view name, bool ref, ControlFlowKind kind,
             GradientFn gradient, std::string_view doc) {
  ops.Add(name)
      .Input(ref ? "data: Ref(T)" : "data: T")
      .Output(ref ? "output: Ref(T)" : "output: T")
      .Attr("T: type")
      .ControlFlow(kind)
      .Shape(UnchangedShape)
      .Gradient(std::move(gradient))
      .Doc(doc);
}

}  // namespace

void RegisterLoop(OpRegistry& ops) {
  AddEnter(ops, "Enter", false);
  AddEnter(ops, "RefEnter", true);
  AddStep(ops, "Exit", false, ControlFlowKind::kExit, ExitGradient,
          "Passes `data` out of its loop frame.");
  AddStep(ops, "RefExit", true, ControlFlowKind::kExit, ExitGradient,
          "Exit of a variable's own output.");
  AddStep(ops, "NextIteration", false, ControlFlowKind::kNextIteration, NextIterationGradient,
          "Passes `data` on to the next turn of its loop.");
  AddStep(ops, "RefNextIteration", true, ControlFlowKind::kNextIteration, NextIterationGradient,
          "NextIteration of a variable's own output.");
  ops.Add("LoopCond")
      .Input("input: bool")
      .Output("output: bool")
      .ControlFlow(ControlFlowKind::kLoopCond)
      .Shape(LoopCondShape)
      .Gradient(NoGradientForCondition)
      .Doc("The condition of a loop: another turn follows while it is true.");
  ops.Add("ControlTrigger")
      .ControlFlow(ControlFlowKind::kControlTrigger)
      .Shape(NoOutputs)
      .NotDifferentiable("it has no inputs")
      .Doc("Runs after its control inputs, also after dead ones.");
}

}  // namespace sessile
