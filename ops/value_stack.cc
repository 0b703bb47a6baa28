// StackV2 and what pushes and pops: the history of a value of a loop, for its gradient.

#include "sessile/core/framework/op_registry.h"
#include "sessile/core/framework/shape_inference.h"
#include "sessile/core/framework/status.h"
#include "sessile/ops/register_all.h"

namespace sessile {
namespace {

absl::Status PushShape(ShapeContext& ctx) {
  ctx.SetOutput(0, ctx.input(1));
  return absl::OkStatus();
}

constexpr const char* kStackGradient = "a stack serves a gradient and has none of its own";

}  // namespace

void RegisterValueStack(OpRegistry& ops) {
  ops.Add("StackV2")
      .Input("max_size: int32")
      .Output("handle: resource")
      .Attr("elem_type: type")
      .Attr("stack_name: string = ''")
      .Shape(UnknownShape)
      .NoGradient(kStackGradient)
      .Stateful()
      .Doc("A new stack of tensors, of at most `max_size` ones if that is not negative.");
  ops.Add("StackPushV2")
      .Input("handle: resource")
      .Input("elem: T")
      .Output("output: T")
      .Attr("T: type")
      .Attr("swap_memory: bool = false")
      .Shape(PushShape)
      .NoGradient(kStackGradient)
      .Stateful()
      .Doc("Pushes `elem` on a stack, and passes it on.");
  ops.Add("StackPopV2")
      .Input("handle: resource")
      .Output("elem: elem_type")
      .Attr("elem_type: type")
      .Shape(UnknownShape)
      .NoGradient(kStackGradient)
      .Stateful()
      .Doc("Takes the tensor that was pushed last from a stack.");
  ops.Add("StackCloseV2")
      .Input("handle: resource")
      .Shape(NoOutputs)
      .NoGradient(kStackGradient)
      .Stateful()
      .Doc("Frees the tensors of a stack.");
}

}  // namespace sessile
