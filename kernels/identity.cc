// Identity and its kin: the output is the input itself. NoOp: nothing is.

#include "sessile/core/framework/kernel_registry.h"
#include "sessile/core/framework/status.h"
#include "sessile/kernels/register_all.h"
#include "sessile/kernels/storage.h"

namespace sessile {
namespace {

// Output i is input i.
class Identity final : public Prepared {
 public:
  explicit Identity(const PrepareContext& ctx) {
    for (int i = 0; i < ctx.num_outputs(); ++i) {
      AddOutput(ctx.output_dtype(i), ctx.input_shape(i));
      Alias(i, i);
    }
  }
  absl::Status Run(RunContext&, Inputs, Outputs, Scratch, int, int64_t) const override {
    return absl::OkStatus();
  }
};

class NoOp final : public Prepared {
 public:
  absl::Status Run(RunContext&, Inputs, Outputs, Scratch, int, int64_t) const override {
    return absl::OkStatus();
  }
};

PreparedOr PrepareIdentity(const PrepareContext& ctx) { return std::make_unique<Identity>(ctx); }

PreparedOr PrepareEnsureShape(const PrepareContext& ctx) {
  SESSILE_ASSIGN_OR_RETURN(const Shape wanted, ctx.Attr<Shape>("shape"));
  if (!Shape::Compatible(wanted, ctx.input_shape(0))) {
    return InvalidArgument("Shape of tensor input ", ctx.input_shape(0).ToString(),
                           " is not compatible with expected shape ", wanted.ToString(), ".");
  }
  return PrepareIdentity(ctx);
}

PreparedOr PrepareNoOp(const PrepareContext&) { return std::make_unique<NoOp>(); }

}  // namespace

void RegisterIdentity(KernelRegistry& kernels) {
  for (const char* op : {"Identity", "IdentityN", "StopGradient", "PreventGradient", "Snapshot",
                         "GuaranteeConst", "PlaceholderWithDefault", "RefIdentity"}) {
    kernels.Add(op, PrepareIdentity).ReadsHandles().TakesUninitialized();
  }
  kernels.Add("EnsureShape", PrepareEnsureShape);
  kernels.Add("NoOp", PrepareNoOp);
}

}  // namespace sessile
