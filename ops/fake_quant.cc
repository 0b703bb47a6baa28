// FakeQuantWithMinMaxArgs, ...Vars and ...VarsPerChannel: numbers rounded to those that an integer
// of a few bits could stand for, and their gradients.

#include "absl/strings/str_cat.h"
#include "sessile/core/framework/op_registry.h"
#include "sessile/core/framework/shape_inference.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/graph/node.h"
#include "sessile/ops/grad_context.h"
#include "sessile/ops/op_builder.h"
#include "sessile/ops/quantization.h"
#include "sessile/ops/register_all.h"

namespace sessile {
namespace {

using Outputs = std::vector<Output>;
using Grads = std::span<const Output>;

// The limits are scalars, or vectors of one limit a channel. `data` is the input before them.
absl::Status FakeQuantShape(ShapeContext& ctx, int data, bool per_channel) {
  Shape values = ctx.input(data);
  for (int i = 0; i < data; ++i) {
    SESSILE_ASSIGN_OR_RETURN(values, ctx.Merge(values, ctx.input(i)));
  }
  Shape limit = per_channel ? Shape({None}) : Shape();
  for (const int i : {data + 1, data + 2}) {
    if (i >= ctx.num_inputs()) break;
    SESSILE_ASSIGN_OR_RETURN(limit, ctx.Merge(limit, ctx.input(i)));
  }
  if (per_channel && values.has_rank()) {
    if (values.rank() < 1) return InvalidArgument("Shape must be at least rank 1 but is rank 0");
    const int last = values.rank() - 1;
    SESSILE_ASSIGN_OR_RETURN(const int64_t channels, ctx.MergeDim(values.dim(last), limit.dim(0)));
    values = values.WithDim(last, channels);
    limit = Shape({channels});
  }
  ctx.SetOutput(0, values);
  for (int i = 1; i < ctx.num_outputs(); ++i) ctx.SetOutput(i, limit);
  return absl::OkStatus();
}

// The nodes that give the gradients by the values and by the limits that are tensors.
absl::StatusOr<Outputs> FakeQuantGradient(GradContext& ctx, const Node& node, Grads grads) {
  OpBuilder builder(absl::StrCat(node.op_type(), "Gradient"));
  builder.Input(grads[0]);
  for (int i = 0; i < node.num_inputs(); ++i) builder.Input(ctx.input(node, i));
  if (node.num_inputs() == 1) builder.CopyAttr(node, "min").CopyAttr(node, "max");
  return builder.CopyAttr(node, "num_bits").CopyAttr(node, "narrow_range").BuildAll();
}

void RegisterFakeQuantOp(OpRegistry& ops, const std::string& name, bool has_limits,
                         bool per_channel, const std::string& limits) {
  const auto add_attrs = [&](OpDefBuilder& op) {
    if (!has_limits) op.Attr("min: float = -6").Attr("max: float = 6");
    op.Attr("num_bits: int = 8").Attr("narrow_range: bool = false");
  };
  OpDefBuilder op = ops.Add(name);
  op.Input("inputs: float");
  if (has_limits) op.Input("min: float").Input("max: float");
  op.Output("outputs: float");
  add_attrs(op);
  op.Shape([per_channel](ShapeContext& ctx) { return FakeQuantShape(ctx, 0, per_channel); })
      .Gradient(FakeQuantGradient)
      .Doc(
          absl::StrCat("`inputs` rounded to the numbers of `num_bits` bits between ", limits, "."));
  OpDefBuilder grad = ops.Add(absl::StrCat(name, "Gradient"));
  grad.Input("gradients: float").Input("inputs: float");
  if (has_limits) {
    grad.Input("min: float").Input("max: float").Output("backprops_wrt_input: float");
    grad.Output("backprop_wrt_min: float").Output("backprop_wrt_max: float");
  } else {
    grad.Output("backprops: float");
  }
  add_attrs(grad);
  grad.Shape([per_channel](ShapeContext& ctx) { return FakeQuantShape(ctx, 1, per_channel); })
      .NoGradient("TensorFlow has none")
      .Doc(absl::StrCat("The gradient of ", name, ": that of rounding counts as 1."));
}

// The nodes of `op` with the attributes of the options.
OpBuilder FakeQuantOp(std::string_view op, const std::string& name, int64_t num_bits,
                      bool narrow_range) {
  OpBuilder builder(op, name);
  builder.Attr("num_bits", num_bits).Attr("narrow_range", narrow_range);
  return builder;
}

}  // namespace

void RegisterFakeQuant(OpRegistry& ops) {
  RegisterFakeQuantOp(ops, "FakeQuantWithMinMaxArgs", false, false, "two constants");
  RegisterFakeQuantOp(ops, "FakeQuantWithMinMaxVars", true, false, "`min` and `max`");
  RegisterFakeQuantOp(ops, "FakeQuantWithMinMaxVarsPerChannel", true, true,
                      "`min` and `max` of each channel (the last dimension)");
}

namespace quantization {

Output fake_quant_with_min_max_args(Input inputs, const FakeQuantArgsOptions& options) {
  SourceScope here(inputs);
  return FakeQuantOp("FakeQuantWithMinMaxArgs", options.name, options.num_bits,
                     options.narrow_range)
      .Input(std::move(inputs))
      .Attr("min", options.min)
      .Attr("max", options.max)
      .Build();
}

Output fake_quant_with_min_max_vars(Input inputs, Input min, Input max,
                                    const FakeQuantOptions& options) {
  SourceScope here(inputs);
  return FakeQuantOp("FakeQuantWithMinMaxVars", options.name, options.num_bits,
                     options.narrow_range)
      .Input(std::move(inputs))
      .Input(std::move(min))
      .Input(std::move(max))
      .Build();
}

Output fake_quant_with_min_max_vars_per_channel(Input inputs, Input min, Input max,
                                                const FakeQuantOptions& options) {
  SourceScope here(inputs);
  return FakeQuantOp("FakeQuantWithMinMaxVarsPerChannel", options.name, options.num_bits,
                     options.narrow_range)
      .Input(std::move(inputs))
      .Input(std::move(min))
      .Input(std::move(max))
      .Build();
}

}  // namespace quantization
}  // namespace sessile
