// Elementwise functions of two tensors with broadcasting, a row each. Their gradients are in
// binary_grad.cc.

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

Output truediv(Input x, Input y, std::string_view name) {
  SourceScope here(x);
  const std::array<Input, 2> inputs = {x, y};
  const name_scope scope(name.empty() ? "truediv" : name, graph_of(inputs).impl());
  Output left = convert_to_tensor(x, std::nullopt, "x");
  Output right = convert_to_tensor(y, std::nullopt, "y", BaseType(left.dtype()));
  if (BaseType(left.dtype()) != BaseType(right.dtype())) {
    errors::ThrowIfError(InvalidArgument("`x` and `y` must have the same dtype, got ",
                                         PythonName(BaseType(left.dtype())),
                                         " != ", PythonName(BaseType(right.dtype())), "."));
  }
  const DataType type = DivisionType(BaseType(left.dtype()));
  if (type != DataType::kInvalid) {
    left = cast(left, type);
    right = cast(right, type);
  }
  return OpBuilder("RealDiv", scope.name()).Input(left).Input(right).Build();
}

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

}  // namespace sessile
