// The operations of a loop: values enter its frame, go round, and leave it.

#include "sessile/core/framework/op_registry.h"
#include "sessile/core/framework/shape_inference.h"
#include "sessile/core/framework/status.h"
#include "sessile/ops/register_all.h"

namespace sessile {
namespace {

constexpr char kNoLoopGradient[] = "gradients of loops are not implemented";

// What enters may change its shape from turn to turn, unless it is the same in all.
absl::Status EnterShape(ShapeContext& ctx) {
  SESSILE_ASSIGN_OR_RETURN(const bool is_constant, ctx.Attr<bool>("is_constant"));
  if (is_constant) ctx.SetOutput(0, ctx.input(0));
  return absl::OkStatus();
}

absl::Status LoopCondShape(ShapeContext& ctx) {
  SESSILE_RETURN_IF_ERROR(ctx.InputIsScalar(0));
  return UnchangedShape(ctx);
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
      .NoGradient(kNoLoopGradient)
      .Doc("Passes `data` into the loop frame `frame_name`.");
}

void AddStep(OpRegistry& ops, std::string_view name, bool ref, ControlFlowKind kind,
             std::string_view doc) {
  ops.Add(name)
      .Input(ref ? "data: Ref(T)" : "data: T")
      .Output(ref ? "output: Ref(T)" : "output: T")
      .Attr("T: type")
      .ControlFlow(kind)
      .Shape(UnchangedShape)
      .NoGradient(kNoLoopGradient)
      .Doc(doc);
}

}  // namespace

void RegisterLoop(OpRegistry& ops) {
  AddEnter(ops, "Enter", false);
  AddEnter(ops, "RefEnter", true);
  AddStep(ops, "Exit", false, ControlFlowKind::kExit, "Passes `data` out of its loop frame.");
  AddStep(ops, "RefExit", true, ControlFlowKind::kExit, "Exit of a variable's own output.");
  AddStep(ops, "NextIteration", false, ControlFlowKind::kNextIteration,
          "Passes `data` on to the next turn of its loop.");
  AddStep(ops, "RefNextIteration", true, ControlFlowKind::kNextIteration,
          "NextIteration of a variable's own output.");
  ops.Add("LoopCond")
      .Input("input: bool")
      .Output("output: bool")
      .ControlFlow(ControlFlowKind::kLoopCond)
      .Shape(LoopCondShape)
      .NoGradient(kNoLoopGradient)
      .Doc("The condition of a loop: another turn follows while it is true.");
  ops.Add("ControlTrigger")
      .ControlFlow(ControlFlowKind::kControlTrigger)
      .Shape(NoOutputs)
      .NotDifferentiable("it has no inputs")
      .Doc("Runs after its control inputs, also after dead ones.");
}

}  // namespace sessile
