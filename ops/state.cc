// VariableV2 and the operations that write to a variable or ask whether it has a value.

#include "sessile/ops/state.h"

#include "sessile/core/framework/op_registry.h"
#include "sessile/core/framework/shape_inference.h"
#include "sessile/core/framework/status.h"
#include "sessile/ops/op_builder.h"

namespace sessile {
namespace {

absl::Status VariableShape(ShapeContext& ctx) {
  SESSILE_ASSIGN_OR_RETURN(const Shape shape, ctx.Attr<Shape>("shape"));
  ctx.SetOutput(0, shape);
  return absl::OkStatus();
}

absl::Status AssignShape(ShapeContext& ctx) {
  SESSILE_ASSIGN_OR_RETURN(const bool validate, ctx.Attr<bool>("validate_shape"));
  if (validate) return MergedInputsShape(ctx);
  ctx.SetOutput(0, ctx.input(1));
  return absl::OkStatus();
}

constexpr const char* kWrites = "a write to a variable is not a function of its inputs";

void RegisterUpdate(OpRegistry& ops, std::string_view name, std::string_view doc) {
  ops.Add(name)
      .Input("ref: Ref(T)")
      .Input("value: T")
      .Output("output_ref: Ref(T)")
      .Attr("T: numbertype")
      .Attr("use_locking: bool = false")
      .Shape(MergedInputsShape)
      .NotDifferentiable(kWrites)
      .Doc(doc);
}

}  // namespace

void RegisterState(OpRegistry& ops) {
  ops.Add("VariableV2")
      .Output("ref: Ref(dtype)")
      .Attr("shape: shape")
      .Attr("dtype: type")
      .Attr("container: string = ''")
      .Attr("shared_name: string = ''")
      .Shape(VariableShape)
      .NoGradient("a variable has no inputs")
      .Stateful()
      .Doc("A value that a session keeps from run to run.");
  ops.Add("Assign")
      .Input("ref: Ref(T)")
      .Input("value: T")
      .Output("output_ref: Ref(T)")
      .Attr("T: type")
      .Attr("validate_shape: bool = true")
      .Attr("use_locking: bool = true")
      .Shape(AssignShape)
      .NotDifferentiable(kWrites)
      .AllowsUninitializedInput()
      .Doc("Sets a variable to a value.");
  RegisterUpdate(ops, "AssignAdd", "Adds a value to a variable.");
  RegisterUpdate(ops, "AssignSub", "Subtracts a value from a variable.");
  ops.Add("IsVariableInitialized")
      .Input("ref: Ref(dtype)")
      .Output("is_initialized: bool")
      .Attr("dtype: type")
      .Shape(ScalarShape)
      .NoGradient("whether a variable has a value does not depend on the value")
      .AllowsUninitializedInput()
      .Doc("Whether a variable has a value.");
}

Output assign(Ref ref, Input value, const AssignOptions& options) {
  SourceScope here(ref.input());
  return OpBuilder("Assign", options.name)
      .Input(ref.input())
      .Input(std::move(value))
      .Attr("validate_shape", options.validate_shape)
      .Attr("use_locking", options.use_locking)
      .Build();
}

Output assign_add(Ref ref, Input value, const UpdateOptions& options) {
  SourceScope here(ref.input());
  return OpBuilder("AssignAdd", options.name)
      .Input(ref.input())
      .Input(std::move(value))
      .Attr("use_locking", options.use_locking)
      .Build();
}

Output assign_sub(Ref ref, Input value, const UpdateOptions& options) {
  SourceScope here(ref.input());
  return OpBuilder("AssignSub", options.name)
      .Input(ref.input())
      .Input(std::move(value))
      .Attr("use_locking", options.use_locking)
      .Build();
}

Output is_variable_initialized(Ref ref, std::string_view name) {
  SourceScope here(ref.input());
  return OpBuilder("IsVariableInitialized", name).Input(ref.input()).Build();
}

}  // namespace sessile
