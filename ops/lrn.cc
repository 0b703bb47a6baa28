// LRN: normalization across neighbouring channels.

#include "sessile/core/framework/op_registry.h"
#include "sessile/core/framework/shape_inference.h"
#include "sessile/core/framework/status.h"
#include "sessile/ops/grad_context.h"
#include "sessile/ops/nn.h"
#include "sessile/ops/op_builder.h"
#include "sessile/ops/register_all.h"

namespace sessile {
namespace {

constexpr const char* kLRNAttrs[] = {"depth_radius", "bias", "alpha", "beta"};

absl::Status LRNShape(ShapeContext& ctx) {
  SESSILE_ASSIGN_OR_RETURN(Shape images, ctx.InputWithRank(0, 4));
  for (int i = 1; i < ctx.num_inputs(); ++i) {
    SESSILE_ASSIGN_OR_RETURN(images, ctx.Merge(images, ctx.input(i)));
  }
  ctx.SetOutput(0, images);
  return absl::OkStatus();
}

absl::StatusOr<std::vector<Output>> LRNGradient(GradContext& ctx, const Node& node,
                                                std::span<const Output> grads) {
  OpBuilder grad("LRNGrad");
  grad.Input(grads[0]).Input(ctx.input(node, 0)).Input(ctx.output(node, 0));
  for (const char* attr : kLRNAttrs) grad.CopyAttr(node, attr);
  return std::vector<Output>{grad.Build()};
}

OpDefBuilder& LRNAttrs(OpDefBuilder& op) {
  return op.Attr("depth_radius: int = 5")
      .Attr("bias: float = 1.0")
      .Attr("alpha: float = 1.0")
      .Attr("beta: float = 0.5")
      .Attr("T: {half, bfloat16, float} = DT_FLOAT")
      .Shape(LRNShape);
}

}  // namespace

void RegisterLRN(OpRegistry& ops) {
  OpDefBuilder lrn = ops.Add("LRN");
  LRNAttrs(lrn.Input("input: T").Output("output: T"))
      .Gradient(LRNGradient)
      .RowsIndependent()
      .Doc("Divides by (bias + alpha * the sum of squares of the channels around)^beta.");
  OpDefBuilder grad = ops.Add("LRNGrad");
  grad.Input("input_grads: T").Input("input_image: T").Input("output_image: T");
  LRNAttrs(grad.Output("output: T"))
      .NoGradient("TensorFlow has none for it either")
      .RowsIndependent()
      .Doc("The gradient of LRN by its input.");
}

namespace nn {

Output local_response_normalization(Input input, const LRNOptions& options) {
  SourceScope here(input);
  return OpBuilder("LRN", options.name)
      .Input(std::move(input))
      .Attr("depth_radius", options.depth_radius)
      .Attr("bias", static_cast<float>(options.bias))
      .Attr("alpha", static_cast<float>(options.alpha))
      .Attr("beta", static_cast<float>(options.beta))
      .Build();
}

Output lrn(Input input, const LRNOptions& options) {
  return local_response_normalization(std::move(input), options);
}

}  // namespace nn
}  // namespace sessile
