// A chain of elementwise kernels, with the sums of columns that it ends in, as one kernel.
//
// All members compute float matrices of one size, `rows` by `columns`. The matrix is cut into tiles
// of some whole rows (or parts of long ones). For each tile all members run in turn, so that what
// one makes is in the first-level cache when the next one reads it; what nobody else needs never
// reaches memory. Elements have the bits that the members would give one by one. Sums are kept in
// double: over each block of rows in phase 0, over the blocks in their order in phase 1.
#pragma once

#include <memory>
#include <vector>

#include "sessile/core/framework/kernel.h"
#include "sessile/kernels/elementwise.h"

namespace sessile {

struct ElementwiseChain {
  static constexpr int kMaxOperands = 32;  // of a map

  // Where an operand comes from.
  struct Operand {
    enum class Kind {
      kMatrix,   // input `index` of the chain, element by element
      kRow,      // input `index`, one row for all rows
      kScalar,   // input `index`, one element for all
      kElement,  // what map `index` made
    };
    Kind kind;
    int index;
  };
  struct Map {
    std::shared_ptr<const Prepared> kernel;  // which is an Elementwise
    std::vector<Operand> operands;
    int output = -1;  // of the chain; -1: only members read it
  };
  struct Sum {
    Operand operand;  // a matrix or a map's
    double divisor;
    int output;  // of the chain: one row
  };
  int64_t rows = 0;
  int64_t columns = 0;
  int num_inputs = 0;
  std::vector<Map> maps;  // each reads only earlier ones
  std::vector<Sum> sums;
  std::vector<TensorSpec> outputs;
};

// REQUIRES: at most kMaxOperands operands a map. Null if the chain needs too many arrays at a time.
std::shared_ptr<const Prepared> MakeElementwise(ElementwiseChain chain);

}  // namespace sessile
