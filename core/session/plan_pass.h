// How a pass rewrites a plan in the making.
//
//   absl::Status ReluAfterBias(PlanDraft* draft) {
//     DraftRewriter rewriter(draft);
//     for (size_t i = 0; i < draft->steps.size(); ++i) { ... rewriter.Fuse({i, j}, i, fused); }
//     rewriter.Finish();
//     return absl::OkStatus();
//   }
//   registry.AddPass("relu_after_bias", "bias and ReLU in one kernel", ReluAfterBias);
//
// A pass must keep the meaning of the draft and may change rounding. It follows from the draft
// alone: no timing, no randomness.
#pragma once

#include <cstddef>
#include <vector>

#include "absl/status/status.h"
#include "sessile/core/framework/kernel_registry.h"
#include "sessile/core/session/plan_draft.h"

namespace sessile {

// Runs the passes of `registry` in their order, but those named in `disabled`, and drops what
// nobody needs before, between and after them.
absl::Status RunPasses(const KernelRegistry& registry, const std::vector<std::string>& disabled,
                       PlanDraft* draft);

// INVALID_ARGUMENT if `disabled` names a pass that does not exist.
absl::Status CheckPassNames(const KernelRegistry& registry,
                            const std::vector<std::string>& disabled);

// Who makes and who reads each storage of a draft, and the changes that keep it right. Steps are
// named by their index in draft->steps, which stays the same until Finish.
class DraftRewriter {
 public:
  explicit DraftRewriter(PlanDraft* draft);

  int StorageOf(int value) const;  // -1 for references and what is deferred
  // The step that makes the content of the storage; -1: it is fed, constant, or a variable's.
  int maker(int storage) const { return makers_[static_cast<size_t>(storage)]; }
  // The steps that read it, each once.
  const std::vector<int>& readers(int storage) const {
    return readers_[static_cast<size_t>(storage)];
  }
  // True if it is fetched, or needed when the plan has ended.
  bool is_kept(int storage) const { return kept_[static_cast<size_t>(storage)]; }
  // True if only `step` reads it: it need not exist once it is fused into that step.
  bool IsOnlyFor(int storage, int step) const;
  // Memory of the run that nobody but its maker writes.
  bool IsPlain(int storage) const;

  // True if step `from` may run in the place of step `to` instead: what it reads is there and the
  // same, what it makes is not needed before, and it has no effects.
  bool CanMove(int from, int to) const;

  // Puts `fused` into the place of step `at`, which is one of `members`; the others go. `fused`
  // does their work. REQUIRES: each member could run in that place (CanMove, or what the pass
  // knows).
  void Fuse(const std::vector<int>& members, int at, DraftStep fused);
  // Step `i` becomes superfluous: everybody who reads storage `from`, which it makes, reads `to`.
  // REQUIRES: `to` is plain and as large.
  void Replace(int step, int from, int to);
  // Takes away what has gone. Call once, at the end.
  void Finish();

 private:
  bool Writes(const DraftStep& step, int storage) const;

  PlanDraft& draft_;
  std::vector<int> makers_;
  std::vector<std::vector<int>> readers_;
  std::vector<bool> kept_;
  std::vector<bool> gone_;                // of each step
  mutable std::vector<int> replaced_by_;  // of each storage: another one, or -1
};

}  // namespace sessile
