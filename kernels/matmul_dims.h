// The sizes of a matrix product, from a node's attributes and the shapes of its inputs, checked.
#pragma once

#include <cstdint>

#include "absl/status/statusor.h"
#include "sessile/core/framework/kernel.h"

namespace sessile {

// op(a) is [m, k], op(b) is [k, n], where op transposes if asked to.
struct MatMulDims {
  bool transpose_a = false;
  bool transpose_b = false;
  int64_t m = 0;
  int64_t n = 0;
  int64_t k = 0;

  static absl::StatusOr<MatMulDims> Of(const PrepareContext& ctx);

  // op(a)[i, p] is a[i * row + p * column].
  int64_t a_row() const { return transpose_a ? 1 : k; }
  int64_t a_column() const { return transpose_a ? m : 1; }
  int64_t lda() const { return transpose_a ? m : k; }
  int64_t ldb() const { return transpose_b ? k : n; }
  // op(b)[p, j] is b[p * row + j * column].
  int64_t b_row() const { return transpose_b ? 1 : n; }
  int64_t b_column() const { return transpose_b ? k : 1; }
};

}  // namespace sessile
