// Identity and its kin: the output is the input itself. NoOp: nothing is.

#include "sessile/core/framework/kernel_registry.h"
#include "sessile/kernels/register_all.h"
#include "sessile/kernels/storage.h"

namespace sessile {
namespace {

class Identity final : public Prepared {
 public:
  explicit Identity(const PrepareContext& ctx) {
    AddOutput(ctx.output_dtype(0), ctx.input_shape(0));
    Alias(0, 0);
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
PreparedOr PrepareNoOp(const PrepareContext&) { return std::make_unique<NoOp>(); }

}  // namespace

void RegisterIdentity(KernelRegistry& kernels) {
  for (const char* op : {"Identity", "StopGradient", "PreventGradient", "PlaceholderWithDefault"}) {
    kernels.Add(op, PrepareIdentity);
  }
  kernels.Add("NoOp", PrepareNoOp);
}

}  // namespace sessile
