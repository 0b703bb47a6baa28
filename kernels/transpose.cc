// Transpose: output dimension i is input dimension perm[i]. InvertPermutation: where each number
// stands in a permutation.

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <type_traits>
#include <utility>
#include <vector>

#include "sessile/core/framework/kernel_registry.h"
#include "sessile/core/framework/shape_inference.h"
#include "sessile/kernels/blocks.h"
#include "sessile/kernels/register_all.h"
#include "sessile/kernels/storage.h"
#include "sessile/kernels/vectorized.h"

namespace sessile {
namespace {

// One dimension of the output.
struct TransposedDim {
  int64_t size;
  int64_t stride;     // in the input
  int64_t to_stride;  // in the output
};

// The dimensions of the output but for those of size 1; ones that stay neighbours are one.
std::vector<TransposedDim> TransposedDims(const Shape& input, const std::vector<int64_t>& perm) {
  std::vector<int64_t> strides(perm.size());
  int64_t stride = 1;
  for (size_t i = perm.size(); i-- > 0;) {
    strides[i] = stride;
    stride *= input.dim(static_cast<int>(i));
  }
  std::vector<TransposedDim> dims;
  for (const int64_t from : perm) {
    const int64_t size = input.dim(static_cast<int>(from));
    const int64_t step = strides[static_cast<size_t>(from)];
    if (size == 1) continue;
    if (!dims.empty() && dims.back().stride == size * step) {
      dims.back() = {dims.back().size * size, step, 1};
    } else {
      dims.push_back({size, step, 1});
    }
  }
  if (dims.empty()) dims.push_back({1, 1, 1});
  int64_t to_stride = 1;
  for (size_t i = dims.size(); i-- > 0;) {
    dims[i].to_stride = to_stride;
    to_stride *= dims[i].size;
  }
  return dims;
}

// Blocks are ranges of groups: the places of all dimensions but the last one of the output and the
// one whose elements are neighbours in the input. That one goes on its own in bands of `kBand`
// elements, so that both sides are read and written by whole cache lines.
template <typename T>
class Transpose final : public Prepared {
 public:
  Transpose(DataType dtype, const Shape& input, const std::vector<int64_t>& perm) {
    Shape output;
    for (const int64_t from : perm) output = output.Append(input.dim(static_cast<int>(from)));
    AddOutput(dtype, output);
    // Without elements, the product of the other sizes may be beyond any integer.
    if (output.num_elements() == 0) return;
    outer_ = TransposedDims(input, perm);
    row_ = outer_.back();
    outer_.pop_back();
    for (size_t i = 0; i < outer_.size() && row_.stride != 1; ++i) {
      if (outer_[i].stride != 1) continue;
      band_ = outer_[i];
      outer_.erase(outer_.begin() + static_cast<ptrdiff_t>(i));
      break;
    }
    bands_ = (band_.size + kBand - 1) / kBand;
    groups_ = bands_;
    for (const TransposedDim& dim : outer_) groups_ *= dim.size;
    AddPhase(BlocksOf(
        groups_, row_.size * std::min(band_.size, kBand) * 2 * static_cast<int64_t>(sizeof(T))));
  }

  absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch, int,
                   int64_t block) const override {
    for (const int64_t group : BlockRange(groups_, block, num_blocks(0))) {
      const int64_t first = group % bands_ * kBand;
      int64_t rest = group / bands_;
      const T* x = Elements<T>(in[0]) + first * band_.stride;
      T* y = Elements<T>(out[0]) + first * band_.to_stride;
      for (size_t i = outer_.size(); i-- > 0;) {
        const int64_t place = rest % outer_[i].size;
        x += place * outer_[i].stride;
        y += place * outer_[i].to_stride;
        rest /= outer_[i].size;
      }
      if (row_.stride == 1) {
        std::copy_n(x, row_.size, y);
      } else {
        Band(x, std::min(kBand, band_.size - first), y);
      }
    }
    return absl::OkStatus();
  }

 private:
  static constexpr int64_t kBand = 16;

  // `count` rows of the output; whole bands tile by tile, gathered where no cache line takes
  // another one's place.
  SESSILE_OPTIMIZE_SPEED void Band(const T* x, int64_t count, T* y) const {
    const int64_t size = row_.size, stride = row_.stride, to_stride = band_.to_stride;
    int64_t j = 0;
    if constexpr (std::is_trivially_copyable_v<T>) {
      for (; count == kBand && j + kBand <= size; j += kBand) {
        T tile[kBand][kBand];
        for (int64_t k = 0; k < kBand; ++k) {
          const T* const from = x + (j + k) * stride;
          for (int64_t i = 0; i < kBand; ++i) tile[i][k] = from[i];
        }
        for (int64_t i = 0; i < kBand; ++i)
          std::memcpy(y + i * to_stride + j, tile[i], sizeof(tile[i]));
      }
    }
    for (int64_t i = 0; i < count; ++i) {
      for (int64_t k = j; k < size; ++k) y[i * to_stride + k] = x[k * stride + i];
    }
  }

  std::vector<TransposedDim> outer_;  // without the two below
  TransposedDim row_ = {1, 1, 1};     // the last one
  TransposedDim band_ = {1, 0, 0};    // if row_.stride is not 1: the one whose stride is
  int64_t bands_ = 1;
  int64_t groups_ = 0;
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
