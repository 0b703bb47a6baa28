// tf.norm, of vectors and of matrices.

#include <limits>

#include "absl/strings/str_cat.h"
#include "sessile/core/framework/errors.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/graph/scope.h"
#include "sessile/ops/array.h"
#include "sessile/ops/math.h"
#include "sessile/ops/op_builder.h"
#include "sessile/ops/operators.h"

namespace sessile {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

absl::Status CheckOrder(const NormOrder& ord, const std::vector<int64_t>& axes) {
  if (axes.size() > 2 || (axes.size() == 2 && axes[0] == axes[1])) {
    return InvalidArgument("'axis' must be None, an integer, or 2 unique integers, got ",
                           Shape(axes).ToString());
  }
  const bool is_matrix_norm = axes.size() == 2;
  const std::string shown = ord.name.empty() ? absl::StrCat(ord.number) : ord.name;
  if (is_matrix_norm && ord.number == 2) return Unimplemented("norm of matrices with 'ord' 2");
  const bool is_known = ord.name == "euclidean" || (ord.name == "fro" && is_matrix_norm) ||
                        ord.number == 1 || ord.number == kInfinity ||
                        (!is_matrix_norm && ord.number > 0);
  if (is_known) return absl::OkStatus();
  return InvalidArgument("'ord' must be a supported ", is_matrix_norm ? "matrix" : "vector",
                         " norm, got ", shown);
}

// Of `axes`, the one at `i`; all where none are given.
Axes AxisAt(const std::vector<int64_t>& axes, size_t i) {
  return axes.empty() ? Axes() : Axes(axes[i]);
}

// Largest sum of magnitudes along an axis, over the other one; of vectors there is only one.
Output SumOfMagnitudes(const Output& x, const std::vector<int64_t>& axes) {
  const Output sums = reduce_sum(abs(x), {.axis = AxisAt(axes, 0), .keepdims = true});
  return axes.size() == 2 ? reduce_max(sums, {.axis = axes[1], .keepdims = true}) : sums;
}

Output LargestMagnitude(const Output& x, const std::vector<int64_t>& axes) {
  Output magnitudes = abs(x);
  if (axes.size() == 2) magnitudes = reduce_sum(magnitudes, {.axis = axes[1], .keepdims = true});
  return reduce_max(magnitudes, {.axis = AxisAt(axes, 0), .keepdims = true});
}

}  // namespace

Output norm(Input tensor, NormOptions options) {
  SourceScope here(tensor);
  std::vector<int64_t> axes;
  if (options.axis.has_value()) axes = options.axis.ints();
  const NormOrder& ord = options.ord;
  errors::ThrowIfError(CheckOrder(ord, axes));
  const name_scope scope(options.name.empty() ? "norm" : options.name,
                         graph_of({&tensor, 1}).impl());
  const Output x = convert_to_tensor(tensor);
  // TensorFlow makes a list of one axis too.
  const Axes axis = axes.empty() ? Axes() : Axes(axes);
  const ReduceOptions kept = {.axis = axis, .keepdims = true};
  Output result;
  if (!ord.name.empty() || ord.number == 2) {
    const Output conjugate = conj(x);
    result = sqrt(reduce_sum(x * conjugate, kept));
  } else if (ord.number == 1) {
    result = SumOfMagnitudes(x, axes);
  } else if (ord.number == kInfinity) {
    result = LargestMagnitude(x, axes);
  } else {
    const Output powers = pow(abs(x), ord.number);
    result = pow(reduce_sum(powers, kept), 1.0 / ord.number);
  }
  return options.keepdims ? result : squeeze(result, {.axis = axis});
}

}  // namespace sessile
