// ScatterUpdate, ScatterAdd and their kin: writes to rows of a variable.

#include "sessile/core/framework/op_registry.h"
#include "sessile/core/framework/shape_inference.h"
#include "sessile/core/framework/status.h"
#include "sessile/ops/op_builder.h"
#include "sessile/ops/register_all.h"
#include "sessile/ops/state.h"

namespace sessile {
namespace {

// updates: a row for each index, or one scalar for all.
absl::Status ScatterRowsShape(ShapeContext& ctx) {
  const Shape variable = ctx.variable(0);
  const Shape indices = ctx.input(1);
  const Shape updates = ctx.input(2);
  const bool known = variable.has_rank() && indices.has_rank() && updates.has_rank();
  if (known && variable.rank() == 0) {
    return InvalidArgument("Shape must be at least rank 1 but is rank 0");
  }
  if (known && updates.rank() != 0) {
    SESSILE_RETURN_IF_ERROR(ctx.Merge(updates, Shape::Concat(indices, variable.Slice(1))).status());
  }
  if (ctx.num_outputs() > 0) ctx.SetOutput(0, variable);
  return absl::OkStatus();
}

void RegisterScatterOp(OpRegistry& ops, const char* name, const char* types, bool locks,
                       const char* doc) {
  ops.Add(name)
      .Input("ref: Ref(T)")
      .Input("indices: Tindices")
      .Input("updates: T")
      .Output("output_ref: Ref(T)")
      .Attr(types)
      .Attr("Tindices: {int32, int64}")
      .Attr(locks ? "use_locking: bool = true" : "use_locking: bool = false")
      .Shape(ScatterRowsShape)
      .NoGradient("a write to a variable is not a function of its inputs")
      .Doc(doc);
}

void RegisterResourceScatterOp(OpRegistry& ops, const char* name, const char* types,
                               const char* doc) {
  ops.Add(name)
      .Input("resource: resource")
      .Input("indices: Tindices")
      .Input("updates: dtype")
      .Attr(types)
      .Attr("Tindices: {int32, int64}")
      .Shape(ScatterRowsShape)
      .NoGradient("a write to a variable is not a function of its inputs")
      .Stateful()
      .Doc(doc);
}

void RegisterOnHandles(OpRegistry& ops) {
  const auto add = [&ops](const char* name, const char* doc) {
    RegisterResourceScatterOp(ops, name, "dtype: numbertype", doc);
  };
  RegisterResourceScatterOp(ops, "ResourceScatterUpdate", "dtype: type",
                            "Sets rows of the variable behind a handle.");
  add("ResourceScatterAdd", "Adds to rows of the variable behind a handle.");
  add("ResourceScatterSub", "Subtracts from rows of the variable behind a handle.");
  add("ResourceScatterMul", "Multiplies rows of the variable behind a handle.");
  add("ResourceScatterDiv", "Divides rows of the variable behind a handle.");
  add("ResourceScatterMin",
      "Sets rows of the variable behind a handle to the smaller of what they were and of the "
      "update.");
  add("ResourceScatterMax",
      "Sets rows of the variable behind a handle to the larger of what they were and of the "
      "update.");
}

Updated Scatter(const std::string& op, const Ref& ref, const Input& indices, const Input& updates,
                bool use_locking, const std::string& name) {
  SourceScope here(ref.input());
  if (ref.is_handle()) {
    const Output values = convert_to_tensor(updates, ref.dtype());
    const Operation write = OpBuilder("Resource" + op, name)
                                .Input(ref.input())
                                .Input(indices)
                                .Input(values)
                                .BuildOperation();
    return Updated(write, ref.output());
  }
  return Updated(OpBuilder(op, name)
                     .Input(ref.input())
                     .Input(indices)
                     .Input(updates)
                     .Attr("use_locking", use_locking)
                     .Build());
}

}  // namespace

void RegisterScatter(OpRegistry& ops) {
  RegisterScatterOp(ops, "ScatterUpdate", "T: type", true, "Sets rows of a variable.");
  constexpr const char* kNumbers = "T: numbertype";
  RegisterScatterOp(ops, "ScatterAdd", kNumbers, false, "Adds to rows of a variable.");
  RegisterScatterOp(ops, "ScatterSub", kNumbers, false, "Subtracts from rows of a variable.");
  RegisterScatterOp(ops, "ScatterMul", kNumbers, false, "Multiplies rows of a variable.");
  RegisterScatterOp(ops, "ScatterDiv", kNumbers, false, "Divides rows of a variable.");
  constexpr const char* kOrdered = "T: {half, bfloat16, float, double, int32, int64}";
  RegisterScatterOp(ops, "ScatterMin", kOrdered, false,
                    "Sets rows of a variable to the smaller of what they were and of the update.");
  RegisterScatterOp(ops, "ScatterMax", kOrdered, false,
                    "Sets rows of a variable to the larger of what they were and of the update.");
  RegisterOnHandles(ops);
}

Updated scatter_update(Ref ref, Input indices, Input updates, const ScatterUpdateOptions& options) {
  return Scatter("ScatterUpdate", ref, indices, updates, options.use_locking, options.name);
}
Updated scatter_add(Ref ref, Input indices, Input updates, const UpdateOptions& options) {
  return Scatter("ScatterAdd", ref, indices, updates, options.use_locking, options.name);
}
Updated scatter_sub(Ref ref, Input indices, Input updates, const UpdateOptions& options) {
  return Scatter("ScatterSub", ref, indices, updates, options.use_locking, options.name);
}
Updated scatter_mul(Ref ref, Input indices, Input updates, const UpdateOptions& options) {
  return Scatter("ScatterMul", ref, indices, updates, options.use_locking, options.name);
}
Updated scatter_div(Ref ref, Input indices, Input updates, const UpdateOptions& options) {
  return Scatter("ScatterDiv", ref, indices, updates, options.use_locking, options.name);
}

}  // namespace sessile
