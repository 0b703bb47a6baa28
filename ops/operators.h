// Arithmetic and comparison operators of tensors, as Python has them.
//
//   auto y = x * w + 1.0;      // nodes "mul", "add/y", "add"
//   auto big = x > 0.5;        // a bool tensor
//
// At least one operand is an Output or a Variable; the other may be a value, which takes its dtype.
// Both broadcast as numpy does. Division is Python's: integers are cast to a floating type first.
// `==` asks whether two handles are the same tensor; tf::equal compares the values.
//
// C++ does not say which operand is built first: in `a * 2 + b * 3` the names "mul" and "mul_1" may
// go either way. Build siblings in statements of their own where names matter.
#pragma once

#include <concepts>

#include "sessile/core/framework/source_location.h"
#include "sessile/core/graph/output.h"
#include "sessile/ops/input.h"

namespace sessile {

// An operand that is a tensor of a graph, and knows the line that it stands on.
class TensorOperand {
 public:
  template <typename V>
  requires std::convertible_to<const V&, Output> TensorOperand(
      const V& tensor,  // NOLINT: meant to convert
      SourceLocation at = SourceLocation::Current())
      : input_(tensor, at) {}
  const Input& input() const { return input_; }

 private:
  Input input_;
};

// An operand that is a value.
class ValueOperand {
 public:
  template <typename V>
  requires(!std::convertible_to<const V&, Output> && std::convertible_to<const V&, Input>)
      ValueOperand(const V& value,  // NOLINT: meant to convert
                   SourceLocation at = SourceLocation::Current())
      : input_(value, at) {}
  const Input& input() const { return input_; }

 private:
  Input input_;
};

Output operator+(TensorOperand x, TensorOperand y);
Output operator+(TensorOperand x, ValueOperand y);
Output operator+(ValueOperand x, TensorOperand y);
Output operator-(TensorOperand x, TensorOperand y);
Output operator-(TensorOperand x, ValueOperand y);
Output operator-(ValueOperand x, TensorOperand y);
Output operator*(TensorOperand x, TensorOperand y);
Output operator*(TensorOperand x, ValueOperand y);
Output operator*(ValueOperand x, TensorOperand y);
Output operator/(TensorOperand x, TensorOperand y);
Output operator/(TensorOperand x, ValueOperand y);
Output operator/(ValueOperand x, TensorOperand y);
// The remainder of floor division: it has the sign of y.
Output operator%(TensorOperand x, TensorOperand y);
Output operator%(TensorOperand x, ValueOperand y);
Output operator%(ValueOperand x, TensorOperand y);
Output operator-(TensorOperand x);

// Of bools the logical operation, of integers that of their bits.
Output operator&(TensorOperand x, TensorOperand y);
Output operator&(TensorOperand x, ValueOperand y);
Output operator&(ValueOperand x, TensorOperand y);
Output operator|(TensorOperand x, TensorOperand y);
Output operator|(TensorOperand x, ValueOperand y);
Output operator|(ValueOperand x, TensorOperand y);
Output operator^(TensorOperand x, TensorOperand y);
Output operator^(TensorOperand x, ValueOperand y);
Output operator^(ValueOperand x, TensorOperand y);
Output operator~(TensorOperand x);

Output operator<(TensorOperand x, TensorOperand y);
Output operator<(TensorOperand x, ValueOperand y);
Output operator<(ValueOperand x, TensorOperand y);
Output operator<=(TensorOperand x, TensorOperand y);
Output operator<=(TensorOperand x, ValueOperand y);
Output operator<=(ValueOperand x, TensorOperand y);
Output operator>(TensorOperand x, TensorOperand y);
Output operator>(TensorOperand x, ValueOperand y);
Output operator>(ValueOperand x, TensorOperand y);
Output operator>=(TensorOperand x, TensorOperand y);
Output operator>=(TensorOperand x, ValueOperand y);
Output operator>=(ValueOperand x, TensorOperand y);

}  // namespace sessile
