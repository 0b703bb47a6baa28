// MatrixBandPart: rows of matrices with what is outside of the band left out.

#include <algorithm>

#include "sessile/core/framework/diagonal_band.h"
#include "sessile/core/framework/kernel_registry.h"
#include "sessile/core/framework/shape_inference.h"
#include "sessile/core/framework/status.h"
#include "sessile/kernels/blocks.h"
#include "sessile/kernels/register_all.h"
#include "sessile/kernels/storage.h"

namespace sessile {
namespace {

template <typename T>
class BandPart final : public Prepared {
 public:
  BandPart(DataType dtype, const Shape& shape, int64_t matrices, int64_t lower, int64_t upper)
      : matrices_(matrices), size_(MatrixSizeOf(shape)), lower_(lower), upper_(upper) {
    AddOutput(dtype, shape);
    const int64_t columns = std::min(size_.columns, kBlockBytes);
    AddPhase(BlocksOf(matrices * size_.rows, columns * static_cast<int64_t>(sizeof(T))));
  }

  absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch, int,
                   int64_t block) const override {
    const int64_t columns = size_.columns;
    for (const int64_t row : BlockRange(matrices_ * size_.rows, block, num_blocks(0))) {
      const int64_t i = row % size_.rows;
      const int64_t first = lower_ < 0 ? 0 : std::clamp<int64_t>(i - lower_, 0, columns);
      const int64_t last =
          upper_ < 0 ? columns : std::clamp<int64_t>(i + upper_ + 1, first, columns);
      T* const to = Elements<T>(out[0]) + row * columns;
      std::fill_n(to, first, T());
      std::copy_n(Elements<T>(in[0]) + row * columns + first, last - first, to + first);
      std::fill(to + last, to + columns, T());
    }
    return absl::OkStatus();
  }

 private:
  const int64_t matrices_;
  const MatrixSize size_;
  const int64_t lower_;
  const int64_t upper_;
};

PreparedOr PrepareBandPart(const PrepareContext& ctx) {
  const Shape& input = ctx.input_shape(0);
  if (input.rank() < 2) {
    return InvalidArgument("input must be at least 2-dim, received shape: ", input.ToString());
  }
  const int64_t matrices = input.Slice(0, input.rank() - 2).num_elements();
  const MatrixSize size = MatrixSizeOf(input);
  int64_t bounds[2] = {0, 0};
  for (const int i : {1, 2}) {
    const char* const name = i == 1 ? "num_lower" : "num_upper";
    if (ctx.input_shape(i).rank() != 0) return InvalidArgument(name, " must be scalar");
    SESSILE_ASSIGN_OR_RETURN(const std::vector<int64_t> value, IntsFromTensor(*ctx.input_value(i)));
    const int64_t most = i == 1 ? size.rows : size.columns;
    if (value[0] > most) {
      return InvalidArgument(name, " must be negative or less or equal to number of ",
                             i == 1 ? "rows (" : "columns (", most, ") got: ", value[0]);
    }
    bounds[i - 1] = value[0];
  }
  return WithStorage(ctx.output_dtype(0), [&]<typename T>(Stored<T>) -> PreparedOr {
    return std::make_unique<BandPart<T>>(ctx.output_dtype(0), input, matrices, bounds[0],
                                         bounds[1]);
  });
}

}  // namespace

void RegisterMatrixBandPart(KernelRegistry& kernels) {
  for (const char* const op : {"MatrixBandPart", "BatchMatrixBandPart"}) {
    kernels.Add(op, PrepareBandPart).ValueInput(1).ValueInput(2);
  }
}

}  // namespace sessile
