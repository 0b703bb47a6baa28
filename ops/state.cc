// VariableV2 and Variable, and the operations that write to a variable, count it up, choose one of
// several or ask whether it has a value.

#include "sessile/ops/state.h"

#include "sessile/core/framework/op_registry.h"
#include "sessile/core/framework/shape_inference.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/graph/scope.h"
#include "sessile/ops/grad_context.h"
#include "sessile/ops/op_builder.h"
#include "sessile/ops/resource_variable.h"

namespace sessile {
namespace {

absl::Status VariableShape(ShapeContext& ctx) {
  SESSILE_ASSIGN_OR_RETURN(const Shape shape, ctx.Attr<Shape>("shape"));
  ctx.SetOutput(0, shape);
  return absl::OkStatus();
}

// The first version of variables wrote an unknown shape as that of a scalar.
absl::Status OldVariableShape(ShapeContext& ctx) {
  SESSILE_ASSIGN_OR_RETURN(const Shape shape, ctx.Attr<Shape>("shape"));
  const bool known = shape.has_rank() && shape.rank() > 0;
  ctx.SetOutput(0, known ? shape : Shape::Unknown());
  return absl::OkStatus();
}

// What all of the variables to choose from have in common.
absl::Status RefSelectShape(ShapeContext& ctx) {
  SESSILE_RETURN_IF_ERROR(ctx.InputIsScalar(0));
  const Shape first = ctx.input(1);
  for (int i = 2; i < ctx.num_inputs(); ++i) {
    if (!first.IsFullyDefined() || ctx.input(i) != first) return absl::OkStatus();
  }
  ctx.SetOutput(0, first);
  return absl::OkStatus();
}

absl::Status CountUpToShape(ShapeContext& ctx) {
  SESSILE_RETURN_IF_ERROR(ctx.InputIsScalar(0));
  ctx.SetOutput(0, Shape());
  return absl::OkStatus();
}

absl::Status AssignShape(ShapeContext& ctx) {
  SESSILE_ASSIGN_OR_RETURN(const bool validate, ctx.Attr<bool>("validate_shape"));
  if (validate) return MergedInputsShape(ctx);
  ctx.SetOutput(0, ctx.input(1));
  return absl::OkStatus();
}

constexpr const char* kWrites = "a write to a variable is not a function of its inputs";

void RegisterVariable(OpRegistry& ops, std::string_view name, ShapeFn shape, std::string_view doc) {
  ops.Add(name)
      .Output("ref: Ref(dtype)")
      .Attr("shape: shape")
      .Attr("dtype: type")
      .Attr("container: string = ''")
      .Attr("shared_name: string = ''")
      .Shape(std::move(shape))
      .NoGradient("a variable has no inputs")
      .Stateful()
      .Doc(doc);
}

// "AssignAdd", or "AssignAddVariableOp" through a handle.
Updated Update(const std::string& op, const Ref& ref, const Input& value,
               const UpdateOptions& options) {
  SourceScope here(ref.input());
  // As TensorFlow's tf.assign_add does, which forgets the name here.
  if (ref.is_handle()) {
    return Updated(WriteByHandle(op + "VariableOp", ref.output(), value, ""), ref.output());
  }
  return Updated(OpBuilder(op, options.name)
                     .Input(ref.input())
                     .Input(value)
                     .Attr("use_locking", options.use_locking)
                     .Build());
}

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
  RegisterVariable(ops, "VariableV2", VariableShape,
                   "A value that a session keeps from run to run.");
  RegisterVariable(ops, "Variable", OldVariableShape,
                   "As VariableV2; the shape of a scalar is none.");
  ops.Add("RefIdentity")
      .Input("input: Ref(T)")
      .Output("output: Ref(T)")
      .Attr("T: type")
      .Shape(UnchangedShape)
      .Gradient(PassGradient)
      .AllowsUninitializedInput()
      .Doc("The variable itself.");
  ops.Add("RefSelect")
      .Input("index: int32")
      .Input("inputs: Ref(N * T)")
      .Output("output: Ref(T)")
      .Attr("T: type")
      .Attr("N: int >= 1")
      .Shape(RefSelectShape)
      .NoGradient("TensorFlow has none")
      .Doc("The variable of number `index`.");
  ops.Add("CountUpTo")
      .Input("ref: Ref(T)")
      .Output("output: T")
      .Attr("limit: int")
      .Attr("T: {int32, int64}")
      .Shape(CountUpToShape)
      .NoGradient("integers have no derivative")
      .Doc("The value of a variable, which is then one more; an error once it is `limit`.");
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

bool Ref::is_handle() const { return output().dtype() == DataType::kResource; }

DataType Ref::dtype() const {
  return is_handle() ? HandleFactsOf(output()).dtype : BaseType(output().dtype());
}

Updated::Updated(Operation write, const Output& handle)
    : Output(ReadAfter(write, handle)), write_(std::move(write)), handle_(handle) {}

std::shared_ptr<const LazyOutput> Updated::lazy() const {
  if (!handle_.has_value()) return nullptr;
  const auto read = [write = write_, handle = handle_](std::string_view) {
    const control_dependencies after({write});
    return ReadVariable(handle);
  };
  return std::make_shared<LazyOutput>(LazyOutput{*this, handle_, read});
}

Updated assign(Ref ref, Input value, const AssignOptions& options) {
  SourceScope here(ref.input());
  if (ref.is_handle()) return AssignByHandle(ref.output(), value, options.name);
  return Updated(OpBuilder("Assign", options.name)
                     .Input(ref.input())
                     .Input(std::move(value))
                     .Attr("validate_shape", options.validate_shape)
                     .Attr("use_locking", options.use_locking)
                     .Build());
}

Updated assign_add(Ref ref, Input value, const UpdateOptions& options) {
  return Update("AssignAdd", ref, value, options);
}

Updated assign_sub(Ref ref, Input value, const UpdateOptions& options) {
  return Update("AssignSub", ref, value, options);
}

Output count_up_to(Ref ref, int64_t limit, std::string_view name) {
  SourceScope here(ref.input());
  return OpBuilder("CountUpTo", name).Input(ref.input()).Attr("limit", limit).Build();
}

Output is_variable_initialized(Ref ref, std::string_view name) {
  SourceScope here(ref.input());
  return OpBuilder(ref.is_handle() ? "VarIsInitializedOp" : "IsVariableInitialized", name)
      .Input(ref.input())
      .Build();
}

}  // namespace sessile
