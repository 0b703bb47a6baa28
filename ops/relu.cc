// Relu: max(x, 0); ReluGrad: the gradient where the feature was above zero.

#include "sessile/core/framework/op_registry.h"
#include "sessile/core/framework/shape_inference.h"
#include "sessile/ops/constant.h"
#include "sessile/ops/grad_context.h"
#include "sessile/ops/nn.h"
#include "sessile/ops/op_builder.h"
#include "sessile/ops/register_all.h"

namespace sessile {
namespace {

// The output is above zero exactly where the input is.
absl::StatusOr<std::vector<Output>> ReluGradient(GradContext& ctx, const Node& node,
                                                 std::span<const Output> grads) {
  return std::vector<Output>{
      OpBuilder("ReluGrad").Input(grads[0]).Input(ctx.output(node, 0)).Build()};
}

// Linear in the gradient; in the features it is constant almost everywhere.
absl::StatusOr<std::vector<Output>> ReluGradGradient(GradContext& ctx, const Node& node,
                                                     std::span<const Output> grads) {
  const Output features = ctx.input(node, 1);
  const Output gradients = OpBuilder("ReluGrad").Input(grads[0]).Input(features).Build();
  return std::vector<Output>{gradients, zeros_like(features)};
}

}  // namespace

void RegisterRelu(OpRegistry& ops) {
  ops.Add("Relu")
      .Input("features: T")
      .Output("activations: T")
      .Attr("T: {realnumbertype, qint8}")
      .Shape(UnchangedShape)
      .Gradient(ReluGradient)
      .RowsIndependent()
      .Doc("Rectified linear: max(features, 0).");
  ops.Add("ReluGrad")
      .Input("gradients: T")
      .Input("features: T")
      .Output("backprops: T")
      .Attr("T: realnumbertype")
      .Shape(MergedInputsShape)
      .Gradient(ReluGradGradient)
      .RowsIndependent()
      .Doc("`gradients` where `features` (Relu's input or output) are above zero, else 0.");
}

namespace nn {

Output relu(Input features, std::string_view name) {
  SourceScope here(features);
  return OpBuilder("Relu", name).Input(std::move(features)).Build();
}

}  // namespace nn
}  // namespace sessile
