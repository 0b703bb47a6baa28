// Operations on the arrangement of tensors: shapes, slices, copies.
//
//   auto flat = tf::reshape(images, {-1, 28 * 28});
//   auto batch = tf::expand_dims(image, 0);
//   auto masked = tf::where(tf::greater(x, 0.0), x, y);
//
// Every function adds nodes to the graph of its inputs (the default graph if no input is of one)
// under the scopes that are open, with TensorFlow's names, and throws errors::InvalidArgumentError
// & co. for what TensorFlow refuses when a graph is built. `name` is the node's; left empty it is
// the operation's. Axes that are negative count from the end.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sessile/core/framework/data_type.h"
#include "sessile/core/graph/output.h"
#include "sessile/ops/axes.h"
#include "sessile/ops/input.h"

namespace sessile {

// `input` itself, as a new node.
Output identity(Input input, std::string_view name = {});

// `input` itself; gradients take it for a constant.
Output stop_gradient(Input input, std::string_view name = {});

// The elements of `tensor` in their order, in another shape of as many elements. One size may be
// -1: it follows from the others.
Output reshape(Input tensor, Input shape, std::string_view name = {});

// `input` without its dimensions of size 1: all of them, or those of `axis`, which must be of
// size 1.
struct SqueezeOptions {
  Axes axis = {};
  std::string name = {};
};
Output squeeze(Input input, SqueezeOptions options = {});

// `input` with a new dimension of size 1 before dimension `axis`; -1 appends one.
Output expand_dims(Input input, Input axis, std::string_view name = {});

// The shape, the number of elements and the number of dimensions of `input`, as tensors: a constant
// where they are known when the graph is built, otherwise computed when it runs.
struct ShapeOptions {
  std::string name = {};
  DataType out_type = int32;
};
Output shape(Input input, ShapeOptions options = {});
Output size(Input input, ShapeOptions options = {});
Output rank(Input input, std::string_view name = {});

// The shapes of several tensors of one dtype, computed when the graph runs.
struct ShapeNOptions {
  DataType out_type = int32;
  std::string name = {};
};
std::vector<Output> shape_n(const std::vector<Input>& input, ShapeNOptions options = {});

// `input` repeated multiples[i] times along dimension i: {1, 2} tiled by {3} is {1, 2, 1, 2, 1, 2}.
Output tile(Input input, Input multiples, std::string_view name = {});

// `input` repeated along its dimensions of size 1, and along new ones in front, to make `shape`.
Output broadcast_to(Input input, Input shape, std::string_view name = {});

// The slices of `params` at `indices` along `axis` (by default the first dimension after the batch
// dimensions): the result has the shape of params with dimension `axis` replaced by that of
// indices.
struct GatherOptions {
  std::string name = {};
  std::optional<int64_t> axis = {};
  int64_t batch_dims = 0;
};
Output gather(Input params, Input indices, GatherOptions options = {});

// x where `condition` is true, y where it is false. x and y have one shape; `condition` has it too,
// or is a scalar, or a vector that chooses whole rows.
Output where(Input condition, Input x, Input y, std::string_view name = {});
// The same, where all three broadcast.
Output where_v2(Input condition, Input x, Input y, std::string_view name = {});

// Tensors of one shape, stacked along a new dimension `axis`.
struct StackOptions {
  int64_t axis = 0;
  std::string name = "stack";
};
Output stack(const std::vector<Input>& values, StackOptions options = {});

// Dimension i of the result is dimension perm[i] of `a`. Without `perm`, in reverse order.
Output transpose(Input a);
Output transpose(Input a, Input perm, std::string_view name = {});

}  // namespace sessile
