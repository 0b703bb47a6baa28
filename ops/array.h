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
#include "sessile/ops/subscript.h"

namespace sessile {

// `input` itself, as a new node.
Output identity(Input input, std::string_view name = {});

// Each of `input` itself, as one new node.
std::vector<Output> identity_n(const InputList& input, std::string_view name = {});

// `x` itself. That its shape is as `shape` says is known from then on, and checked when it runs.
Output ensure_shape(Input x, const Shape& shape, std::string_view name = {});

// `input` itself, of which the program promises that it never changes.
Output guarantee_const(Input input, std::string_view name = {});

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
  Axes squeeze_dims = {};  // an older name of axis
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
std::vector<Output> shape_n(const InputList& input, ShapeNOptions options = {});

// `input` repeated multiples[i] times along dimension i: {1, 2} tiled by {3} is {1, 2, 1, 2, 1, 2}.
Output tile(Input input, Input multiples, std::string_view name = {});

// `input` repeated along its dimensions of size 1, and along new ones in front, to make `shape`.
Output broadcast_to(Input input, Input shape, std::string_view name = {});

// The slices of `params` at `indices` along `axis` (by default the first dimension after the batch
// dimensions): the result has the shape of params with dimension `axis` replaced by that of
// indices.
struct GatherOptions {
  bool validate_indices = true;  // they are checked in any case
  std::string name = {};
  std::optional<int64_t> axis = {};
  int64_t batch_dims = 0;
};
Output gather(Input params, Input indices, GatherOptions options = {});

// The slices of `params` at places that have several indices each: row i of `indices` (its last
// dimension) chooses from the first dimensions of params.
Output gather_nd(Input params, Input indices, std::string_view name = {});

// Zeros of `shape`, to which each of `updates` is added where its row of `indices` says.
Output scatter_nd(Input indices, Input updates, Input shape, std::string_view name = {});

// `tensor` with the slices that the rows of `indices` name set to `updates`, or joined with them in
// their order.
Output tensor_scatter_nd_update(Input tensor, Input indices, Input updates,
                                std::string_view name = {});
Output tensor_scatter_nd_add(Input tensor, Input indices, Input updates,
                             std::string_view name = {});
Output tensor_scatter_nd_sub(Input tensor, Input indices, Input updates,
                             std::string_view name = {});
Output tensor_scatter_nd_min(Input tensor, Input indices, Input updates,
                             std::string_view name = {});
Output tensor_scatter_nd_max(Input tensor, Input indices, Input updates,
                             std::string_view name = {});

// The places of the elements that are not zero (false), a row of int64 for each.
Output where(Input condition, std::string_view name = {});

// The slices of `tensor` for which `mask` holds. The mask has the shape of the dimensions from
// `axis` on, which become one.
struct BooleanMaskOptions {
  std::string name = "boolean_mask";
  int64_t axis = 0;
};
Output boolean_mask(Input tensor, Input mask, BooleanMaskOptions options = {});

// mask[..., j] is true for j < lengths[...]; j goes to `maxlen`, by default to the largest length.
struct SequenceMaskOptions {
  std::optional<Input> maxlen = {};
  DataType dtype = bool_;
  std::string name = {};
};
Output sequence_mask(Input lengths, SequenceMaskOptions options = {});

// The elements of vector `x` that vector `y` does not have, and their places in x.
struct ListDifference {
  Output out;
  Output idx;
};
struct SetDiffOptions {
  DataType index_dtype = int32;
  std::string name = {};
};
ListDifference setdiff1d(Input x, Input y, SetDiffOptions options = {});

// The bytes of `input` as elements of another type. Between types of different sizes the last
// dimension makes up for it: float32 [2] is uint8 [2, 4].
Output bitcast(Input input, DataType type, std::string_view name = {});

// x where `condition` is true, y where it is false. x and y have one shape; `condition` has it too,
// or is a scalar, or a vector that chooses whole rows.
Output where(Input condition, Input x, Input y, std::string_view name = {});
// The same, where all three broadcast.
Output where_v2(Input condition, Input x, Input y, std::string_view name = {});

// The part of `input` that begins at `begin` and has shape `size`, where -1 is up to the end.
//   slice(x, {1, 0}, {2, -1}) is x[1:3, :]
Output slice(Input input, Input begin, Input size, std::string_view name = {});

// input[begin:end:strides]; x[...] (ops/subscript.h) says the same better. Bit i of a mask changes
// the meaning of item i, as TensorFlow documents it.
struct StridedSliceOptions {
  int64_t begin_mask = 0;
  int64_t end_mask = 0;
  int64_t ellipsis_mask = 0;
  int64_t new_axis_mask = 0;
  int64_t shrink_axis_mask = 0;
  std::string name = {};
};
Output strided_slice(Input input, Input begin, Input end);
Output strided_slice(Input input, Input begin, Input end, Input strides,
                     StridedSliceOptions options = {});

// A tensor of `output_shape` with `sparse_values` (one for each row of the indices, or one for all)
// at `sparse_indices` and `default_value` elsewhere.
struct SparseToDenseOptions {
  Input default_value = 0;
  bool validate_indices = true;  // they must be sorted and differ from each other
  std::string name = {};
};
Output sparse_to_dense(Input sparse_indices, Input output_shape, Input sparse_values,
                       const SparseToDenseOptions& options = {});

// Tensors whose shapes differ along `axis` at most, one after the other along it.
Output concat(const InputList& values, Input axis, std::string_view name = "concat");

// `value` cut along `axis`: into a number of pieces of one size, or into a list of sizes, one of
// which may be -1. `num` says how many there are if the list is a tensor of unknown length.
//   auto halves = tf::split(x, 2, {.axis = 1});
//   auto parts = tf::split(x, {10, -1});
struct SplitOptions {
  Input axis = 0;
  std::optional<int64_t> num = {};
  std::string name = "split";
};
std::vector<Output> split(Input value, Input num_or_size_splits, SplitOptions options = {});

// `tensor` with its elements in reverse order along the dimensions of the list `axis`.
Output reverse(Input tensor, Input axis, std::string_view name = {});

// `input` turned around: what leaves it at the end of dimension axis[i] comes in at its beginning,
// shift[i] places on; negative shifts go the other way. Both are numbers or lists.
Output roll(Input input, Input shift, Input axis, std::string_view name = {});

// `tensor` in a margin: paddings[i] is {before, after}, the sizes to add in dimension i. The margin
// has `constant_values`, or for mode "REFLECT" and "SYMMETRIC" the elements mirrored at the edge,
// without or with the one at the edge itself.
struct PadOptions {
  std::string mode = "CONSTANT";
  std::string name = {};
  Input constant_values = 0;
};
Output pad(Input tensor, Input paddings, PadOptions options = {});

// For each of `indices` a vector of length `depth` that is `on_value` at the index and `off_value`
// elsewhere (also everywhere, for an index outside of it). The vectors lie along the new dimension
// `axis`, by default the last. Of `dtype`, by default that of the values, else float32.
struct OneHotOptions {
  std::optional<Input> on_value = {};   // 1
  std::optional<Input> off_value = {};  // 0
  int64_t axis = -1;
  std::optional<DataType> dtype = {};
  std::string name = {};
};
Output one_hot(Input indices, Input depth, OneHotOptions options = {});

// Tensors of one shape, stacked along a new dimension `axis`.
struct StackOptions {
  int64_t axis = 0;
  std::string name = "stack";
};
Output stack(const InputList& values, StackOptions options = {});

// The slices of `value` along dimension `axis`, without that dimension. `num` says how many there
// are where the shape does not.
struct UnstackOptions {
  std::optional<int64_t> num = {};
  int64_t axis = 0;
  std::string name = "unstack";
};
std::vector<Output> unstack(Input value, UnstackOptions options = {});

// A tensor [d..., d...] with `diagonal` [d...] and zeros elsewhere, and the diagonal of such a one.
Output diag(Input diagonal, std::string_view name = {});
Output diag_part(Input input, std::string_view name = {});

// Matrices with `diagonal` [..., length] as their diagonal k (1 is the one above the main one), or
// with the diagonals [..., count, length] from k[0] to k[1], the uppermost first; padding_value
// elsewhere. They are square and as small as may be unless num_rows or num_cols says more. `align`
// says where diagonals that are shorter than the longest stand in their rows: "RIGHT_LEFT" is at
// the right for those above the main one and at the left for those below it; "LEFT_RIGHT",
// "LEFT_LEFT" and "RIGHT_RIGHT" likewise.
struct MatrixDiagOptions {
  Input k = 0;
  Input num_rows = -1;
  Input num_cols = -1;
  Input padding_value = 0;
  std::string align = "RIGHT_LEFT";
  std::string name = {};
};
Output matrix_diag(Input diagonal, const MatrixDiagOptions& options = {});

// The diagonals of matrices, packed as matrix_diag takes them; padding_value fills the rows of
// those that are shorter than the longest.
struct MatrixDiagPartOptions {
  Input k = 0;
  Input padding_value = 0;
  std::string align = "RIGHT_LEFT";
  std::string name = {};
};
Output matrix_diag_part(Input input, const MatrixDiagPartOptions& options = {});

// Matrices with other diagonals, packed as matrix_diag takes them.
struct MatrixSetDiagOptions {
  Input k = 0;
  std::string align = "RIGHT_LEFT";
  std::string name = {};
};
Output matrix_set_diag(Input input, Input diagonal, const MatrixSetDiagOptions& options = {});

// Matrices [..., m, n] with zeros outside of a band: num_lower diagonals below the main one and
// num_upper above it stay; a negative number is all of them.
Output matrix_band_part(Input input, Input num_lower, Input num_upper, std::string_view name = {});

// `input` with the first seq_lengths[i] elements along dimension seq_axis in reverse order, for
// each i of dimension batch_axis.
struct ReverseSequenceOptions {
  int64_t seq_axis = 0;
  int64_t batch_axis = 0;
  std::string name = {};
};
Output reverse_sequence(Input input, Input seq_lengths, const ReverseSequenceOptions& options);

// The elements of vector `x`, each once, in the order in which they first occur, and for each
// element of x where it is among them.
struct UniqueElements {
  Output y;
  Output idx;
};
struct UniqueOptions {
  DataType out_idx = int32;
  std::string name = {};
};
UniqueElements unique(Input x, const UniqueOptions& options = {});
// ... and how often each occurs.
struct CountedElements {
  Output y;
  Output idx;
  Output count;
};
CountedElements unique_with_counts(Input x, const UniqueOptions& options = {});

// Where the elements of number `indices` of a tensor of shape `dims` stand: a column of coordinates
// for each.
Output unravel_index(Input indices, Input dims, std::string_view name = {});

// For each of `values` the place in its row of `sorted_sequence`, whose last dimension is in
// ascending order, where it could be put in: before those that equal it, or for side "right" behind
// them.
struct SearchSortedOptions {
  std::string side = "left";
  DataType out_type = int32;
  std::string name = {};
};
Output searchsorted(Input sorted_sequence, Input values, const SearchSortedOptions& options = {});

// num_partitions tensors: the i-th has those slices of `data` along its first dimensions whose
// element of `partitions` is i, in their order.
std::vector<Output> dynamic_partition(Input data, Input partitions, int64_t num_partitions,
                                      std::string_view name = {});
// One tensor whose slice indices[m][i...] is data[m][i...]; of two for one place, the later m
// stays.
Output dynamic_stitch(const InputList& indices, const InputList& data, std::string_view name = {});

// `num` numbers at equal distances, the first being `start` and the last `stop`.
Output lin_space(Input start, Input stop, Input num, std::string_view name = {});

// Dimension i of the result is dimension perm[i] of `a`. Without `perm`, in reverse order.
Output transpose(Input a);
Output transpose(Input a, Input perm, std::string_view name = {});

}  // namespace sessile
