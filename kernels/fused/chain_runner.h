// Computes ranges of an ElementwiseChain.
//
// A range is cut into tiles of some whole rows (or parts of long ones). For each tile all members
// run in turn, so that what one makes is in the first-level cache when the next one reads it; what
// nobody else needs never reaches memory. What follows from rows and scalars alone is computed for
// one row, once a block. Elements have the bits that the members would give one by one. Sums are
// kept in double: over each block in its scratch, then over the blocks in their order.
#pragma once

#include <cstdint>
#include <vector>

#include "sessile/core/framework/kernel.h"
#include "sessile/kernels/fused/chain.h"

namespace sessile {

class ChainRunner {
 public:
  // REQUIRES: at most kMaxOperands operands a map.
  explicit ChainRunner(ElementwiseChain chain);

  const ElementwiseChain& chain() const { return chain_; }
  // Whether the tiles of a block fit on the stack; without that, no Block.
  bool fits() const { return num_registers_ + rows_.size() <= kMaxArrays; }
  // Scratch of each block, for its sums.
  size_t sums_bytes() const {
    return chain_.sums.size() * static_cast<size_t>(sum_lanes_) * sizeof(double);
  }
  // Elements of a tile: all but the last of a range, or of a long row, are as large.
  int64_t tile() const { return tile_; }

  // Where a block of a run works.
  struct Data {
    Inputs in;
    Outputs out;
    const float* produced;  // for operands of that kind
    double* sums;           // sums_bytes()
  };

 private:
  // Elements of a tile at most: some arrays of this size fit into a first-level cache.
  static constexpr int64_t kTile = 1024;
  static constexpr size_t kMaxArrays = 24;
  using Operand = ElementwiseChain::Operand;
  // An input that is one row, or one element, for all rows.
  struct Row {
    int input;
    bool is_scalar;
    bool is_repeated;  // tiles read it, not only maps of rows
  };

 public:
  // The ranges of one block, on the stack of the thread that computes them.
  class Block {
   public:
    Block(const ChainRunner& runner, const Data& data);
    // Elements [first, first + size): whole rows, or parts of long ones.
    void Run(int64_t first, int64_t size);
    // After the last range: the block's sums are complete.
    void Finish();

   private:
    void RepeatRows();
    void RunTile(int64_t at, int64_t lane, int64_t n);
    void RunMap(size_t i, int64_t at, int64_t lane, int64_t n);
    void AddUp(size_t sum, int64_t at, int64_t lane, int64_t n);
    const float* Place(const Operand& operand, int64_t at, int64_t lane) const;
    float* Target(size_t map, int64_t at);
    const float* Target(size_t map, int64_t at) const;

    const ChainRunner& runner_;
    const Data data_;
    alignas(64) float arrays_[kMaxArrays][kTile];  // the registers, then the repeated rows
  };

  // The sums of all blocks, whose scratch slots are the first ones.
  void JoinSums(Outputs out, Scratch scratch, int64_t blocks) const;

 private:
  void FindRowMaps();
  void PlaceRegisters();
  void NoteRead(const Operand& operand, bool by_tiles);
  bool IsOfRows(const Operand& operand) const;

  const ElementwiseChain chain_;
  bool whole_rows_ = true;
  int64_t tile_ = 0;
  int64_t sum_lanes_ = 0;
  std::vector<bool> of_rows_;  // of each map: made from rows and scalars alone
  std::vector<bool> row_map_is_repeated_;
  std::vector<size_t> register_of_;  // of each map
  size_t num_registers_ = 0;
  std::vector<Row> rows_;         // and scalars
  std::vector<size_t> array_of_;  // of each input, its number in rows_
};

}  // namespace sessile
