// Sparse tensors, which are given by their indices [n, rank], values [n] and shape [rank].
//
// SparseTensorDenseAdd: the values are added to a copy of the dense tensor, in their order.
// SparseToDense, SparseTensorDenseMatMul, SparseReorder, SparseReshape.

#include <algorithm>
#include <array>
#include <memory>
#include <numeric>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "sessile/core/framework/kernel_registry.h"
#include "sessile/core/framework/shape_inference.h"
#include "sessile/core/framework/status.h"
#include "sessile/kernels/blocks.h"
#include "sessile/kernels/indices.h"
#include "sessile/kernels/numeric.h"
#include "sessile/kernels/register_all.h"
#include "sessile/kernels/rows.h"
#include "sessile/kernels/storage.h"
#include "sessile/kernels/vectorized.h"

namespace sessile {
namespace {

template <typename T>
class SparseDenseAdd final : public Prepared {
 public:
  static PreparedOr Prepare(const PrepareContext& ctx) {
    const Shape& indices = ctx.input_shape(0);
    const Shape& values = ctx.input_shape(1);
    const Shape& sizes = ctx.input_shape(2);
    if (indices.rank() != 2) {
      return InvalidArgument("Input a_indices should be a matrix but received shape: ",
                             indices.ToString());
    }
    if (values.rank() != 1 || sizes.rank() != 1) {
      return InvalidArgument("Inputs a_values and a_shape should be vectors but received shapes: ",
                             values.ToString(), " and ", sizes.ToString());
    }
    if (indices.dim(0) != values.dim(0)) {
      return InvalidArgument("Dimensions ", indices.dim(0), " and ", values.dim(0),
                             " are not compatible");
    }
    if (sizes.dim(0) != indices.dim(1)) {
      return InvalidArgument("Input a_shape has ", sizes.dim(0), " elements, but a_indices have ",
                             indices.dim(1));
    }
    if (ctx.input_shape(3).rank() != sizes.dim(0)) {
      return InvalidArgument("Two operands have different ranks; received: ", sizes.dim(0), " and ",
                             ctx.input_shape(3).rank());
    }
    return std::make_unique<SparseDenseAdd>(ctx.input_shape(3));
  }
  explicit SparseDenseAdd(const Shape& dense) : size_(dense.num_elements()) {
    AddOutput(DataTypeOf<T>::value, dense);
    MayForward(3, 0);
    AddPhase(1);
  }

  absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch, int, int64_t) const override {
    const Shape& shape = out[0].shape();
    const int64_t rank = shape.rank();
    for (int64_t i = 0; i < rank; ++i) {
      if (IndexAt(in[2], i) == shape.dim(static_cast<int>(i))) continue;
      return InvalidArgument("Dimension ", i,
                             " does not equal (no broadcasting is supported): sparse side ",
                             IndexAt(in[2], i), " vs dense side ", shape.dim(static_cast<int>(i)));
    }
    T* const sums = out[0].data<T>();
    if (sums != in[3].data<T>()) std::copy_n(in[3].data<T>(), size_, sums);
    for (int64_t n = 0; n < in[1].num_elements(); ++n) {
      const int64_t at = ElementNamed(in[0], n, shape.dims());
      if (at < 0) {
        const auto i = static_cast<int64_t>(FirstOutOfRange(in[0], n, shape.dims()));
        return InvalidArgument("Sparse tensor has an invalid index: a_indices[", n, ",", i,
                               "] = ", IndexAt(in[0], n * rank + i), " is not in [0, ",
                               shape.dim(static_cast<int>(i)), ")");
      }
      sums[at] = Narrow<T>(WrapAdd(Widen(sums[at]), Widen(in[1].data<T>()[n])));
    }
    return absl::OkStatus();
  }

 private:
  const int64_t size_;
};

// -- SparseToDense.

struct DenseSizes {
  Shape output;
  int64_t count = 1;       // of the indices
  bool one_value = false;  // for all of them
  bool must_be_sorted = true;
};

absl::StatusOr<DenseSizes> DenseSizesOf(const PrepareContext& ctx) {
  const Shape& indices = ctx.input_shape(0);
  const Shape& values = ctx.input_shape(2);
  if (indices.rank() > 2) {
    return InvalidArgument("sparse_indices should be a scalar, vector, or matrix, got shape ",
                           indices.ToString());
  }
  if (ctx.input_shape(1).rank() != 1) {
    return InvalidArgument("output_shape must be rank 1, got shape ",
                           ctx.input_shape(1).ToString());
  }
  DenseSizes sizes;
  SESSILE_ASSIGN_OR_RETURN(sizes.output, ShapeOfSizes(*ctx.input_value(1)));
  const int64_t rank = indices.rank() == 2 ? indices.dim(1) : 1;
  if (sizes.output.rank() != rank) {
    return InvalidArgument("output_shape has incorrect number of elements: ", sizes.output.rank(),
                           " should be: ", rank);
  }
  sizes.count = indices.rank() == 0 ? 1 : indices.dim(0);
  if (rank == 0 && sizes.count > 1) {
    return InvalidArgument("sparse_indices ", indices.ToString(), " name one place repeatedly");
  }
  sizes.one_value = values.rank() == 0;
  if (!sizes.one_value && values != Shape({sizes.count})) {
    return InvalidArgument("sparse_values has incorrect shape ", values.ToString(),
                           ", should be [] or [", sizes.count, "]");
  }
  if (ctx.input_shape(3).rank() != 0) {
    return InvalidArgument("default_value should be a scalar.");
  }
  SESSILE_ASSIGN_OR_RETURN(sizes.must_be_sorted, ctx.Attr<bool>("validate_indices"));
  return sizes;
}

template <typename T>
class SparseToDense final : public Prepared {
 public:
  SparseToDense(const PrepareContext& ctx, DenseSizes sizes) : s_(std::move(sizes)) {
    AddOutput(ctx.output_dtype(0), s_.output);
    AddPhase(1);
  }

  absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch, int, int64_t) const override {
    const T* const values = Elements<T>(in[2]);
    T* const dense = Elements<T>(out[0]);
    std::fill_n(dense, s_.output.num_elements(), *Elements<T>(in[3]));
    int64_t before = -1;
    for (int64_t n = 0; n < s_.count; ++n) {
      const int64_t at = ElementNamed(in[0], n, s_.output.dims());
      if (at < 0) {
        return InvalidArgument("indices[", n, "] = ", IndexText(in[0], n),
                               " is out of bounds: need 0 <= index < ", s_.output.ToString());
      }
      if (s_.must_be_sorted && at <= before) {
        return InvalidArgument("indices[", n, "] = ", IndexText(in[0], n),
                               at == before ? " is repeated"
                                            : " is out of order. Many sparse ops require sorted "
                                              "indices.");
      }
      before = at;
      dense[at] = values[s_.one_value ? 0 : n];
    }
    return absl::OkStatus();
  }

 private:
  std::string IndexText(const TensorView& indices, int64_t n) const {
    const int64_t rank = s_.output.rank();
    std::vector<int64_t> index;
    for (int64_t i = 0; i < rank; ++i) index.push_back(IndexAt(indices, n * rank + i));
    return absl::StrCat("[", absl::StrJoin(index, ","), "]");
  }

  const DenseSizes s_;
};

PreparedOr PrepareSparseToDense(const PrepareContext& ctx) {
  SESSILE_ASSIGN_OR_RETURN(DenseSizes sizes, DenseSizesOf(ctx));
  return WithStorage(ctx.output_dtype(0), [&]<typename T>(Stored<T>) -> PreparedOr {
    return std::make_unique<SparseToDense<T>>(ctx, std::move(sizes));
  });
}

// -- SparseTensorDenseMatMul. Blocks are ranges of the product's columns, so that values that fall
// on one element are added up in their order.

template <typename T>
class SparseMatMul final : public Prepared {
 public:
  static PreparedOr Prepare(const PrepareContext& ctx) {
    const Shape& indices = ctx.input_shape(0);
    const Shape& b = ctx.input_shape(3);
    if (b.rank() != 2) return InvalidArgument("Tensor 'b' is not a matrix");
    if (ctx.input_shape(2) != Shape({2})) {
      return InvalidArgument("Tensor 'a_shape' must have 2 elements");
    }
    if (ctx.input_shape(1).rank() != 1) return InvalidArgument("Tensor 'a_values' is not a vector");
    if (indices.rank() != 2 || indices.dim(1) != 2) {
      return InvalidArgument("Tensor 'a_indices' is not a matrix of two columns");
    }
    if (indices.dim(0) != ctx.input_shape(1).dim(0)) {
      return InvalidArgument(
          "Number of rows of a_indices does not match number of entries in a_values");
    }
    SESSILE_ASSIGN_OR_RETURN(const Shape a, ShapeOfSizes(*ctx.input_value(2)));
    SESSILE_ASSIGN_OR_RETURN(const bool adjoint_a, ctx.Attr<bool>("adjoint_a"));
    SESSILE_ASSIGN_OR_RETURN(const bool adjoint_b, ctx.Attr<bool>("adjoint_b"));
    const int64_t inner = a.dim(adjoint_a ? 0 : 1);
    if (inner != b.dim(adjoint_b ? 1 : 0)) {
      return InvalidArgument("Cannot multiply A and B because inner dimension does not match: ",
                             inner, " vs. ", b.dim(adjoint_b ? 1 : 0),
                             ".  Did you forget a transpose?  Dimensions of A: ", a.ToString(),
                             ".  Dimensions of B: ", b.ToString());
    }
    SESSILE_ASSIGN_OR_RETURN(
        const Shape output,
        Shape::FromDims(std::array{a.dim(adjoint_a ? 1 : 0), b.dim(adjoint_b ? 0 : 1)}));
    return std::make_unique<SparseMatMul>(output, indices.dim(0), inner, adjoint_a, adjoint_b);
  }

  SparseMatMul(const Shape& output, int64_t count, int64_t inner, bool adjoint_a, bool adjoint_b)
      : rows_(output.dim(0)),
        columns_(output.dim(1)),
        inner_(inner),
        count_(count),
        adjoint_a_(adjoint_a),
        adjoint_b_(adjoint_b) {
    AddOutput(DataTypeOf<T>::value, output);
    AddPhase(BlocksOfColumns(columns_, std::min(count_, kBlockBytes), 3 * sizeof(T)));
  }

  SESSILE_OPTIMIZE_SPEED absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch, int,
                                          int64_t block) const override {
    const IndexRange range = BlockRange(columns_, block, num_blocks(0));
    const T* const values = in[1].data<T>();
    const T* const b = in[3].data<T>();
    T* const product = out[0].data<T>();
    for (int64_t i = 0; range.size() > 0 && i < rows_; ++i) {
      FillRow(product + i * columns_ + range.first(), range.size(), T{});
    }
    for (int64_t n = 0; n < count_; ++n) {
      const int64_t row = IndexAt(in[0], 2 * n + (adjoint_a_ ? 1 : 0));
      const int64_t k = IndexAt(in[0], 2 * n + (adjoint_a_ ? 0 : 1));
      if (k < 0 || k >= inner_) {
        return InvalidArgument("k (", k, ") from index[", n, ",", adjoint_a_ ? 0 : 1,
                               "] out of bounds (>=", inner_, ")");
      }
      if (row < 0 || row >= rows_) {
        return InvalidArgument("m (", row, ") from index[", n, ",", adjoint_a_ ? 1 : 0,
                               "] out of bounds (>=", rows_, ")");
      }
      const Wide<T> value = adjoint_a_ ? Conjugate(Widen(values[n])) : Widen(values[n]);
      T* const sums = product + row * columns_;
      for (const int64_t j : range) {
        const Wide<T> factor =
            adjoint_b_ ? Conjugate(Widen(b[j * inner_ + k])) : Widen(b[k * columns_ + j]);
        sums[j] = Narrow<T>(WrapAdd(Widen(sums[j]), WrapMul(value, factor)));
      }
    }
    return absl::OkStatus();
  }

 private:
  const int64_t rows_;
  const int64_t columns_;
  const int64_t inner_;
  const int64_t count_;
  const bool adjoint_a_;
  const bool adjoint_b_;
};

// -- SparseReorder.

template <typename T>
class SparseReorder final : public Prepared {
 public:
  explicit SparseReorder(const PrepareContext& ctx)
      : count_(ctx.input_shape(0).dim(0)), rank_(ctx.input_shape(0).dim(1)) {
    AddOutput(int64, ctx.input_shape(0));
    AddOutput(ctx.output_dtype(1), ctx.input_shape(1));
    AddPhase(1);
    SetScratch(1, static_cast<size_t>(count_) * sizeof(int64_t));
  }

  absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch scratch, int,
                   int64_t) const override {
    const int64_t* const indices = in[0].data<int64_t>();
    int64_t* const order = scratch.slot<int64_t>(0);
    std::iota(order, order + count_, int64_t{0});
    // Of equal indices the first one stays first.
    std::sort(order, order + count_, [&](int64_t a, int64_t b) {
      const int64_t* const x = indices + a * rank_;
      const int64_t* const y = indices + b * rank_;
      const auto [at_x, at_y] = std::mismatch(x, x + rank_, y);
      return at_x == x + rank_ ? a < b : *at_x < *at_y;
    });
    for (int64_t n = 0; n < count_; ++n) {
      std::copy_n(indices + order[n] * rank_, rank_, out[0].data<int64_t>() + n * rank_);
      Elements<T>(out[1])[n] = Elements<T>(in[1])[order[n]];
    }
    return absl::OkStatus();
  }

 private:
  const int64_t count_;
  const int64_t rank_;
};

PreparedOr PrepareSparseReorder(const PrepareContext& ctx) {
  const Shape& indices = ctx.input_shape(0);
  const Shape& values = ctx.input_shape(1);
  if (indices.rank() != 2) {
    return InvalidArgument("Input indices should be a matrix but received shape ",
                           indices.ToString());
  }
  if (values != Shape({indices.dim(0)})) {
    return InvalidArgument("Number of elements must match number of indices. Got ",
                           values.ToString(), " values, indices shape: ", indices.ToString());
  }
  if (ctx.input_shape(2) != Shape({indices.dim(1)})) {
    return InvalidArgument("Index rank and shape rank do not match: ", indices.ToString(), " and ",
                           ctx.input_shape(2).ToString());
  }
  return WithStorage(ctx.output_dtype(1), [&]<typename T>(Stored<T>) -> PreparedOr {
    return std::make_unique<SparseReorder<T>>(ctx);
  });
}

// -- SparseReshape.

// `sizes` with -1 replaced by what the others leave of `elements`.
absl::StatusOr<std::vector<int64_t>> FullSizes(std::vector<int64_t> sizes, const Shape& from) {
  const int64_t elements = from.num_elements();
  std::optional<size_t> open;
  int64_t product = 1;
  for (size_t i = 0; i < sizes.size(); ++i) {
    if (sizes[i] == -1) {
      if (open.has_value()) {
        return InvalidArgument("only one output dimension may be -1, not both ", *open, " and ", i);
      }
      open = i;
      continue;
    }
    if (sizes[i] < 0) {
      return InvalidArgument("size ", i, " must be non-negative, not ", sizes[i]);
    }
    if (__builtin_mul_overflow(product, sizes[i], &product)) {
      return InvalidArgument("The new shape has more than 2^63 - 1 elements");
    }
  }
  if (open.has_value()) {
    if (product == 0) {
      return InvalidArgument(
          "reshape cannot infer the missing input size for an empty tensor unless all specified "
          "input sizes are non-zero");
    }
    sizes[*open] = elements / product;
    if (sizes[*open] * product != elements) {
      return InvalidArgument("Input to reshape is a SparseTensor with ", elements,
                             " dense values, but the requested shape requires a multiple of ",
                             product, ". input_shape=", from.ToString());
    }
    return sizes;
  }
  if (product != elements) {
    return InvalidArgument("Input to reshape is a tensor with ", elements,
                           " dense values, but the requested shape has ", product,
                           ". input_shape=", from.ToString());
  }
  return sizes;
}

class SparseReshape final : public Prepared {
 public:
  SparseReshape(int64_t count, Shape from, std::vector<int64_t> to)
      : count_(count), from_(std::move(from)), to_(std::move(to)) {
    const auto rank = static_cast<int64_t>(to_.size());
    AddOutput(int64, Shape({count, rank}));
    AddOutput(int64, Shape({rank}));
    AddPhase(1);
  }

  absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch, int, int64_t) const override {
    std::copy(to_.begin(), to_.end(), out[1].data<int64_t>());
    const int64_t rank = from_.rank();
    const auto new_rank = static_cast<int64_t>(to_.size());
    if (rank == 0 && new_rank == 0) return absl::OkStatus();  // any number of rows of nothing
    for (int64_t n = 0; n < count_; ++n) {
      int64_t at = ElementNamed(in[0], n, from_.dims());
      if (at < 0) {
        const auto i = static_cast<int64_t>(FirstOutOfRange(in[0], n, from_.dims()));
        return InvalidArgument("indices[", n, ",", i, "] = ", IndexAt(in[0], n * rank + i),
                               " is not in [0, ", from_.dim(static_cast<int>(i)), ")");
      }
      for (int64_t i = new_rank; i-- > 0;) {
        const int64_t size = to_[static_cast<size_t>(i)];
        out[0].data<int64_t>()[n * new_rank + i] = at % size;
        at /= size;
      }
    }
    return absl::OkStatus();
  }

 private:
  const int64_t count_;
  const Shape from_;
  const std::vector<int64_t> to_;
};

PreparedOr PrepareSparseReshape(const PrepareContext& ctx) {
  const Shape& indices = ctx.input_shape(0);
  if (indices.rank() != 2) {
    return InvalidArgument("Input indices should be a matrix but received shape ",
                           indices.ToString());
  }
  if (ctx.input_shape(1).rank() != 1 || ctx.input_shape(2).rank() != 1) {
    return InvalidArgument("Input and target shapes should be vectors but received shapes ",
                           ctx.input_shape(1).ToString(), " and ", ctx.input_shape(2).ToString());
  }
  SESSILE_ASSIGN_OR_RETURN(Shape from, ShapeOfSizes(*ctx.input_value(1)));
  if (from.rank() != indices.dim(1)) {
    return InvalidArgument("Input tensor rank must match input shape length.");
  }
  SESSILE_ASSIGN_OR_RETURN(std::vector<int64_t> wanted, IntsFromTensor(*ctx.input_value(2)));
  SESSILE_ASSIGN_OR_RETURN(std::vector<int64_t> to, FullSizes(std::move(wanted), from));
  return std::make_unique<SparseReshape>(indices.dim(0), std::move(from), std::move(to));
}

}  // namespace

void RegisterSparse(KernelRegistry& kernels) {
  kernels.Add<SparseDenseAdd>("SparseTensorDenseAdd").For<WithComplex<AllNumberTypes>>("T");
  kernels.Lacks("SparseTensorDenseAdd", "T", QuantizedTypes(), kNoQuantizedKernels);
  kernels.Add("SparseToDense", PrepareSparseToDense).ValueInput(1);
  using MatMulTypes = WithComplex<TypeList<float, double, int32_t, Half, BFloat16>>;
  kernels.Add<SparseMatMul>("SparseTensorDenseMatMul").For<MatMulTypes>("T").ValueInput(2);
  kernels.Lacks("SparseTensorDenseMatMul", "T",
                {int8, int16, int64, uint8, uint16, uint32, uint64, bool_, string},
                kNoKernelInTensorFlow);
  kernels.Lacks("SparseTensorDenseMatMul", "T", QuantizedTypes(), kNoQuantizedKernels);
  kernels.Lacks("SparseTensorDenseMatMul", "T", ObjectTypes(), kNoObjectKernels);
  kernels.Add("SparseReorder", PrepareSparseReorder);
  kernels.Add("SparseReshape", PrepareSparseReshape).ValueInput(1).ValueInput(2);
}

}  // namespace sessile
