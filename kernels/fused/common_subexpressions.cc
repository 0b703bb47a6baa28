// common_subexpressions: what was computed already is not computed again. Two steps are the same if
// they have the same operation and attributes, read the same tensors, and nothing but their outputs
// follows from them.

#include <algorithm>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "sessile/core/graph/node.h"
#include "sessile/core/session/plan_pass.h"
#include "sessile/kernels/fused/register_passes.h"

namespace sessile {
namespace {

// Attributes that begin with '_' say where a node runs or who made it, but for the one that says by
// which code.
bool SameAttrs(const AttrMap& a, const AttrMap& b) {
  const auto without_notes = [](const AttrMap& attrs) {
    std::vector<const AttrMap::Entry*> entries;
    for (const AttrMap::Entry& entry : attrs) {
      if (!entry.first.starts_with('_') || entry.first == kImplementationAttr) {
        entries.push_back(&entry);
      }
    }
    return entries;
  };
  const auto left = without_notes(a), right = without_notes(b);
  return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                    [](const AttrMap::Entry* x, const AttrMap::Entry* y) { return *x == *y; });
}

class CommonSubexpressions {
 public:
  explicit CommonSubexpressions(PlanDraft* draft) : draft_(*draft), rewriter_(draft) {}

  void Run() {
    for (size_t i = 0; i < draft_.steps.size(); ++i) {
      if (!draft_.steps[i].step->is_function() || !MakesPlainOutputs(draft_.steps[i])) continue;
      std::vector<int>& alike = by_inputs_[KeyOf(draft_.steps[i])];
      const int same = FindSame(static_cast<int>(i), alike);
      if (same < 0) {
        alike.push_back(static_cast<int>(i));
      } else {
        ReplaceBy(static_cast<int>(i), same);
      }
    }
    rewriter_.Finish();
  }

 private:
  const DraftStep& step(int i) const { return draft_.steps[static_cast<size_t>(i)]; }

  bool MakesPlainOutputs(const DraftStep& step) const {
    for (const int output : step.outputs) {
      const int storage = output < 0 ? -1 : rewriter_.StorageOf(output);
      if (storage < 0 || !rewriter_.IsPlain(storage)) return false;
    }
    return !step.outputs.empty();
  }

  // The operation and its tensors: where each lies, and what it is seen as.
  std::string KeyOf(const DraftStep& step) const {
    std::string key = step.step->node->op_type();
    for (const DraftInput& input : step.inputs) {
      const TensorSpec& spec = draft_.values[static_cast<size_t>(input.value)].spec;
      absl::StrAppend(&key, " ", rewriter_.StorageOf(input.value), ":",
                      static_cast<int>(spec.dtype), spec.shape.ToString());
    }
    return key;
  }

  int FindSame(int index, const std::vector<int>& alike) const {
    for (const int earlier : alike) {
      if (SameAttrs(step(earlier).step->node->attrs(), step(index).step->node->attrs()) &&
          rewriter_.CanMove(index, earlier)) {
        return earlier;
      }
    }
    return -1;
  }

  void ReplaceBy(int index, int same) {
    for (size_t i = 0; i < step(index).outputs.size(); ++i) {
      rewriter_.Replace(index, rewriter_.StorageOf(step(index).outputs[i]),
                        rewriter_.StorageOf(step(same).outputs[i]));
    }
  }

  PlanDraft& draft_;
  DraftRewriter rewriter_;
  absl::flat_hash_map<std::string, std::vector<int>> by_inputs_;
};

absl::Status ShareCommonSubexpressions(PlanDraft* draft) {
  CommonSubexpressions(draft).Run();
  return absl::OkStatus();
}

}  // namespace

void RegisterCommonSubexpressions(KernelRegistry& kernels) {
  kernels.AddPass("common_subexpressions", "what is computed already is not computed again",
                  ShareCommonSubexpressions);
}

}  // namespace sessile
