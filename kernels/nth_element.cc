// NthElement: each block sorts copies of its rows, in memory of its own, as far as need be.

#include <algorithm>

#include "sessile/core/framework/kernel_registry.h"
#include "sessile/core/framework/status.h"
#include "sessile/kernels/blocks.h"
#include "sessile/kernels/numeric.h"
#include "sessile/kernels/register_all.h"
#include "sessile/kernels/storage.h"

namespace sessile {
namespace {

// NaN is larger than every number.
template <typename T>
bool Before(T a, T b) {
  const Wide<T> x = Widen(a);
  const Wide<T> y = Widen(b);
  return x < y || (x == x && y != y);
}

template <typename T>
class NthElement final : public Prepared {
 public:
  static PreparedOr Prepare(const PrepareContext& ctx) {
    const Shape& input = ctx.input_shape(0);
    if (ctx.input_shape(1).rank() != 0) {
      return InvalidArgument("N must be scalar but has rank ", ctx.input_shape(1).rank());
    }
    const int64_t n = ctx.input_value(1)->scalar<int32_t>();
    if (n < 0) return InvalidArgument("n must be non-negative but is ", n);
    if (input.rank() < 1) {
      return InvalidArgument("Input must be at least rank 1 but is rank ", input.rank());
    }
    const int64_t length = input.dim(input.rank() - 1);
    if (length <= n) return InvalidArgument("Input must have last dimension > n = ", n);
    SESSILE_ASSIGN_OR_RETURN(const bool reverse, ctx.Attr<bool>("reverse"));
    return std::make_unique<NthElement>(input.Slice(0, -1), length, reverse ? length - 1 - n : n);
  }
  NthElement(const Shape& output, int64_t length, int64_t n)
      : rows_(output.num_elements()), length_(length), n_(n) {
    AddOutput(DataTypeOf<T>::value, output);
    AddPhase(BlocksOf(rows_, length * 2 * static_cast<int64_t>(sizeof(T))));
    SetScratch(num_blocks(0), static_cast<size_t>(length) * sizeof(T));
  }

  absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch scratch, int,
                   int64_t block) const override {
    T* const row = scratch.slot<T>(block);
    for (const int64_t i : BlockRange(rows_, block, num_blocks(0))) {
      std::copy_n(in[0].data<T>() + i * length_, length_, row);
      std::nth_element(row, row + n_, row + length_, Before<T>);
      out[0].data<T>()[i] = row[n_];
    }
    return absl::OkStatus();
  }

 private:
  const int64_t rows_;
  const int64_t length_;
  const int64_t n_;
};

}  // namespace

void RegisterNthElement(KernelRegistry& kernels) {
  kernels.Add<NthElement>("NthElement").For<AllNumberTypes>("T").ValueInput(1);
}

}  // namespace sessile
