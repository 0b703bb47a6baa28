#include "sessile/ops/broadcast_grad.h"

#include <algorithm>
#include <optional>

#include "sessile/core/framework/shape.h"
#include "sessile/ops/array.h"
#include "sessile/ops/math.h"
#include "sessile/ops/op_builder.h"

namespace sessile {
namespace {

struct StaticAxes {
  std::vector<int64_t> x;
  std::vector<int64_t> y;
};

// The axes along which x and y are repeated, if the static shapes tell: an axis where one operand
// has size 1 and the other one has not. Unlike BroadcastGradientArgs, axes of size 1 in both are
// left out.
std::optional<StaticAxes> InferAxes(const Shape& x, const Shape& y) {
  if (!x.has_rank() || !y.has_rank()) return std::nullopt;
  const int rank = std::max(x.rank(), y.rank());
  StaticAxes axes;
  for (int i = 0; i < rank; ++i) {
    const int at_x = i - (rank - x.rank());
    const int at_y = i - (rank - y.rank());
    const int64_t x_dim = at_x < 0 ? 1 : x.dim(at_x);
    const int64_t y_dim = at_y < 0 ? 1 : y.dim(at_y);
    if (x_dim == 1 && y_dim != 1) {
      axes.x.push_back(i);
    } else if (y_dim == 1 && x_dim != 1) {
      axes.y.push_back(i);
    } else if (x_dim < 0 || y_dim < 0) {
      return std::nullopt;
    }
  }
  return axes;
}

Output Reduce(const Output& grad, const Axes& axes, const Output& to) {
  const Output sum = reduce_sum(grad, {.axis = axes, .keepdims = true});
  return reshape(sum, to);
}

}  // namespace

std::vector<Output> ReduceGradients(const Output& x, const Output& y, const Output& gx,
                                    const Output& gy) {
  if (!gx.has_value() && !gy.has_value()) return {gx, gy};
  const Output x_shape = shape(x);
  const Output y_shape = shape(y);
  const Shape known_x = x.get_shape();
  const Shape known_y = y.get_shape();
  Axes x_axes;
  Axes y_axes;
  bool reduce_x = true;
  bool reduce_y = true;
  if (const std::optional<StaticAxes> axes = InferAxes(known_x, known_y)) {
    reduce_x = !axes->x.empty() || known_x.rank() < known_y.rank();
    reduce_y = !axes->y.empty() || known_y.rank() < known_x.rank();
    x_axes = axes->x;
    y_axes = axes->y;
  } else {
    const std::vector<Output> args =
        OpBuilder("BroadcastGradientArgs").Input(x_shape).Input(y_shape).BuildAll();
    x_axes = args[0];
    y_axes = args[1];
  }
  std::vector<Output> reduced = {gx, gy};
  if (gx.has_value() && reduce_x) reduced[0] = Reduce(gx, x_axes, x_shape);
  if (gy.has_value() && reduce_y) reduced[1] = Reduce(gy, y_axes, y_shape);
  return reduced;
}

bool SameKnownShapes(const Output& x, const Output& y, const Output& grad) {
  const Shape shape = x.get_shape();
  return shape.IsFullyDefined() && shape == y.get_shape() && shape == grad.get_shape();
}

}  // namespace sessile
