#include "sessile/kernels/fused/elementwise.h"

#include <algorithm>
#include <utility>

#include "sessile/kernels/blocks.h"
#include "sessile/kernels/fused/chain_runner.h"

namespace sessile {
namespace {

using Chain = ElementwiseChain;
using Kind = ElementwiseChain::Operand::Kind;

// Of a block: enough that what is done once a block does not count for much.
constexpr int64_t kBlockElements = 8 * 1024;

// Phase 0 computes the elements, phase 1 joins the sums, if there are any.
class ElementwiseKernel final : public Prepared {
 public:
  explicit ElementwiseKernel(Chain chain) : runner_(std::move(chain)) {
    for (const TensorSpec& spec : this->chain().outputs) AddOutput(spec.dtype, spec.shape);
    AddForwards();
    // Rows stay together, for their sums; long ones are cut themselves.
    const int64_t columns = this->chain().columns;
    tiles_in_row_ = columns <= runner_.tile() ? 1 : (columns + runner_.tile() - 1) / runner_.tile();
    pieces_ = this->chain().rows * tiles_in_row_;
    blocks_ = std::clamp<int64_t>(this->chain().rows * columns / kBlockElements, 1,
                                  std::clamp<int64_t>(pieces_, 1, kMaxBlocks));
    AddPhase(blocks_);
    if (chain_has_sums()) {
      AddPhase(1);
      SetScratch(blocks_, runner_.sums_bytes());
    }
  }

  const Chain& chain() const { return runner_.chain(); }
  bool fits() const { return runner_.fits(); }

  absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch scratch, int phase,
                   int64_t block) const override {
    if (phase == 1) {
      runner_.JoinSums(out, scratch, blocks_);
      return absl::OkStatus();
    }
    ChainRunner::Block elements(runner_, {in, out, nullptr, scratch.slot<double>(block)});
    const IndexRange pieces = BlockRange(pieces_, block, blocks_);
    const int64_t first = ElementOf(pieces.first());
    elements.Run(first, ElementOf(pieces.last()) - first);
    elements.Finish();
    return absl::OkStatus();
  }

 private:
  bool chain_has_sums() const { return !chain().sums.empty(); }

  // The first one of a row, or of a tile of a long row.
  int64_t ElementOf(int64_t piece) const {
    return piece / tiles_in_row_ * chain().columns + piece % tiles_in_row_ * runner_.tile();
  }

  // An output may take the place of a matrix that no later map or sum reads.
  void AddForwards() {
    for (size_t i = 0; i < chain().maps.size(); ++i) {
      if (chain().maps[i].output < 0) continue;
      for (int input = 0; input < chain().num_inputs; ++input) {
        if (IsLastMatrixUse(input, i)) MayForward(input, chain().maps[i].output);
      }
    }
  }

  bool IsLastMatrixUse(int input, size_t map) const {
    bool used = false;
    for (size_t i = 0; i < chain().maps.size(); ++i) {
      for (const Chain::Operand& operand : chain().maps[i].operands) {
        if (operand.kind == Kind::kElement || operand.index != input) continue;
        if (operand.kind != Kind::kMatrix || i > map) return false;
        used = used || i == map;
      }
    }
    for (const Chain::Sum& sum : chain().sums) {
      if (sum.operand.kind == Kind::kMatrix && sum.operand.index == input) return false;
    }
    return used;
  }

  const ChainRunner runner_;
  int64_t tiles_in_row_ = 1;
  int64_t pieces_ = 0;  // what is shared out: rows, or tiles of long ones
  int64_t blocks_ = 1;
};

}  // namespace

std::shared_ptr<const Prepared> MakeElementwise(ElementwiseChain chain) {
  auto kernel = std::make_shared<ElementwiseKernel>(std::move(chain));
  return kernel->fits() ? kernel : nullptr;
}

const ElementwiseChain* ChainOfKernel(const Prepared& kernel) {
  const auto* const elementwise = dynamic_cast<const ElementwiseKernel*>(&kernel);
  return elementwise != nullptr ? &elementwise->chain() : nullptr;
}

}  // namespace sessile
