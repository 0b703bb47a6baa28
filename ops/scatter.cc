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
  const Shape variable = ctx.input(0);
  const Shape indices = ctx.input(1);
  const Shape updates = ctx.input(2);
  const bool known = variable.has_rank() && indices.has_rank() && updates.has_rank();
  if (known && variable.rank() == 0) {
    return InvalidArgument("Shape must be at least rank 1 but is rank 0");
  }
  if (known && updates.rank() != 0) {
    SESSILE_RETURN_IF_ERROR(ctx.Merge(updates, Shape::Concat(indices, variable.Slice(1))).status());
  }
  ctx.SetOutput(0, variable);
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

Output Scatter(const char* op, const Ref& ref, const Input& indices, const Input& updates,
               bool use_locking, const std::string& name) {
  SourceScope here(ref.input());
  return OpBuilder(op, name)
      .Input(ref.input())
      .Input(indices)
      .Input(updates)
      .Attr("use_locking", use_locking)
      .Build();
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
}

Output scatter_update(Ref ref, Input indices, Input updates, const ScatterUpdateOptions& options) {
  return Scatter("ScatterUpdate", ref, indices, updates, options.use_locking, options.name);
}
Output scatter_add(Ref ref, Input indices, Input updates, const UpdateOptions& options) {
  return Scatter("ScatterAdd", ref, indices, updates, options.use_locking, options.name);
}
Output scatter_sub(Ref ref, Input indices, Input updates, const UpdateOptions& options) {
  return Scatter("ScatterSub", ref, indices, updates, options.use_locking, options.name);
}
Output scatter_mul(Ref ref, Input indices, Input updates, const UpdateOptions& options) {
  return Scatter("ScatterMul", ref, indices, updates, options.use_locking, options.name);
}
Output scatter_div(Ref ref, Input indices, Input updates, const UpdateOptions& options) {
  return Scatter("ScatterDiv", ref, indices, updates, options.use_locking, options.name);
}

}  // namespace sessile
