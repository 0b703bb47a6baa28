#include "sessile/core/framework/diagonal_band.h"

#include <algorithm>
#include <vector>

#include "sessile/core/framework/shape_inference.h"
#include "sessile/core/framework/status.h"

namespace sessile {
namespace {

// So long that no square around it has a number of elements that is an int64.
constexpr int64_t kMaxLength = int64_t{1} << 32;

// The rows above the first element of diagonal d, and the columns before it.
int64_t RowsAbove(int64_t d) { return std::max<int64_t>(-d, 0); }
int64_t ColumnsBefore(int64_t d) { return std::max<int64_t>(d, 0); }

}  // namespace

DiagonalAlign DiagonalAlign::Of(std::string_view align) {
  return {.upper_right = align.starts_with("RIGHT_"), .lower_right = align.ends_with("_RIGHT")};
}

absl::StatusOr<DiagonalBand> DiagonalBand::Of(const Tensor& k) {
  if (k.shape().rank() > 1) {
    return InvalidArgument("diag_index must be a scalar or vector, received shape: ",
                           k.shape().ToString());
  }
  if (k.num_elements() < 1 || k.num_elements() > 2) {
    return InvalidArgument("diag_index must be a vector with one or two elements. It has ",
                           k.num_elements(), " elements.");
  }
  SESSILE_ASSIGN_OR_RETURN(const std::vector<int64_t> bounds, IntsFromTensor(k));
  DiagonalBand band;
  band.lower_ = bounds.front();
  band.upper_ = bounds.back();
  if (band.lower_ > band.upper_) {
    return InvalidArgument("lower_diag_index must not be larger than upper_diag_index: ",
                           band.lower_, " > ", band.upper_);
  }
  return band;
}

int64_t DiagonalBand::Length(int64_t d, const MatrixSize& matrix) {
  return std::min(matrix.rows - RowsAbove(d), matrix.columns - ColumnsBefore(d));
}

int64_t DiagonalBand::Longest(const MatrixSize& matrix) const {
  if (matrix.rows == None || matrix.columns == None) return None;
  return std::min(matrix.rows - RowsAbove(upper_), matrix.columns - ColumnsBefore(lower_));
}

int64_t DiagonalBand::PaddingBefore(int64_t d, const MatrixSize& matrix,
                                    const DiagonalAlign& align) const {
  const bool right = d >= 0 ? align.upper_right : align.lower_right;
  return right ? Longest(matrix) - Length(d, matrix) : 0;
}

absl::Status DiagonalBand::CheckWithin(const MatrixSize& matrix) const {
  if (matrix.rows == None || matrix.columns == None) return absl::OkStatus();
  // Also a matrix without elements has a main diagonal.
  const auto within = [&](int64_t d) { return d == 0 || (-matrix.rows < d && d < matrix.columns); };
  for (const bool lower : {true, false}) {
    const int64_t d = lower ? lower_ : upper_;
    if (within(d)) continue;
    return InvalidArgument(lower ? "lower" : "upper", "_diag_index is out of bound: ", d,
                           ". It must be between ", -matrix.rows, " and ", matrix.columns);
  }
  return absl::OkStatus();
}

absl::StatusOr<MatrixSize> DiagonalBand::Around(int64_t longest, const MatrixSize& wanted) const {
  if (longest > kMaxLength) {
    return InvalidArgument("diagonals have ", longest, " elements, expected at most ", kMaxLength);
  }
  const MatrixSize least = {longest + RowsAbove(upper_), longest + ColumnsBefore(lower_)};
  if (wanted.rows == -1 && wanted.columns == -1) {
    const int64_t side = std::max(least.rows, least.columns);
    return MatrixSize{side, side};
  }
  const MatrixSize size = {wanted.rows == -1 ? least.rows : wanted.rows,
                           wanted.columns == -1 ? least.columns : wanted.columns};
  if (size.rows < least.rows) {
    return InvalidArgument("num_rows is too small: ", size.rows, ", expected at least ",
                           least.rows);
  }
  if (size.columns < least.columns) {
    return InvalidArgument("num_cols is too small: ", size.columns, ", expected at least ",
                           least.columns);
  }
  if (size.rows != least.rows && size.columns != least.columns) {
    return InvalidArgument(
        "num_rows and num_cols are not consistent with lower_diag_index, upper_diag_index, and "
        "the length of the given diagonals: num_rows = ",
        size.rows, " != min_num_rows = ", least.rows, ", num_cols = ", size.columns,
        " != min_num_cols = ", least.columns);
  }
  return size;
}

absl::StatusOr<Shape> DiagonalBand::Packed(const Shape& matrices) const {
  const Shape batch = matrices.Slice(0, matrices.rank() - 2);
  const int64_t longest = Longest(MatrixSizeOf(matrices));
  std::vector<int64_t> dims(batch.dims().begin(), batch.dims().end());
  if (count() != 1) dims.push_back(count());
  dims.push_back(longest);
  return Shape::FromDims(dims);
}

MatrixSize MatrixSizeOf(const Shape& matrices) {
  return {matrices.dim(matrices.rank() - 2), matrices.dim(matrices.rank() - 1)};
}

}  // namespace sessile
