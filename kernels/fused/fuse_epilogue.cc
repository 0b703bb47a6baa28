// epilogue: an elementwise chain goes on with what the kernel before it makes, block by block.
//
//   Conv2D -> BiasAdd -> Relu            Conv2D -> FusedBatchNormV3 (inference) -> Relu
//   Conv2DBackpropInput -> ReluGrad -> sums of columns
//
// The chain may be one that the pass `elementwise` has made, or a single elementwise kernel, and
// what it goes on with may be wanted by others, too.

#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "sessile/core/session/plan_pass.h"
#include "sessile/kernels/fused/chain_builder.h"
#include "sessile/kernels/fused/elementwise.h"
#include "sessile/kernels/fused/epilogue.h"
#include "sessile/kernels/fused/register_passes.h"

namespace sessile {
namespace {

using Operand = ElementwiseChain::Operand;

class EpilogueFuser {
 public:
  explicit EpilogueFuser(PlanDraft* draft)
      : draft_(*draft), rewriter_(draft), builder_(*draft, rewriter_), gone_(draft->steps.size()) {}

  absl::Status Run() {
    for (int i = 0; i < static_cast<int>(draft_.steps.size()); ++i) Visit(i);
    rewriter_.Finish();
    return absl::OkStatus();
  }

 private:
  const DraftStep& step(int i) const { return draft_.steps[static_cast<size_t>(i)]; }

  void Visit(int index) {
    DraftStep fused;
    std::optional<ElementwiseChain> chain = ChainAt(index, &fused);
    if (!chain.has_value()) return;
    int input = -1;
    int producer = -1;
    for (int i = 0; i < chain->num_inputs; ++i) {
      const int maker = ProducerOf(fused.inputs[static_cast<size_t>(i)].value, *chain, i, index);
      if (maker <= producer) continue;
      input = i;
      producer = maker;
    }
    if (producer >= 0) Fuse(index, producer, input, *std::move(chain), std::move(fused));
  }

  // The chain that the step computes. Its inputs, outputs and label go into *fused.
  std::optional<ElementwiseChain> ChainAt(int index, DraftStep* fused) const {
    if (const ElementwiseChain* const chain = ChainOfKernel(*step(index).kernel)) {
      fused->inputs = step(index).inputs;
      fused->outputs = step(index).outputs;
      fused->label = step(index).label;
      return *chain;
    }
    const std::optional<ChainMember> member = builder_.MemberOf(index);
    if (!member.has_value()) return std::nullopt;
    return builder_.ChainOf({*member}, member->columns, fused);
  }

  // The step that makes `value` and may go on with the chain, whose input `input` it is; or -1.
  int ProducerOf(int value, const ElementwiseChain& chain, int input, int index) const {
    if (!IsOnlyAMatrix(chain, input)) return -1;
    const int storage = rewriter_.StorageOf(value);
    const int maker = storage < 0 || !rewriter_.IsPlain(storage) ? -1 : rewriter_.maker(storage);
    if (maker < 0 || maker >= index || gone_[static_cast<size_t>(maker)]) return -1;
    const DraftStep& candidate = step(maker);
    const auto* const ranges = dynamic_cast<const WritesRanges*>(candidate.kernel.get());
    if (ranges == nullptr || ranges->range_unit() % chain.columns != 0) return -1;
    if (candidate.kernel->outputs().size() != 1 || !rewriter_.CanMove(maker, index)) return -1;
    return maker;
  }

  static bool IsOnlyAMatrix(const ElementwiseChain& chain, int input) {
    bool is_matrix = false;
    const auto allows = [&](const Operand& operand) {
      if (operand.kind == Operand::Kind::kElement || operand.index != input) return true;
      is_matrix = operand.kind == Operand::Kind::kMatrix;
      return is_matrix;
    };
    for (const ElementwiseChain::Map& map : chain.maps) {
      for (const Operand& operand : map.operands) {
        if (!allows(operand)) return false;
      }
    }
    for (const ElementwiseChain::Sum& sum : chain.sums) {
      if (!allows(sum.operand)) return false;
    }
    return is_matrix;
  }

  // Input `input` of the chain is what the producer makes; later inputs move up.
  static void TakeInput(int input, ElementwiseChain* chain) {
    const auto change = [input](Operand* operand) {
      if (operand->kind == Operand::Kind::kElement) return;
      if (operand->index == input) {
        *operand = {Operand::Kind::kProduced, 0};
      } else if (operand->index > input) {
        --operand->index;
      }
    };
    for (ElementwiseChain::Map& map : chain->maps) {
      for (Operand& operand : map.operands) change(&operand);
    }
    for (ElementwiseChain::Sum& sum : chain->sums) change(&sum.operand);
    --chain->num_inputs;
  }

  void Fuse(int index, int producer, int input, ElementwiseChain chain, DraftStep fused) {
    const DraftStep& before = step(producer);
    const int product = before.outputs[0];
    const bool is_wanted = !rewriter_.IsOnlyFor(rewriter_.StorageOf(product), index);
    TakeInput(input, &chain);
    bool keeps_product = false;
    fused.kernel = MakeEpilogue(before.kernel, static_cast<int>(before.inputs.size()),
                                std::move(chain), is_wanted, &keeps_product);
    if (fused.kernel == nullptr) return;
    fused.inputs.erase(fused.inputs.begin() + input);
    fused.inputs.insert(fused.inputs.begin(), before.inputs.begin(), before.inputs.end());
    if (keeps_product) fused.outputs.push_back(product);
    fused.label = before.label + "+" + fused.label;
    gone_[static_cast<size_t>(producer)] = true;
    rewriter_.Fuse({producer, index}, index, std::move(fused));
  }

  PlanDraft& draft_;
  DraftRewriter rewriter_;
  const ChainBuilder builder_;
  std::vector<bool> gone_;  // of each step
};

absl::Status FuseEpilogues(PlanDraft* draft) { return EpilogueFuser(draft).Run(); }

}  // namespace

void RegisterFuseEpilogue(KernelRegistry& kernels) {
  kernels.AddPass("epilogue", "elementwise kernels go on with the blocks of the one before",
                  FuseEpilogues);
}

}  // namespace sessile
