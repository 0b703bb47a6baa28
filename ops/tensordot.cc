// tensordot: the operands as matrices, multiplied, and back.

#include <algorithm>
#include <functional>
#include <numeric>

#include "sessile/core/framework/errors.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/graph/scope.h"
#include "sessile/ops/array.h"
#include "sessile/ops/math.h"
#include "sessile/ops/op_builder.h"
#include "sessile/ops/operators.h"

namespace sessile {
namespace {

using Dims = std::vector<int64_t>;

// Dimensions: as numbers, or as a tensor where even the rank is not known.
struct AxisList {
  std::optional<Dims> known;
  Output tensor;
};

struct BothAxes {
  AxisList a;
  AxisList b;
};

// An operand as a matrix whose rows (or columns) are what is summed over.
struct Matrix {
  Output value;
  std::optional<Dims>
      free;            // the sizes of the dimensions that remain, if all of the shape is known
  Output free_tensor;  // else
  Shape free_shape;    // the same, as far as it is known
};

Dims FromTo(int64_t first, int64_t end) {
  Dims numbers(static_cast<size_t>(std::max<int64_t>(end - first, 0)));
  std::iota(numbers.begin(), numbers.end(), first);
  return numbers;
}

BothAxes AxesByCount(const Output& a, int64_t count) {
  if (count < 0) {
    errors::ThrowIfError(InvalidArgument("`axes` must be at least 0. Received: ", count, "."));
  }
  const Shape shape = a.get_shape();
  if (!shape.has_rank()) {
    const Output dimensions = rank(a);
    const Output first = dimensions - count;
    const Output of_a = range(first, dimensions, 1, {.dtype = int32});
    return {{std::nullopt, of_a}, {std::nullopt, range(0, count, 1, {.dtype = int32})}};
  }
  if (count > shape.rank()) {
    errors::ThrowIfError(InvalidArgument(
        "`axes` must not be larger than the number of dimensions of tensor ", a.name(),
        ".  Received ", count, ", vs tensor dimensions ", shape.rank(), "."));
  }
  return {{FromTo(shape.rank() - count, shape.rank()), {}}, {FromTo(0, count), {}}};
}

BothAxes AxesOf(const Output& a, const TensordotAxes& axes) {
  if (axes.count().has_value()) return AxesByCount(a, *axes.count());
  if (axes.of_a().size() != axes.of_b().size()) {
    errors::ThrowIfError(InvalidArgument("Different number of contraction axes `a` and `b`, ",
                                         axes.of_a().size(), " != ", axes.of_b().size(), "."));
  }
  return {{axes.of_a(), {}}, {axes.of_b(), {}}};
}

// The axes, counted from the front, and the others.
struct Split {
  Dims summed;
  Dims free;
};

Split SplitAxes(const Shape& shape, const Dims& axes) {
  Split split;
  for (const int64_t axis : axes) {
    if (axis < -shape.rank() || axis >= shape.rank()) {
      errors::ThrowIfError(InvalidArgument("tensordot: axis ", axis,
                                           " is out of range for a tensor of shape ",
                                           shape.ToPythonString()));
    }
    split.summed.push_back(axis < 0 ? axis + shape.rank() : axis);
  }
  for (int64_t i = 0; i < shape.rank(); ++i) {
    const auto& summed = split.summed;
    if (std::find(summed.begin(), summed.end(), i) == summed.end()) split.free.push_back(i);
  }
  return split;
}

Dims SizesOf(const Shape& shape, const Dims& axes) {
  Dims sizes;
  for (const int64_t axis : axes) sizes.push_back(shape.dim(static_cast<int>(axis)));
  return sizes;
}

int64_t Product(const Dims& sizes) {
  return std::accumulate(sizes.begin(), sizes.end(), int64_t{1}, std::multiplies<>());
}

// Transposed and reshaped only where that changes something.
Matrix MatrixOfKnownShape(const Output& x, const Dims& axes, bool summed_first) {
  const Shape shape = x.get_shape();
  const auto [summed, free] = SplitAxes(shape, axes);
  const Dims free_sizes = SizesOf(shape, free);
  const int64_t rows = Product(free_sizes);
  const int64_t columns = Product(SizesOf(shape, summed));
  Dims order = summed_first ? summed : free;
  const Dims& rest = summed_first ? free : summed;
  order.insert(order.end(), rest.begin(), rest.end());
  const Dims sizes = summed_first ? Dims{columns, rows} : Dims{rows, columns};
  Output matrix = x;
  if (order != FromTo(0, shape.rank())) matrix = transpose(matrix, order);
  if (matrix.get_shape() != Shape(sizes)) matrix = reshape(matrix, sizes);
  return {matrix, free_sizes, {}, Shape(free_sizes)};
}

// The axes of a tensor of unknown shape, and the others, as tensors.
struct SplitTensors {
  Output shape;
  Output summed;
  Output free;
  Shape free_shape;
};

SplitTensors SplitAtRunTime(const Output& x, const AxisList& axes) {
  const Shape known = x.get_shape();
  if (known.has_rank() && axes.known.has_value()) {
    const auto [summed, free] = SplitAxes(known, *axes.known);
    const Output summed_axes = convert_to_tensor(summed, int32, "axes");
    const Output free_axes = convert_to_tensor(free, int32, "free");
    return {shape(x), summed_axes, free_axes, Shape(SizesOf(known, free))};
  }
  const Output dims = shape(x);
  const Output dimensions = rank(x);
  const Output given =
      axes.known.has_value() ? convert_to_tensor(*axes.known, int32, "axes") : axes.tensor;
  const Output is_counted = given >= 0;
  const Output counted = given + dimensions;
  const Output summed = where(is_counted, given, counted);
  const Output free = setdiff1d(range(dimensions), summed).out;
  return {dims, summed, free, Shape::Unknown()};
}

Matrix MatrixOf(const Output& x, const AxisList& axes, bool summed_first) {
  if (x.get_shape().IsFullyDefined() && axes.known.has_value()) {
    return MatrixOfKnownShape(x, *axes.known, summed_first);
  }
  const SplitTensors split = SplitAtRunTime(x, axes);
  const Output free_sizes = gather(split.shape, split.free);
  const Output summed_sizes = gather(split.shape, split.summed);
  const Output rows = reduce_prod(free_sizes);
  const Output columns = reduce_prod(summed_sizes);
  const Output order =
      summed_first ? concat({split.summed, split.free}, 0) : concat({split.free, split.summed}, 0);
  const Output sizes = summed_first ? stack({columns, rows}) : stack({rows, columns});
  return {reshape(transpose(x, order), sizes), std::nullopt, free_sizes, split.free_shape};
}

Output FreeSizes(const Matrix& matrix) {
  return matrix.free.has_value() ? convert_to_tensor(*matrix.free, int32) : matrix.free_tensor;
}

}  // namespace

Output tensordot(Input a, Input b, const TensordotAxes& axes, std::string_view name) {
  SourceScope here(a);
  const std::vector<Input> inputs = {a, b};
  const Graph graph = graph_of(inputs);
  const DefaultGraphScope with = graph.as_default();
  const name_scope scope(name.empty() ? "Tensordot" : name);
  const Output left = convert_to_tensor(a, std::nullopt, "a");
  const Output right = convert_to_tensor(b, std::nullopt, "b");
  const BothAxes both = AxesOf(left, axes);
  const Matrix rows = MatrixOf(left, both.a, false);
  const Matrix columns = MatrixOf(right, both.b, true);
  const Output product = matmul(rows.value, columns.value);
  if (rows.free.has_value() && columns.free.has_value()) {
    Dims sizes = *rows.free;
    sizes.insert(sizes.end(), columns.free->begin(), columns.free->end());
    if (product.get_shape() == Shape(sizes)) return product;
    return reshape(product, sizes, scope.name());
  }
  const Output left_sizes = FreeSizes(rows);
  const Output right_sizes = FreeSizes(columns);
  const Output result = reshape(product, concat({left_sizes, right_sizes}, 0), scope.name());
  if (rows.free_shape.has_rank() && columns.free_shape.has_rank()) {
    result.set_shape(Shape::Concat(rows.free_shape, columns.free_shape));
  }
  return result;
}

}  // namespace sessile
