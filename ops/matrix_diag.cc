// MatrixDiag, MatrixDiagPart and MatrixSetDiag: the diagonals of matrices and of batches of them.
// The first versions have the main diagonal only, the second a band of them, the third a choice of
// how the shorter ones are padded.

#include <optional>
#include <string>
#include <vector>

#include "sessile/core/framework/diagonal_band.h"
#include "sessile/core/framework/op_registry.h"
#include "sessile/core/framework/shape_inference.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/graph/node.h"
#include "sessile/core/graph/scope.h"
#include "sessile/ops/array.h"
#include "sessile/ops/math.h"
#include "sessile/ops/matrix_diag_grad.h"
#include "sessile/ops/op_builder.h"
#include "sessile/ops/register_all.h"

namespace sessile {
namespace {

// The band that input k names, or the main diagonal if there is no such input; without value if it
// is not known.
absl::StatusOr<std::optional<DiagonalBand>> KnownBand(ShapeContext& ctx, int k) {
  if (k >= ctx.num_inputs()) return DiagonalBand();
  SESSILE_RETURN_IF_ERROR(ctx.InputAtMostRank(k, 1).status());
  const Tensor* const value = ctx.input_value(k);
  if (value == nullptr) return std::nullopt;
  return DiagonalBand::Of(*value);
}

// num_rows and num_cols; without value if one of them is not known.
absl::StatusOr<std::optional<MatrixSize>> WantedSize(ShapeContext& ctx) {
  if (ctx.num_inputs() == 1) return MatrixSize{-1, -1};
  for (const int i : {2, 3, 4}) SESSILE_RETURN_IF_ERROR(ctx.InputIsScalar(i));
  const Tensor* const rows = ctx.input_value(2);
  const Tensor* const columns = ctx.input_value(3);
  if (rows == nullptr || columns == nullptr) return std::nullopt;
  return MatrixSize{*rows->data<int32_t>(), *columns->data<int32_t>()};
}

// Of matrices with diagonals of length `longest`, as far as it is known.
absl::StatusOr<MatrixSize> SizeAround(const DiagonalBand& band, int64_t longest,
                                      const std::optional<MatrixSize>& wanted) {
  if (!wanted.has_value()) return MatrixSize{None, None};
  if (longest != None) return band.Around(longest, *wanted);
  return MatrixSize{wanted->rows == -1 ? None : wanted->rows,
                    wanted->columns == -1 ? None : wanted->columns};
}

absl::Status MatrixDiagShape(ShapeContext& ctx) {
  SESSILE_ASSIGN_OR_RETURN(const Shape diagonal, ctx.InputAtLeastRank(0, 1));
  SESSILE_ASSIGN_OR_RETURN(const std::optional<DiagonalBand> band, KnownBand(ctx, 1));
  SESSILE_ASSIGN_OR_RETURN(const std::optional<MatrixSize> wanted, WantedSize(ctx));
  if (!diagonal.has_rank() || !band.has_value()) return absl::OkStatus();
  SESSILE_RETURN_IF_ERROR(ctx.InputAtLeastRank(0, band->packed_rank()).status());
  const int batch = diagonal.rank() - band->packed_rank();
  if (band->count() > 1) {
    SESSILE_RETURN_IF_ERROR(ctx.MergeDim(diagonal.dim(batch), band->count()).status());
  }
  SESSILE_ASSIGN_OR_RETURN(const MatrixSize size,
                           SizeAround(*band, diagonal.dim(diagonal.rank() - 1), wanted));
  const Shape batches = diagonal.Slice(0, batch);
  std::vector<int64_t> dims(batches.dims().begin(), batches.dims().end());
  dims.insert(dims.end(), {size.rows, size.columns});
  SESSILE_ASSIGN_OR_RETURN(Shape output, Shape::FromDims(dims));
  ctx.SetOutput(0, std::move(output));
  return absl::OkStatus();
}

absl::Status MatrixDiagPartShape(ShapeContext& ctx) {
  SESSILE_ASSIGN_OR_RETURN(const Shape input, ctx.InputAtLeastRank(0, 2));
  SESSILE_ASSIGN_OR_RETURN(const std::optional<DiagonalBand> band, KnownBand(ctx, 1));
  if (ctx.num_inputs() > 2) SESSILE_RETURN_IF_ERROR(ctx.InputIsScalar(2));
  if (!input.has_rank() || !band.has_value()) return absl::OkStatus();
  SESSILE_RETURN_IF_ERROR(band->CheckWithin(MatrixSizeOf(input)));
  SESSILE_ASSIGN_OR_RETURN(Shape packed, band->Packed(input));
  ctx.SetOutput(0, std::move(packed));
  return absl::OkStatus();
}

absl::Status MatrixSetDiagShape(ShapeContext& ctx) {
  SESSILE_ASSIGN_OR_RETURN(const Shape input, ctx.InputAtLeastRank(0, 2));
  SESSILE_ASSIGN_OR_RETURN(const Shape diagonal, ctx.InputAtLeastRank(1, 1));
  SESSILE_ASSIGN_OR_RETURN(const std::optional<DiagonalBand> band, KnownBand(ctx, 2));
  ctx.SetOutput(0, input);
  if (!band.has_value()) return absl::OkStatus();
  if (!input.has_rank()) {
    SESSILE_RETURN_IF_ERROR(ctx.InputAtLeastRank(1, band->packed_rank()).status());
    if (!diagonal.has_rank()) return absl::OkStatus();
    const Shape batch = diagonal.Slice(0, diagonal.rank() - band->packed_rank());
    ctx.SetOutput(0, Shape::Concat(batch, Shape({None, None})));
    return absl::OkStatus();
  }
  SESSILE_RETURN_IF_ERROR(band->CheckWithin(MatrixSizeOf(input)));
  SESSILE_RETURN_IF_ERROR(ctx.InputWithRank(1, input.rank() - 2 + band->packed_rank()).status());
  SESSILE_ASSIGN_OR_RETURN(const Shape packed, band->Packed(input));
  SESSILE_ASSIGN_OR_RETURN(const Shape merged, ctx.Merge(packed, diagonal));
  ctx.SetOutput(0, Shape::Concat(merged.Slice(0, input.rank() - 2), input.Slice(input.rank() - 2)));
  return absl::OkStatus();
}

constexpr const char* kAlign =
    "align: {'LEFT_RIGHT', 'RIGHT_LEFT', 'LEFT_LEFT', 'RIGHT_RIGHT'} = 'RIGHT_LEFT'";

void AddAlign(OpDefBuilder& op, const std::string& version) {
  if (version == "V3") op.Attr(kAlign);
}

void RegisterMainDiagonals(OpRegistry& ops) {
  ops.Add("MatrixDiag")
      .Input("diagonal: T")
      .Output("output: T")
      .Attr("T: type")
      .Shape(MatrixDiagShape)
      .Gradient(MatrixDiagGradient)
      .Doc("Square matrices with these diagonals, zero elsewhere.");
  ops.Add("MatrixDiagPart")
      .Input("input: T")
      .Output("diagonal: T")
      .Attr("T: type")
      .Shape(MatrixDiagPartShape)
      .Gradient(MatrixDiagPartGradient)
      .Doc("The diagonals of matrices.");
  ops.Add("MatrixSetDiag")
      .Input("input: T")
      .Input("diagonal: T")
      .Output("output: T")
      .Attr("T: type")
      .Shape(MatrixSetDiagShape)
      .Gradient(MatrixSetDiagGradient)
      .Doc("Matrices with other diagonals.");
}

// The same operations with the deprecated names.
void RegisterBatchDiagonals(OpRegistry& ops) {
  constexpr const char* kNone = "TensorFlow defines none";
  ops.Add("BatchMatrixDiag")
      .Input("diagonal: T")
      .Output("output: T")
      .Attr("T: type")
      .Shape(MatrixDiagShape)
      .NoGradient(kNone)
      .Deprecated(14)
      .Doc("As MatrixDiag.");
  ops.Add("BatchMatrixDiagPart")
      .Input("input: T")
      .Output("diagonal: T")
      .Attr("T: type")
      .Shape(MatrixDiagPartShape)
      .NoGradient(kNone)
      .Deprecated(14)
      .Doc("As MatrixDiagPart.");
  ops.Add("BatchMatrixSetDiag")
      .Input("input: T")
      .Input("diagonal: T")
      .Output("output: T")
      .Attr("T: type")
      .Shape(MatrixSetDiagShape)
      .NoGradient(kNone)
      .Deprecated(14)
      .Doc("As MatrixSetDiag.");
}

void RegisterBands(OpRegistry& ops, const std::string& version) {
  AddAlign(ops.Add("MatrixDiag" + version)
               .Input("diagonal: T")
               .Input("k: int32")
               .Input("num_rows: int32")
               .Input("num_cols: int32")
               .Input("padding_value: T")
               .Output("output: T")
               .Attr("T: type")
               .Shape(MatrixDiagShape)
               .Gradient(MatrixBandDiagGradient)
               .Doc("Matrices with these diagonals, padding_value elsewhere."),
           version);
  AddAlign(ops.Add("MatrixDiagPart" + version)
               .Input("input: T")
               .Input("k: int32")
               .Input("padding_value: T")
               .Output("diagonal: T")
               .Attr("T: type")
               .Shape(MatrixDiagPartShape)
               .Gradient(MatrixBandDiagPartGradient)
               .Doc("The diagonals k of matrices, or those from k[0] to k[1]."),
           version);
  AddAlign(ops.Add("MatrixSetDiag" + version)
               .Input("input: T")
               .Input("diagonal: T")
               .Input("k: int32")
               .Output("output: T")
               .Attr("T: type")
               .Shape(MatrixSetDiagShape)
               .Gradient(MatrixBandSetDiagGradient)
               .Doc("Matrices with other diagonals k, or from k[0] to k[1]."),
           version);
}

// What pads a tensor of `dtype`: TensorFlow makes a bool of a number for bools.
Input PaddingFor(const Input& tensor, const Input& padding) {
  const Literal* const number = padding.literal();
  const bool of_bools = tensor.dtype() == bool_;
  if (!of_bools || number == nullptr || number->integers.size() != 1) return padding;
  return Input(number->integers[0] != 0, padding.location());
}

}  // namespace

void RegisterMatrixDiag(OpRegistry& ops) {
  RegisterMainDiagonals(ops);
  RegisterBatchDiagonals(ops);
  RegisterBands(ops, "V2");
  RegisterBands(ops, "V3");
}

Output matrix_diag(Input diagonal, const MatrixDiagOptions& options) {
  SourceScope here(diagonal);
  return OpBuilder("MatrixDiagV3", options.name.empty() ? "diag" : options.name)
      .Input(diagonal)
      .Input(options.k)
      .Input(options.num_rows)
      .Input(options.num_cols)
      .Input(PaddingFor(diagonal, options.padding_value))
      .Attr("align", options.align)
      .Build();
}

Output matrix_diag_part(Input input, const MatrixDiagPartOptions& options) {
  SourceScope here(input);
  return OpBuilder("MatrixDiagPartV3", options.name.empty() ? "diag_part" : options.name)
      .Input(input)
      .Input(options.k)
      .Input(PaddingFor(input, options.padding_value))
      .Attr("align", options.align)
      .Build();
}

Output matrix_set_diag(Input input, Input diagonal, const MatrixSetDiagOptions& options) {
  SourceScope here(input);
  return OpBuilder("MatrixSetDiagV3", options.name.empty() ? "set_diag" : options.name)
      .Input(std::move(input))
      .Input(std::move(diagonal))
      .Input(options.k)
      .Attr("align", options.align)
      .Build();
}

Output trace(Input x, std::string_view name) {
  SourceScope here(x);
  const name_scope scope(name.empty() ? "Trace" : name, graph_of({&x, 1}).impl());
  return reduce_sum(matrix_diag_part(x), {.axis = {-1}, .name = scope.name()});
}

}  // namespace sessile
