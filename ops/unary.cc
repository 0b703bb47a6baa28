// Elementwise functions of one tensor, a row each, and the operations of their gradients.
// Their gradients are in unary_grad.cc.

#include "sessile/core/framework/op_registry.h"
#include "sessile/core/framework/shape_inference.h"
#include "sessile/core/graph/scope.h"
#include "sessile/ops/folding.h"
#include "sessile/ops/math.h"
#include "sessile/ops/op_builder.h"
#include "sessile/ops/register_all.h"
#include "sessile/ops/unary_grad.h"

namespace sessile {
namespace {

// -- The tables.

constexpr std::string_view kFloats = "T: {bfloat16, half, float, double, complex64, complex128}";
constexpr std::string_view kRealFloats = "T: {bfloat16, half, float, double}";
constexpr std::string_view kRealAndComplex =
    "T: {bfloat16, half, float, double, int8, int16, int32, int64, complex64, complex128}";
constexpr std::string_view kReal = "T: {bfloat16, half, float, double, int8, int16, int32, int64}";
constexpr std::string_view kRealComplexAndUnsigned =
    "T: {bfloat16, half, float, double, int8, int16, int32, int64, uint8, uint16, uint32, uint64, "
    "complex64, complex128}";

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
  UnaryGradientFn gradient;
  UnaryIntFn fold;  // null: never known
  std::string_view doc;
};

constexpr UnaryOp kFunctions[] = {
    {"Neg", kRealAndComplex, NegGradient, Negated, "-x."},
    {"Exp", kFloats, ExpGradient, nullptr, "e^x."},
    {"Log", kFloats, LogGradient, nullptr, "The natural logarithm of x."},
    {"Log1p", kFloats, Log1pGradient, nullptr, "log(1 + x), exact for small x."},
    {"Reciprocal", kRealAndComplex, OwnGradient, nullptr, "1 / x."},
    {"Rsqrt", kFloats, OwnGradient, nullptr, "1 / sqrt(x)."},
    {"Sqrt", kFloats, OwnGradient, nullptr, "The square root of x."},
    {"Square", kRealComplexAndUnsigned, SquareGradient, Squared, "x^2."},
    {"Abs", kReal, AbsGradient, Magnitude, "|x|."},
    {"Sign", kRealAndComplex, SignGradient, SignOf,
     "-1, 0 or 1, as x is negative, zero or positive."},
    {"Tanh", kFloats, OwnGradientAfter, nullptr, "The hyperbolic tangent of x."},
    {"Sigmoid", kFloats, OwnGradientAfter, nullptr, "1 / (1 + e^-x)."},
    {"Inv", kRealAndComplex, InvGradient, nullptr, "1 / x; an older name of Reciprocal."},
    {"Expm1", kFloats, Expm1Gradient, nullptr, "e^x - 1, exact for small x."},
    {"Sin", kFloats, SinGradient, nullptr, "The sine of x."},
    {"Cos", kFloats, CosGradient, nullptr, "The cosine of x."},
    {"Tan", kFloats, TanGradient, nullptr, "The tangent of x."},
    {"Asin", kFloats, AsinGradient, nullptr, "The inverse sine of x."},
    {"Acos", kFloats, AcosGradient, nullptr, "The inverse cosine of x."},
    {"Atan", kFloats, AtanGradient, nullptr, "The inverse tangent of x."},
    {"Sinh", kFloats, SinhGradient, nullptr, "The hyperbolic sine of x."},
    {"Cosh", kFloats, CoshGradient, nullptr, "The hyperbolic cosine of x."},
    {"Asinh", kFloats, AsinhGradient, nullptr, "The inverse hyperbolic sine of x."},
    {"Acosh", kFloats, AcoshGradient, nullptr, "The inverse hyperbolic cosine of x."},
    {"Atanh", kFloats, AtanhGradient, nullptr, "The inverse hyperbolic tangent of x."},
    {"Erf", kRealFloats, ErfGradient, nullptr, "The error function of x."},
    {"Erfc", kRealFloats, ErfcGradient, nullptr, "1 - erf(x), exact for large x."},
    {"Erfinv", kRealFloats, ErfinvGradient, nullptr, "The inverse of the error function."},
    {"Ndtri", kRealFloats, NdtriGradient, nullptr, "The quantile x of the normal distribution."},
    {"Lgamma", kRealFloats, LgammaGradient, nullptr, "The logarithm of |Gamma(x)|."},
    {"Digamma", kRealFloats, DigammaGradient, nullptr, "The derivative of Lgamma."},
    {"Floor", kRealFloats, StepGradient, nullptr, "The largest whole number <= x."},
    {"Ceil", kRealFloats, StepGradient, nullptr, "The smallest whole number >= x."},
    {"Round", kRealAndComplex, StepGradient, nullptr, "The nearest whole number, of two the even."},
    {"Rint", kRealFloats, StepGradient, nullptr, "The nearest whole number, of two the even."},
};

constexpr UnaryOp kGradients[] = {
    {"RsqrtGrad", kFloats, RsqrtGradGradient, nullptr,
     "The gradient of y = rsqrt(x): -dy y^3 / 2."},
    {"SqrtGrad", kFloats, SqrtGradGradient, nullptr, "The gradient of y = sqrt(x): dy / 2y."},
    {"ReciprocalGrad", kFloats, ReciprocalGradGradient, nullptr,
     "The gradient of y = 1/x: -dy y^2."},
    {"InvGrad", kFloats, ReciprocalGradGradient, nullptr, "The gradient of y = 1/x: -dy y^2."},
    {"TanhGrad", kFloats, TanhGradGradient, nullptr, "The gradient of y = tanh(x): dy (1 - y^2)."},
    {"SigmoidGrad", kFloats, SigmoidGradGradient, nullptr,
     "The gradient of y = sigmoid(x): dy y (1 - y)."},
};

constexpr std::pair<const char*, const char*> kTests[] = {
    {"IsNan", "Whether x is NaN."},
    {"IsInf", "Whether x is infinite."},
    {"IsFinite", "Whether x is neither infinite nor NaN."},
};

Output Unary(std::string_view op, const Input& x, std::string_view name) {
  SourceScope here(x);
  return OpBuilder(op, name).Input(x).Build();
}

// TensorFlow's Python opens a scope for some, and leaves the node its own name.
Output UnaryInScope(std::string_view op, std::string_view scope_name, const Input& x,
                    std::string_view name) {
  SourceScope here(x);
  const name_scope scope(name.empty() ? scope_name : name, graph_of({&x, 1}).impl());
  return OpBuilder(op).Input(x).Build();
}

}  // namespace

void RegisterUnary(OpRegistry& ops) {
  for (const auto& [op, doc] : kTests) {
    ops.Add(op)
        .Input("x: T")
        .Output("y: bool")
        .Attr(kRealFloats)
        .Shape(UnchangedShape)
        .NoGradient("a truth value has no derivative")
        .RowsIndependent()
        .Doc(doc);
  }
  ops.Add("Invert")
      .Input("x: T")
      .Output("y: T")
      .Attr("T: {int8, int16, int32, int64, uint8, uint16, uint32, uint64}")
      .Shape(UnchangedShape)
      .NoGradient("integers have no derivative")
      .RowsIndependent()
      .Doc("All bits of x turned over.");
  ops.Add("PopulationCount")
      .Input("x: T")
      .Output("y: uint8")
      .Attr("T: {int8, int16, int32, int64, uint8, uint16, uint32, uint64}")
      .Shape(UnchangedShape)
      .NotDifferentiable("integers have no derivative")
      .RowsIndependent()
      .Doc("How many bits of x are set.");
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
Output tanh(Input x, std::string_view name) { return Unary("Tanh", x, name); }
Output sigmoid(Input x, std::string_view name) { return Unary("Sigmoid", x, name); }
Output expm1(Input x, std::string_view name) { return Unary("Expm1", x, name); }
Output sin(Input x, std::string_view name) { return Unary("Sin", x, name); }
Output cos(Input x, std::string_view name) { return Unary("Cos", x, name); }
Output tan(Input x, std::string_view name) { return Unary("Tan", x, name); }
Output asin(Input x, std::string_view name) { return Unary("Asin", x, name); }
Output acos(Input x, std::string_view name) { return Unary("Acos", x, name); }
Output atan(Input x, std::string_view name) { return Unary("Atan", x, name); }
Output sinh(Input x, std::string_view name) { return Unary("Sinh", x, name); }
Output cosh(Input x, std::string_view name) { return Unary("Cosh", x, name); }
Output asinh(Input x, std::string_view name) { return Unary("Asinh", x, name); }
Output acosh(Input x, std::string_view name) { return Unary("Acosh", x, name); }
Output atanh(Input x, std::string_view name) { return Unary("Atanh", x, name); }
Output erf(Input x, std::string_view name) { return Unary("Erf", x, name); }
Output erfc(Input x, std::string_view name) { return Unary("Erfc", x, name); }
Output erfinv(Input x, std::string_view name) { return UnaryInScope("Erfinv", "erfinv", x, name); }
Output ndtri(Input x, std::string_view name) { return UnaryInScope("Ndtri", "ndtri", x, name); }
Output lgamma(Input x, std::string_view name) { return Unary("Lgamma", x, name); }
Output digamma(Input x, std::string_view name) { return Unary("Digamma", x, name); }
Output floor(Input x, std::string_view name) { return Unary("Floor", x, name); }
Output ceil(Input x, std::string_view name) { return Unary("Ceil", x, name); }
Output rint(Input x, std::string_view name) { return Unary("Rint", x, name); }
Output invert(Input x, std::string_view name) { return Unary("Invert", x, name); }
Output is_nan(Input x, std::string_view name) { return Unary("IsNan", x, name); }
Output is_inf(Input x, std::string_view name) { return Unary("IsInf", x, name); }
Output is_finite(Input x, std::string_view name) { return Unary("IsFinite", x, name); }

Output round(Input x, std::string_view name) {
  SourceScope here(x);
  const Output tensor = convert_to_tensor(x, std::nullopt, "x");
  return IsInteger(BaseType(tensor.dtype())) ? tensor : Unary("Round", tensor, name);
}

}  // namespace sessile
