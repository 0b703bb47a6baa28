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
#include <type_traits>
#include <utility>
#include <vector>

#include "sessile/core/framework/data_type.h"
#include "sessile/core/graph/output.h"
#include "sessile/ops/axes.h"
#include "sessile/ops/indexed_slices.h"
#include "sessile/ops/input.h"
#include "sessile/ops/int_list.h"

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
Output abs(Input x, std::string_view name = {});  // also of complex numbers, whose |x| is real
// re + i im, of float32 or float64.
Output complex(Input re, Input im, std::string_view name = {});
// Of a complex number its parts, |x| e^(i angle) = real + i imag. Real numbers are their own real
// part and conjugate.
Output real(Input x, std::string_view name = {});
Output imag(Input x, std::string_view name = {});
Output angle(Input x, std::string_view name = {});
Output conj(Input x, std::string_view name = {});
Output sign(Input x, std::string_view name = {});  // -1, 0 or 1; x / |x| of complex numbers
Output tanh(Input x, std::string_view name = {});
Output sigmoid(Input x, std::string_view name = {});  // 1 / (1 + exp(-x))
Output expm1(Input x, std::string_view name = {});    // exp(x) - 1, exact for small x
Output sin(Input x, std::string_view name = {});
Output cos(Input x, std::string_view name = {});
Output tan(Input x, std::string_view name = {});
Output asin(Input x, std::string_view name = {});
Output acos(Input x, std::string_view name = {});
Output atan(Input x, std::string_view name = {});
Output sinh(Input x, std::string_view name = {});
Output cosh(Input x, std::string_view name = {});
Output asinh(Input x, std::string_view name = {});
Output acosh(Input x, std::string_view name = {});
Output atanh(Input x, std::string_view name = {});
Output erf(Input x, std::string_view name = {});      // the error function
Output erfc(Input x, std::string_view name = {});     // 1 - erf(x)
Output erfinv(Input x, std::string_view name = {});   // the inverse of erf
Output ndtri(Input x, std::string_view name = {});    // the quantile of the normal distribution
Output lgamma(Input x, std::string_view name = {});   // log(|Gamma(x)|)
Output digamma(Input x, std::string_view name = {});  // the derivative of lgamma
Output floor(Input x, std::string_view name = {});
Output ceil(Input x, std::string_view name = {});
Output rint(Input x, std::string_view name = {});
// The nearest whole number, of two equally near ones the even; integers as they are.
Output round(Input x, std::string_view name = {});
// Of bool.
Output is_nan(Input x, std::string_view name = {});
Output is_inf(Input x, std::string_view name = {});
Output is_finite(Input x, std::string_view name = {});

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
// Python 2's division: of integers rounded down.
Output div(Input x, Input y, std::string_view name = {});
Output mod(Input x, Input y, std::string_view name = {});  // floormod
// Integer division cut towards zero, and its rest, of x's sign.
Output truncatediv(Input x, Input y, std::string_view name = {});
Output truncatemod(Input x, Input y, std::string_view name = {});
// x / y and x * y, but 0 where y is 0, whatever x is.
Output div_no_nan(Input x, Input y, std::string_view name = {});
Output multiply_no_nan(Input x, Input y, std::string_view name = {});
Output atan2(Input y, Input x, std::string_view name = {});  // the angle of the point (x, y)
// x log(y) and x / y, but 0 where x is 0.
Output xlogy(Input x, Input y, std::string_view name = {});
Output xdivy(Input x, Input y, std::string_view name = {});
// x log(1 + y), and 0 where x is 0.
Output xlog1py(Input x, Input y, std::string_view name = {});
// The number next to x1 in the direction of x2.
Output nextafter(Input x1, Input x2, std::string_view name = {});
// The regularized incomplete gamma functions P(a, x) and Q(a, x) = 1 - P(a, x), a > 0, x >= 0.
Output igamma(Input a, Input x, std::string_view name = {});
Output igammac(Input a, Input x, std::string_view name = {});
// The regularized incomplete beta function I_x(a, b) of a, b > 0 and 0 <= x <= 1.
Output betainc(Input a, Input b, Input x, std::string_view name = {});
Output polygamma(Input a, Input x, std::string_view name = {});  // derivative `a` of digamma
Output zeta(Input x, Input q, std::string_view name = {});       // sum of (q + i)^-x, i >= 0

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
Output logical_xor(Input x, Input y, std::string_view name = "LogicalXor");

// Bits of integers, one by one. A right shift keeps the sign; the bits of y beyond the width of x
// do not count.
Output bitwise_and(Input x, Input y, std::string_view name = {});
Output bitwise_or(Input x, Input y, std::string_view name = {});
Output bitwise_xor(Input x, Input y, std::string_view name = {});
Output left_shift(Input x, Input y, std::string_view name = {});
Output right_shift(Input x, Input y, std::string_view name = {});
Output invert(Input x, std::string_view name = {});

// `x` as another dtype; x itself, without a node, if it has that dtype. Numbers are cut towards
// zero.
Output cast(Input x, DataType dtype, std::string_view name = {});

// Casts by TensorFlow's older names.
Output to_float(Input x, std::string_view name = "ToFloat");
Output to_double(Input x, std::string_view name = "ToDouble");
Output to_int32(Input x, std::string_view name = "ToInt32");
Output to_int64(Input x, std::string_view name = "ToInt64");

// The sum of tensors of one shape. Of a single one: itself, or its identity under `name`.
Output add_n(const InputList& inputs, std::string_view name = {});

// The same, with checks of `shape` and `tensor_dtype`, if they are given.
struct AccumulateNOptions {
  Shape shape = Shape::Unknown();
  std::optional<DataType> tensor_dtype = {};
  std::string name = {};
};
Output accumulate_n(const InputList& inputs, const AccumulateNOptions& options = {});

// The matrix product of a [..., n, k] and b [..., k, m], whose batches broadcast; with transpose_a,
// a is [k, n], with transpose_b, b is [m, k]. (adjoint_a and adjoint_b are the same for real
// matrices.)
struct MatMulOptions {
  bool transpose_a = false;
  bool transpose_b = false;
  bool adjoint_a = false;
  bool adjoint_b = false;
  std::string name = {};
};
Output matmul(Input a, Input b, MatMulOptions options = {});

// Dimensions that tensordot sums over: the last `count` of a and the first of b, or those of two
// lists (or numbers), the first one of a's dimensions.
class TensordotAxes {
 public:
  TensordotAxes(int64_t count) : count_(count) {}  // NOLINT: meant to convert
  TensordotAxes(IntList of_a, IntList of_b) : of_a_(std::move(of_a)), of_b_(std::move(of_b)) {}
  const std::optional<int64_t>& count() const { return count_; }
  // Without meaning if there is a count.
  const std::vector<int64_t>& of_a() const { return of_a_.values(); }
  const std::vector<int64_t>& of_b() const { return of_b_.values(); }

 private:
  std::optional<int64_t> count_;
  IntList of_a_;
  IntList of_b_;
};
// The sum of products over pairs of dimensions; the others remain, those of `a` before those of
// `b`. One matrix product.
//   tensordot(x, w, {{2}, {0}}) of x [batch, time, n] and w [n, m] is [batch, time, m]
Output tensordot(Input a, Input b, const TensordotAxes& axes, std::string_view name = {});

// The sums of the main diagonals of matrices [..., m, n].
Output trace(Input x, std::string_view name = {});

// Sums of products of the elements of one or two tensors, whose dimensions `equation` names:
// "ij,jk->ik" is the matrix product, "ii->i" the diagonal, "bij->b" a sum. "..." stands for
// dimensions that broadcast; without "->" the labels that occur once stay, in alphabetical order.
Output einsum(const std::string& equation, const InputList& inputs, std::string_view name = {});

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
Output reduce_euclidean_norm(Input input_tensor, ReduceOptions options = {});
Output reduce_max(Input input_tensor, ReduceOptions options = {});
Output reduce_min(Input input_tensor, ReduceOptions options = {});
Output reduce_all(Input input_tensor, ReduceOptions options = {});
Output reduce_any(Input input_tensor, ReduceOptions options = {});
// log(sum(e^x)), without overflow.
Output reduce_logsumexp(Input input_tensor, ReduceOptions options = {});

// How many of `values` lie in each of `nbins` parts of equal width of value_range = {low, high}.
// What is beyond counts for the first or the last part.
struct HistogramFixedWidthOptions {
  Input nbins = 100;
  DataType dtype = int32;
  std::string name = {};
};
Output histogram_fixed_width(Input values, Input value_range,
                             const HistogramFixedWidthOptions& options = {});

// How many elements are not zero (or true).
struct CountOptions {
  Axes axis = {};
  bool keepdims = false;
  DataType dtype = int64;
  std::string name = {};
};
Output count_nonzero(Input input_tensor, CountOptions options = {});

// "euclidean", "fro" (of matrices, and the same for them) or a number above 0, infinity too.
struct NormOrder {
  // NOLINTBEGIN(google-explicit-constructor): meant to convert
  template <typename T>
  requires std::is_arithmetic_v<T> NormOrder(T order) : number(static_cast<double>(order)) {}
  NormOrder(const char* order) : name(order) {}
  // NOLINTEND(google-explicit-constructor)
  std::string name = {};
  double number = 0;  // where there is no name
};

// The norm of all elements as one vector, or of the vectors along one axis: (sum |x|^ord)^(1/ord);
// infinity is the largest magnitude. Of the matrices along two axes: the root of the sum of
// squares; 1 and infinity are the largest sum of magnitudes along the first and the second axis.
// Throws errors::UnimplementedError for 2, the largest singular value.
struct NormOptions {
  NormOrder ord = "euclidean";
  Axes axis = {};
  bool keepdims = false;
  std::string name = {};
};
Output norm(Input tensor, NormOptions options = {});

// The sums and products of the elements up to each one along `axis`, or with `exclusive` of those
// before it; with `reverse` from the other end.
struct CumOptions {
  bool exclusive = false;
  bool reverse = false;
  std::string name = {};
};
Output cumsum(Input x, Input axis = 0, CumOptions options = {});
Output cumprod(Input x, Input axis = 0, CumOptions options = {});
// log(cumsum(e^x)), without overflow.
Output cumulative_logsumexp(Input x, Input axis = 0, CumOptions options = {});

// The sums of the rows of `data` with one id: segment_ids are sorted, or there are num_segments of
// them, and rows with a negative id are dropped.
Output segment_sum(Input data, Input segment_ids, std::string_view name = {});
Output unsorted_segment_sum(Input data, Input segment_ids, Input num_segments,
                            std::string_view name = {});

// The sums, means, or sums over the root of their number, of the rows of `data` that `indices`
// names, those with one id of segment_ids, which are sorted.
struct SparseSegmentOptions {
  std::string name = {};
  std::optional<Input> num_segments = {};
};
Output sparse_segment_sum(Input data, Input indices, Input segment_ids,
                          const SparseSegmentOptions& options = {});
Output sparse_segment_mean(Input data, Input indices, Input segment_ids,
                           const SparseSegmentOptions& options = {});
Output sparse_segment_sqrt_n(Input data, Input indices, Input segment_ids,
                             const SparseSegmentOptions& options = {});

// `t` with its elements kept between two bounds.
Output clip_by_value(Input t, Input clip_value_min, Input clip_value_max,
                     std::string_view name = {});
// Of a gradient: slices stay slices, of which the rows are clipped.
Gradient clip_by_value(const IsGradient auto& t, Input clip_value_min, Input clip_value_max,
                       std::string_view name = {}) {
  const Gradient gradient = t;
  return gradient.WithValues(
      clip_by_value(gradient.values(), clip_value_min, clip_value_max, name));
}

// `t`, scaled down if its norm (over `axes`, by default all of them) is above `clip_norm`.
struct ClipByNormOptions {
  Axes axes = {};
  std::string name = {};
};
Output clip_by_norm(Input t, Input clip_norm, ClipByNormOptions options = {});
// Of a gradient: slices stay slices, and the norm is that of their rows.
Gradient clip_by_norm(const IsGradient auto& t, Input clip_norm, ClipByNormOptions options = {}) {
  const Gradient gradient = t;
  return gradient.WithValues(clip_by_norm(gradient.values(), clip_norm, std::move(options)));
}

// `t`, scaled down if its norm, divided by the number of its elements, is above `clip_norm`.
Output clip_by_average_norm(Input t, Input clip_norm, std::string_view name = {});

// The norm of all tensors, and of the rows of slices, as one vector. What has no value does not
// count.
Output global_norm(const GradientList& t_list, std::string_view name = {});

// All tensors scaled down by one factor if their common norm is above `clip_norm`, and that norm.
//   auto [clipped, norm] = tf::clip_by_global_norm(tf::gradients(loss, weights), 5.0);
struct ClipByGlobalNormOptions {
  Output use_norm = {};  // their norm, if it is known already
  std::string name = {};
};
struct ClippedTensors {
  GradientList list_clipped;  // slices stay slices
  Output global_norm;
};
ClippedTensors clip_by_global_norm(const GradientList& t_list, Input clip_norm,
                                   ClipByGlobalNormOptions options = {});

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
