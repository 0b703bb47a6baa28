#include "sessile/ops/operators.h"

#include <array>

#include "sessile/core/framework/errors.h"
#include "sessile/core/graph/scope.h"
#include "sessile/ops/convert.h"
#include "sessile/ops/math.h"
#include "sessile/ops/op_builder.h"

namespace sessile {
namespace {

// Python's operators of variables read the one that they belong to first.
Input Value(const Input& x) { return !x.is_lazy() ? x : Input(x.Read(), x.location()); }

using BinaryFn = Output (*)(Input x, Input y, std::string_view name);

// `fn` under the name that Python's operator gives it. A value on the left takes the dtype of the
// right; TensorFlow calls its Const "x".
Output Apply(BinaryFn fn, std::string_view name, const Input& left_operand, const Input& right) {
  SourceScope here(left_operand.is_output() ? left_operand : right);
  const bool is_left = left_operand.is_output();
  const Input x = is_left ? Value(left_operand) : left_operand;
  const Input y = is_left ? right : Value(right);
  const std::array<Input, 2> inputs = {x, y};
  const Graph graph = graph_of(inputs);
  const name_scope scope(name, graph.impl());
  if (x.is_output()) return fn(x, y, scope.name());
  const Output left = errors::ValueOrThrow(ConvertToTensor(*graph.impl(), x, y.dtype(), "x"));
  return fn(left, y, scope.name());
}

// Python's operators of bits are those of logic for bools; those of integers leave their names to
// the operation.
Output And(Input x, Input y, std::string_view name) {
  return x.dtype() == bool_ ? logical_and(x, y, name) : bitwise_and(x, y);
}
Output Or(Input x, Input y, std::string_view name) {
  return x.dtype() == bool_ ? logical_or(x, y, name) : bitwise_or(x, y);
}
Output Xor(Input x, Input y, std::string_view name) {
  return x.dtype() == bool_ ? logical_xor(x, y, name) : bitwise_xor(x, y);
}
Output Not(const Input& x) { return x.dtype() == bool_ ? logical_not(x) : invert(x); }

// Python turns `value < tensor` around.
Output Compare(std::string_view op, const Input& x, const Input& y) {
  SourceScope here(x);
  return OpBuilder(op).Input(Value(x)).Input(y).Build();
}

}  // namespace

// clang-format off
Output operator+(TensorOperand x, TensorOperand y) { return Apply(add, "add", x.input(), y.input()); }
Output operator+(TensorOperand x, ValueOperand y) { return Apply(add, "add", x.input(), y.input()); }
Output operator+(ValueOperand x, TensorOperand y) { return Apply(add, "add", x.input(), y.input()); }
Output operator-(TensorOperand x, TensorOperand y) { return Apply(subtract, "sub", x.input(), y.input()); }
Output operator-(TensorOperand x, ValueOperand y) { return Apply(subtract, "sub", x.input(), y.input()); }
Output operator-(ValueOperand x, TensorOperand y) { return Apply(subtract, "sub", x.input(), y.input()); }
Output operator*(TensorOperand x, TensorOperand y) { return Apply(multiply, "mul", x.input(), y.input()); }
Output operator*(TensorOperand x, ValueOperand y) { return Apply(multiply, "mul", x.input(), y.input()); }
Output operator*(ValueOperand x, TensorOperand y) { return Apply(multiply, "mul", x.input(), y.input()); }
Output operator/(TensorOperand x, TensorOperand y) { return Apply(truediv, "truediv", x.input(), y.input()); }
Output operator/(TensorOperand x, ValueOperand y) { return Apply(truediv, "truediv", x.input(), y.input()); }
Output operator/(ValueOperand x, TensorOperand y) { return Apply(truediv, "truediv", x.input(), y.input()); }
Output operator%(TensorOperand x, TensorOperand y) { return Apply(floormod, "mod", x.input(), y.input()); }
Output operator%(TensorOperand x, ValueOperand y) { return Apply(floormod, "mod", x.input(), y.input()); }
Output operator%(ValueOperand x, TensorOperand y) { return Apply(floormod, "mod", x.input(), y.input()); }
Output operator-(TensorOperand x) { return negative(Value(x.input())); }

Output operator&(TensorOperand x, TensorOperand y) { return Apply(And, "and", x.input(), y.input()); }
Output operator&(TensorOperand x, ValueOperand y) { return Apply(And, "and", x.input(), y.input()); }
Output operator&(ValueOperand x, TensorOperand y) { return Apply(And, "and", x.input(), y.input()); }
Output operator|(TensorOperand x, TensorOperand y) { return Apply(Or, "or", x.input(), y.input()); }
Output operator|(TensorOperand x, ValueOperand y) { return Apply(Or, "or", x.input(), y.input()); }
Output operator|(ValueOperand x, TensorOperand y) { return Apply(Or, "or", x.input(), y.input()); }
Output operator^(TensorOperand x, TensorOperand y) { return Apply(Xor, "xor", x.input(), y.input()); }
Output operator^(TensorOperand x, ValueOperand y) { return Apply(Xor, "xor", x.input(), y.input()); }
Output operator^(ValueOperand x, TensorOperand y) { return Apply(Xor, "xor", x.input(), y.input()); }
Output operator~(TensorOperand x) { return Not(Value(x.input())); }

Output operator<(TensorOperand x, TensorOperand y) { return Compare("Less", x.input(), y.input()); }
Output operator<(TensorOperand x, ValueOperand y) { return Compare("Less", x.input(), y.input()); }
Output operator<(ValueOperand x, TensorOperand y) { return Compare("Greater", y.input(), x.input()); }
Output operator<=(TensorOperand x, TensorOperand y) { return Compare("LessEqual", x.input(), y.input()); }
Output operator<=(TensorOperand x, ValueOperand y) { return Compare("LessEqual", x.input(), y.input()); }
Output operator<=(ValueOperand x, TensorOperand y) { return Compare("GreaterEqual", y.input(), x.input()); }
Output operator>(TensorOperand x, TensorOperand y) { return Compare("Greater", x.input(), y.input()); }
Output operator>(TensorOperand x, ValueOperand y) { return Compare("Greater", x.input(), y.input()); }
Output operator>(ValueOperand x, TensorOperand y) { return Compare("Less", y.input(), x.input()); }
Output operator>=(TensorOperand x, TensorOperand y) { return Compare("GreaterEqual", x.input(), y.input()); }
Output operator>=(TensorOperand x, ValueOperand y) { return Compare("GreaterEqual", x.input(), y.input()); }
Output operator>=(ValueOperand x, TensorOperand y) { return Compare("LessEqual", y.input(), x.input()); }
// clang-format on

}  // namespace sessile
