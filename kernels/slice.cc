// Parts of a tensor: Slice, StridedSlice, ReverseV2 take one, StridedSliceGrad and Pad put one into
// a larger tensor of one value.

#include <algorithm>
#include <utility>
#include <vector>

#include "sessile/core/framework/kernel_registry.h"
#include "sessile/core/framework/shape_inference.h"
#include "sessile/core/framework/slice_spec.h"
#include "sessile/kernels/blocks.h"
#include "sessile/kernels/register_all.h"
#include "sessile/kernels/storage.h"
#include "sessile/kernels/strided_view.h"
#include "sessile/kernels/vectorized.h"

namespace sessile {
namespace {

// Elements begin, begin + stride, ... of one dimension.
using Part = SliceSpec::Dim;

StridedView ViewOf(const Shape& tensor, const std::vector<Part>& parts) {
  std::vector<StridedView::Dim> dims(parts.size());
  int64_t offset = 0;
  int64_t stride = 1;
  for (size_t i = parts.size(); i-- > 0;) {
    // A stride beyond the tensor belongs to a part of one element, and is never taken.
    const int64_t step = parts[i].size > 1 ? parts[i].stride * stride : 0;
    dims[i] = {parts[i].size, step};
    offset += parts[i].begin * stride;
    stride *= tensor.dim(static_cast<int>(i));
  }
  return StridedView(dims, offset);
}

template <typename T>
class TakePart final : public Prepared {
 public:
  TakePart(DataType dtype, const Shape& output, StridedView view) : view_(std::move(view)) {
    AddOutput(dtype, output);
    AddPhase(BlocksOf(view_.size(), 2 * sizeof(T)));
  }
  absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch, int,
                   int64_t block) const override {
    const IndexRange range = BlockRange(view_.size(), block, num_blocks(0));
    view_.Gather(Elements<T>(in[0]), range.first(), range.last(), Elements<T>(out[0]));
    return absl::OkStatus();
  }

 private:
  const StridedView view_;
};

// All of the tensor, in its order.
class TakeAll final : public Prepared {
 public:
  TakeAll(DataType dtype, const Shape& output) {
    AddOutput(dtype, output);
    Alias(0, 0);
  }
  absl::Status Run(RunContext&, Inputs, Outputs, Scratch, int, int64_t) const override {
    return absl::OkStatus();
  }
};

PreparedOr PreparePart(const PrepareContext& ctx, const Shape& output,
                       const std::vector<Part>& parts) {
  const Shape& input = ctx.input_shape(0);
  StridedView view = ViewOf(input, parts);
  if (view.is_prefix() && view.size() == input.num_elements()) {
    return std::make_unique<TakeAll>(ctx.output_dtype(0), output);
  }
  return WithStorage(ctx.output_dtype(0), [&]<typename T>(Stored<T>) -> PreparedOr {
    return std::make_unique<TakePart<T>>(ctx.output_dtype(0), output, std::move(view));
  });
}

PreparedOr PrepareSlice(const PrepareContext& ctx) {
  const Shape& input = ctx.input_shape(0);
  for (const int i : {1, 2}) {
    if (ctx.input_shape(i) != Shape({input.rank()})) {
      return InvalidArgument("Expected begin and size arguments to be 1-D tensors of size ",
                             input.rank(), ", but got shapes ", ctx.input_shape(1).ToString(),
                             " and ", ctx.input_shape(2).ToString(), " instead.");
    }
  }
  SESSILE_ASSIGN_OR_RETURN(const std::vector<int64_t> begin, IntsFromTensor(*ctx.input_value(1)));
  SESSILE_ASSIGN_OR_RETURN(const std::vector<int64_t> size, IntsFromTensor(*ctx.input_value(2)));
  std::vector<Part> parts;
  Shape output;
  for (size_t i = 0; i < begin.size(); ++i) {
    const int64_t dim = input.dim(static_cast<int>(i));
    if (begin[i] < 0 || begin[i] > dim) {
      return InvalidArgument("Expected begin[", i, "] in [0, ", dim, "], but got ", begin[i]);
    }
    const int64_t count = size[i] == -1 ? dim - begin[i] : size[i];
    if (count < 0 || count > dim - begin[i]) {
      return InvalidArgument("Expected size[", i, "] in [0, ", dim - begin[i], "], but got ",
                             size[i]);
    }
    parts.push_back({.begin = begin[i], .stride = 1, .size = count});
    output = output.Append(count);
  }
  return PreparePart(ctx, output, parts);
}

// The bounds in inputs `first` to `first` + 2, for a tensor of shape `of`.
absl::StatusOr<SliceSpec> SpecOf(const PrepareContext& ctx, int first, const Shape& of) {
  SliceBounds bounds;
  for (int i = first; i < first + 3; ++i) {
    if (ctx.input_shape(i).rank() != 1) {
      return InvalidArgument(
          "Expected begin, end, and strides to be 1D equal size tensors, but got shapes ",
          ctx.input_shape(first).ToString(), ", ", ctx.input_shape(first + 1).ToString(), ", and ",
          ctx.input_shape(first + 2).ToString(), " instead.");
    }
  }
  SESSILE_ASSIGN_OR_RETURN(bounds.begin, IntsFromTensor(*ctx.input_value(first)));
  SESSILE_ASSIGN_OR_RETURN(bounds.end, IntsFromTensor(*ctx.input_value(first + 1)));
  SESSILE_ASSIGN_OR_RETURN(bounds.strides, IntsFromTensor(*ctx.input_value(first + 2)));
  SESSILE_ASSIGN_OR_RETURN(const SliceMasks masks, SliceMasks::Of(ctx.attrs()));
  return SliceSpec::Of(of, bounds, masks);
}

PreparedOr PrepareStridedSlice(const PrepareContext& ctx) {
  SESSILE_ASSIGN_OR_RETURN(const SliceSpec spec, SpecOf(ctx, 1, ctx.input_shape(0)));
  return PreparePart(ctx, spec.output(), spec.dims());
}

// The dimensions that input 1 names: by their numbers, or by a bool for each.
absl::StatusOr<std::vector<int64_t>> ReversedAxes(const PrepareContext& ctx) {
  const Tensor& value = *ctx.input_value(1);
  if (value.shape().rank() != 1) {
    return InvalidArgument("'dims' must be 1-dimension, not ", value.shape().rank());
  }
  if (value.dtype() != DataType::kBool) return IntsFromTensor(value);
  const int rank = ctx.input_shape(0).rank();
  if (value.num_elements() != rank) {
    return InvalidArgument(
        "'dims' must have the same number of values as 'input' has dimensions. 'input' has ", rank,
        ", 'dims' has ", value.num_elements(), " values");
  }
  std::vector<int64_t> axes;
  for (int64_t i = 0; i < rank; ++i) {
    if (value.data<bool>()[i]) axes.push_back(i);
  }
  return axes;
}

PreparedOr PrepareReverse(const PrepareContext& ctx) {
  const Shape& input = ctx.input_shape(0);
  SESSILE_ASSIGN_OR_RETURN(const std::vector<int64_t> axes, ReversedAxes(ctx));
  std::vector<Part> parts;
  for (const int64_t dim : input.dims()) parts.push_back({.size = dim});
  for (const int64_t axis : axes) {
    const int64_t place = axis < 0 ? axis + input.rank() : axis;
    if (place < 0 || place >= input.rank()) {
      return InvalidArgument("'axis'[", &axis - axes.data(), "] = ", axis,
                             " is out of valid range [", 0, ", ", input.rank() - 1);
    }
    Part& part = parts[static_cast<size_t>(place)];
    if (part.stride < 0) return InvalidArgument("axis ", place, " specified more than once.");
    part.stride = -1;
    part.begin = std::max<int64_t>(part.size - 1, 0);
  }
  return PreparePart(ctx, input, parts);
}

// Fills the output with one value and puts an input into it: in one pass if the elements come to
// lie in their order, in runs of neighbours, and else in two.
template <typename T>
class PutPart final : public Prepared {
 public:
  PutPart(DataType dtype, const Shape& output, StridedView view, int input, int filler)
      : view_(std::move(view)),
        size_(output.num_elements()),
        in_order_(view_.size() > 0 && view_.has_ordered_runs()),
        input_(input),
        filler_(filler) {
    AddOutput(dtype, output);
    if (!in_order_) AddPhase(BlocksOf(size_, sizeof(T)));
    AddPhase(BlocksOf(view_.size(), 2 * sizeof(T)));
  }
  absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch, int phase,
                   int64_t block) const override {
    T* whole = Elements<T>(out[0]);
    const T filler = filler_ < 0 ? T{} : *Elements<T>(in[static_cast<size_t>(filler_)]);
    const T* part = Elements<T>(in[static_cast<size_t>(input_)]);
    if (in_order_) {
      PutInOrder(part, filler, BlockRange(view_.size(), block, num_blocks(0)), whole);
    } else if (phase == 0) {
      const IndexRange range = BlockRange(size_, block, num_blocks(0));
      Fill(filler, range.first(), range.last(), whole);
    } else {
      const IndexRange range = BlockRange(view_.size(), block, num_blocks(1));
      view_.Scatter(part, range.first(), range.last(), whole);
    }
    return absl::OkStatus();
  }

 private:
  SESSILE_OPTIMIZE_SPEED static void Fill(const T& filler, int64_t first, int64_t last, T* whole) {
    for (int64_t i = first; i < last; ++i) whole[i] = filler;
  }

  // Elements of the part and what lies before each of them, and behind the last one.
  SESSILE_OPTIMIZE_SPEED void PutInOrder(const T* part, const T& filler, IndexRange range,
                                         T* whole) const {
    int64_t end = range.first() == 0 ? 0 : view_.Place(range.first() - 1) + 1;
    view_.ForEachRun(range.first(), range.last(),
                     [&](int64_t i, int64_t count, int64_t place, int64_t) {
                       Fill(filler, end, place, whole);
                       std::copy_n(part + i, count, whole + place);
                       end = place + count;
                     });
    if (range.last() == view_.size()) Fill(filler, end, size_, whole);
  }

  const StridedView view_;
  const int64_t size_;
  const bool in_order_;
  const int input_;
  const int filler_;  // the input with the value between, or -1: zeros
};

PreparedOr PreparePut(const PrepareContext& ctx, const Shape& output,
                      const std::vector<Part>& parts, int input, int filler) {
  return WithStorage(ctx.output_dtype(0), [&]<typename T>(Stored<T>) -> PreparedOr {
    return std::make_unique<PutPart<T>>(ctx.output_dtype(0), output, ViewOf(output, parts), input,
                                        filler);
  });
}

PreparedOr PrepareStridedSliceGrad(const PrepareContext& ctx) {
  if (ctx.input_shape(0).rank() != 1) {
    return InvalidArgument("shape must be 1-D, got shape.shape = ", ctx.input_shape(0).ToString());
  }
  SESSILE_ASSIGN_OR_RETURN(const Shape output, ShapeOfSizes(*ctx.input_value(0)));
  SESSILE_ASSIGN_OR_RETURN(const SliceSpec spec, SpecOf(ctx, 1, output));
  if (ctx.input_shape(4) != spec.output()) {
    return InvalidArgument("shape of dy was ", ctx.input_shape(4).ToString(), " instead of ",
                           spec.output().ToString());
  }
  return PreparePut(ctx, output, spec.dims(), /*input=*/4, /*filler=*/-1);
}

PreparedOr PreparePad(const PrepareContext& ctx) {
  const Shape& input = ctx.input_shape(0);
  if (ctx.input_shape(1) != Shape({input.rank(), 2})) {
    return InvalidArgument("The first dimension of paddings must be the rank of inputs: paddings ",
                           ctx.input_shape(1).ToString(), ", inputs ", input.ToString());
  }
  SESSILE_ASSIGN_OR_RETURN(const std::vector<int64_t> paddings,
                           IntsFromTensor(*ctx.input_value(1)));
  const bool has_filler = ctx.num_inputs() == 3;
  if (has_filler && ctx.input_shape(2).rank() != 0) {
    return InvalidArgument("constant_values must be a scalar. Found: ",
                           ctx.input_shape(2).ToString());
  }
  std::vector<Part> parts;
  std::vector<int64_t> dims;
  for (size_t i = 0; i < static_cast<size_t>(input.rank()); ++i) {
    const int64_t before = paddings[2 * i], after = paddings[2 * i + 1];
    if (before < 0 || after < 0) {
      return InvalidArgument("Paddings must be non-negative: ", before, " ", after);
    }
    const int64_t size = input.dim(static_cast<int>(i));
    parts.push_back({.begin = before, .stride = 1, .size = size});
    int64_t& padded = dims.emplace_back();
    if (__builtin_add_overflow(before, size, &padded) ||
        __builtin_add_overflow(padded, after, &padded)) {
      return InvalidArgument("Padding dimension ", i, " of size ", size, " by ", before, " and ",
                             after, " is more than 2^63 - 1 elements");
    }
  }
  SESSILE_ASSIGN_OR_RETURN(const Shape output, Shape::FromDims(dims));
  return PreparePut(ctx, output, parts, /*input=*/0, has_filler ? 2 : -1);
}

}  // namespace

void RegisterSlice(KernelRegistry& kernels) {
  kernels.Add("Slice", PrepareSlice).ValueInput(1).ValueInput(2);
  kernels.Add("StridedSlice", PrepareStridedSlice).ValueInput(1).ValueInput(2).ValueInput(3);
  kernels.Add("StridedSliceGrad", PrepareStridedSliceGrad)
      .ValueInput(0)
      .ValueInput(1)
      .ValueInput(2)
      .ValueInput(3);
  kernels.Add("Reverse", PrepareReverse).ValueInput(1);
  kernels.Add("ReverseV2", PrepareReverse).ValueInput(1);
  kernels.Add("Pad", PreparePad).ValueInput(1);
  kernels.Add("PadV2", PreparePad).ValueInput(1);
}

}  // namespace sessile
