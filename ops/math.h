// Arithmetic, comparisons, products and reductions.
//
//   auto loss = tf::reduce_mean(tf::square(tf::subtract(prediction, labels)));
//   auto correct = tf::equal(guess, truth);
//   auto accuracy = tf::reduce_mean(tf::cast(correct, tf::float32));
//
// Every function adds nodes to the graph of its inputs (the default graph if no input is of one)
// under the scopes that are open, with TensorFlow's names, and throws errors::InvalidArgumentError
// & co. for what TensorFlow refuses when a graph is built. `name` is the node's; left empty it is
// the operation's. Functions of two tensors broadcast as numpy does, and both must have one dtype:
// a number takes that of the other operand.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sessile/core/framework/data_type.h"
#include "sessile/core/graph/output.h"
#include "sessile/ops/axes.h"
#include "sessile/ops/input.h"

namespace sessile {

// Elementwise functions of one tensor.
Output negative(Input x, std::string_view name = {});  // -x
Output exp(Input x, std::string_view name = {});
Output log(Input x, std::string_view name = {});         // natural logarithm
Output log1p(Input x, std::string_view name = {});       // log(1 + x), exact for small x
Output reciprocal(Input x, std::string_view name = {});  // 1 / x
Output rsqrt(Input x, std::string_view name = {});       // 1 / sqrt(x)
Output sqrt(Input x, std::string_view name = {});
Output square(Input x, std::string_view name = {});
Output abs(Input x, std::string_view name = {});
Output sign(Input x, std::string_view name = {});  // -1, 0 or 1
Output tanh(Input x, std::string_view name = {});
Output sigmoid(Input x, std::string_view name = {});  // 1 / (1 + exp(-x))

// Elementwise functions of two tensors.
Output add(Input x, Input y, std::string_view name = {});
Output subtract(Input x, Input y, std::string_view name = {});
Output multiply(Input x, Input y, std::string_view name = {});
// x / y. Integers are cast to float32 (8 and 16 bits) or float64 first.
Output divide(Input x, Input y, std::string_view name = {});
Output truediv(Input x, Input y, std::string_view name = {});
// x / y rounded towards minus infinity, and the rest x - floordiv(x, y) * y, of y's sign.
Output floordiv(Input x, Input y, std::string_view name = {});
Output floormod(Input x, Input y, std::string_view name = {});
Output maximum(Input x, Input y, std::string_view name = {});
Output minimum(Input x, Input y, std::string_view name = {});
Output squared_difference(Input x, Input y, std::string_view name = {});  // (x - y)^2
Output pow(Input x, Input y, std::string_view name = {});                 // x^y

// Comparisons and logic, of bool.
Output equal(Input x, Input y, std::string_view name = {});
Output not_equal(Input x, Input y, std::string_view name = {});
Output less(Input x, Input y, std::string_view name = {});
Output less_equal(Input x, Input y, std::string_view name = {});
Output greater(Input x, Input y, std::string_view name = {});
Output greater_equal(Input x, Input y, std::string_view name = {});
Output logical_and(Input x, Input y, std::string_view name = {});
Output logical_or(Input x, Input y, std::string_view name = {});
Output logical_not(Input x, std::string_view name = {});

// `x` as another dtype; x itself, without a node, if it has that dtype. Numbers are cut towards
// zero.
Output cast(Input x, DataType dtype, std::string_view name = {});

// The sum of tensors of one shape. Of a single one: itself, or its identity under `name`.
Output add_n(const std::vector<Input>& inputs, std::string_view name = {});

// The matrix product of a [n, k] and b [k, m]; with transpose_a, a is [k, n], with transpose_b, b
// is [m, k]. (adjoint_a and adjoint_b are the same for real matrices.)
struct MatMulOptions {
  bool transpose_a = false;
  bool transpose_b = false;
  bool adjoint_a = false;
  bool adjoint_b = false;
  std::string name = {};
};
Output matmul(Input a, Input b, MatMulOptions options = {});

// Reductions over the dimensions of `axis`, all of them by default; with `keepdims` they stay, of
// size 1. The sum of no elements is 0, the product 1, the mean NaN, the maximum minus infinity.
struct ReduceOptions {
  Axes axis = {};
  bool keepdims = false;
  std::string name = {};
  Axes reduction_indices = {};  // TensorFlow's older name of `axis`
  bool keep_dims = false;       // and of `keepdims`
};
Output reduce_sum(Input input_tensor, ReduceOptions options = {});
Output reduce_mean(Input input_tensor, ReduceOptions options = {});
Output reduce_prod(Input input_tensor, ReduceOptions options = {});
Output reduce_max(Input input_tensor, ReduceOptions options = {});
Output reduce_min(Input input_tensor, ReduceOptions options = {});
Output reduce_all(Input input_tensor, ReduceOptions options = {});
Output reduce_any(Input input_tensor, ReduceOptions options = {});

// The index of the largest (smallest) element along `axis`, the first of several.
struct ArgMaxOptions {
  std::string name = {};
  DataType output_type = int64;
};
Output argmax(Input input, Input axis = 0, ArgMaxOptions options = {});
Output argmin(Input input, Input axis = 0, ArgMaxOptions options = {});

// The numbers start, start + delta, ... before `limit`; from 0 if there is no start.
struct RangeOptions {
  std::optional<DataType> dtype = {};
  std::string name = "range";
};
Output range(Input limit);
Output range(Input start, Input limit, Input delta = 1, RangeOptions options = {});

}  // namespace sessile
