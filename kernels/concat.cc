// ConcatV2 and Concat, Split, SplitV and Unpack: tensors one after the other along an axis, as one
// and in pieces. Seen from the axis a tensor is [outer, size, inner].

#include <algorithm>
#include <numeric>
#include <utility>
#include <vector>

#include "sessile/core/framework/kernel_registry.h"
#include "sessile/core/framework/shape_inference.h"
#include "sessile/kernels/blocks.h"
#include "sessile/kernels/register_all.h"
#include "sessile/kernels/storage.h"

namespace sessile {
namespace {

// Where the pieces lie in a row: row i of the whole is row i of each piece, one after the other.
struct Rows {
  int64_t count = 1;
  int64_t length = 0;            // elements of the whole in one row
  std::vector<int64_t> lengths;  // of each piece
  std::vector<int64_t> starts;

  Rows(const Shape& whole, int axis, const std::vector<int64_t>& sizes)
      : count(whole.Slice(0, axis).num_elements()) {
    const int64_t inner = whole.Slice(axis + 1).num_elements();
    for (const int64_t size : sizes) {
      starts.push_back(length);
      lengths.push_back(size * inner);
      length += size * inner;
    }
  }
};

// Copies between the whole and its pieces. Blocks are ranges of elements of the whole.
template <typename T, bool kJoin>
class AxisPieces final : public Prepared {
 public:
  // The pieces, or the whole, are the inputs from `first` on.
  AxisPieces(const PrepareContext& ctx, int first, Rows rows, const std::vector<Shape>& outputs)
      : rows_(std::move(rows)), first_(static_cast<size_t>(first)) {
    for (const Shape& output : outputs) AddOutput(ctx.output_dtype(0), output);
    AddPhase(BlocksOf(rows_.count * rows_.length, 2 * sizeof(T)));
  }

  absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch, int,
                   int64_t block) const override {
    const IndexRange range = BlockRange(rows_.count * rows_.length, block, num_blocks(0));
    T* whole = Elements<T>(kJoin ? out[0] : in[first_]);
    const auto pieces = kJoin ? in.subspan(first_) : out;
    for (int64_t begin = range.first(); begin < range.last();) {
      const int64_t row = begin / rows_.length;
      const int64_t last = std::min(range.last(), (row + 1) * rows_.length);
      CopyRow(whole, pieces, row, begin - row * rows_.length, last - row * rows_.length);
      begin = last;
    }
    return absl::OkStatus();
  }

 private:
  // Elements [begin, end) of one row.
  void CopyRow(T* whole, std::span<const TensorView> pieces, int64_t row, int64_t begin,
               int64_t end) const {
    const auto after = std::upper_bound(rows_.starts.begin(), rows_.starts.end(), begin);
    for (auto i = static_cast<size_t>(after - rows_.starts.begin() - 1); begin < end; ++i) {
      const int64_t until = std::min(end, rows_.starts[i] + rows_.lengths[i]);
      if (until <= begin) continue;
      T* piece = Elements<T>(pieces[i]) + row * rows_.lengths[i] + (begin - rows_.starts[i]);
      T* part = whole + row * rows_.length + begin;
      if (kJoin) {
        std::copy_n(piece, until - begin, part);
      } else {
        std::copy_n(part, until - begin, piece);
      }
      begin = until;
    }
  }

  const Rows rows_;
  const size_t first_;
};

template <bool kJoin>
PreparedOr PrepareAxisPieces(const PrepareContext& ctx, int first, Rows rows,
                             const std::vector<Shape>& outputs) {
  return WithStorage(ctx.output_dtype(0), [&]<typename T>(Stored<T>) -> PreparedOr {
    return std::make_unique<AxisPieces<T, kJoin>>(ctx, first, std::move(rows), outputs);
  });
}

absl::StatusOr<int64_t> ScalarInput(const PrepareContext& ctx, int i, const char* what) {
  const Tensor& value = *ctx.input_value(i);
  if (value.num_elements() != 1) {
    return InvalidArgument(what, " must be a scalar, but got a tensor of shape ",
                           value.shape().ToString());
  }
  SESSILE_ASSIGN_OR_RETURN(const std::vector<int64_t> ints, IntsFromTensor(value));
  return ints[0];
}

// The tensors are inputs first, first + 1, ...
PreparedOr PrepareConcat(const PrepareContext& ctx, int first, int axis_input) {
  SESSILE_ASSIGN_OR_RETURN(const int64_t given, ScalarInput(ctx, axis_input, "Concat dim tensor"));
  if (ctx.num_inputs() < 2) return InvalidArgument("Concat needs at least one tensor");
  const Shape& shape = ctx.input_shape(first);
  const int64_t axis = given < 0 ? given + shape.rank() : given;
  if (axis < 0 || axis >= shape.rank()) {
    return InvalidArgument("ConcatOp : Expected concatenating dimensions in the range [",
                           -shape.rank(), ", ", shape.rank(), "), but got ", given);
  }
  const auto place = static_cast<int>(axis);
  std::vector<int64_t> sizes;
  int64_t total = 0;
  for (int i = 0; i < ctx.num_inputs() - 1; ++i) {
    const Shape& each = ctx.input_shape(first + i);
    if (each.rank() != shape.rank() || each.WithDim(place, 0) != shape.WithDim(place, 0)) {
      return InvalidArgument(
          each.rank() != shape.rank()
              ? "ConcatOp : Ranks of all input tensors should match: shape[0] = "
              : "ConcatOp : Dimension sizes of all input tensors should match: shape[0] = ",
          shape.ToString(), " vs. shape[", i, "] = ", each.ToString());
    }
    sizes.push_back(each.dim(place));
    if (__builtin_add_overflow(total, sizes.back(), &total)) {
      return InvalidArgument("ConcatOp : the result has more than 2^63 - 1 elements");
    }
  }
  std::vector<int64_t> dims(shape.dims().begin(), shape.dims().end());
  dims[static_cast<size_t>(place)] = total;
  SESSILE_ASSIGN_OR_RETURN(const Shape whole, Shape::FromDims(dims));
  return PrepareAxisPieces</*kJoin=*/true>(ctx, first, Rows(whole, place, sizes), {whole});
}

PreparedOr PrepareConcatV1(const PrepareContext& ctx) { return PrepareConcat(ctx, 1, 0); }
PreparedOr PrepareConcatV2(const PrepareContext& ctx) {
  return PrepareConcat(ctx, 0, ctx.num_inputs() - 1);
}

absl::StatusOr<int> SplitAxis(const PrepareContext& ctx, const Shape& whole, int axis_input) {
  SESSILE_ASSIGN_OR_RETURN(const int64_t given, ScalarInput(ctx, axis_input, "split_dim"));
  const int64_t axis = given < 0 ? given + whole.rank() : given;
  if (axis < 0 || axis >= whole.rank()) {
    return InvalidArgument("-input rank(-", whole.rank(), ") <= split_dim < input rank (",
                           whole.rank(), "), but got ", given);
  }
  return static_cast<int>(axis);
}

PreparedOr PrepareSizes(const PrepareContext& ctx, int first, const Shape& whole, int axis,
                        const std::vector<int64_t>& sizes) {
  std::vector<Shape> outputs;
  for (const int64_t size : sizes) outputs.push_back(whole.WithDim(axis, size));
  return PrepareAxisPieces</*kJoin=*/false>(ctx, first, Rows(whole, axis, sizes), outputs);
}

PreparedOr PrepareSplit(const PrepareContext& ctx) {
  const Shape& whole = ctx.input_shape(1);
  SESSILE_ASSIGN_OR_RETURN(const int axis, SplitAxis(ctx, whole, 0));
  const int count = ctx.num_outputs();
  if (count == 0 || whole.dim(axis) % count != 0) {
    return InvalidArgument(
        "Number of ways to split should evenly divide the split dimension, but got split_dim ",
        axis, " (size = ", whole.dim(axis), ") and num_split ", count);
  }
  return PrepareSizes(ctx, 1, whole, axis,
                      std::vector<int64_t>(static_cast<size_t>(count), whole.dim(axis) / count));
}

absl::StatusOr<std::vector<int64_t>> SplitSizes(const Tensor& sizes) {
  if (sizes.dtype() != int8) return IntsFromTensor(sizes);
  const std::span<const int8_t> narrow = sizes.flat<int8_t>();
  return std::vector<int64_t>(narrow.begin(), narrow.end());
}

PreparedOr PrepareSplitV(const PrepareContext& ctx) {
  const Shape& whole = ctx.input_shape(0);
  SESSILE_ASSIGN_OR_RETURN(const int axis, SplitAxis(ctx, whole, 2));
  SESSILE_ASSIGN_OR_RETURN(std::vector<int64_t> sizes, SplitSizes(*ctx.input_value(1)));
  if (ctx.input_shape(1).rank() != 1 || static_cast<int>(sizes.size()) != ctx.num_outputs()) {
    return InvalidArgument("size_splits must have one size for each of the ", ctx.num_outputs(),
                           " outputs, got shape ", ctx.input_shape(1).ToString());
  }
  int64_t* open = nullptr;
  int64_t rest = whole.dim(axis);
  for (int64_t& size : sizes) {
    if (size < -1 || (size == -1 && open != nullptr)) {
      return InvalidArgument("size_splits[", &size - sizes.data(), "] must be a size, or -1 once,",
                             " got ", size);
    }
    if (size == -1) open = &size;
    if (size > rest) {
      return InvalidArgument("Determined shape must either match input shape along split_dim ",
                             "exactly if fully specified, or be less than the size of the input ",
                             "along split_dim if not fully specified.  Got: sizes beyond ",
                             whole.dim(axis));
    }
    if (size > 0) rest -= size;
  }
  if (open == nullptr && rest != 0) {
    return InvalidArgument(
        "Determined shape must either match input shape along split_dim ",
        "exactly if fully specified, or be less than the size of the input ",
        "along split_dim if not fully specified.  Got: ", whole.dim(axis) - rest);
  }
  if (open != nullptr) *open = rest;
  return PrepareSizes(ctx, 0, whole, axis, sizes);
}

PreparedOr PrepareUnpack(const PrepareContext& ctx) {
  const Shape& whole = ctx.input_shape(0);
  SESSILE_ASSIGN_OR_RETURN(const int64_t given, ctx.attrs().GetOr<int64_t>("axis", 0));
  const int64_t axis = given < 0 ? given + whole.rank() : given;
  if (axis < 0 || axis >= whole.rank()) {
    return InvalidArgument("axis = ", given, " not in [", -whole.rank(), ", ", whole.rank(), ")");
  }
  const auto place = static_cast<int>(axis);
  const auto count = static_cast<size_t>(ctx.num_outputs());
  if (whole.dim(place) != ctx.num_outputs()) {
    return InvalidArgument("Input shape axis ", axis, " must equal ", count, ", got shape ",
                           whole.ToString());
  }
  const Shape piece = Shape::Concat(whole.Slice(0, place), whole.Slice(place + 1));
  return PrepareAxisPieces</*kJoin=*/false>(
      ctx, 0, Rows(whole, place, std::vector<int64_t>(count, 1)), std::vector<Shape>(count, piece));
}

// Where the inputs of a Concat begin in its output: zeros, but for the axis.
template <typename T>
class ConcatOffset final : public Prepared {
 public:
  static PreparedOr Prepare(const PrepareContext& ctx) {
    SESSILE_ASSIGN_OR_RETURN(const int64_t given, ScalarInput(ctx, 0, "Concat dim tensor"));
    const Shape& shape = ctx.input_shape(1);
    if (shape.rank() != 1) {
      return InvalidArgument("input 0 should be a vector, but got shape ", shape.ToString());
    }
    const int64_t axis = given < 0 ? given + shape.dim(0) : given;
    if (axis < 0 || axis >= shape.dim(0)) {
      return InvalidArgument("Concat dim is out of range: ", given, " vs. ", shape.dim(0));
    }
    for (int i = 1; i < ctx.num_inputs(); ++i) {
      if (ctx.input_shape(i) == shape) continue;
      return InvalidArgument("input ", i - 1, " should contain ", shape.dim(0),
                             " elements, but got ", ctx.input_shape(i).num_elements());
    }
    return std::make_unique<ConcatOffset>(ctx.num_outputs(), shape, axis);
  }
  ConcatOffset(int count, const Shape& shape, int64_t axis) : rank_(shape.dim(0)), axis_(axis) {
    for (int i = 0; i < count; ++i) AddOutput(DataTypeOf<T>::value, shape);
    AddPhase(1);
  }
  absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch, int, int64_t) const override {
    T start = 0;
    for (size_t i = 0; i < out.size(); ++i) {
      const T* size = in[i + 1].data<T>();
      for (int64_t dim = 0; dim < rank_; ++dim) {
        out[i].data<T>()[dim] = dim == axis_ ? start : T{0};
        if (dim == axis_ || size[dim] == in[1].data<T>()[dim]) continue;
        return InvalidArgument(
            "All dimensions except ", axis_, " must match. Input ", i, " has shape [", Joined(size),
            "] and doesn't match input 0 with shape [", Joined(in[1].data<T>()), "].");
      }
      if (__builtin_add_overflow(start, size[axis_], &start)) {
        return InvalidArgument("The concatenated dimension is too large for the type of shapes");
      }
    }
    return absl::OkStatus();
  }

 private:
  std::string Joined(const T* dims) const {
    std::string text;
    for (int64_t i = 0; i < rank_; ++i) absl::StrAppend(&text, i == 0 ? "" : " ", dims[i]);
    return text;
  }

  const int64_t rank_;
  const int64_t axis_;
};

}  // namespace

void RegisterConcat(KernelRegistry& kernels) {
  kernels.Add("Concat", PrepareConcatV1).ValueInput(0);
  kernels.Add("ConcatV2", PrepareConcatV2).LastValueInput();
  kernels.Add<ConcatOffset>("ConcatOffset")
      .For<TypeList<int32_t, int64_t>>("shape_type")
      .ValueInput(0);
  kernels.Add("Split", PrepareSplit).ValueInput(0);
  kernels.Add("SplitV", PrepareSplitV).ValueInput(1).ValueInput(2);
  kernels.Add("Unpack", PrepareUnpack);
}

}  // namespace sessile
