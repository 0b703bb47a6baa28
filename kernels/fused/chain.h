// A chain of elementwise functions on float matrices of one size, `rows` by `columns`, with the
// sums of columns that it ends in. What kernels/fused/elementwise.h and epilogue.h compute.
#pragma once

#include <cstdint>
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
      kMatrix,    // input `index` of the chain, element by element
      kRow,       // input `index`, one row for all rows
      kScalar,    // input `index`, one element for all
      kElement,   // what map `index` made
      kProduced,  // what the kernel before the chain has just made
    };
    Kind kind;
    int index;
  };
  struct Map {
    std::shared_ptr<const Elementwise> function;
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

}  // namespace sessile
