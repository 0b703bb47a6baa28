// Comparisons and logic: bool from two tensors with broadcasting.

#include "sessile/core/framework/op_registry.h"
#include "sessile/core/framework/shape_inference.h"
#include "sessile/core/framework/status.h"
#include "sessile/ops/math.h"
#include "sessile/ops/op_builder.h"
#include "sessile/ops/register_all.h"

namespace sessile {
namespace {

// With incompatible_shape_error false, shapes that do not broadcast give the scalar "not equal".
absl::Status EqualShape(ShapeContext& ctx) {
  SESSILE_ASSIGN_OR_RETURN(const bool strict, ctx.Attr<bool>("incompatible_shape_error"));
  const Shape x = ctx.input(0);
  const Shape y = ctx.input(1);
  // All that can be said without the error: the shape of both, if they are the same.
  if (strict) return BroadcastBinaryShape(ctx);
  if (x.IsFullyDefined() && x == y) return BroadcastBinaryShape(ctx);
  return absl::OkStatus();
}

struct ComparisonOp {
  std::string_view op;
  std::string_view doc;
};

constexpr ComparisonOp kEqualities[] = {
    {"Equal", "Whether x == y."},
    {"NotEqual", "Whether x != y."},
};
constexpr ComparisonOp kOrders[] = {
    {"Less", "Whether x < y."},
    {"LessEqual", "Whether x <= y."},
    {"Greater", "Whether x > y."},
    {"GreaterEqual", "Whether x >= y."},
};
constexpr ComparisonOp kConnectives[] = {
    {"LogicalAnd", "Whether x and y both hold."},
    {"LogicalOr", "Whether x or y holds."},
};

constexpr std::string_view kOrderTypes =
    "T: {float, double, int32, uint8, int16, int8, int64, bfloat16, uint16, half, uint32, uint64}";
constexpr std::string_view kReason = "a truth value has no derivative";

Output Compare(std::string_view op, const Input& x, const Input& y, std::string_view name) {
  SourceScope here(x);
  return OpBuilder(op, name).Input(x).Input(y).Build();
}

}  // namespace

void RegisterComparison(OpRegistry& ops) {
  for (const ComparisonOp& row : kEqualities) {
    OpDefBuilder builder = ops.Add(row.op);
    builder.Input("x: T").Input("y: T").Output("z: bool").Attr("T: type");
    builder.Attr("incompatible_shape_error: bool = true").Commutative().Shape(EqualShape);
    builder.NotDifferentiable(kReason).Doc(row.doc);
  }
  for (const ComparisonOp& row : kOrders) {
    OpDefBuilder builder = ops.Add(row.op);
    builder.Input("x: T").Input("y: T").Output("z: bool").Attr(kOrderTypes);
    builder.Shape(BroadcastBinaryShape).NotDifferentiable(kReason).Doc(row.doc);
  }
  for (const ComparisonOp& row : kConnectives) {
    OpDefBuilder builder = ops.Add(row.op);
    builder.Input("x: bool").Input("y: bool").Output("z: bool").Commutative();
    builder.Shape(BroadcastBinaryShape).NotDifferentiable(kReason).Doc(row.doc);
  }
  ops.Add("LogicalNot")
      .Input("x: bool")
      .Output("y: bool")
      .Shape(UnchangedShape)
      .NotDifferentiable(kReason)
      .RowsIndependent()
      .Doc("Whether x does not hold.");
}

Output equal(Input x, Input y, std::string_view name) { return Compare("Equal", x, y, name); }
Output not_equal(Input x, Input y, std::string_view name) {
  return Compare("NotEqual", x, y, name);
}
Output less(Input x, Input y, std::string_view name) { return Compare("Less", x, y, name); }
Output less_equal(Input x, Input y, std::string_view name) {
  return Compare("LessEqual", x, y, name);
}
Output greater(Input x, Input y, std::string_view name) { return Compare("Greater", x, y, name); }
Output greater_equal(Input x, Input y, std::string_view name) {
  return Compare("GreaterEqual", x, y, name);
}
Output logical_and(Input x, Input y, std::string_view name) {
  return Compare("LogicalAnd", x, y, name);
}
Output logical_or(Input x, Input y, std::string_view name) {
  return Compare("LogicalOr", x, y, name);
}
Output logical_xor(Input x, Input y, std::string_view name) {
  SourceScope here(x);
  const Output either = logical_or(x, y);
  const Output both = logical_and(x, y);
  return logical_and(either, logical_not(both), name);
}
Output logical_not(Input x, std::string_view name) {
  SourceScope here(x);
  return OpBuilder("LogicalNot", name).Input(x).Build();
}

}  // namespace sessile
