// Elementwise functions of two tensors with broadcasting, a row each. Their gradients are in
// binary_grad.cc.

#include <array>
#include <limits>
#include <optional>

#include "sessile/core/framework/errors.h"
#include "sessile/core/framework/op_registry.h"
#include "sessile/core/framework/shape_inference.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/graph/scope.h"
#include "sessile/ops/binary_grad.h"
#include "sessile/ops/folding.h"
#include "sessile/ops/math.h"
#include "sessile/ops/op_builder.h"
#include "sessile/ops/register_all.h"

namespace sessile {
namespace {

using MaybeInt = std::optional<int64_t>;

// -- What folds to a constant for integers; sums and products modulo 2^64.

uint64_t U(int64_t x) { return static_cast<uint64_t>(x); }
MaybeInt Sum(int64_t x, int64_t y) { return static_cast<int64_t>(U(x) + U(y)); }
MaybeInt Difference(int64_t x, int64_t y) { return static_cast<int64_t>(U(x) - U(y)); }
MaybeInt Product(int64_t x, int64_t y) { return static_cast<int64_t>(U(x) * U(y)); }
MaybeInt Largest(int64_t x, int64_t y) { return x < y ? y : x; }
MaybeInt Smallest(int64_t x, int64_t y) { return x < y ? x : y; }

bool CanDivide(int64_t x, int64_t y) {
  return y != 0 && !(y == -1 && x == std::numeric_limits<int64_t>::min());
}
MaybeInt Quotient(int64_t x, int64_t y) {
  if (!CanDivide(x, y)) return std::nullopt;
  return x / y;
}
MaybeInt FloorQuotient(int64_t x, int64_t y) {
  if (!CanDivide(x, y)) return std::nullopt;
  const bool inexact = x % y != 0;
  return x / y - (inexact && (x < 0) != (y < 0) ? 1 : 0);
}
MaybeInt FloorRest(int64_t x, int64_t y) {
  if (!CanDivide(x, y)) return std::nullopt;
  const int64_t rest = x % y;
  return rest != 0 && (rest < 0) != (y < 0) ? rest + y : rest;
}

// -- The table.

constexpr std::string_view kAddV2Types =
    "T: {bfloat16, half, float, double, uint8, uint16, uint32, uint64, int8, int16, int32, int64, "
    "complex64, complex128}";
constexpr std::string_view kAddTypes =
    "T: {bfloat16, half, float, double, uint8, int8, int16, int32, int64, complex64, complex128, "
    "string}";
constexpr std::string_view kSubTypes =
    "T: {bfloat16, half, float, double, uint8, int8, uint16, int16, int32, int64, complex64, "
    "complex128, uint32, uint64}";
constexpr std::string_view kMulTypes =
    "T: {bfloat16, half, float, double, uint8, int8, uint16, int16, int32, uint32, uint64, int64, "
    "complex64, complex128}";
constexpr std::string_view kModTypes =
    "T: {int8, int16, int32, int64, uint8, uint16, uint32, uint64, bfloat16, half, float, double}";
constexpr std::string_view kOrderedTypes =
    "T: {bfloat16, half, float, double, int8, uint8, int16, uint16, int32, uint32, int64, uint64}";
constexpr std::string_view kSquaredDifferenceTypes =
    "T: {bfloat16, half, float, double, int32, int64, complex64, complex128}";
constexpr std::string_view kTruncateModTypes = "T: {int32, int64, bfloat16, half, float, double}";
constexpr std::string_view kFloatTypes =
    "T: {half, float, bfloat16, double, complex64, complex128}";
constexpr std::string_view kRealFloatTypes = "T: {bfloat16, half, float, double}";
constexpr std::string_view kIntTypes =
    "T: {int8, int16, int32, int64, uint8, uint16, uint32, uint64}";
constexpr std::string_view kPowTypes =
    "T: {bfloat16, float, half, double, int8, int16, int32, int64, complex64, complex128}";

enum : unsigned { kCommutative = 1, kAggregate = 2 };

struct BinaryOp {
  std::string_view op;
  std::string_view types;
  BinaryGradientFn gradient;
  BinaryIntFn fold;  // null: never known
  unsigned flags;
  std::string_view doc;
};

constexpr BinaryOp kFunctions[] = {
    {"AddV2", kAddV2Types, AddGradient, Sum, kCommutative | kAggregate, "x + y."},
    {"Add", kAddTypes, AddGradient, Sum, 0, "x + y, also of strings."},
    {"Sub", kSubTypes, SubGradient, Difference, 0, "x - y."},
    {"Mul", kMulTypes, MulGradient, Product, kCommutative, "x * y."},
    {"RealDiv", kMulTypes, RealDivGradient, nullptr, 0, "x / y."},
    {"Div", kMulTypes, DivGradient, Quotient, 0, "x / y, of integers cut towards zero."},
    {"FloorDiv", kMulTypes, FloorDivGradient, FloorQuotient, 0,
     "x / y rounded towards minus infinity."},
    {"FloorMod", kModTypes, FloorModGradient, FloorRest, 0,
     "The rest of FloorDiv; it has the sign of y."},
    {"Maximum", kOrderedTypes, MaximumGradient, Largest, 0, "The larger of x and y."},
    {"Minimum", kOrderedTypes, MinimumGradient, Smallest, 0, "The smaller of x and y."},
    {"SquaredDifference", kSquaredDifferenceTypes, SquaredDifferenceGradient, nullptr, kCommutative,
     "(x - y)^2."},
    {"Pow", kPowTypes, PowGradient, nullptr, 0, "x^y."},
    {"TruncateDiv", kMulTypes, NoBinaryGradient, Quotient, 0, "x / y cut towards zero."},
    {"DivNoNan", kFloatTypes, DivNoNanGradient, nullptr, 0, "x / y, and 0 where y is 0."},
    {"MulNoNan", kFloatTypes, MulNoNanGradient, nullptr, 0, "x * y, and 0 where y is 0."},
    {"Xlogy", kFloatTypes, XlogyGradient, nullptr, 0, "x log(y), and 0 where x is 0."},
    {"Xlog1py", kFloatTypes, Xlog1pyGradient, nullptr, 0, "x log(1 + y), and 0 where x is 0."},
    {"Xdivy", kFloatTypes, XdivyGradient, nullptr, 0, "x / y, and 0 where x is 0."},
};

// Those whose arguments have names of their own.
struct NamedBinaryOp {
  std::string_view op;
  std::string_view arguments[2];
  std::string_view types;
  BinaryGradientFn gradient;
  std::string_view doc;
};

constexpr NamedBinaryOp kNamed[] = {
    {"Atan2", {"y: T", "x: T"}, kRealFloatTypes, Atan2Gradient, "The angle of the point (x, y)."},
    {"Igamma",
     {"a: T", "x: T"},
     kRealFloatTypes,
     IgammaGradient,
     "The lower regularized incomplete gamma function P(a, x)."},
    {"Igammac",
     {"a: T", "x: T"},
     kRealFloatTypes,
     IgammacGradient,
     "The upper regularized incomplete gamma function Q(a, x) = 1 - P(a, x)."},
    {"Polygamma",
     {"a: T", "x: T"},
     "T: {float, double}",
     PolygammaGradient,
     "The derivative of order `a` of Digamma."},
    {"Zeta",
     {"x: T", "q: T"},
     "T: {float, double}",
     ZetaGradient,
     "The sum of (q + i)^-x for i = 0, 1, ..."},
};

// Functions without a derivative.
constexpr BinaryOp kIntegerFunctions[] = {
    {"Mod", "T: {int32, int64, half, half, bfloat16, float, double}", nullptr, nullptr, 0,
     "The rest of x / y, of x's sign."},
    {"TruncateMod", kTruncateModTypes, nullptr, nullptr, 0, "The rest of x / y, of x's sign."},
    {"BitwiseAnd", kIntTypes, nullptr, nullptr, kCommutative, "The bits that x and y both have."},
    {"BitwiseOr", kIntTypes, nullptr, nullptr, kCommutative, "The bits that x or y has."},
    {"BitwiseXor", kIntTypes, nullptr, nullptr, kCommutative, "The bits in which x and y differ."},
    {"LeftShift", kIntTypes, nullptr, nullptr, 0, "The bits of x moved up by y."},
    {"RightShift", kIntTypes, nullptr, nullptr, 0, "The bits of x moved down by y."},
};

Output Binary(std::string_view op, const Input& x, const Input& y, std::string_view name) {
  SourceScope here(x);
  return OpBuilder(op, name).Input(x).Input(y).Build();
}

// The type in which true division works; kInvalid: the operands' own.
DataType DivisionType(DataType type) {
  switch (type) {
    case int8:
    case uint8:
    case int16:
    case uint16:
      return float32;
    case int32:
    case uint32:
    case int64:
    case uint64:
      return float64;
    default:
      return DataType::kInvalid;
  }
}

}  // namespace

void RegisterBinary(OpRegistry& ops) {
  ops.Add("IgammaGradA")
      .Input("a: T")
      .Input("x: T")
      .Output("z: T")
      .Attr("T: {float, double}")
      .Shape(BroadcastBinaryShape)
      .NoGradient("TensorFlow has none")
      .Doc("The derivative of Igamma by `a`.");
  ops.Add("NextAfter")
      .Input("x1: T")
      .Input("x2: T")
      .Output("output: T")
      .Attr("T: {double, float} = DT_FLOAT")
      .Shape(BroadcastBinaryShape)
      .Gradient(NextAfterGradient)
      .Doc("The number next to x1 in the direction of x2.");
  for (const NamedBinaryOp& row : kNamed) {
    OpDefBuilder builder = ops.Add(row.op);
    builder.Input(row.arguments[0]).Input(row.arguments[1]).Output("z: T").Attr(row.types);
    builder.Shape(BroadcastBinaryShape).Gradient(row.gradient).Doc(row.doc);
  }
  for (const BinaryOp& row : kIntegerFunctions) {
    OpDefBuilder builder = ops.Add(row.op);
    builder.Input("x: T").Input("y: T").Output("z: T").Attr(row.types);
    builder.Shape(BroadcastBinaryShape).NoGradient("it has no derivative").Doc(row.doc);
    if ((row.flags & kCommutative) != 0) builder.Commutative();
  }
  for (const BinaryOp& row : kFunctions) {
    OpDefBuilder builder = ops.Add(row.op);
    builder.Input("x: T").Input("y: T").Output("z: T").Attr(row.types);
    builder.Shape(BroadcastBinaryShape).Gradient(row.gradient).Doc(row.doc);
    if ((row.flags & kCommutative) != 0) builder.Commutative();
    if ((row.flags & kAggregate) != 0) builder.Aggregate();
    if (row.fold != nullptr) {
      builder.Value(
          [fold = row.fold](ShapeContext& ctx, int) { return BinaryIntValue(ctx, fold); });
    }
  }
}

Output add(Input x, Input y, std::string_view name) {
  SourceScope here(x);
  const std::array<Input, 2> inputs = {x, y};
  const name_scope scope(name.empty() ? "Add" : name, graph_of(inputs).impl());
  const Output left = convert_to_tensor(x, std::nullopt, "x");
  const bool strings = BaseType(left.dtype()) == string;
  return OpBuilder(strings ? "Add" : "AddV2", scope.name()).Input(left).Input(y).Build();
}

namespace {

struct Operands {
  Output x;
  Output y;
};

// Both as tensors of one type; y as x's if it has none of its own.
Operands SameType(const Input& x, const Input& y) {
  Operands pair;
  pair.x = convert_to_tensor(x, std::nullopt, "x");
  pair.y = convert_to_tensor(y, std::nullopt, "y", BaseType(pair.x.dtype()));
  if (BaseType(pair.x.dtype()) != BaseType(pair.y.dtype())) {
    errors::ThrowIfError(InvalidArgument("`x` and `y` must have the same dtype, got ",
                                         PythonName(BaseType(pair.x.dtype())),
                                         " != ", PythonName(BaseType(pair.y.dtype())), "."));
  }
  return pair;
}

// The same, integers cast to a floating type.
Operands ForDivision(const Input& x, const Input& y) {
  Operands pair = SameType(x, y);
  const DataType type = DivisionType(BaseType(pair.x.dtype()));
  if (type != DataType::kInvalid) pair = {cast(pair.x, type), cast(pair.y, type)};
  return pair;
}

Graph GraphOf(const Input& x, const Input& y) {
  const std::array<Input, 2> inputs = {x, y};
  return graph_of(inputs);
}

std::string_view Or(std::string_view name, std::string_view otherwise) {
  return name.empty() ? otherwise : name;
}

}  // namespace

Output truediv(Input x, Input y, std::string_view name) {
  SourceScope here(x);
  const name_scope scope(Or(name, "truediv"), GraphOf(x, y).impl());
  const Operands pair = ForDivision(x, y);
  return OpBuilder("RealDiv", scope.name()).Input(pair.x).Input(pair.y).Build();
}

Output div(Input x, Input y, std::string_view name) {
  SourceScope here(x);
  const name_scope scope(Or(name, "div"), GraphOf(x, y).impl());
  const Operands pair = SameType(x, y);
  const DataType type = BaseType(pair.x.dtype());
  const char* const op = IsFloating(type) || IsComplex(type) ? "RealDiv" : "FloorDiv";
  return OpBuilder(op, scope.name()).Input(pair.x).Input(pair.y).Build();
}

Output div_no_nan(Input x, Input y, std::string_view name) {
  SourceScope here(x);
  const name_scope scope(Or(name, "div_no_nan"), GraphOf(x, y).impl());
  Operands pair;
  if (!x.is_output() && y.is_output()) {
    pair = ForDivision(convert_to_tensor(x, BaseType(y.output().dtype()), "x"), y);
  } else {
    pair = ForDivision(x, y);
  }
  return OpBuilder("DivNoNan", scope.name()).Input(pair.x).Input(pair.y).Build();
}

Output multiply_no_nan(Input x, Input y, std::string_view name) {
  SourceScope here(x);
  const name_scope scope(Or(name, "multiply_no_nan"), GraphOf(x, y).impl());
  const Output left = convert_to_tensor(x, std::nullopt, "x");
  const Output right = convert_to_tensor(y, BaseType(left.dtype()), "y");
  return OpBuilder("MulNoNan", scope.name()).Input(left).Input(right).Build();
}

Output mod(Input x, Input y, std::string_view name) { return Binary("FloorMod", x, y, name); }

Output divide(Input x, Input y, std::string_view name) {
  SourceScope here(x);
  if (x.is_output()) return truediv(x, y, name);
  return truediv(convert_to_tensor(x, y.dtype()), y, name);
}

Output floordiv(Input x, Input y, std::string_view name) {
  return Binary("FloorDiv", x, y, name.empty() ? "floordiv" : name);
}

Output subtract(Input x, Input y, std::string_view name) { return Binary("Sub", x, y, name); }
Output multiply(Input x, Input y, std::string_view name) { return Binary("Mul", x, y, name); }
Output floormod(Input x, Input y, std::string_view name) { return Binary("FloorMod", x, y, name); }
Output maximum(Input x, Input y, std::string_view name) { return Binary("Maximum", x, y, name); }
Output minimum(Input x, Input y, std::string_view name) { return Binary("Minimum", x, y, name); }
Output pow(Input x, Input y, std::string_view name) { return Binary("Pow", x, y, name); }
Output squared_difference(Input x, Input y, std::string_view name) {
  return Binary("SquaredDifference", x, y, name);
}

Output truncatediv(Input x, Input y, std::string_view name) {
  return Binary("TruncateDiv", x, y, name);
}
Output truncatemod(Input x, Input y, std::string_view name) {
  return Binary("TruncateMod", x, y, name);
}
Output atan2(Input y, Input x, std::string_view name) { return Binary("Atan2", y, x, name); }
Output xlogy(Input x, Input y, std::string_view name) { return Binary("Xlogy", x, y, name); }
// TensorFlow's Python opens a scope here, and leaves the node its own name.
Output xdivy(Input x, Input y, std::string_view name) {
  SourceScope here(x);
  const name_scope scope(Or(name, "xdivy"), GraphOf(x, y).impl());
  return Binary("Xdivy", x, y, {});
}
Output xlog1py(Input x, Input y, std::string_view name) {
  SourceScope here(x);
  const name_scope scope(Or(name, "xlog1py"), GraphOf(x, y).impl());
  return Binary("Xlog1py", x, y, {});
}
Output nextafter(Input x1, Input x2, std::string_view name) {
  return Binary("NextAfter", x1, x2, name);
}
Output polygamma(Input a, Input x, std::string_view name) {
  return Binary("Polygamma", a, x, name);
}
Output igamma(Input a, Input x, std::string_view name) { return Binary("Igamma", a, x, name); }
Output igammac(Input a, Input x, std::string_view name) { return Binary("Igammac", a, x, name); }
Output zeta(Input x, Input q, std::string_view name) { return Binary("Zeta", x, q, name); }
Output bitwise_and(Input x, Input y, std::string_view name) {
  return Binary("BitwiseAnd", x, y, name);
}
Output bitwise_or(Input x, Input y, std::string_view name) {
  return Binary("BitwiseOr", x, y, name);
}
Output bitwise_xor(Input x, Input y, std::string_view name) {
  return Binary("BitwiseXor", x, y, name);
}
Output left_shift(Input x, Input y, std::string_view name) {
  return Binary("LeftShift", x, y, name);
}
Output right_shift(Input x, Input y, std::string_view name) {
  return Binary("RightShift", x, y, name);
}

}  // namespace sessile
