// add_zeros: a sum does without terms that are zero. Gradients are full of them: the branch of a
// cond that was not taken contributes zeros.
//
// x + 0 is x but for the sign of a zero x.

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "sessile/core/framework/status.h"
#include "sessile/core/session/plan_pass.h"
#include "sessile/kernels/fused/register_passes.h"

namespace sessile {
namespace {

// Known data all of whose bytes are zero: 0, +0.0, false.
bool IsZeroBytes(const Tensor& tensor) {
  if (tensor.dtype() == DataType::kString) return false;
  const auto* const bytes = static_cast<const char*>(tensor.raw_data());
  return std::all_of(bytes, bytes + tensor.num_bytes(), [](char byte) { return byte == 0; });
}

class ZeroTerms {
 public:
  explicit ZeroTerms(PlanDraft* draft)
      : draft_(*draft), rewriter_(draft), zero_(draft->storages.size(), Zero::kUnknown) {}

  absl::Status Run() {
    for (size_t i = 0; i < draft_.steps.size(); ++i) {
      const DraftStep& step = draft_.steps[i];
      if (step.label == "ZerosLike" || (step.label == "Fill" && IsZero(step.inputs[1].value))) {
        MakesZero(step);
      } else if (step.label == "AddN") {
        SESSILE_RETURN_IF_ERROR(Shorten(static_cast<int>(i)));
      }
    }
    rewriter_.Finish();
    return absl::OkStatus();
  }

 private:
  enum class Zero : char { kUnknown, kYes, kNo };

  void MakesZero(const DraftStep& step) {
    const int storage = step.outputs[0] < 0 ? -1 : rewriter_.StorageOf(step.outputs[0]);
    if (storage >= 0) zero_[static_cast<size_t>(storage)] = Zero::kYes;
  }

  // What was found of known data is remembered: nothing is read twice.
  bool IsZero(int id) {
    const int storage = rewriter_.StorageOf(id);
    if (storage < 0) return false;
    Zero& zero = zero_[static_cast<size_t>(storage)];
    if (zero == Zero::kUnknown) {
      const std::optional<Tensor>& known = draft_.values[static_cast<size_t>(id)].known;
      zero = known.has_value() && IsZeroBytes(*known) ? Zero::kYes : Zero::kNo;
    }
    return zero == Zero::kYes;
  }

  absl::Status Shorten(int index) {
    DraftStep& step = draft_.steps[static_cast<size_t>(index)];
    std::vector<DraftInput> terms;
    for (const DraftInput& input : step.inputs) {
      if (!IsZero(input.value)) terms.push_back(input);
    }
    if (terms.empty() || terms.size() == step.inputs.size()) return absl::OkStatus();
    const int sum = rewriter_.StorageOf(step.outputs[0]);
    const int first = rewriter_.StorageOf(terms[0].value);
    if (terms.size() > 1 || !rewriter_.IsPlain(first)) return Prepare(&step, std::move(terms));
    rewriter_.Replace(index, sum, first);
    return absl::OkStatus();
  }

  absl::Status Prepare(DraftStep* step, std::vector<DraftInput> terms) const {
    std::vector<TensorSpec> specs;
    for (const DraftInput& term : terms) {
      specs.push_back(draft_.values[static_cast<size_t>(term.value)].spec);
    }
    const std::vector<Tensor> unknown(terms.size());
    SESSILE_ASSIGN_OR_RETURN(
        step->kernel,
        step->step->prepared->Get({.node = step->step->node, .inputs = unknown, .specs = specs}));
    step->inputs = std::move(terms);
    return absl::OkStatus();
  }

  PlanDraft& draft_;
  DraftRewriter rewriter_;
  std::vector<Zero> zero_;  // of each storage
};

absl::Status AddZeros(PlanDraft* draft) { return ZeroTerms(draft).Run(); }

}  // namespace

void RegisterZeros(KernelRegistry& kernels) {
  kernels.AddPass("add_zeros", "sums without the terms that are zero", AddZeros);
}

}  // namespace sessile
