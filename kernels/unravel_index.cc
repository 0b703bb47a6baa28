// UnravelIndex: the coordinates that stand behind the number of an element.

#include <limits>
#include <utility>
#include <vector>

#include "absl/strings/str_join.h"
#include "sessile/core/framework/kernel_registry.h"
#include "sessile/core/framework/shape_inference.h"
#include "sessile/core/framework/status.h"
#include "sessile/kernels/blocks.h"
#include "sessile/kernels/register_all.h"
#include "sessile/kernels/storage.h"

namespace sessile {
namespace {

// How many elements a tensor of these dimensions has, a number of type T.
template <typename T>
absl::StatusOr<int64_t> CheckDims(const std::vector<int64_t>& dims) {
  int64_t size = 1;
  for (size_t i = 0; i < dims.size(); ++i) {
    if (dims[i] == 0) {
      return InvalidArgument(
          "Input dims cannot contain a dim of zero, but dims contains zero at index ", i);
    }
    if (dims[i] < 0) {
      return InvalidArgument("Input dims cannot be negative. Got dim = ", dims[i], " at index ", i);
    }
    if (__builtin_mul_overflow(size, dims[i], &size) || size > std::numeric_limits<T>::max()) {
      return InvalidArgument("Input dims product is causing integer overflow: (",
                             absl::StrJoin(dims, " "), ")");
    }
  }
  return size;
}

template <typename T>
class UnravelIndex final : public Prepared {
 public:
  static PreparedOr Prepare(const PrepareContext& ctx) {
    const Shape& indices = ctx.input_shape(0);
    if (indices.rank() > 1) {
      return InvalidArgument("The indices can only be scalar or vector, got \"", indices.ToString(),
                             "\"");
    }
    if (ctx.input_shape(1).rank() != 1) {
      return InvalidArgument("The indices can only be 1-D, got \"", ctx.input_shape(1).ToString(),
                             "\"");
    }
    SESSILE_ASSIGN_OR_RETURN(std::vector<int64_t> dims, IntsFromTensor(*ctx.input_value(1)));
    SESSILE_ASSIGN_OR_RETURN(const int64_t size, CheckDims<T>(dims));
    const int64_t rank = ctx.input_shape(1).dim(0);
    const Shape output = indices.rank() == 0 ? Shape({rank}) : Shape({rank, indices.dim(0)});
    return std::make_unique<UnravelIndex>(output, indices.num_elements(), size, std::move(dims));
  }
  UnravelIndex(const Shape& output, int64_t count, int64_t size, std::vector<int64_t> dims)
      : count_(count), size_(size), dims_(std::move(dims)) {
    AddOutput(DataTypeOf<T>::value, output);
    AddPhase(BlocksOf(count, static_cast<int64_t>(dims_.size() * sizeof(T))));
  }

  absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch, int,
                   int64_t block) const override {
    for (const int64_t i : BlockRange(count_, block, num_blocks(0))) {
      int64_t rest = in[0].data<T>()[i];
      if (rest < 0 || rest >= size_) {
        return InvalidArgument("index is out of bound as with dims");
      }
      for (size_t dim = dims_.size(); dim-- > 0;) {
        out[0].data<T>()[static_cast<int64_t>(dim) * count_ + i] =
            static_cast<T>(rest % dims_[dim]);
        rest /= dims_[dim];
      }
    }
    return absl::OkStatus();
  }

 private:
  const int64_t count_;
  const int64_t size_;
  const std::vector<int64_t> dims_;
};

}  // namespace

void RegisterUnravelIndex(KernelRegistry& kernels) {
  kernels.Add<UnravelIndex>("UnravelIndex").For<TypeList<int32_t, int64_t>>("Tidx").ValueInput(1);
}

}  // namespace sessile
