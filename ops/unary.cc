// Elementwise functions of one tensor, a row each, and the operations of their gradients.
//
// The gradients wait for the incoming gradient (control_dependencies) where TensorFlow's do, so
// that nothing is computed, and kept, long before it is needed.

#include "sessile/core/framework/op_registry.h"
#include "sessile/core/framework/shape_inference.h"
#include "sessile/core/graph/node.h"
#include "sessile/core/graph/scope.h"
#include "sessile/ops/constant.h"
#include "sessile/ops/folding.h"
#include "sessile/ops/grad_context.h"
#include "sessile/ops/math.h"
#include "sessile/ops/op_builder.h"
#include "sessile/ops/operators.h"
#include "sessile/ops/register_all.h"

namespace sessile {
namespace {

using Outputs = std::vector<Output>;
using Grads = std::span<const Output>;

Output GradOp(std::string_view op, const Output& y, const Output& dy) {
  return OpBuilder(op).Input(y).Input(dy).Build();
}

// -- Gradients of y = f(x): dx from dy.

// d(-x) = -dy.
absl::StatusOr<Outputs> NegGradient(GradContext&, const Node&, Grads grads) {
  return Outputs{negative(grads[0])};
}

// d|x| = dy * sign(x).
absl::StatusOr<Outputs> AbsGradient(GradContext& ctx, const Node& node, Grads grads) {
  return Outputs{grads[0] * sign(ctx.input(node, 0))};
}

// Constant where it has a derivative at all.
absl::StatusOr<Outputs> SignGradient(GradContext& ctx, const Node& node, Grads) {
  return Outputs{zeros_like(ctx.input(node, 0))};
}

// d exp(x) = dy * exp(x) = dy * y.
absl::StatusOr<Outputs> ExpGradient(GradContext& ctx, const Node& node, Grads grads) {
  const control_dependencies after({grads[0]});
  return Outputs{grads[0] * ctx.output(node, 0)};
}

// d log(x) = dy / x.
absl::StatusOr<Outputs> LogGradient(GradContext& ctx, const Node& node, Grads grads) {
  const control_dependencies after({grads[0]});
  return Outputs{grads[0] * reciprocal(ctx.input(node, 0))};
}

// d log(1 + x) = dy / (1 + x).
absl::StatusOr<Outputs> Log1pGradient(GradContext& ctx, const Node& node, Grads grads) {
  const control_dependencies after({grads[0]});
  const Output sum = 1 + ctx.input(node, 0);
  return Outputs{grads[0] * reciprocal(sum)};
}

// d x^2 = dy * 2x.
absl::StatusOr<Outputs> SquareGradient(GradContext& ctx, const Node& node, Grads grads) {
  const control_dependencies after({grads[0]});
  const Output x = ctx.input(node, 0);
  const Output two = convert_to_tensor(2.0, BaseType(x.dtype()));
  return Outputs{multiply(grads[0], multiply(x, two))};
}

// Those whose gradient is an operation of its own, OPGrad(y, dy).
template <bool kAfterGradient>
absl::StatusOr<Outputs> OwnGradient(GradContext& ctx, const Node& node, Grads grads) {
  const std::string op = node.op_type() + "Grad";
  if (!kAfterGradient) return Outputs{GradOp(op, ctx.output(node, 0), grads[0])};
  const control_dependencies after({grads[0]});
  return Outputs{GradOp(op, ctx.output(node, 0), grads[0])};
}

// -- Gradients of the gradient operations f(a, b), a = y and b = dy above, from g.

// f = -b a^2: df/da = -2 a b, df/db = -a^2.
absl::StatusOr<Outputs> ReciprocalGradGradient(GradContext& ctx, const Node& node, Grads grads) {
  const control_dependencies after({grads[0]});
  const Output a = ctx.input(node, 0);
  const Output minus_2g = grads[0] * -2.0;
  const Output da = (minus_2g * ctx.input(node, 1)) * a;
  return Outputs{da, GradOp("ReciprocalGrad", a, grads[0])};
}

// f = b / 2a: df/da = -f / a, df/db = 1 / 2a.
absl::StatusOr<Outputs> SqrtGradGradient(GradContext& ctx, const Node& node, Grads grads) {
  const control_dependencies after({grads[0]});
  const Output ga = grads[0] / ctx.input(node, 0);
  const Output da = negative(ga) * ctx.output(node, 0);
  return Outputs{da, 0.5 * ga};
}

// f = -b a^3 / 2: df/da = -3/2 b a^2, df/db = -a^3 / 2.
absl::StatusOr<Outputs> RsqrtGradGradient(GradContext& ctx, const Node& node, Grads grads) {
  const control_dependencies after({grads[0]});
  const Output a = ctx.input(node, 0);
  const Output scaled = (-1.5 * grads[0]) * ctx.input(node, 1);
  const Output da = scaled * square(a);
  return Outputs{da, GradOp("RsqrtGrad", a, grads[0])};
}

// f = b (1 - a^2): df/da = -2 a b, df/db = 1 - a^2.
absl::StatusOr<Outputs> TanhGradGradient(GradContext& ctx, const Node& node, Grads grads) {
  const control_dependencies after({grads[0]});
  const Output a = ctx.input(node, 0);
  const Output minus_2g = grads[0] * -2.0;
  const Output da = (minus_2g * ctx.input(node, 1)) * a;
  return Outputs{da, GradOp("TanhGrad", a, grads[0])};
}

// f = b a (1 - a): df/da = b - 2 a b, df/db = a (1 - a).
absl::StatusOr<Outputs> SigmoidGradGradient(GradContext& ctx, const Node& node, Grads grads) {
  const control_dependencies after({grads[0]});
  const Output a = ctx.input(node, 0);
  const Output gb = grads[0] * ctx.input(node, 1);
  const Output twice = (2.0 * gb) * a;
  const Output da = gb - twice;
  return Outputs{da, GradOp("SigmoidGrad", a, grads[0])};
}

// -- The tables.

constexpr std::string_view kFloats = "T: {bfloat16, half, float, double, complex64, complex128}";
constexpr std::string_view kRealAndComplex =
    "T: {bfloat16, half, float, double, int8, int16, int32, int64, complex64, complex128}";
constexpr std::string_view kReal = "T: {bfloat16, half, float, double, int8, int16, int32, int64}";
constexpr std::string_view kRealComplexAndUnsigned =
    "T: {bfloat16, half, float, double, int8, int16, int32, int64, uint8, uint16, uint32, uint64, "
    "complex64, complex128}";

using Gradient = absl::StatusOr<Outputs> (*)(GradContext&, const Node&, Grads);

// What folds to a constant for integers: -x, |x|, x^2, sign(x), modulo 2^64.
int64_t Negated(int64_t x) { return static_cast<int64_t>(uint64_t{0} - static_cast<uint64_t>(x)); }
int64_t Magnitude(int64_t x) { return x < 0 ? Negated(x) : x; }
int64_t Squared(int64_t x) {
  return static_cast<int64_t>(static_cast<uint64_t>(x) * static_cast<uint64_t>(x));
}
int64_t SignOf(int64_t x) { return (x > 0) - (x < 0); }

struct UnaryOp {
  std::string_view op;
  std::string_view types;
  Gradient gradient;
  UnaryIntFn fold;  // null: never known
  std::string_view doc;
};

constexpr UnaryOp kFunctions[] = {
    {"Neg", kRealAndComplex, NegGradient, Negated, "-x."},
    {"Exp", kFloats, ExpGradient, nullptr, "e^x."},
    {"Log", kFloats, LogGradient, nullptr, "The natural logarithm of x."},
    {"Log1p", kFloats, Log1pGradient, nullptr, "log(1 + x), exact for small x."},
    {"Reciprocal", kRealAndComplex, OwnGradient<false>, nullptr, "1 / x."},
    {"Rsqrt", kFloats, OwnGradient<false>, nullptr, "1 / sqrt(x)."},
    {"Sqrt", kFloats, OwnGradient<false>, nullptr, "The square root of x."},
    {"Square", kRealComplexAndUnsigned, SquareGradient, Squared, "x^2."},
    {"Abs", kReal, AbsGradient, Magnitude, "|x|."},
    {"Sign", kRealAndComplex, SignGradient, SignOf,
     "-1, 0 or 1, as x is negative, zero or positive."},
    {"Tanh", kFloats, OwnGradient<true>, nullptr, "The hyperbolic tangent of x."},
    {"Sigmoid", kFloats, OwnGradient<true>, nullptr, "1 / (1 + e^-x)."},
};

constexpr UnaryOp kGradients[] = {
    {"RsqrtGrad", kFloats, RsqrtGradGradient, nullptr,
     "The gradient of y = rsqrt(x): -dy y^3 / 2."},
    {"SqrtGrad", kFloats, SqrtGradGradient, nullptr, "The gradient of y = sqrt(x): dy / 2y."},
    {"ReciprocalGrad", kFloats, ReciprocalGradGradient, nullptr,
     "The gradient of y = 1/x: -dy y^2."},
    {"TanhGrad", kFloats, TanhGradGradient, nullptr, "The gradient of y = tanh(x): dy (1 - y^2)."},
    {"SigmoidGrad", kFloats, SigmoidGradGradient, nullptr,
     "The gradient of y = sigmoid(x): dy y (1 - y)."},
};

Output Unary(std::string_view op, const Input& x, std::string_view name) {
  SourceScope here(x);
  return OpBuilder(op, name).Input(x).Build();
}

}  // namespace

void RegisterUnary(OpRegistry& ops) {
  for (const UnaryOp& row : kFunctions) {
    OpDefBuilder builder = ops.Add(row.op);
    builder.Input("x: T").Output("y: T").Attr(row.types).Shape(UnchangedShape);
    builder.Gradient(row.gradient).RowsIndependent().Doc(row.doc);
    if (row.fold != nullptr) {
      builder.Value([fold = row.fold](ShapeContext& ctx, int) { return UnaryIntValue(ctx, fold); });
    }
  }
  for (const UnaryOp& row : kGradients) {
    OpDefBuilder builder = ops.Add(row.op);
    builder.Input("y: T").Input("dy: T").Output("z: T").Attr(row.types).Shape(UnchangedShape);
    builder.Gradient(row.gradient).RowsIndependent().Doc(row.doc);
  }
}

Output negative(Input x, std::string_view name) { return Unary("Neg", x, name); }
Output exp(Input x, std::string_view name) { return Unary("Exp", x, name); }
Output log(Input x, std::string_view name) { return Unary("Log", x, name); }
Output log1p(Input x, std::string_view name) { return Unary("Log1p", x, name); }
Output reciprocal(Input x, std::string_view name) { return Unary("Reciprocal", x, name); }
Output rsqrt(Input x, std::string_view name) { return Unary("Rsqrt", x, name); }
Output sqrt(Input x, std::string_view name) { return Unary("Sqrt", x, name); }
Output square(Input x, std::string_view name) { return Unary("Square", x, name); }
Output abs(Input x, std::string_view name) { return Unary("Abs", x, name); }
Output sign(Input x, std::string_view name) { return Unary("Sign", x, name); }
Output tanh(Input x, std::string_view name) { return Unary("Tanh", x, name); }
Output sigmoid(Input x, std::string_view name) { return Unary("Sigmoid", x, name); }

}  // namespace sessile
