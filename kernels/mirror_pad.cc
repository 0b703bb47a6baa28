// MirrorPad: a margin of the tensor's own elements, mirrored at its edges. Along one dimension of
// `size` elements, place x (from the first element on) holds element
//
//   -x - e       for x < 0          e = 1: the element at the edge occurs again (SYMMETRIC)
//   2 size - 2 + e - x  for x >= size    e = 0: it does not (REFLECT)
//
// MirrorPadGrad adds up what was made of each element.

#include <algorithm>
#include <utility>
#include <vector>

#include "sessile/core/framework/kernel_registry.h"
#include "sessile/core/framework/shape_inference.h"
#include "sessile/kernels/blocks.h"
#include "sessile/kernels/in_wider_type.h"
#include "sessile/kernels/numeric.h"
#include "sessile/kernels/register_all.h"
#include "sessile/kernels/storage.h"
#include "sessile/kernels/vectorized.h"

namespace sessile {
namespace {

struct MirroredDim {
  int64_t size = 0;
  int64_t before = 0;
  int64_t after = 0;
  int64_t edge = 0;  // e

  int64_t padded() const { return before + size + after; }
  // The element at place `padded_index` of the padded dimension.
  int64_t Source(int64_t padded_index) const {
    const int64_t x = padded_index - before;
    if (x < 0) return -x - edge;
    return x < size ? x : 2 * size - 2 + edge - x;
  }
  // The places of the padded dimension that hold element `i`, and their number.
  int Places(int64_t i, int64_t (&places)[3]) const {
    int count = 0;
    places[count++] = before + i;
    const int64_t left = before - i - edge;
    if (left >= 0 && left < before) places[count++] = left;
    const int64_t right = before + 2 * size - 2 + edge - i;
    if (right >= before + size && right < padded()) places[count++] = right;
    return count;
  }
};

using MirroredDims = std::vector<MirroredDim>;

// `padded`: the input is the padded tensor, and not the one inside.
absl::StatusOr<MirroredDims> DimsOf(const PrepareContext& ctx, bool padded) {
  const Shape& input = ctx.input_shape(0);
  if (ctx.input_shape(1) != Shape({input.rank(), 2})) {
    return InvalidArgument("The first dimension of paddings must be the rank of inputs: paddings ",
                           ctx.input_shape(1).ToString(), ", inputs ", input.ToString());
  }
  SESSILE_ASSIGN_OR_RETURN(const std::string mode, ctx.Attr<std::string>("mode"));
  SESSILE_ASSIGN_OR_RETURN(const std::vector<int64_t> paddings,
                           IntsFromTensor(*ctx.input_value(1)));
  const int64_t edge = mode == "SYMMETRIC" ? 1 : 0;
  MirroredDims dims;
  for (size_t i = 0; i < paddings.size() / 2; ++i) {
    const int64_t before = paddings[2 * i], after = paddings[2 * i + 1];
    const int64_t given = input.dim(static_cast<int>(i));
    if (before < 0 || after < 0) {
      return InvalidArgument("paddings must be non-negative: ", before, " ", after);
    }
    int64_t size = given;
    if (padded && (__builtin_sub_overflow(size, before, &size) ||
                   __builtin_sub_overflow(size, after, &size) || size < 0)) {
      return InvalidArgument("paddings ", before, " and ", after,
                             " are more than the dimension size: ", given);
    }
    const int64_t most = edge == 1 ? size : size - 1;
    if (before > most || after > most) {
      return InvalidArgument("paddings must be ", edge == 1 ? "no greater" : "less",
                             " than the dimension size: ", before, ", ", after,
                             edge == 1 ? " greater than " : " not less than ", size);
    }
    dims.push_back({size, before, after, edge});
  }
  return dims;
}

// Place `i` of the outer dimensions (all but the last): the offset of its row in a tensor whose
// dimensions have these sizes, `index` giving the place in each dimension.
template <typename Size, typename Index>
int64_t RowOffset(const MirroredDims& dims, int64_t row, Size from, Index index, Size to) {
  int64_t offset = 0, stride = to(dims.back());
  for (size_t i = dims.size() - 1; i-- > 0;) {
    offset += index(dims[i], row % from(dims[i])) * stride;
    row /= from(dims[i]);
    stride *= to(dims[i]);
  }
  return offset;
}

int64_t SizeOf(const MirroredDim& dim) { return dim.size; }
int64_t PaddedOf(const MirroredDim& dim) { return dim.padded(); }

absl::StatusOr<Shape> ShapeOf(const MirroredDims& dims, int64_t (*size)(const MirroredDim&)) {
  std::vector<int64_t> sizes;
  for (const MirroredDim& dim : dims) sizes.push_back(size(dim));
  return Shape::FromDims(sizes);
}

// Blocks are ranges of rows of the padded tensor.
template <typename T>
class MirrorPad final : public Prepared {
 public:
  MirrorPad(DataType dtype, const Shape& output, MirroredDims dims)
      : dims_(std::move(dims)), length_(dims_.back().padded()) {
    rows_ = output.Slice(0, -1).num_elements();
    AddOutput(dtype, output);
    AddPhase(BlocksOf(rows_, length_ * 2 * static_cast<int64_t>(sizeof(T))));
  }
  SESSILE_OPTIMIZE_SPEED absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch, int,
                                          int64_t block) const override {
    const auto source = [](const MirroredDim& dim, int64_t i) { return dim.Source(i); };
    for (const int64_t row : BlockRange(rows_, block, num_blocks(0))) {
      const T* x = Elements<T>(in[0]) + RowOffset(dims_, row, PaddedOf, source, SizeOf);
      T* y = Elements<T>(out[0]) + row * length_;
      const MirroredDim& last = dims_.back();
      for (int64_t i = 0; i < last.before; ++i) y[i] = x[last.Source(i)];
      std::copy_n(x, last.size, y + last.before);
      for (int64_t i = last.before + last.size; i < length_; ++i) y[i] = x[last.Source(i)];
    }
    return absl::OkStatus();
  }

 private:
  const MirroredDims dims_;
  const int64_t length_;
  int64_t rows_ = 0;
};

class PassThrough final : public Prepared {
 public:
  explicit PassThrough(const PrepareContext& ctx) {
    AddOutput(ctx.output_dtype(0), Shape());
    Alias(0, 0);
  }
  absl::Status Run(RunContext&, Inputs, Outputs, Scratch, int, int64_t) const override {
    return absl::OkStatus();
  }
};

PreparedOr PrepareMirrorPad(const PrepareContext& ctx) {
  SESSILE_ASSIGN_OR_RETURN(MirroredDims dims, DimsOf(ctx, /*padded=*/false));
  if (dims.empty()) return std::make_unique<PassThrough>(ctx);
  SESSILE_ASSIGN_OR_RETURN(const Shape output, ShapeOf(dims, PaddedOf));
  return WithStorage(ctx.output_dtype(0), [&]<typename T>(Stored<T>) -> PreparedOr {
    return std::make_unique<MirrorPad<T>>(ctx.output_dtype(0), output, std::move(dims));
  });
}

// Blocks are ranges of elements of the tensor inside.
template <typename T>
class MirrorPadGrad final : public Prepared {
 public:
  static PreparedOr Prepare(const PrepareContext& ctx) {
    SESSILE_ASSIGN_OR_RETURN(MirroredDims dims, DimsOf(ctx, /*padded=*/true));
    if (dims.empty()) return std::make_unique<PassThrough>(ctx);
    SESSILE_ASSIGN_OR_RETURN(const Shape output, ShapeOf(dims, SizeOf));
    return std::make_unique<MirrorPadGrad>(output, std::move(dims));
  }
  MirrorPadGrad(const Shape& output, MirroredDims dims)
      : dims_(std::move(dims)), size_(output.num_elements()) {
    AddOutput(DataTypeOf<T>::value, output);
    AddPhase(BlocksOf(size_, 4 * sizeof(T)));
  }
  absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch, int,
                   int64_t block) const override {
    const T* padded = in[0].data<T>();
    for (const int64_t i : BlockRange(size_, block, num_blocks(0))) {
      T sum = 0;
      AddPlaces(padded, static_cast<int>(dims_.size()) - 1, i, 0, 1, &sum);
      out[0].data<T>()[i] = sum;
    }
    return absl::OkStatus();
  }

 private:
  // Adds the elements made of element `rest` of dimensions 0 to dim, for fixed places in the later
  // ones, which lie at `offset`.
  void AddPlaces(const T* padded, int dim, int64_t rest, int64_t offset, int64_t stride,
                 T* sum) const {
    if (dim < 0) {
      *sum = WrapAdd(*sum, padded[offset]);
      return;
    }
    const MirroredDim& here = dims_[static_cast<size_t>(dim)];
    int64_t places[3];
    const int count = here.Places(rest % here.size, places);
    for (int i = 0; i < count; ++i) {
      AddPlaces(padded, dim - 1, rest / here.size, offset + places[i] * stride,
                stride * here.padded(), sum);
    }
  }

  const MirroredDims dims_;
  const int64_t size_;
};

}  // namespace

void RegisterMirrorPad(KernelRegistry& kernels) {
  kernels.Add("MirrorPad", PrepareMirrorPad).ValueInput(1);
  kernels.Add<InWiderType<MirrorPadGrad>::Kernel>("MirrorPadGrad")
      .For<WithComplex<AllNumberTypes>>("T")
      .ValueInput(1);
  kernels.Lacks("MirrorPadGrad", "T", {string, bool_}, "there is nothing to add up");
  kernels.Lacks("MirrorPadGrad", "T", QuantizedTypes(), kNoQuantizedKernels);
  kernels.Lacks("MirrorPadGrad", "T", ObjectTypes(), kNoObjectKernels);
}

}  // namespace sessile
