// RandomShuffle: Fisher and Yates's shuffle of the rows, with TensorFlow's random words.

#include <algorithm>
#include <limits>
#include <numeric>
#include <string>
#include <utility>

#include "sessile/core/framework/kernel_registry.h"
#include "sessile/kernels/blocks.h"
#include "sessile/kernels/random_stream.h"
#include "sessile/kernels/register_all.h"
#include "sessile/kernels/storage.h"

namespace sessile {
namespace {

// Phase 0 draws the order of the rows into scratch, phase 1 copies them.
template <typename T>
class RandomShuffle final : public Prepared {
 public:
  RandomShuffle(DataType dtype, const Shape& shape)
      : rows_(shape.rank() == 0 ? 1 : shape.dim(0)),
        row_(rows_ == 0 ? 0 : shape.num_elements() / rows_) {
    AddOutput(dtype, shape);
    AddPhase(1);
    AddPhase(BlocksOf(rows_, row_ * static_cast<int64_t>(sizeof(T))));
    SetScratch(1, static_cast<size_t>(rows_) * sizeof(int64_t));
  }

  absl::Status Run(RunContext& ctx, Inputs in, Outputs out, Scratch scratch, int phase,
                   int64_t block) const override {
    auto* const order = scratch.slot<int64_t>(0);
    if (phase == 0) {
      std::iota(order, order + rows_, int64_t{0});
      if (rows_ > 1 && row_ > 0) Shuffle(ctx, order);
      return absl::OkStatus();
    }
    const T* const from = Elements<T>(in[0]);
    T* const to = Elements<T>(out[0]);
    for (const int64_t i : BlockRange(rows_, block, num_blocks(1))) {
      std::copy_n(from + order[i] * row_, row_, to + i * row_);
    }
    return absl::OkStatus();
  }

 private:
  void Shuffle(RunContext& ctx, int64_t* order) const {
    auto* const state = static_cast<StreamState*>(ctx.state());
    // A word for each row but the last.
    RandomWords words(state->stream.ReserveSamples128(static_cast<uint64_t>(rows_ - 1 + 3) / 4));
    for (int64_t i = 0; i + 1 < rows_; ++i) {
      const auto left = static_cast<uint32_t>(rows_ - i);
      std::swap(order[i], order[i + static_cast<int64_t>(words.Next() % left)]);
    }
  }

  const int64_t rows_;
  const int64_t row_;
};

PreparedOr PrepareRandomShuffle(const PrepareContext& ctx) {
  const Shape& shape = ctx.input_shape(0);
  if (shape.rank() > 0 && shape.dim(0) > std::numeric_limits<uint32_t>::max()) {
    return InvalidArgument("RandomShuffle of more than 2^32 rows: ", shape.ToString());
  }
  return WithStorage(ctx.input_dtype(0), [&]<typename T>(Stored<T>) -> PreparedOr {
    return std::make_unique<RandomShuffle<T>>(ctx.output_dtype(0), shape);
  });
}

}  // namespace

void RegisterRandomShuffle(KernelRegistry& kernels) {
  kernels.Add("RandomShuffle", PrepareRandomShuffle).State(MakeStream);
}

}  // namespace sessile
