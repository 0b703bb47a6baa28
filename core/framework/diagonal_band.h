// Some neighbouring diagonals of matrices, and how they lie packed as rows: what MatrixDiag,
// MatrixDiagPart and MatrixSetDiag, their gradients and their shape rules agree on.
//
//   SESSILE_ASSIGN_OR_RETURN(const DiagonalBand band, DiagonalBand::Of(k));
//   band.Packed(Shape({7, 3, 4}))   // [7, 2, 3] for k = [0, 1]
//
// Diagonal d has the elements [i, i + d]: 0 is the main one, 1 the one above it. Packed diagonals
// are [..., count, longest], the uppermost first, or [..., longest] where there is one; those
// shorter than the longest are padded as DiagonalAlign says. A value type.
#pragma once

#include <cstdint>
#include <string_view>

#include "absl/status/statusor.h"
#include "sessile/core/framework/shape.h"
#include "sessile/core/framework/tensor.h"

namespace sessile {

// Whether the diagonals above and below the main one stand at the right of their rows.
struct DiagonalAlign {
  bool upper_right = false;
  bool lower_right = false;

  // From "RIGHT_LEFT" (above the main one at the right, below it at the left) and its like.
  static DiagonalAlign Of(std::string_view align);
};

struct MatrixSize {
  int64_t rows = 0;
  int64_t columns = 0;
};

class DiagonalBand {
 public:
  DiagonalBand() = default;  // the main diagonal
  // From a number, or a list of one or two: the lowest and the uppermost diagonal.
  static absl::StatusOr<DiagonalBand> Of(const Tensor& k);

  int64_t lower() const { return lower_; }
  int64_t upper() const { return upper_; }
  int64_t count() const { return upper_ - lower_ + 1; }
  // The dimensions of packed diagonals behind those of the batch.
  int packed_rank() const { return count() == 1 ? 1 : 2; }

  // The elements of diagonal d. REQUIRES: it is one of the matrix.
  static int64_t Length(int64_t d, const MatrixSize& matrix);
  // Of all diagonals of the band; None if `matrix` is not known.
  int64_t Longest(const MatrixSize& matrix) const;
  // The padding before diagonal d in its row.
  int64_t PaddingBefore(int64_t d, const MatrixSize& matrix, const DiagonalAlign& align) const;

  // INVALID_ARGUMENT unless matrices of this size have all diagonals of the band. Nothing is
  // checked against what is not known.
  absl::Status CheckWithin(const MatrixSize& matrix) const;
  // The size of the matrix whose band has these diagonals; a size of -1 is the smallest that there
  // may be, both the smallest square. INVALID_ARGUMENT where there is none.
  absl::StatusOr<MatrixSize> Around(int64_t longest, const MatrixSize& wanted) const;
  // REQUIRES: rank 2 or more, CheckWithin.
  absl::StatusOr<Shape> Packed(const Shape& matrices) const;

 private:
  int64_t lower_ = 0;
  int64_t upper_ = 0;
};

// Of matrices [..., rows, columns]. REQUIRES: rank 2 or more.
MatrixSize MatrixSizeOf(const Shape& matrices);

}  // namespace sessile
