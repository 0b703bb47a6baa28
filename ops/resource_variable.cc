// VarHandleOp and the operations on the variable behind a handle. The front end's variables
// (ops/variable.h) use them if they are told to (`use_resource`).

#include "sessile/ops/resource_variable.h"

#include "absl/strings/str_cat.h"
#include "sessile/core/framework/errors.h"
#include "sessile/core/framework/op_registry.h"
#include "sessile/core/framework/shape_inference.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/graph/node.h"
#include "sessile/core/graph/scope.h"
#include "sessile/ops/folding.h"
#include "sessile/ops/input.h"
#include "sessile/ops/op_builder.h"
#include "sessile/ops/register_all.h"

namespace sessile {
namespace {

absl::Status HandleShape(ShapeContext& ctx) {
  SESSILE_ASSIGN_OR_RETURN(const DataType dtype, ctx.Attr<DataType>("dtype"));
  SESSILE_ASSIGN_OR_RETURN(Shape shape, ctx.Attr<Shape>("shape"));
  ctx.SetOutput(0, Shape());
  ctx.SetOutputHandle(0, {.dtype = dtype, .shape = std::move(shape)});
  return absl::OkStatus();
}

// What the handle refers to, which must be of the node's dtype as far as that is known.
absl::StatusOr<Shape> VariableOfDtype(ShapeContext& ctx) {
  HandleFacts facts = ctx.input_handle(0);
  SESSILE_ASSIGN_OR_RETURN(const DataType dtype, ctx.Attr<DataType>("dtype"));
  if (facts.dtype == DataType::kInvalid || facts.dtype == dtype) return std::move(facts.shape);
  return InvalidArgument("Trying to read variable with wrong dtype. Expected ",
                         DataTypeName(facts.dtype), " got ", DataTypeName(dtype));
}

absl::Status ReadShape(ShapeContext& ctx) {
  SESSILE_ASSIGN_OR_RETURN(Shape shape, VariableOfDtype(ctx));
  ctx.SetOutput(0, std::move(shape));
  return absl::OkStatus();
}

absl::Status WriteShape(ShapeContext& ctx) {
  SESSILE_ASSIGN_OR_RETURN(const Shape shape, VariableOfDtype(ctx));
  return ctx.Merge(shape, ctx.input(1)).status();
}

absl::Status ShapeOfVariableShape(ShapeContext& ctx) {
  const Shape shape = ctx.input_handle(0).shape;
  ctx.SetOutput(0, Shape({shape.has_rank() ? shape.rank() : Shape::kUnknownDim}));
  return absl::OkStatus();
}

constexpr const char* kWrites = "a write to a variable is not a function of its inputs";

void RegisterWrites(OpRegistry& ops) {
  ops.Add("AssignVariableOp")
      .Input("resource: resource")
      .Input("value: dtype")
      .Attr("dtype: type")
      .Attr("validate_shape: bool = false")
      .Shape(WriteShape)
      .NoGradient(kWrites)
      .Stateful()
      .Doc("Sets the variable behind a handle to a value.");
  ops.Add("AssignAddVariableOp")
      .Input("resource: resource")
      .Input("value: dtype")
      .Attr("dtype: type")
      .Shape(WriteShape)
      .NoGradient(kWrites)
      .Stateful()
      .Doc("Adds a value to the variable behind a handle.");
  ops.Add("AssignSubVariableOp")
      .Input("resource: resource")
      .Input("value: dtype")
      .Attr("dtype: type")
      .Shape(WriteShape)
      .NoGradient(kWrites)
      .Stateful()
      .Doc("Subtracts a value from the variable behind a handle.");
  ops.Add("DestroyResourceOp")
      .Input("resource: resource")
      .Attr("ignore_lookup_error: bool = true")
      .Shape(NoOutputs)
      .NoGradient(kWrites)
      .Stateful()
      .Doc("Takes the value of the variable behind a handle away.");
  ops.Add("DisableCopyOnRead")
      .Input("resource: resource")
      .Shape(NoOutputs)
      .NoGradient("it has no outputs")
      .Stateful()
      .Doc("Lets reads of the variable behind a handle go without copies, as they do anyhow.");
}

}  // namespace

void RegisterResourceVariable(OpRegistry& ops) {
  ops.Add("VarHandleOp")
      .Output("resource: resource")
      .Attr("container: string = ''")
      .Attr("shared_name: string = ''")
      .Attr("debug_name: string = ''")
      .Attr("dtype: type")
      .Attr("shape: shape")
      .Attr("allowed_devices: list(string) = []")
      .Shape(HandleShape)
      .NoGradient("a variable has no inputs")
      .Stateful()
      .Doc("A handle of a variable, which a session keeps by `shared_name` from run to run.");
  ops.Add("ReadVariableOp")
      .Input("resource: resource")
      .Output("value: dtype")
      .Attr("dtype: type")
      .Shape(ReadShape)
      .Gradient(PassGradient)
      .Stateful()
      .Doc("The value that the variable behind a handle has now.");
  RegisterWrites(ops);
  ops.Add("VarIsInitializedOp")
      .Input("resource: resource")
      .Output("is_initialized: bool")
      .Shape(ScalarShape)
      .NotDifferentiable("whether a variable has a value does not depend on the value")
      .Stateful()
      .Doc("Whether the variable behind a handle has a value.");
  ops.Add("VariableShape")
      .Input("input: resource")
      .Output("output: out_type")
      .Attr("out_type: {int32, int64} = DT_INT32")
      .Shape(ShapeOfVariableShape)
      .NotDifferentiable("a shape does not depend on the values")
      .Stateful()
      .Doc("The shape of the variable behind a handle.");
}

HandleFacts HandleFactsOf(const Output& handle) {
  return handle.node().output_handle(handle.index());
}

Output ShapeOfVariable(const Output& handle) {
  const Shape shape = HandleFactsOf(handle).shape;
  if (shape.IsFullyDefined()) return convert_to_tensor(shape);
  return OpBuilder("VariableShape").Input(handle).Build();
}

namespace {

Output ReadNode(const Output& handle) {
  return OpBuilder("ReadVariableOp")
      .Input(handle)
      .Attr("dtype", HandleFactsOf(handle).dtype)
      .Build();
}

}  // namespace

Output ReadVariable(const Output& handle) {
  const colocate_with nothing(nullptr);
  return ReadNode(handle);
}

Output ReadAfter(const Operation& write, const Output& handle) {
  const control_dependencies after({write});
  return ReadNode(handle);
}

Operation WriteByHandle(std::string_view op, const Output& handle, const Input& value,
                        std::string_view name) {
  const Output tensor = convert_to_tensor(value, HandleFactsOf(handle).dtype);
  return OpBuilder(op, name).Input(handle).Input(tensor).BuildOperation();
}

OpBuilder UpdateOp(const Variable& var, std::string_view op) {
  return OpBuilder(absl::StrCat(var.is_resource() ? "Resource" : "", std::string(op)));
}

Updated AssignByHandle(const Output& handle, const Input& value, std::string_view name) {
  const HandleFacts facts = HandleFactsOf(handle);
  const Output tensor = convert_to_tensor(value, facts.dtype);
  if (!Shape::Compatible(facts.shape, tensor.get_shape())) {
    errors::ThrowIfError(
        InvalidArgument("Cannot assign value to variable ' ", handle.name(),
                        "': Shape mismatch.The variable shape ", facts.shape.ToPythonString(),
                        ", and the assigned value shape ", tensor.get_shape().ToPythonString(),
                        " are incompatible."));
  }
  const Operation write = OpBuilder("AssignVariableOp", name)
                              .Input(handle)
                              .Input(tensor)
                              .Attr("validate_shape", facts.shape.IsFullyDefined())
                              .BuildOperation();
  return Updated(write, handle);
}

}  // namespace sessile
