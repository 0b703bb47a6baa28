// What steps of a draft are to elementwise chains.
#pragma once

#include <optional>
#include <vector>

#include "sessile/core/session/plan_pass.h"
#include "sessile/kernels/fused/chain.h"

namespace sessile {

// A step that may be a member of a chain: one elementwise function, several one after another, or
// a sum of columns.
struct ChainMember {
  int step = 0;
  std::vector<ElementwiseComposite::Part> parts = {};  // operands as there; or:
  std::optional<ColumnSum> sum = {};
  int64_t elements = 0;           // of the matrix
  int64_t columns = 0;            // 0: any number
  std::vector<int> inputs = {};   // storages
  std::vector<bool> is_row = {};  // of each input: one row, or one element, for all
  int output = -1;                // storage
};

class ChainBuilder {
 public:
  // Both must outlive it.
  ChainBuilder(const PlanDraft& draft, const DraftRewriter& rewriter)
      : draft_(draft), rewriter_(rewriter) {}

  // Nothing if the step is none of that kind.
  std::optional<ChainMember> MemberOf(int step) const;

  // The chain of the members, which are in the order of their steps and have `columns` columns (0:
  // any number). Its inputs, outputs and label go into *fused.
  ElementwiseChain ChainOf(const std::vector<ChainMember>& members, int64_t columns,
                           DraftStep* fused) const;

 private:
  const DraftStep& step(int i) const { return draft_.steps[static_cast<size_t>(i)]; }
  const TensorSpec& SpecOf(int value) const {
    return draft_.values[static_cast<size_t>(value)].spec;
  }
  std::optional<ChainMember> AsMaps(const DraftStep& candidate, ChainMember member) const;
  std::optional<ChainMember> AsSum(const DraftStep& candidate, ChainMember member) const;
  bool IsMatrix(int value) const;
  bool OnlyFirstOutputIsNeeded(const DraftStep& candidate) const;
  bool IsInternal(int storage, const std::vector<ChainMember>& members) const;
  ElementwiseChain::Operand::Kind KindOf(int value, int64_t elements) const;

  const PlanDraft& draft_;
  const DraftRewriter& rewriter_;
};

}  // namespace sessile
