// MatrixDiag, MatrixDiagPart, MatrixSetDiag, MatrixBandPart, Diag, DiagPart: elements are moved or
// left out.

#include <algorithm>

#include "sessile/core/framework/kernel_registry.h"
#include "sessile/core/framework/shape_inference.h"
#include "sessile/core/framework/status.h"
#include "sessile/kernels/blocks.h"
#include "sessile/kernels/register_all.h"
#include "sessile/kernels/storage.h"

namespace sessile {
namespace {

struct MatrixSizes {
  int64_t matrices = 1;
  int64_t rows = 0;
  int64_t columns = 0;
  int64_t diagonal() const { return std::min(rows, columns); }
};

absl::StatusOr<MatrixSizes> MatricesOf(const Shape& shape) {
  const int rank = shape.rank();
  if (rank < 2) {
    return InvalidArgument("input must be at least 2-dim, received shape: ", shape.ToString());
  }
  return MatrixSizes{shape.Slice(0, rank - 2).num_elements(), shape.dim(rank - 2),
                     shape.dim(rank - 1)};
}

// The elements [rows first..] of matrices that are on the diagonal come from `diagonal`, others
// from `rest`, or are zero if that is null.
template <typename T>
class FillMatrices final : public Prepared {
 public:
  FillMatrices(DataType dtype, Shape output, const MatrixSizes& sizes, bool has_rest)
      : sizes_(sizes), has_rest_(has_rest) {
    AddOutput(dtype, std::move(output));
    AddPhase(
        BlocksOf(sizes.matrices * sizes.rows, sizes.columns * static_cast<int64_t>(sizeof(T))));
  }

  absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch, int,
                   int64_t block) const override {
    const T* const diagonal = Elements<T>(in[has_rest_ ? 1 : 0]);
    T* const to = Elements<T>(out[0]);
    const int64_t columns = sizes_.columns;
    for (const int64_t row : BlockRange(sizes_.matrices * sizes_.rows, block, num_blocks(0))) {
      if (has_rest_) {
        std::copy_n(Elements<T>(in[0]) + row * columns, columns, to + row * columns);
      } else {
        std::fill_n(to + row * columns, columns, T());
      }
      const int64_t i = row % sizes_.rows;
      if (i >= sizes_.diagonal()) continue;
      to[row * columns + i] = diagonal[row / sizes_.rows * sizes_.diagonal() + i];
    }
    return absl::OkStatus();
  }

 private:
  const MatrixSizes sizes_;
  const bool has_rest_;
};

template <typename T>
class TakeDiagonals final : public Prepared {
 public:
  TakeDiagonals(DataType dtype, Shape output, const MatrixSizes& sizes) : sizes_(sizes) {
    AddOutput(dtype, std::move(output));
    AddPhase(BlocksOf(sizes.matrices, sizes.diagonal() * 64));
  }

  absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch, int,
                   int64_t block) const override {
    const int64_t length = sizes_.diagonal();
    for (const int64_t m : BlockRange(sizes_.matrices, block, num_blocks(0))) {
      const T* const from = Elements<T>(in[0]) + m * sizes_.rows * sizes_.columns;
      T* const to = Elements<T>(out[0]) + m * length;
      for (int64_t i = 0; i < length; ++i) to[i] = from[i * (sizes_.columns + 1)];
    }
    return absl::OkStatus();
  }

 private:
  const MatrixSizes sizes_;
};

template <typename T>
class BandPart final : public Prepared {
 public:
  BandPart(DataType dtype, const Shape& shape, const MatrixSizes& sizes, int64_t lower,
           int64_t upper)
      : sizes_(sizes), lower_(lower), upper_(upper) {
    AddOutput(dtype, shape);
    AddPhase(
        BlocksOf(sizes.matrices * sizes.rows, sizes.columns * static_cast<int64_t>(sizeof(T))));
  }

  absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch, int,
                   int64_t block) const override {
    const int64_t columns = sizes_.columns;
    for (const int64_t row : BlockRange(sizes_.matrices * sizes_.rows, block, num_blocks(0))) {
      const int64_t i = row % sizes_.rows;
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
  const MatrixSizes sizes_;
  const int64_t lower_;
  const int64_t upper_;
};

PreparedOr PrepareFill(const PrepareContext& ctx, Shape output, const MatrixSizes& sizes,
                       bool has_rest) {
  return WithStorage(ctx.output_dtype(0), [&]<typename T>(Stored<T>) -> PreparedOr {
    return std::make_unique<FillMatrices<T>>(ctx.output_dtype(0), std::move(output), sizes,
                                             has_rest);
  });
}

PreparedOr PrepareTake(const PrepareContext& ctx, Shape output, const MatrixSizes& sizes) {
  return WithStorage(ctx.output_dtype(0), [&]<typename T>(Stored<T>) -> PreparedOr {
    return std::make_unique<TakeDiagonals<T>>(ctx.output_dtype(0), std::move(output), sizes);
  });
}

PreparedOr PrepareMatrixDiag(const PrepareContext& ctx) {
  const Shape& diagonal = ctx.input_shape(0);
  if (diagonal.rank() < 1) {
    return InvalidArgument("diagonal must be at least 1-dim, received shape: ",
                           diagonal.ToString());
  }
  std::vector<int64_t> dims(diagonal.dims().begin(), diagonal.dims().end());
  dims.push_back(dims.back());
  SESSILE_ASSIGN_OR_RETURN(Shape output, Shape::FromDims(dims));
  SESSILE_ASSIGN_OR_RETURN(const MatrixSizes sizes, MatricesOf(output));
  return PrepareFill(ctx, std::move(output), sizes, false);
}

Shape DiagonalsOf(const Shape& matrices, const MatrixSizes& sizes) {
  return matrices.Slice(0, matrices.rank() - 1).WithDim(matrices.rank() - 2, sizes.diagonal());
}

PreparedOr PrepareMatrixDiagPart(const PrepareContext& ctx) {
  SESSILE_ASSIGN_OR_RETURN(const MatrixSizes sizes, MatricesOf(ctx.input_shape(0)));
  return PrepareTake(ctx, DiagonalsOf(ctx.input_shape(0), sizes), sizes);
}

PreparedOr PrepareMatrixSetDiag(const PrepareContext& ctx) {
  SESSILE_ASSIGN_OR_RETURN(const MatrixSizes sizes, MatricesOf(ctx.input_shape(0)));
  const Shape expected = DiagonalsOf(ctx.input_shape(0), sizes);
  if (ctx.input_shape(1) != expected) {
    return InvalidArgument("must have diagonal.shape == ", expected.ToString(),
                           " for input of shape ", ctx.input_shape(0).ToString(), ", got ",
                           ctx.input_shape(1).ToString());
  }
  return PrepareFill(ctx, ctx.input_shape(0), sizes, true);
}

PreparedOr PrepareBandPart(const PrepareContext& ctx) {
  SESSILE_ASSIGN_OR_RETURN(const MatrixSizes sizes, MatricesOf(ctx.input_shape(0)));
  int64_t bounds[2] = {0, 0};
  for (const int i : {1, 2}) {
    const char* const name = i == 1 ? "num_lower" : "num_upper";
    if (ctx.input_shape(i).rank() != 0) return InvalidArgument(name, " must be scalar");
    SESSILE_ASSIGN_OR_RETURN(const std::vector<int64_t> value, IntsFromTensor(*ctx.input_value(i)));
    const int64_t most = i == 1 ? sizes.rows : sizes.columns;
    if (value[0] > most) {
      return InvalidArgument(name, " must be negative or less or equal to number of ",
                             i == 1 ? "rows (" : "columns (", most, ") got: ", value[0]);
    }
    bounds[i - 1] = value[0];
  }
  return WithStorage(ctx.output_dtype(0), [&]<typename T>(Stored<T>) -> PreparedOr {
    return std::make_unique<BandPart<T>>(ctx.output_dtype(0), ctx.input_shape(0), sizes, bounds[0],
                                         bounds[1]);
  });
}

// As one matrix whose rows and columns are the elements of the diagonal.
PreparedOr PrepareDiag(const PrepareContext& ctx) {
  const Shape& diagonal = ctx.input_shape(0);
  if (diagonal.rank() < 1) return InvalidArgument("Input must be at least rank 1, got 0");
  SESSILE_ASSIGN_OR_RETURN(Shape output, Shape::FromDims(Shape::Concat(diagonal, diagonal).dims()));
  const int64_t length = diagonal.num_elements();
  return PrepareFill(ctx, std::move(output), {1, length, length}, false);
}

PreparedOr PrepareDiagPart(const PrepareContext& ctx) {
  const Shape& input = ctx.input_shape(0);
  const int half = input.rank() / 2;
  if (input.rank() == 0 || input.rank() % 2 != 0 || input.Slice(0, half) != input.Slice(half)) {
    return InvalidArgument("Input must have an even rank, and both halves of its shape be equal: ",
                           input.ToString());
  }
  const Shape diagonal = input.Slice(0, half);
  const int64_t length = diagonal.num_elements();
  return PrepareTake(ctx, diagonal, {1, length, length});
}

}  // namespace

void RegisterMatrixDiag(KernelRegistry& kernels) {
  kernels.Add("MatrixDiag", PrepareMatrixDiag);
  kernels.Add("MatrixDiagPart", PrepareMatrixDiagPart);
  kernels.Add("MatrixSetDiag", PrepareMatrixSetDiag);
  kernels.Add("MatrixBandPart", PrepareBandPart).ValueInput(1).ValueInput(2);
  kernels.Add("Diag", PrepareDiag);
  kernels.Add("DiagPart", PrepareDiagPart);
}

}  // namespace sessile
