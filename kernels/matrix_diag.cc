// MatrixDiag, MatrixDiagPart and MatrixSetDiag in all versions, Diag and DiagPart: elements are
// moved between matrices and their packed diagonals (core/framework/diagonal_band.h).

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

// Where the elements of diagonals stand, in matrices and packed.
struct Layout {
  int64_t matrices = 1;
  MatrixSize size = {};
  DiagonalBand band = {};
  DiagonalAlign align = {};

  // Of packed diagonal d of matrix m: its row, and its first element in there.
  int64_t PackedRow(int64_t m, int64_t d) const { return m * band.count() + band.upper() - d; }
  int64_t PackedAt(int64_t m, int64_t d) const {
    return PackedRow(m, d) * band.Longest(size) + band.PaddingBefore(d, size, align);
  }
};

// The elements of matrices that are on a diagonal of the band come from input `diagonals`, others
// from input `rest`, or are all input `padding`, or zero.
struct FillSources {
  int diagonals = 0;
  int rest = -1;
  int padding = -1;
};

template <typename T>
class FillMatrices final : public Prepared {
 public:
  FillMatrices(DataType dtype, Shape output, const Layout& layout, const FillSources& sources)
      : layout_(layout), sources_(sources) {
    AddOutput(dtype, std::move(output));
    const int64_t columns = std::min(layout.size.columns, kBlockBytes);
    AddPhase(
        BlocksOf(layout.matrices * layout.size.rows, columns * static_cast<int64_t>(sizeof(T))));
  }

  absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch, int,
                   int64_t block) const override {
    const int64_t rows = layout_.size.rows;
    const int64_t columns = layout_.size.columns;
    for (const int64_t row : BlockRange(layout_.matrices * rows, block, num_blocks(0))) {
      T* const to = Elements<T>(out[0]) + row * columns;
      FillRest(in, row, to);
      FillBand(Elements<T>(in[sources_.diagonals]), row / rows, row % rows, to);
    }
    return absl::OkStatus();
  }

 private:
  void FillRest(Inputs in, int64_t row, T* to) const {
    const int64_t columns = layout_.size.columns;
    if (sources_.rest >= 0) {
      std::copy_n(Elements<T>(in[sources_.rest]) + row * columns, columns, to);
    } else {
      std::fill_n(to, columns, sources_.padding < 0 ? T() : *Elements<T>(in[sources_.padding]));
    }
  }

  void FillBand(const T* diagonals, int64_t m, int64_t i, T* to) const {
    const int64_t first = std::max(layout_.band.lower(), -i);
    const int64_t last = std::min(layout_.band.upper(), layout_.size.columns - 1 - i);
    for (int64_t d = first; d <= last; ++d) {
      to[i + d] = diagonals[layout_.PackedAt(m, d) + std::min(i, i + d)];
    }
  }

  const Layout layout_;
  const FillSources sources_;
};

// Padding is input 2, or zero.
template <typename T>
class TakeDiagonals final : public Prepared {
 public:
  TakeDiagonals(DataType dtype, Shape output, const Layout& layout, bool has_padding)
      : layout_(layout), has_padding_(has_padding) {
    AddOutput(dtype, std::move(output));
    // An element of each line of the cache.
    const int64_t lines = std::min(layout.band.Longest(layout.size), kBlockBytes);
    AddPhase(BlocksOf(layout.matrices * layout.band.count(), lines * 64));
  }

  absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch, int,
                   int64_t block) const override {
    const int64_t count = layout_.band.count();
    const T padding = has_padding_ ? *Elements<T>(in[2]) : T();
    for (const int64_t row : BlockRange(layout_.matrices * count, block, num_blocks(0))) {
      Take(Elements<T>(in[0]), row / count, layout_.band.upper() - row % count, padding,
           Elements<T>(out[0]));
    }
    return absl::OkStatus();
  }

 private:
  void Take(const T* matrices, int64_t m, int64_t d, const T& padding, T* packed) const {
    const auto [rows, columns] = layout_.size;
    const int64_t length = DiagonalBand::Length(d, layout_.size);
    const int64_t longest = layout_.band.Longest(layout_.size);
    const int64_t first = m * rows * columns + (d < 0 ? -d * columns : d);
    T* const row = packed + layout_.PackedRow(m, d) * longest;
    T* const to = packed + layout_.PackedAt(m, d);
    std::fill(row, to, padding);
    for (int64_t i = 0; i < length; ++i) to[i] = matrices[first + i * (columns + 1)];
    std::fill(to + length, row + longest, padding);
  }

  const Layout layout_;
  const bool has_padding_;
};

PreparedOr PrepareFill(const PrepareContext& ctx, Shape output, const Layout& layout,
                       const FillSources& sources) {
  return WithStorage(ctx.output_dtype(0), [&]<typename T>(Stored<T>) -> PreparedOr {
    return std::make_unique<FillMatrices<T>>(ctx.output_dtype(0), std::move(output), layout,
                                             sources);
  });
}

PreparedOr PrepareTake(const PrepareContext& ctx, Shape output, const Layout& layout,
                       bool has_padding) {
  return WithStorage(ctx.output_dtype(0), [&]<typename T>(Stored<T>) -> PreparedOr {
    return std::make_unique<TakeDiagonals<T>>(ctx.output_dtype(0), std::move(output), layout,
                                              has_padding);
  });
}

// The first version has the main diagonal only, the second no choice of where rows are padded.
absl::StatusOr<Layout> LayoutOf(const PrepareContext& ctx, int k) {
  Layout layout;
  if (k < ctx.num_inputs()) {
    SESSILE_ASSIGN_OR_RETURN(layout.band, DiagonalBand::Of(*ctx.input_value(k)));
  }
  SESSILE_ASSIGN_OR_RETURN(const std::string align,
                           ctx.attrs().GetOr<std::string>("align", "LEFT_LEFT"));
  layout.align = DiagonalAlign::Of(align);
  return layout;
}

// As LayoutOf, of the diagonals that the matrices of input 0 have.
absl::StatusOr<Layout> LayoutInMatrices(const PrepareContext& ctx, int k) {
  SESSILE_ASSIGN_OR_RETURN(Layout layout, LayoutOf(ctx, k));
  const Shape& input = ctx.input_shape(0);
  if (input.rank() < 2) {
    return InvalidArgument("input must be at least 2-dim, received shape: ", input.ToString());
  }
  layout.matrices = input.Slice(0, input.rank() - 2).num_elements();
  layout.size = MatrixSizeOf(input);
  SESSILE_RETURN_IF_ERROR(layout.band.CheckWithin(layout.size));
  return layout;
}

absl::Status CheckScalar(const PrepareContext& ctx, int input, const char* name) {
  if (ctx.input_shape(input).rank() == 0) return absl::OkStatus();
  return InvalidArgument(name,
                         " must be a scalar, received shape: ", ctx.input_shape(input).ToString());
}

// num_rows and num_cols; -1 where they are not given.
absl::StatusOr<MatrixSize> WantedSize(const PrepareContext& ctx) {
  if (ctx.num_inputs() == 1) return MatrixSize{-1, -1};
  SESSILE_RETURN_IF_ERROR(CheckScalar(ctx, 2, "num_rows"));
  SESSILE_RETURN_IF_ERROR(CheckScalar(ctx, 3, "num_cols"));
  SESSILE_RETURN_IF_ERROR(CheckScalar(ctx, 4, "padding_value"));
  return MatrixSize{*ctx.input_value(2)->data<int32_t>(), *ctx.input_value(3)->data<int32_t>()};
}

PreparedOr PrepareMatrixDiag(const PrepareContext& ctx) {
  SESSILE_ASSIGN_OR_RETURN(Layout layout, LayoutOf(ctx, /*k=*/1));
  SESSILE_ASSIGN_OR_RETURN(const MatrixSize wanted, WantedSize(ctx));
  const Shape& diagonal = ctx.input_shape(0);
  const int batch = diagonal.rank() - layout.band.packed_rank();
  if (batch < 0) {
    return InvalidArgument("diagonal must be at least ", layout.band.packed_rank(),
                           "-dim, received shape: ", diagonal.ToString());
  }
  if (layout.band.count() > 1 && diagonal.dim(batch) != layout.band.count()) {
    return InvalidArgument("The number of diagonals provided in the input, ", diagonal.dim(batch),
                           ", does not match the lower_diag_index and upper_diag_index range: ",
                           layout.band.lower(), " to ", layout.band.upper());
  }
  SESSILE_ASSIGN_OR_RETURN(layout.size,
                           layout.band.Around(diagonal.dim(diagonal.rank() - 1), wanted));
  const Shape batches = diagonal.Slice(0, batch);
  layout.matrices = batches.num_elements();
  std::vector<int64_t> dims(batches.dims().begin(), batches.dims().end());
  dims.insert(dims.end(), {layout.size.rows, layout.size.columns});
  SESSILE_ASSIGN_OR_RETURN(Shape output, Shape::FromDims(dims));
  return PrepareFill(ctx, std::move(output), layout, {.padding = ctx.num_inputs() > 1 ? 4 : -1});
}

PreparedOr PrepareMatrixDiagPart(const PrepareContext& ctx) {
  SESSILE_ASSIGN_OR_RETURN(const Layout layout, LayoutInMatrices(ctx, /*k=*/1));
  const bool has_padding = ctx.num_inputs() > 2;
  if (has_padding) SESSILE_RETURN_IF_ERROR(CheckScalar(ctx, 2, "padding_value"));
  SESSILE_ASSIGN_OR_RETURN(const Shape packed, layout.band.Packed(ctx.input_shape(0)));
  return PrepareTake(ctx, packed, layout, has_padding);
}

PreparedOr PrepareMatrixSetDiag(const PrepareContext& ctx) {
  SESSILE_ASSIGN_OR_RETURN(const Layout layout, LayoutInMatrices(ctx, /*k=*/2));
  SESSILE_ASSIGN_OR_RETURN(const Shape expected, layout.band.Packed(ctx.input_shape(0)));
  if (ctx.input_shape(1) != expected) {
    return InvalidArgument("must have diagonal.shape == ", expected.ToString(),
                           " for input of shape ", ctx.input_shape(0).ToString(), ", got ",
                           ctx.input_shape(1).ToString());
  }
  return PrepareFill(ctx, ctx.input_shape(0), layout, {.diagonals = 1, .rest = 0});
}

// As one matrix whose rows and columns are the elements of the diagonal.
PreparedOr PrepareDiag(const PrepareContext& ctx) {
  const Shape& diagonal = ctx.input_shape(0);
  if (diagonal.rank() < 1) return InvalidArgument("Input must be at least rank 1, got 0");
  SESSILE_ASSIGN_OR_RETURN(Shape output, Shape::FromDims(Shape::Concat(diagonal, diagonal).dims()));
  const int64_t length = diagonal.num_elements();
  return PrepareFill(ctx, std::move(output), {.size = {length, length}}, {});
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
  return PrepareTake(ctx, diagonal, {.size = {length, length}}, /*has_padding=*/false);
}

}  // namespace

void RegisterMatrixDiag(KernelRegistry& kernels) {
  for (const char* const op : {"MatrixDiag", "BatchMatrixDiag"}) {
    kernels.Add(op, PrepareMatrixDiag);
  }
  for (const char* const op : {"MatrixDiagPart", "BatchMatrixDiagPart"}) {
    kernels.Add(op, PrepareMatrixDiagPart);
  }
  for (const char* const op : {"MatrixSetDiag", "BatchMatrixSetDiag"}) {
    kernels.Add(op, PrepareMatrixSetDiag);
  }
  for (const std::string version : {"V2", "V3"}) {
    kernels.Add("MatrixDiag" + version, PrepareMatrixDiag)
        .ValueInput(1)
        .ValueInput(2)
        .ValueInput(3);
    kernels.Add("MatrixDiagPart" + version, PrepareMatrixDiagPart).ValueInput(1);
    kernels.Add("MatrixSetDiag" + version, PrepareMatrixSetDiag).ValueInput(2);
  }
  kernels.Add("Diag", PrepareDiag);
  kernels.Add("DiagPart", PrepareDiagPart);
}

}  // namespace sessile
