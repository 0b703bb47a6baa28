#include "sessile/ops/binary_grad.h"

#include <array>

#include "sessile/core/framework/status.h"
#include "sessile/core/graph/scope.h"
#include "sessile/ops/array.h"
#include "sessile/ops/broadcast_grad.h"
#include "sessile/ops/constant.h"
#include "sessile/ops/math.h"
#include "sessile/ops/op_builder.h"
#include "sessile/ops/operators.h"

namespace sessile {
namespace {

using Outputs = std::vector<Output>;
using Grads = std::span<const Output>;

Output RealDiv(const Output& x, const Output& y) {
  return OpBuilder("RealDiv").Input(x).Input(y).Build();
}

// d min/max(x, y): all of it to the operand that was chosen, to x if they are equal.
BinaryGradients ExtremeGradient(GradContext& ctx, const Node& node, const Output& grad,
                                Output (*x_wins)(Input, Input, std::string_view)) {
  const Output x = ctx.input(node, 0);
  const Output y = ctx.input(node, 1);
  const Output zeros = zeros_like(grad);
  const Output mask = x_wins(x, y, {});
  const Output gx = where_v2(mask, grad, zeros);
  const Output gy = where_v2(mask, zeros, grad);
  return ReduceGradients(x, y, gx, gy);
}

// d(x / y)/dx = 1/y; d(x / y)/dy = -x / y^2, by two divisions: y^2 might overflow.
BinaryGradients QuotientGradient(GradContext& ctx, const Node& node, const Output& grad,
                                 Output (*divide)(const Output&, const Output&)) {
  const Output x = conj(ctx.input(node, 0));
  const Output y = conj(ctx.input(node, 1));
  const Output gx = divide(grad, y);
  const Output once = divide(negative(x), y);
  const Output gy = grad * divide(once, y);
  return ReduceGradients(ctx.input(node, 0), ctx.input(node, 1), gx, gy);
}

// Sums gradients back to the shapes of x and y, always by the same nodes.
class Reduction {
 public:
  Reduction(const Output& x, const Output& y) : shapes_{shape(x), shape(y)} {
    axes_ = OpBuilder("BroadcastGradientArgs").Input(shapes_[0]).Input(shapes_[1]).BuildAll();
  }
  // Of operand i: the product of its partial derivative and the gradient.
  Output Of(size_t i, const Output& product) const {
    return reshape(reduce_sum(product, {.axis = axes_[i]}), shapes_[i]);
  }

 private:
  std::array<Output, 2> shapes_;
  Outputs axes_;
};

Output Xdivy(const Output& x, const Output& y) {
  return OpBuilder("Xdivy").Input(x).Input(y).Build();
}

Output NotZero(const Output& x) {
  const Output zero = cast(0.0, BaseType(x.dtype()));
  return cast(not_equal(x, zero), BaseType(x.dtype()));
}

}  // namespace

BinaryGradients AddGradient(GradContext& ctx, const Node& node, Grads grads) {
  const Output x = ctx.input(node, 0);
  const Output y = ctx.input(node, 1);
  if (SameKnownShapes(x, y, grads[0])) return Outputs{grads[0], grads[0]};
  return ReduceGradients(x, y, grads[0], grads[0]);
}

BinaryGradients SubGradient(GradContext& ctx, const Node& node, Grads grads) {
  const Output x = ctx.input(node, 0);
  const Output y = ctx.input(node, 1);
  const Output gy = negative(grads[0]);
  if (SameKnownShapes(x, y, grads[0])) return Outputs{grads[0], gy};
  return ReduceGradients(x, y, grads[0], gy);
}

// d(x y)/dx = y, d(x y)/dy = x. The order of the factors is TensorFlow's.
BinaryGradients MulGradient(GradContext& ctx, const Node& node, Grads grads) {
  const Output x = ctx.input(node, 0);
  const Output y = ctx.input(node, 1);
  const DataType type = BaseType(grads[0].dtype());
  const bool short_cut = (type == int32 || type == float32) && SameKnownShapes(x, y, grads[0]);
  const Output gx = multiply(grads[0], conj(y));
  const Output gy = short_cut ? multiply(grads[0], x) : multiply(conj(x), grads[0]);
  if (short_cut) return Outputs{gx, gy};
  return ReduceGradients(x, y, gx, gy);
}

BinaryGradients RealDivGradient(GradContext& ctx, const Node& node, Grads grads) {
  return QuotientGradient(ctx, node, grads[0], RealDiv);
}

BinaryGradients DivGradient(GradContext& ctx, const Node& node, Grads grads) {
  return QuotientGradient(ctx, node, grads[0],
                          [](const Output& x, const Output& y) { return divide(x, y); });
}

BinaryGradients FloorDivGradient(GradContext&, const Node&, Grads) {
  return Outputs{Output(), Output()};
}

BinaryGradients NoBinaryGradient(GradContext&, const Node&, Grads) {
  return Outputs{Output(), Output()};
}

// x mod y = x - y floor(x / y): 1 with respect to x, -floor(x / y) with respect to y.
BinaryGradients FloorModGradient(GradContext& ctx, const Node& node, Grads grads) {
  const Output x = ctx.input(node, 0);
  const Output y = ctx.input(node, 1);
  const Output quotient = OpBuilder("FloorDiv").Input(x).Input(y).Build();
  const Output gy = grads[0] * negative(quotient);
  return ReduceGradients(x, y, grads[0], gy);
}

BinaryGradients MaximumGradient(GradContext& ctx, const Node& node, Grads grads) {
  return ExtremeGradient(ctx, node, grads[0], greater_equal);
}

BinaryGradients MinimumGradient(GradContext& ctx, const Node& node, Grads grads) {
  return ExtremeGradient(ctx, node, grads[0], less_equal);
}

// d(x - y)^2 = 2 (x - y) with respect to x, and its negative with respect to y.
BinaryGradients SquaredDifferenceGradient(GradContext& ctx, const Node& node, Grads grads) {
  const Output x = ctx.input(node, 0);
  const Output y = ctx.input(node, 1);
  Output gx;
  {
    const control_dependencies after({grads[0]});
    const Output two = convert_to_tensor(2.0, BaseType(grads[0].dtype()), "scalar");
    const Output twice = multiply(two, grads[0]);
    gx = twice * (x - y);
  }
  const Output gy = negative(gx);
  if (SameKnownShapes(x, y, grads[0])) return Outputs{gx, gy};
  return ReduceGradients(x, y, gx, gy);
}

// d(x^y)/dx = y x^(y-1); d(x^y)/dy = x^y log(x), taken as 0 where x <= 0, so that the logarithm
// never sees such an x.
BinaryGradients PowGradient(GradContext& ctx, const Node& node, Grads grads) {
  const Output x = ctx.input(node, 0);
  const Output y = ctx.input(node, 1);
  const Output cx = conj(x);
  const Output cy = conj(y);
  const Output grad_y = grads[0] * cy;
  const Output less_one = cy - 1;
  const Output gx = grad_y * pow(cx, less_one);
  const Output positive = IsComplex(x.dtype()) ? not_equal(cx, 0) : greater(cx, 0);
  const Output ones = ones_like(x);
  const Output safe_x = where(positive, cx, ones);
  const Output log_safe = log(safe_x);
  const Output zeros = zeros_like(x);
  const Output log_x = where(positive, log_safe, zeros);
  const Output scaled = grads[0] * conj(ctx.output(node, 0));
  const Output gy = scaled * log_x;
  return ReduceGradients(x, y, gx, gy);
}

BinaryGradients DivNoNanGradient(GradContext& ctx, const Node& node, Grads grads) {
  return QuotientGradient(ctx, node, grads[0],
                          [](const Output& x, const Output& y) { return div_no_nan(x, y); });
}

BinaryGradients MulNoNanGradient(GradContext& ctx, const Node& node, Grads grads) {
  const Output x = ctx.input(node, 0);
  const Output y = ctx.input(node, 1);
  const Output gx = OpBuilder("MulNoNan").Input(grads[0]).Input(y).Build();
  const Output gy = OpBuilder("MulNoNan").Input(x).Input(grads[0]).Build();
  if (SameKnownShapes(x, y, grads[0])) return Outputs{gx, gy};
  return ReduceGradients(x, y, gx, gy);
}

// d atan2(y, x): x / (x^2 + y^2) for y, -y / (x^2 + y^2) for x.
BinaryGradients Atan2Gradient(GradContext& ctx, const Node& node, Grads grads) {
  const Output y = ctx.input(node, 0);
  const Output x = ctx.input(node, 1);
  const control_dependencies after({grads[0]});
  const Output y2 = square(y);
  const Output x2 = square(x);
  const Output scaled = grads[0] / (y2 + x2);
  const Output gy = x * scaled;
  const Output gx = negative(y) * scaled;
  return ReduceGradients(y, x, gy, gx);
}

// d x log(y): log(y) for x, where x is not 0, and x / y for y.
BinaryGradients XlogyGradient(GradContext& ctx, const Node& node, Grads grads) {
  const Output x = ctx.input(node, 0);
  const Output y = ctx.input(node, 1);
  const Reduction reduction(x, y);
  const control_dependencies after({grads[0]});
  const Output by_x = xlogy(NotZero(x), y);
  const Output by_y = Xdivy(x, y);
  const Output gx = reduction.Of(0, by_x * grads[0]);
  return Outputs{gx, reduction.Of(1, by_y * grads[0])};
}

// d x log(1 + y): log(1 + y) for x, where x is not 0, and x / (1 + y) for y.
BinaryGradients Xlog1pyGradient(GradContext& ctx, const Node& node, Grads grads) {
  const Output x = ctx.input(node, 0);
  const Output y = ctx.input(node, 1);
  const Reduction reduction(x, y);
  const control_dependencies after({grads[0]});
  const Output by_x = OpBuilder("Xlog1py").Input(NotZero(x)).Input(y).Build();
  const Output by_y = Xdivy(x, y + 1.0);
  const Output gx = reduction.Of(0, by_x * grads[0]);
  return Outputs{gx, reduction.Of(1, by_y * grads[0])};
}

// The next number moves with x1, wherever x2 is.
BinaryGradients NextAfterGradient(GradContext& ctx, const Node& node, Grads grads) {
  const Output x1 = ctx.input(node, 0);
  const Output x2 = ctx.input(node, 1);
  const Output x1_shape = shape(x1);
  const Output x2_shape = shape(x2);
  const Outputs axes =
      OpBuilder("BroadcastGradientArgs").Input(x1_shape).Input(x2_shape).BuildAll();
  const control_dependencies after({grads[0]});
  const Output by_x1 = ones(x1_shape, BaseType(x1.dtype()));
  const Output by_x2 = zeros(x2_shape, BaseType(x2.dtype()));
  const Output g1 = reshape(reduce_sum(by_x1 * grads[0], {.axis = axes[0]}), x1_shape);
  const Output g2 = reshape(reduce_sum(by_x2 * grads[0], {.axis = axes[1]}), x2_shape);
  return Outputs{g1, g2};
}

// d x / y: 1 / y for x, where x is not 0, and -x / y^2 for y.
BinaryGradients XdivyGradient(GradContext& ctx, const Node& node, Grads grads) {
  const Output x = ctx.input(node, 0);
  const Output y = ctx.input(node, 1);
  const Reduction reduction(x, y);
  const control_dependencies after({grads[0]});
  const Output by_x = Xdivy(NotZero(x), y);
  const Output minus_x = negative(x);
  const Output by_y = Xdivy(minus_x, pow(y, 2, "pow"));
  const Output gx = reduction.Of(0, by_x * grads[0]);
  return Outputs{gx, reduction.Of(1, by_y * grads[0])};
}

// dP(a, x)/dx = e^-x x^(a - 1) / Gamma(a), through logarithms: Gamma(a) might overflow.
BinaryGradients IgammaGradient(GradContext& ctx, const Node& node, Grads grads) {
  const Output a = ctx.input(node, 0);
  const Output x = ctx.input(node, 1);
  const Reduction reduction(a, x);
  const control_dependencies after({grads[0]});
  const Output by_a = OpBuilder("IgammaGradA").Input(a).Input(x).Build();
  const Output minus_x = negative(x);
  const Output power = a - 1;
  const Output log_power = power * log(x);
  const Output numerator = minus_x + log_power;
  const Output by_x = exp(numerator - lgamma(a));
  const Output ga = reduction.Of(0, by_a * grads[0]);
  return Outputs{ga, reduction.Of(1, by_x * grads[0])};
}

// Q = 1 - P.
BinaryGradients IgammacGradient(GradContext& ctx, const Node& node, Grads grads) {
  SESSILE_ASSIGN_OR_RETURN(const Outputs lower, IgammaGradient(ctx, node, grads));
  const Output ga = negative(lower[0]);
  return Outputs{ga, negative(lower[1])};
}

// The order is no number that a gradient flows to; d polygamma(a, x)/dx = polygamma(a + 1, x).
BinaryGradients PolygammaGradient(GradContext& ctx, const Node& node, Grads grads) {
  const Output a = ctx.input(node, 0);
  const Output x = ctx.input(node, 1);
  const Reduction reduction(a, x);
  const control_dependencies after({grads[0]});
  const Output by_x = polygamma(a + 1, x);
  return Outputs{Output(), reduction.Of(1, by_x * grads[0])};
}

// d zeta(x, q)/dq = -x zeta(x + 1, q); TensorFlow has no gradient for x.
BinaryGradients ZetaGradient(GradContext& ctx, const Node& node, Grads grads) {
  const Output x = ctx.input(node, 0);
  const Output q = ctx.input(node, 1);
  const Reduction reduction(x, q);
  const control_dependencies after({grads[0]});
  const Output minus_x = negative(x);
  const Output next = x + 1;
  const Output by_q = minus_x * zeta(next, q);
  return Outputs{Output(), reduction.Of(1, by_q * grads[0])};
}

}  // namespace sessile
