// Roll: the input is seen as rows of the dimensions behind the last one that turns; each row of the
// output is found by turning the coordinates of the dimensions before it, and is copied in the two
// pieces that the last one cuts it into.

#include <algorithm>
#include <utility>
#include <vector>

#include "sessile/core/framework/kernel_registry.h"
#include "sessile/core/framework/shape_inference.h"
#include "sessile/core/framework/status.h"
#include "sessile/kernels/blocks.h"
#include "sessile/kernels/register_all.h"
#include "sessile/kernels/storage.h"

namespace sessile {
namespace {

// A dimension with its shift, 0 <= shift < size.
struct Turn {
  int64_t size;
  int64_t shift;
};

struct Turns {
  std::vector<Turn> outer;  // of the dimensions before those of a row
  int64_t row = 1;          // elements
  int64_t row_shift = 0;    // by elements

  // The row of the input that becomes row `row` of the output.
  int64_t Source(int64_t row_number) const {
    int64_t source = 0;
    int64_t stride = 1;
    for (size_t i = outer.size(); i-- > 0;) {
      const int64_t place = row_number % outer[i].size;
      row_number /= outer[i].size;
      source += (place + outer[i].size - outer[i].shift) % outer[i].size * stride;
      stride *= outer[i].size;
    }
    return source;
  }
};

// The sum of all shifts of each dimension.
absl::StatusOr<std::vector<Turn>> TurnsOf(const PrepareContext& ctx) {
  const Shape& input = ctx.input_shape(0);
  SESSILE_ASSIGN_OR_RETURN(const std::vector<int64_t> shifts, IntsFromTensor(*ctx.input_value(1)));
  SESSILE_ASSIGN_OR_RETURN(const std::vector<int64_t> axes, IntsFromTensor(*ctx.input_value(2)));
  std::vector<Turn> turns;
  for (const int64_t size : input.dims()) turns.push_back({size, 0});
  for (size_t i = 0; i < axes.size(); ++i) {
    const int64_t axis = axes[i] < 0 ? axes[i] + input.rank() : axes[i];
    if (axis < 0 || axis >= input.rank()) {
      return InvalidArgument("axis ", axes[i], " is out of range for an input of shape ",
                             input.ToString());
    }
    Turn& turn = turns[static_cast<size_t>(axis)];
    if (turn.size == 0) continue;
    turn.shift = (turn.shift + shifts[i] % turn.size + turn.size) % turn.size;
  }
  return turns;
}

Turns InRows(const std::vector<Turn>& turns) {
  size_t last = turns.size();
  while (last > 0 && turns[last - 1].shift == 0) --last;
  Turns result;
  for (size_t i = last; i < turns.size(); ++i) result.row *= turns[i].size;
  if (last == 0) return result;
  result.row_shift = turns[last - 1].shift * result.row;
  result.row *= turns[last - 1].size;
  result.outer.assign(turns.begin(), turns.begin() + static_cast<std::ptrdiff_t>(last) - 1);
  return result;
}

template <typename T>
class Roll final : public Prepared {
 public:
  Roll(const PrepareContext& ctx, Turns turns)
      : turns_(std::move(turns)),
        rows_(turns_.row == 0 ? 0 : ctx.input_shape(0).num_elements() / turns_.row) {
    AddOutput(ctx.output_dtype(0), ctx.input_shape(0));
    AddPhase(BlocksOf(rows_, turns_.row * 2 * static_cast<int64_t>(sizeof(T))));
  }

  absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch, int,
                   int64_t block) const override {
    const int64_t kept = turns_.row - turns_.row_shift;
    for (const int64_t row : BlockRange(rows_, block, num_blocks(0))) {
      const T* const from = Elements<T>(in[0]) + turns_.Source(row) * turns_.row;
      T* const to = Elements<T>(out[0]) + row * turns_.row;
      std::copy_n(from, kept, to + turns_.row_shift);
      std::copy_n(from + kept, turns_.row_shift, to);
    }
    return absl::OkStatus();
  }

 private:
  const Turns turns_;
  const int64_t rows_;
};

PreparedOr PrepareRoll(const PrepareContext& ctx) {
  const Shape& shift = ctx.input_shape(1);
  const Shape& axis = ctx.input_shape(2);
  if (ctx.input_shape(0).rank() < 1) return InvalidArgument("input must be 1-D or higher");
  if (shift.rank() > 1) {
    return InvalidArgument("shift must be a scalar or a 1-D vector. Found: ", shift.ToString());
  }
  if (axis.rank() > 1) {
    return InvalidArgument("axis must be a scalar or a 1-D vector. Found: ", axis.ToString());
  }
  if (shift != axis) {
    return InvalidArgument("shift and axis must have the same size: ", shift.ToString(), " vs. ",
                           axis.ToString());
  }
  SESSILE_ASSIGN_OR_RETURN(const std::vector<Turn> turns, TurnsOf(ctx));
  return WithStorage(ctx.output_dtype(0), [&]<typename T>(Stored<T>) -> PreparedOr {
    return std::make_unique<Roll<T>>(ctx, InRows(turns));
  });
}

}  // namespace

void RegisterRoll(KernelRegistry& kernels) {
  kernels.Add("Roll", PrepareRoll).ValueInput(1).ValueInput(2);
}

}  // namespace sessile
