// Activation functions of neural networks besides Relu, a row each, and the operations of their
// gradients.

#include "sessile/core/framework/op_registry.h"
#include "sessile/core/framework/shape_inference.h"
#include "sessile/core/graph/scope.h"
#include "sessile/ops/constant.h"
#include "sessile/ops/grad_context.h"
#include "sessile/ops/math.h"
#include "sessile/ops/nn.h"
#include "sessile/ops/op_builder.h"
#include "sessile/ops/operators.h"
#include "sessile/ops/register_all.h"

namespace sessile {
namespace {

using Outputs = std::vector<Output>;
using Grads = std::span<const Output>;

// The operation "XGrad" of the activation or gradient operation `node`.
Output GradOp(const Node& node, std::string_view op, const Output& grad, const Output& features) {
  OpBuilder builder(op);
  builder.Input(grad).Input(features);
  if (node.attrs().Find("alpha") != nullptr) builder.CopyAttr(node, "alpha");
  return builder.Build();
}

// -- Gradients of y = f(x): an operation of (dy, y) or of (dy, x).

absl::StatusOr<Outputs> ByOutput(GradContext& ctx, const Node& node, Grads grads) {
  return Outputs{GradOp(node, node.op_type() + "Grad", grads[0], ctx.output(node, 0))};
}

absl::StatusOr<Outputs> ByInput(GradContext& ctx, const Node& node, Grads grads) {
  return Outputs{GradOp(node, node.op_type() + "Grad", grads[0], ctx.input(node, 0))};
}

// d log(1 + e^x) = dy * sigmoid(x).
absl::StatusOr<Outputs> SoftplusGradient(GradContext& ctx, const Node& node, Grads grads) {
  return Outputs{grads[0] * sigmoid(ctx.input(node, 0))};
}

// -- Gradients of the gradient operations f(dy, features), from g. All are linear in dy.

// Constant in the features almost everywhere.
absl::StatusOr<Outputs> OfPiecewiseLinear(GradContext& ctx, const Node& node, Grads grads) {
  const Output features = ctx.input(node, 1);
  const Output dy = GradOp(node, node.op_type(), grads[0], features);
  return Outputs{dy, zeros_like(features)};
}

// f = dy * (y + a) below zero, with a = 1 for Elu: by y it is dy there, else 0.
absl::StatusOr<Outputs> OfExponential(GradContext& ctx, const Node& node, Grads grads) {
  const Output y = ctx.input(node, 1);
  const Output by_gradient = GradOp(node, node.op_type(), grads[0], y);
  const Output below = y < 0;
  const Output product = grads[0] * ctx.input(node, 0);
  const Output zeros = zeros_like(y);
  const Output by_y = OpBuilder("Select").Input(below).Input(product).Input(zeros).Build();
  return Outputs{by_gradient, by_y};
}

// f = dy / (1 + e^-x): df/dx = dy / (e^-x + 2 + e^x).
absl::StatusOr<Outputs> SoftplusGradGradient(GradContext& ctx, const Node& node, Grads grads) {
  const control_dependencies after({grads[0]});
  const Output x = ctx.input(node, 1);
  const Output by_gradient = GradOp(node, "SoftplusGrad", grads[0], x);
  const Output product = grads[0] * ctx.input(node, 0);
  const Output falling = exp(negative(x)) + 2.0;
  const Output rising = exp(x);
  return Outputs{by_gradient, product / (falling + rising)};
}

// -- The tables.

constexpr std::string_view kActivationFloats = "T: {half, bfloat16, float, double}";
constexpr std::string_view kActivationFloatsOrFloat =
    "T: {half, bfloat16, float, double} = DT_FLOAT";
constexpr std::string_view kActivationReals = "T: realnumbertype";

using ActivationGradientFn = absl::StatusOr<Outputs> (*)(GradContext&, const Node&, Grads);

struct ActivationOp {
  std::string_view op;
  std::string_view types;
  bool has_alpha;
  ActivationGradientFn gradient;       // of the function
  std::string_view grad_input;         // the second argument of OPGrad
  ActivationGradientFn grad_gradient;  // of OPGrad; null: none in TensorFlow
  std::string_view doc;
  std::string_view grad_doc;
};

constexpr ActivationOp kActivationOps[] = {
    {"Relu6", kActivationReals, false, ByOutput, "features", OfPiecewiseLinear,
     "min(max(features, 0), 6).",
     "`gradients` where `features` (Relu6's input or output) are between 0 and 6, else 0."},
    {"LeakyRelu", kActivationFloatsOrFloat, true, ByInput, "features", OfPiecewiseLinear,
     "features above zero, alpha * features below.",
     "`gradients` where `features` are above zero, alpha * gradients elsewhere."},
    {"Elu", kActivationFloats, false, ByOutput, "outputs", OfExponential,
     "features above zero, e^features - 1 below.",
     "The gradient of Elu, whose output was `outputs`."},
    {"Selu", kActivationFloats, false, ByOutput, "outputs", OfExponential,
     "Elu with the scales that keep mean and variance.",
     "The gradient of Selu, whose output was `outputs`."},
    {"Softplus", kActivationFloats, false, SoftplusGradient, "features", SoftplusGradGradient,
     "log(1 + e^features).", "gradients / (1 + e^-features)."},
    {"Softsign", kActivationFloats, false, ByInput, "features", nullptr,
     "features / (1 + |features|).", "gradients / (1 + |features|)^2."},
};

Output Activate(std::string_view op, const Input& features, std::string_view name) {
  SourceScope here(features);
  return OpBuilder(op, name).Input(features).Build();
}

}  // namespace

void RegisterActivations(OpRegistry& ops) {
  for (const ActivationOp& row : kActivationOps) {
    const std::string name(row.op);
    OpDefBuilder function = ops.Add(name);
    function.Input("features: T").Output("activations: T");
    if (row.has_alpha) function.Attr("alpha: float = 0.2");
    function.Attr(row.types).Shape(UnchangedShape).Gradient(row.gradient).RowsIndependent();
    function.Doc(row.doc);

    OpDefBuilder gradient = ops.Add(name + "Grad");
    gradient.Input("gradients: T").Input(std::string(row.grad_input) + ": T");
    gradient.Output("backprops: T");
    if (row.has_alpha) gradient.Attr("alpha: float = 0.2");
    gradient.Attr(row.types).Shape(MergedInputsShape).RowsIndependent().Doc(row.grad_doc);
    if (row.grad_gradient != nullptr) {
      gradient.Gradient(row.grad_gradient);
    } else {
      gradient.NoGradient("TensorFlow has none for it either");
    }
  }
}

namespace nn {

Output relu6(Input features, std::string_view name) { return Activate("Relu6", features, name); }
Output elu(Input features, std::string_view name) { return Activate("Elu", features, name); }
Output selu(Input features, std::string_view name) { return Activate("Selu", features, name); }
Output softplus(Input features, std::string_view name) {
  return Activate("Softplus", features, name);
}
Output softsign(Input features, std::string_view name) {
  return Activate("Softsign", features, name);
}

constexpr double kLeakyReluAlpha = 0.2;

Output leaky_relu(Input features, std::optional<double> alpha, std::string_view name) {
  SourceScope here(features);
  const name_scope scope(name.empty() ? "LeakyRelu" : name,
                         graph_of(std::span(&features, 1)).impl());
  Output x = convert_to_tensor(features, {}, "features");
  if (IsInteger(BaseType(x.dtype()))) x = cast(x, float32);
  return OpBuilder("LeakyRelu", scope.name())
      .Input(x)
      .Attr("alpha", static_cast<float>(alpha.value_or(kLeakyReluAlpha)))
      .Build();
}

}  // namespace nn
}  // namespace sessile
