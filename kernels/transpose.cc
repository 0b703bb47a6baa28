// Transpose: output dimension i is input dimension perm[i]. InvertPermutation: where each number
// stands in a permutation.

#include <utility>
#include <vector>

#include "sessile/core/framework/kernel_registry.h"
#include "sessile/core/framework/shape_inference.h"
#include "sessile/kernels/blocks.h"
#include "sessile/kernels/register_all.h"
#include "sessile/kernels/storage.h"

namespace sessile {
namespace {

template <typename T>
class Transpose final : public Prepared {
 public:
  Transpose(DataType dtype, const Shape& input, const std::vector<int64_t>& perm) {
    std::vector<int64_t> strides(perm.size());
    int64_t stride = 1;
    for (size_t i = perm.size(); i-- > 0;) {
      strides[i] = stride;
      stride *= input.dim(static_cast<int>(i));
    }
    Shape output;
    for (const int64_t from : perm) {
      const int64_t size = input.dim(static_cast<int>(from));
      output = output.Append(size);
      dims_.push_back({size, strides[static_cast<size_t>(from)]});
    }
    if (dims_.empty()) dims_.push_back({1, 1});
    rows_ = output.num_elements() == 0 ? 0 : output.num_elements() / dims_.back().size;
    AddOutput(dtype, output);
    AddPhase(BlocksOf(rows_, dims_.back().size * 2 * static_cast<int64_t>(sizeof(T))));
  }

  absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch, int,
                   int64_t block) const override {
    const Dim last = dims_.back();
    for (const int64_t row : BlockRange(rows_, block, num_blocks(0))) {
      int64_t rest = row, offset = 0;
      for (size_t i = dims_.size() - 1; i-- > 0;) {
        offset += rest % dims_[i].size * dims_[i].stride;
        rest /= dims_[i].size;
      }
      const T* x = Elements<T>(in[0]) + offset;
      T* y = Elements<T>(out[0]) + row * last.size;
      for (int64_t j = 0; j < last.size; ++j) y[j] = x[j * last.stride];
    }
    return absl::OkStatus();
  }

 private:
  struct Dim {
    int64_t size;
    int64_t stride;  // in the input
  };
  std::vector<Dim> dims_;  // of the output, outermost first
  int64_t rows_ = 0;
};

PreparedOr PrepareTranspose(const PrepareContext& ctx) {
  const Shape& input = ctx.input_shape(0);
  if (ctx.input_shape(1).rank() != 1) {
    return InvalidArgument("perm must be rank 1, got shape ", ctx.input_shape(1).ToString());
  }
  SESSILE_ASSIGN_OR_RETURN(std::vector<int64_t> perm, IntsFromTensor(*ctx.input_value(1)));
  const auto rank = static_cast<int64_t>(perm.size());
  if (rank != input.rank()) {
    return InvalidArgument("transpose expects a vector of size ", input.rank(),
                           ". But input(1) is a vector of size ", rank);
  }
  std::vector<bool> seen(perm.size(), false);
  for (int64_t& dim : perm) {
    if (dim < -rank || dim >= rank) {
      return InvalidArgument(dim, " is out of range [0 .. ", rank, ")");
    }
    dim = dim < 0 ? dim + rank : dim;
    seen[static_cast<size_t>(dim)] = true;
  }
  for (size_t i = 0; i < seen.size(); ++i) {
    if (!seen[i]) return InvalidArgument(i, " is missing from perm.");
  }
  return WithStorage(ctx.output_dtype(0), [&]<typename T>(Stored<T>) -> PreparedOr {
    return std::make_unique<Transpose<T>>(ctx.output_dtype(0), input, perm);
  });
}

template <typename T>
class InvertPermutation final : public Prepared {
 public:
  static PreparedOr Prepare(const PrepareContext& ctx) {
    if (ctx.input_shape(0).rank() != 1) {
      return InvalidArgument("invert_permutation expects a 1D vector.");
    }
    return std::make_unique<InvertPermutation>(ctx.input_shape(0));
  }
  explicit InvertPermutation(const Shape& shape) : size_(shape.num_elements()) {
    AddOutput(DataTypeOf<T>::value, shape);
    AddPhase(1);
  }
  absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch, int, int64_t) const override {
    const T* x = in[0].data<T>();
    T* y = out[0].data<T>();
    for (int64_t i = 0; i < size_; ++i) y[i] = -1;
    for (int64_t i = 0; i < size_; ++i) {
      if (x[i] < 0 || x[i] >= size_) {
        return InvalidArgument(x[i], " is not between 0 and ", size_);
      }
      if (y[x[i]] != -1) return InvalidArgument(x[i], " is duplicated in the input.");
      y[x[i]] = static_cast<T>(i);
    }
    return absl::OkStatus();
  }

 private:
  const int64_t size_;
};

}  // namespace

void RegisterTranspose(KernelRegistry& kernels) {
  kernels.Add("Transpose", PrepareTranspose).ValueInput(1);
  kernels.Add<InvertPermutation>("InvertPermutation").For<TypeList<int32_t, int64_t>>("T");
}

}  // namespace sessile
