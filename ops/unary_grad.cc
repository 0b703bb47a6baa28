// The gradients wait for the incoming gradient (control_dependencies) where TensorFlow's do, so
// that nothing is computed, and kept, long before it is needed.

#include "sessile/ops/unary_grad.h"

#include <cmath>
#include <numbers>

#include "sessile/core/graph/scope.h"
#include "sessile/ops/constant.h"
#include "sessile/ops/math.h"
#include "sessile/ops/op_builder.h"
#include "sessile/ops/operators.h"

namespace sessile {
namespace {

using Outputs = std::vector<Output>;
using Grads = std::span<const Output>;

Output GradOp(std::string_view op, const Output& y, const Output& dy) {
  return OpBuilder(op).Input(y).Input(dy).Build();
}

// 1 / sqrt(1 - x^2), the derivative of asin, and minus that of acos.
Output AsinDerivative(const Output& x) {
  const Output x2 = square(x);
  const Output one = constant(1, {.dtype = BaseType(x.dtype())});
  return reciprocal(sqrt(subtract(one, x2)));
}

// d erf(x) = dy 2/sqrt(pi) e^(-x^2), and for erfc its negative.
UnaryGradients GaussGradient(GradContext& ctx, const Node& node, Grads grads, double factor) {
  const Output scale = constant(factor, {.dtype = BaseType(grads[0].dtype())});
  const control_dependencies after({grads[0]});
  const Output scaled = grads[0] * scale;
  return Outputs{scaled * exp(negative(square(ctx.input(node, 0))))};
}

}  // namespace

// -- Gradients of y = f(x): dx from dy; of complex numbers along the conjugate of the derivative.

// d(-x) = -dy.
UnaryGradients NegGradient(GradContext&, const Node&, Grads grads) {
  return Outputs{negative(grads[0])};
}

// d|x| = dy * sign(x).
UnaryGradients AbsGradient(GradContext& ctx, const Node& node, Grads grads) {
  return Outputs{grads[0] * sign(ctx.input(node, 0))};
}

// Constant where it has a derivative at all.
UnaryGradients SignGradient(GradContext& ctx, const Node& node, Grads) {
  return Outputs{zeros_like(ctx.input(node, 0))};
}

// d exp(x) = dy * exp(x) = dy * y.
UnaryGradients ExpGradient(GradContext& ctx, const Node& node, Grads grads) {
  const control_dependencies after({grads[0]});
  return Outputs{grads[0] * conj(ctx.output(node, 0))};
}

// d log(x) = dy / x.
UnaryGradients LogGradient(GradContext& ctx, const Node& node, Grads grads) {
  const control_dependencies after({grads[0]});
  return Outputs{grads[0] * reciprocal(conj(ctx.input(node, 0)))};
}

// d log(1 + x) = dy / (1 + x).
UnaryGradients Log1pGradient(GradContext& ctx, const Node& node, Grads grads) {
  const control_dependencies after({grads[0]});
  const Output sum = 1 + conj(ctx.input(node, 0));
  return Outputs{grads[0] * reciprocal(sum)};
}

// d x^2 = dy * 2x.
UnaryGradients SquareGradient(GradContext& ctx, const Node& node, Grads grads) {
  const control_dependencies after({grads[0]});
  const Output x = conj(ctx.input(node, 0));
  const Output two = convert_to_tensor(2.0, BaseType(x.dtype()));
  return Outputs{multiply(grads[0], multiply(x, two))};
}

// Those whose gradient is an operation of its own, OPGrad(y, dy).
UnaryGradients OwnGradient(GradContext& ctx, const Node& node, Grads grads) {
  return Outputs{GradOp(node.op_type() + "Grad", ctx.output(node, 0), grads[0])};
}

UnaryGradients OwnGradientAfter(GradContext& ctx, const Node& node, Grads grads) {
  const control_dependencies after({grads[0]});
  return Outputs{GradOp(node.op_type() + "Grad", conj(ctx.output(node, 0)), grads[0])};
}

UnaryGradients InvGradient(GradContext& ctx, const Node& node, Grads grads) {
  return Outputs{GradOp("ReciprocalGrad", ctx.output(node, 0), grads[0])};
}

// d (e^x - 1) = dy e^x.
UnaryGradients Expm1Gradient(GradContext& ctx, const Node& node, Grads grads) {
  const control_dependencies after({grads[0]});
  return Outputs{grads[0] * exp(conj(ctx.input(node, 0)))};
}

// -- Trigonometry.

UnaryGradients SinGradient(GradContext& ctx, const Node& node, Grads grads) {
  const control_dependencies after({grads[0]});
  return Outputs{grads[0] * cos(conj(ctx.input(node, 0)))};
}

UnaryGradients CosGradient(GradContext& ctx, const Node& node, Grads grads) {
  const control_dependencies after({grads[0]});
  const Output x = conj(ctx.input(node, 0));
  const Output minus = negative(grads[0]);
  return Outputs{minus * sin(x)};
}

// d tan(x) = dy / cos^2(x).
UnaryGradients TanGradient(GradContext& ctx, const Node& node, Grads grads) {
  const control_dependencies after({grads[0]});
  const Output secant = reciprocal(cos(conj(ctx.input(node, 0))));
  return Outputs{square(secant) * grads[0]};
}

UnaryGradients AsinGradient(GradContext& ctx, const Node& node, Grads grads) {
  const control_dependencies after({grads[0]});
  return Outputs{grads[0] * AsinDerivative(conj(ctx.input(node, 0)))};
}

UnaryGradients AcosGradient(GradContext& ctx, const Node& node, Grads grads) {
  const control_dependencies after({grads[0]});
  const Output derivative = AsinDerivative(conj(ctx.input(node, 0)));
  return Outputs{negative(grads[0]) * derivative};
}

// dy / (1 + x^2), and for atanh dy / (1 - x^2).
UnaryGradients AtanGradient(GradContext& ctx, const Node& node, Grads grads) {
  const control_dependencies after({grads[0]});
  const Output x2 = square(conj(ctx.input(node, 0)));
  const Output one = constant(1, {.dtype = BaseType(grads[0].dtype())});
  return Outputs{grads[0] * reciprocal(add(one, x2))};
}

UnaryGradients AtanhGradient(GradContext& ctx, const Node& node, Grads grads) {
  const control_dependencies after({grads[0]});
  const Output x2 = square(conj(ctx.input(node, 0)));
  const Output one = constant(1, {.dtype = BaseType(grads[0].dtype())});
  return Outputs{grads[0] * reciprocal(subtract(one, x2))};
}

UnaryGradients SinhGradient(GradContext& ctx, const Node& node, Grads grads) {
  const control_dependencies after({grads[0]});
  return Outputs{grads[0] * cosh(conj(ctx.input(node, 0)))};
}

UnaryGradients CoshGradient(GradContext& ctx, const Node& node, Grads grads) {
  const control_dependencies after({grads[0]});
  return Outputs{grads[0] * sinh(conj(ctx.input(node, 0)))};
}

// x = sinh(y): dy/dx = 1 / cosh(y); and so for acosh.
UnaryGradients AsinhGradient(GradContext& ctx, const Node& node, Grads grads) {
  const control_dependencies after({grads[0]});
  return Outputs{grads[0] / cosh(conj(ctx.output(node, 0)))};
}

UnaryGradients AcoshGradient(GradContext& ctx, const Node& node, Grads grads) {
  const control_dependencies after({grads[0]});
  return Outputs{grads[0] / sinh(conj(ctx.output(node, 0)))};
}

// -- The error and gamma functions.

UnaryGradients ErfGradient(GradContext& ctx, const Node& node, Grads grads) {
  return GaussGradient(ctx, node, grads, 2 / std::sqrt(std::numbers::pi));
}

UnaryGradients ErfcGradient(GradContext& ctx, const Node& node, Grads grads) {
  return GaussGradient(ctx, node, grads, -2 / std::sqrt(std::numbers::pi));
}

// y = erfinv(x): dx = erf'(y) dy = 2/sqrt(pi) e^(-y^2) dy.
UnaryGradients ErfinvGradient(GradContext& ctx, const Node& node, Grads grads) {
  const Output scale =
      constant(std::sqrt(std::numbers::pi) / 2, {.dtype = BaseType(grads[0].dtype())});
  const control_dependencies after({grads[0]});
  const Output scaled = grads[0] * scale;
  return Outputs{scaled * exp(square(ctx.output(node, 0)))};
}

// y = ndtri(x): dx = e^(-y^2 / 2) / sqrt(2 pi) dy.
UnaryGradients NdtriGradient(GradContext& ctx, const Node& node, Grads grads) {
  const Output scale =
      constant(std::sqrt(2 * std::numbers::pi), {.dtype = BaseType(grads[0].dtype())});
  const control_dependencies after({grads[0]});
  const Output scaled = grads[0] * scale;
  const Output half = square(ctx.output(node, 0)) / 2.0;
  return Outputs{scaled * exp(half)};
}

UnaryGradients LgammaGradient(GradContext& ctx, const Node& node, Grads grads) {
  const control_dependencies after({grads[0]});
  return Outputs{grads[0] * digamma(ctx.input(node, 0))};
}

// The derivative of digamma is polygamma(1, x).
UnaryGradients DigammaGradient(GradContext& ctx, const Node& node, Grads grads) {
  const control_dependencies after({grads[0]});
  const Output x = ctx.input(node, 0);
  const Output one = constant(1, {.dtype = BaseType(x.dtype())});
  return Outputs{grads[0] * polygamma(one, x)};
}

// Constant between its steps: no gradient flows.
UnaryGradients StepGradient(GradContext&, const Node&, Grads) { return Outputs{Output()}; }

// -- Gradients of the gradient operations f(a, b), a = y and b = dy above, from g.

// f = -b a^2: df/da = -2 a b, df/db = -a^2.
UnaryGradients ReciprocalGradGradient(GradContext& ctx, const Node& node, Grads grads) {
  const control_dependencies after({grads[0]});
  const Output a = conj(ctx.input(node, 0));
  const Output minus_2g = conj(grads[0]) * -2.0;
  const Output da = (minus_2g * ctx.input(node, 1)) * a;
  return Outputs{da, GradOp("ReciprocalGrad", a, grads[0])};
}

// f = b / 2a: df/da = -f / a, df/db = 1 / 2a.
UnaryGradients SqrtGradGradient(GradContext& ctx, const Node& node, Grads grads) {
  const control_dependencies after({grads[0]});
  const Output ga = grads[0] / ctx.input(node, 0);
  const Output da = negative(conj(ga)) * ctx.output(node, 0);
  return Outputs{da, 0.5 * ga};
}

// f = -b a^3 / 2: df/da = -3/2 b a^2, df/db = -a^3 / 2.
UnaryGradients RsqrtGradGradient(GradContext& ctx, const Node& node, Grads grads) {
  const control_dependencies after({grads[0]});
  const Output a = conj(ctx.input(node, 0));
  const Output scaled = (-1.5 * conj(grads[0])) * ctx.input(node, 1);
  const Output da = scaled * square(a);
  return Outputs{da, GradOp("RsqrtGrad", a, grads[0])};
}

// f = b (1 - a^2): df/da = -2 a b, df/db = 1 - a^2.
UnaryGradients TanhGradGradient(GradContext& ctx, const Node& node, Grads grads) {
  const control_dependencies after({grads[0]});
  const Output a = conj(ctx.input(node, 0));
  const Output b = conj(ctx.input(node, 1));
  const Output minus_2g = grads[0] * -2.0;
  const Output da = (minus_2g * b) * a;
  return Outputs{da, GradOp("TanhGrad", a, grads[0])};
}

// f = b a (1 - a): df/da = b - 2 a b, df/db = a (1 - a).
UnaryGradients SigmoidGradGradient(GradContext& ctx, const Node& node, Grads grads) {
  const control_dependencies after({grads[0]});
  const Output a = conj(ctx.input(node, 0));
  const Output gb = grads[0] * conj(ctx.input(node, 1));
  const Output twice = (2.0 * gb) * a;
  const Output da = gb - twice;
  return Outputs{da, GradOp("SigmoidGrad", a, grads[0])};
}

}  // namespace sessile
