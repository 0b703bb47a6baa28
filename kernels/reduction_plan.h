// How a reduction walks over its input and is cut into blocks.
//
// The input is seen as rows of `columns` neighbouring elements that are all kept (one column if the
// last dimension is reduced). A unit is a tile of up to kTile columns of one kept row of outputs;
// its rows are the reduced ones, R of them. Where units alone are too few for the work, R is cut
// into chunks as well, whose results are joined in order.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "sessile/core/framework/reduction_axes.h"
#include "sessile/kernels/blocks.h"

namespace sessile {

class ReductionPlan {
 public:
  static constexpr int64_t kTile = 256;

  struct Unit {
    int64_t output;   // number of its first output element
    int64_t input;    // number of the input element where its first row begins
    int64_t columns;  // of this tile
  };

  ReductionPlan(const ReductionAxes& axes, int64_t element_bytes);

  int64_t columns() const { return columns_; }
  int64_t outputs() const { return kept_rows_ * columns_; }
  int64_t reduced() const { return reduced_rows_; }
  int64_t units() const { return kept_rows_ * tiles_; }
  int64_t chunks() const { return chunks_; }
  // Blocks that share the units (if there is one chunk), or (unit, chunk) pairs.
  int64_t blocks() const { return blocks_; }

  Unit unit(int64_t i) const;

  // True if unit i is one output, made of the reduced() neighbouring elements from i * reduced().
  bool of_rows() const {
    return columns_ == 1 && kept_dims_.size() <= 1 && reduced_dims_.size() <= 1;
  }

  // Calls f(offset, rows) for the rows of `chunk`: `rows` rows of columns() elements that follow
  // each other without gaps, from `offset` elements after the unit's first row.
  template <typename F>
  void ForEachPiece(int64_t chunk, F&& f) const {
    const int64_t length = reduced_dims_.empty() ? 1 : reduced_dims_.back().size;
    const IndexRange range = BlockRange(reduced_rows_, chunk, chunks_);
    for (int64_t row = range.first(); row < range.last();) {
      const int64_t rows = std::min(length - row % length, range.last() - row);
      f(Offset(reduced_dims_, row), rows);
      row += rows;
    }
  }

 private:
  struct Dim {
    int64_t size;
    int64_t stride;
  };
  static int64_t Offset(const std::vector<Dim>& dims, int64_t index);

  std::vector<Dim> kept_dims_;     // but for the columns; outermost first
  std::vector<Dim> reduced_dims_;  // the last one has stride columns_
  int64_t columns_ = 1;
  int64_t kept_rows_ = 1;
  int64_t reduced_rows_ = 1;
  int64_t tiles_ = 1;
  int64_t chunks_ = 1;
  int64_t blocks_ = 1;
};

}  // namespace sessile
