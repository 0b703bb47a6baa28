#include "sessile/kernels/fused/elementwise.h"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "sessile/kernels/blocks.h"
#include "sessile/kernels/vectorized.h"

namespace sessile {
namespace {

using Chain = ElementwiseChain;
using Operand = ElementwiseChain::Operand;
using Kind = Operand::Kind;

// Elements of a tile: some arrays of this size fit into a first-level cache.
constexpr int64_t kTile = 1024;
constexpr size_t kMaxArrays = 24;
constexpr size_t kForever = std::numeric_limits<size_t>::max();
// Enough tiles that what is done once a block does not count for much.
constexpr int64_t kBlockElements = 8 * kTile;

class ElementwiseKernel final : public Prepared {
 public:
  explicit ElementwiseKernel(Chain chain) : chain_(std::move(chain)) {
    for (const Chain::Map& map : chain_.maps) {
      functions_.push_back(dynamic_cast<const Elementwise*>(map.kernel.get()));
    }
    for (const TensorSpec& spec : chain_.outputs) AddOutput(spec.dtype, spec.shape);
    whole_rows_ = chain_.columns <= kTile;
    tile_ = whole_rows_ ? kTile / std::max<int64_t>(chain_.columns, 1) * chain_.columns : kTile;
    lanes_ = whole_rows_ ? tile_ : chain_.columns;
    PlaceRegisters();
    AddForwards();
    // Long rows are cut themselves; whole ones stay together, for their sums.
    tiles_in_row_ = whole_rows_ ? 1 : (chain_.columns + tile_ - 1) / tile_;
    pieces_ = chain_.rows * tiles_in_row_;
    blocks_ = std::clamp<int64_t>(chain_.rows * chain_.columns / kBlockElements, 1,
                                  std::clamp<int64_t>(pieces_, 1, kMaxBlocks));
    AddPhase(blocks_);
    if (!chain_.sums.empty()) AddPhase(1);
    const size_t lanes = chain_.sums.size() * static_cast<size_t>(lanes_);
    if (lanes > 0) SetScratch(blocks_, lanes * sizeof(double));
  }

  // Whether the tiles of a block fit on the stack.
  bool Fits() const { return num_registers_ + row_inputs_.size() <= kMaxArrays; }

  absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch scratch, int phase,
                   int64_t block) const override {
    if (phase == 1) {
      JoinSums(out, scratch);
      return absl::OkStatus();
    }
    alignas(64) float arrays[kMaxArrays][kTile];
    const Frame frame{in, out, scratch.slot<double>(block), arrays};
    std::fill_n(frame.sums, static_cast<int64_t>(chain_.sums.size()) * lanes_, 0.0);
    RepeatRows(frame);
    for (size_t i = 0; i < chain_.maps.size(); ++i) {
      if (is_same_[i]) RunMap(frame, i, 0, 0, tile_);
    }
    const IndexRange pieces = BlockRange(pieces_, block, blocks_);
    if (whole_rows_) {
      const int64_t end = pieces.last() * chain_.columns;
      for (int64_t at = pieces.first() * chain_.columns; at < end; at += tile_) {
        RunTile(frame, at, 0, std::min(tile_, end - at));
      }
    } else {
      for (const int64_t piece : pieces) {
        const int64_t column = piece % tiles_in_row_ * tile_;
        RunTile(frame, piece / tiles_in_row_ * chain_.columns + column, column,
                std::min(tile_, chain_.columns - column));
      }
    }
    for (size_t i = 0; i < chain_.sums.size(); ++i) {
      Fold(frame.sums + static_cast<int64_t>(i) * lanes_);
    }
    return absl::OkStatus();
  }

 private:
  struct Frame {
    Inputs in;
    Outputs out;
    double* sums;            // lanes_ for each sum
    float (*arrays)[kTile];  // the registers, then the repeated rows and scalars
  };

  // Rows and scalars get an array each; a map whose output is not one of the chain's gets the
  // register of one that nobody reads any more.
  void PlaceRegisters() {
    array_of_.assign(static_cast<size_t>(chain_.num_inputs), 0);
    std::vector<size_t> last_use(chain_.maps.size(), 0);
    for (size_t i = 0; i < chain_.maps.size(); ++i) {
      for (const Operand& operand : chain_.maps[i].operands) {
        if (operand.kind == Kind::kElement) last_use[static_cast<size_t>(operand.index)] = i;
        if (operand.kind == Kind::kRow || operand.kind == Kind::kScalar) AddRow(operand);
      }
    }
    for (const Chain::Sum& sum : chain_.sums) {
      if (sum.operand.kind == Kind::kRow || sum.operand.kind == Kind::kScalar) AddRow(sum.operand);
      if (sum.operand.kind == Kind::kElement) {
        last_use[static_cast<size_t>(sum.operand.index)] = chain_.maps.size();
      }
    }
    std::vector<size_t> busy_until;  // of each register
    for (size_t i = 0; i < chain_.maps.size(); ++i) {
      register_of_.push_back(0);
      is_same_.push_back(IsSameInAllTiles(chain_.maps[i]));
      if (chain_.maps[i].output >= 0) continue;
      if (is_same_[i]) last_use[i] = kForever;
      const auto free = std::find_if(busy_until.begin(), busy_until.end(),
                                     [&](size_t last) { return last <= i && !is_same_[i]; });
      register_of_[i] = static_cast<size_t>(free - busy_until.begin());
      if (free == busy_until.end()) busy_until.push_back(0);
      busy_until[register_of_[i]] = last_use[i];
    }
    num_registers_ = busy_until.size();
  }

  // Made from rows and scalars alone: computed once for a block.
  bool IsSameInAllTiles(const Chain::Map& map) const {
    return whole_rows_ && map.output < 0 &&
           std::all_of(map.operands.begin(), map.operands.end(), [this](const Operand& operand) {
             if (operand.kind == Kind::kElement)
               return bool{is_same_[static_cast<size_t>(operand.index)]};
             return operand.kind != Kind::kMatrix;
           });
  }

  void AddRow(const Operand& operand) {
    for (const Operand& known : row_inputs_) {
      if (known.index == operand.index) return;
    }
    array_of_[static_cast<size_t>(operand.index)] = row_inputs_.size();
    row_inputs_.push_back(operand);
  }

  // An output may take the place of a matrix that no later map or sum reads.
  void AddForwards() {
    for (size_t i = 0; i < chain_.maps.size(); ++i) {
      if (chain_.maps[i].output < 0) continue;
      for (int input = 0; input < chain_.num_inputs; ++input) {
        if (IsLastMatrixUse(input, i)) MayForward(input, chain_.maps[i].output);
      }
    }
  }

  bool IsLastMatrixUse(int input, size_t map) const {
    bool used = false;
    for (size_t i = 0; i < chain_.maps.size(); ++i) {
      for (const Operand& operand : chain_.maps[i].operands) {
        if (operand.kind == Kind::kElement || operand.index != input) continue;
        if (operand.kind != Kind::kMatrix || i > map) return false;
        used = used || i == map;
      }
    }
    for (const Chain::Sum& sum : chain_.sums) {
      if (sum.operand.kind == Kind::kMatrix && sum.operand.index == input) return false;
    }
    return used;
  }

  void RepeatRows(const Frame& frame) const {
    for (size_t i = 0; i < row_inputs_.size(); ++i) {
      const float* const from = frame.in[static_cast<size_t>(row_inputs_[i].index)].data<float>();
      float* const row = frame.arrays[num_registers_ + i];
      if (row_inputs_[i].kind == Kind::kScalar) {
        std::fill_n(row, tile_, *from);
        continue;
      }
      for (int64_t lane = 0; whole_rows_ && lane < tile_; lane += chain_.columns) {
        std::copy_n(from, chain_.columns, row + lane);
      }
    }
  }

  const float* Place(const Frame& frame, const Operand& operand, int64_t at, int64_t lane) const {
    const auto index = static_cast<size_t>(operand.index);
    switch (operand.kind) {
      case Kind::kMatrix:
        return frame.in[index].data<float>() + at;
      case Kind::kElement:
        return Target(frame, index, at);
      case Kind::kRow:
        if (!whole_rows_) return frame.in[index].data<float>() + lane;
        break;
      case Kind::kScalar:
        break;
    }
    return frame.arrays[num_registers_ + array_of_[index]];
  }

  float* Target(const Frame& frame, size_t map, int64_t at) const {
    const int output = chain_.maps[map].output;
    if (output >= 0) return frame.out[static_cast<size_t>(output)].data<float>() + at;
    return frame.arrays[register_of_[map]];
  }

  void RunMap(const Frame& frame, size_t i, int64_t at, int64_t lane, int64_t n) const {
    std::array<const float*, Chain::kMaxOperands> operands;
    const std::vector<Operand>& from = chain_.maps[i].operands;
    for (size_t j = 0; j < from.size(); ++j) operands[j] = Place(frame, from[j], at, lane);
    functions_[i]->RunTile(operands.data(), Target(frame, i, at), n);
  }

  // Elements [at, at + n); the first one is in column `lane`.
  void RunTile(const Frame& frame, int64_t at, int64_t lane, int64_t n) const {
    for (size_t i = 0; i < chain_.maps.size(); ++i) {
      if (!is_same_[i]) RunMap(frame, i, at, lane, n);
    }
    for (size_t i = 0; i < chain_.sums.size(); ++i) {
      const float* const x = Place(frame, chain_.sums[i].operand, at, lane);
      double* const sums = frame.sums + static_cast<int64_t>(i) * lanes_ + lane;
      Vectorized([=] {
        for (int64_t j = 0; j < n; ++j) sums[j] += double{x[j]};
      });
    }
  }

  // Adds the sums of all lanes to those of the first row.
  void Fold(double* sums) const {
    for (int64_t first = chain_.columns; first < lanes_; first += chain_.columns) {
      for (int64_t c = 0; c < chain_.columns; ++c) sums[c] += sums[first + c];
    }
  }

  void JoinSums(Outputs out, Scratch scratch) const {
    for (size_t i = 0; i < chain_.sums.size(); ++i) {
      float* const result = out[static_cast<size_t>(chain_.sums[i].output)].data<float>();
      for (int64_t c = 0; c < chain_.columns; ++c) {
        double sum = 0;
        for (int64_t block = 0; block < blocks_; ++block) {
          sum += scratch.slot<double>(block)[static_cast<int64_t>(i) * lanes_ + c];
        }
        result[c] = static_cast<float>(sum / chain_.sums[i].divisor);
      }
    }
  }

  const Chain chain_;
  std::vector<const Elementwise*> functions_;  // of the maps
  bool whole_rows_ = true;
  int64_t tile_ = 0;
  int64_t lanes_ = 0;
  int64_t tiles_in_row_ = 1;
  int64_t pieces_ = 0;  // what is shared out: rows, or tiles of long ones
  int64_t blocks_ = 1;
  size_t num_registers_ = 0;
  std::vector<size_t> register_of_;  // of each map
  std::vector<bool> is_same_;        // of each map: in all tiles of a block
  std::vector<Operand> row_inputs_;  // rows and scalars
  std::vector<size_t> array_of_;     // of each input, its number in row_inputs_
};

}  // namespace

std::shared_ptr<const Prepared> MakeElementwise(ElementwiseChain chain) {
  auto kernel = std::make_shared<ElementwiseKernel>(std::move(chain));
  return kernel->Fits() ? kernel : nullptr;
}

}  // namespace sessile
