// The operations by which optimizers update a variable together with what they keep for it, a row
// each.

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "sessile/core/framework/op_registry.h"
#include "sessile/core/framework/shape_inference.h"
#include "sessile/core/framework/status.h"
#include "sessile/ops/register_all.h"

namespace sessile {
namespace {

struct SlotOp {
  std::string_view op;
  std::string_view slots;  // variables of the same shape, besides `var` itself
  std::string_view rest;   // what follows: scalars, and `grad` of the variable's shape
  std::string_view flag;   // an attribute of this operation only, or ""
  std::string_view doc;
  bool only_by_handle = false;
};

constexpr SlotOp kSlotOps[] = {
    {"ApplyMomentum", "accum", "lr grad momentum", "use_nesterov: bool = false",
     "One step of gradient descent with momentum for `var`, whose velocity is `accum`."},
    {"ApplyRMSProp", "ms mom", "lr rho momentum epsilon grad", "",
     "One step of RMSProp for `var`; `ms` is the mean of squared gradients."},
    {"ApplyCenteredRMSProp", "mg ms mom", "lr rho momentum epsilon grad", "",
     "One step of RMSProp that divides by the variance of gradients, whose mean is `mg`."},
    {"ApplyAdagrad", "accum", "lr grad", "update_slots: bool = true",
     "One step of Adagrad for `var`; `accum` is the sum of squared gradients."},
    {"ApplyAdagradV2", "accum", "lr epsilon grad", "update_slots: bool = true",
     "One step of Adagrad for `var`, with `epsilon` added to the root of `accum`."},
    {"ApplyAdadelta", "accum accum_update", "lr rho epsilon grad", "",
     "One step of Adadelta for `var`, with the means of squared gradients and of squared updates."},
    {"ApplyFtrl", "accum linear", "grad lr l1 l2 lr_power", "multiply_linear_by_lr: bool = false",
     "One step of FTRL-Proximal for `var`."},
    {"ApplyFtrlV2", "accum linear", "grad lr l1 l2 l2_shrinkage lr_power",
     "multiply_linear_by_lr: bool = false",
     "One step of FTRL-Proximal for `var`, with a penalty on its size in the gradient."},
    {"ApplyKerasMomentum", "accum", "lr grad momentum", "use_nesterov: bool = false",
     "One step of gradient descent with momentum for `var`, whose velocity `accum` has the rate in "
     "it.",
     /*only_by_handle=*/true},
};

std::vector<std::string> Words(std::string_view text) {
  return absl::StrSplit(std::string(text), ' ');
}

// How the operation gets at its variables, and whether it updates all of them or some rows.
struct Form {
  bool by_handle;
  bool of_rows;
};

// The variable, its slots and the gradient are alike; the others are scalars. Of rows: the gradient
// has a row for each of the indices, which follow it.
absl::Status ApplySlotsShape(ShapeContext& ctx, int slots, int grad, bool of_rows) {
  Shape var = ctx.variable(0);
  for (int i = 1; i < ctx.num_inputs(); ++i) {
    if (i <= slots || (i == grad && !of_rows)) {
      SESSILE_ASSIGN_OR_RETURN(var, ctx.Merge(var, ctx.variable(i)));
    } else if (i == grad) {
      SESSILE_ASSIGN_OR_RETURN(const Shape indices, ctx.InputWithRank(i + 1, 1));
      SESSILE_ASSIGN_OR_RETURN(const Shape rows, ctx.InputAtLeastRank(i, 1));
      if (!rows.has_rank() || !var.has_rank()) continue;
      if (var.rank() < 1) {
        return InvalidArgument("Shape must be at least rank 1 but is rank ", var.rank());
      }
      SESSILE_RETURN_IF_ERROR(ctx.Merge(rows, var.WithDim(0, indices.dim(0))).status());
    } else if (i != grad + 1 || !of_rows) {
      SESSILE_RETURN_IF_ERROR(ctx.InputIsScalar(i));
    }
  }
  if (ctx.num_outputs() > 0) ctx.SetOutput(0, var);
  return absl::OkStatus();
}

void RegisterSlotOp(OpRegistry& ops, const SlotOp& row, Form form) {
  OpDefBuilder op = ops.Add(absl::StrCat(form.by_handle ? "Resource" : "",
                                         form.of_rows ? "Sparse" : "", std::string(row.op)));
  const char* const variable = form.by_handle ? ": resource" : ": Ref(T)";
  op.Input(absl::StrCat("var", variable));
  int slots = 0;
  for (const std::string& slot : Words(row.slots)) {
    op.Input(absl::StrCat(slot, variable));
    ++slots;
  }
  int next = slots + 1;
  int grad = 0;
  for (const std::string& argument : Words(row.rest)) {
    if (argument == "grad") grad = next;
    op.Input(absl::StrCat(argument, ": T"));
    ++next;
    if (argument != "grad" || !form.of_rows) continue;
    op.Input("indices: Tindices");
    ++next;
  }
  if (!form.by_handle) op.Output("out: Ref(T)");
  op.Attr("T: numbertype");
  if (form.of_rows) op.Attr("Tindices: {int32, int64}");
  op.Attr("use_locking: bool = false");
  if (!row.flag.empty()) op.Attr(row.flag);
  op.Shape([slots, grad, of_rows = form.of_rows](ShapeContext& ctx) {
      return ApplySlotsShape(ctx, slots, grad, of_rows);
    })
      .NoGradient("it updates variables")
      .Doc(absl::StrCat(std::string(row.doc),
                        form.of_rows ? " Of the rows that `indices` names." : ""));
  if (form.by_handle) op.Stateful();
}

}  // namespace

void RegisterApply(OpRegistry& ops) {
  for (const SlotOp& row : kSlotOps) {
    for (const bool of_rows : {false, true}) {
      if (!row.only_by_handle) RegisterSlotOp(ops, row, {.by_handle = false, .of_rows = of_rows});
      RegisterSlotOp(ops, row, {.by_handle = true, .of_rows = of_rows});
    }
  }
}

}  // namespace sessile
