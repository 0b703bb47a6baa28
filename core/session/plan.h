// A program bound to the shapes of one kind of run: prepared kernels in their order, the memory of
// every value, and what each run must fill in.
//
//   SESSILE_ASSIGN_OR_RETURN(PlanDraft draft, BuildDraft(request));
//   std::shared_ptr<const Plan> plan = Plan::Make(std::move(draft));
//   RunPlan(*plan, feeds, contents, &arenas, environment);              // plan_executor.h
//
// Immutable but for the frames of ended runs, which it keeps for later ones; thread-safe. What it
// does follows from what it was made from alone, so that the first run and the thousandth give the
// same bits.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "sessile/core/session/plan_draft.h"

namespace sessile {

struct PlanStep {
  struct Lock {
    int binding;
    bool exclusive;
  };
  // `variable` must still hold what `binding` is when the step runs.
  struct Update {
    VariableState* variable;
    int binding;
  };
  const Step* step = nullptr;
  std::string label = {};  // DraftStep::label
  std::shared_ptr<const Prepared> kernel;
  int position = 0;
  size_t first_view = 0;  // the views of its inputs, then those of its outputs
  size_t num_inputs = 0;
  size_t num_outputs = 0;
  size_t scratch = 0;                          // offset in the arena
  std::vector<VariableState*> variables = {};  // of the inputs, null where there is none
  std::vector<Lock> locks = {};
  std::vector<Update> updates = {};
  std::vector<DraftStep::NewContent> new_contents = {};
  std::vector<int> outputs = {};  // values; -1: a reference, or not needed
  std::shared_ptr<const RowChunks> chunks = {};
};

// What one run fills in.
struct PlanFrame {
  std::vector<TensorView> views;
  std::vector<Tensor> bindings;
  std::vector<Tensor> owned;
  std::vector<const void*> feeds;  // as the views have them
  uint64_t contents = 0;           // the id of those that are bound
  char* arena = nullptr;
};

class Plan {
 public:
  static std::shared_ptr<const Plan> Make(PlanDraft draft);

  const Program& program() const { return *draft_.program; }
  const std::vector<PlanStep>& steps() const { return steps_; }
  const std::vector<PlanValue>& values() const { return draft_.values; }
  const std::vector<PlanStorage>& storages() const { return draft_.storages; }
  const PlanStorage& storage_of(const PlanValue& value) const {
    return draft_.storages[static_cast<size_t>(value.storage)];
  }
  const std::vector<Tensor>& constants() const { return draft_.constants; }
  const std::vector<PlanBinding>& bindings() const { return draft_.bindings; }
  const std::vector<StepOutcome>& outcomes() const { return draft_.outcomes; }
  const std::vector<int>& fetches() const { return draft_.fetches; }
  // A tensor that is allocated for a run: its value, and a fetch slot that gets it; -1: none.
  struct Owned {
    int value = -1;
    int slot = -1;
  };
  const std::vector<Owned>& owned() const { return owned_; }
  // False if some steps are left to the reference executor.
  bool is_complete() const { return draft_.is_complete; }
  size_t arena_bytes() const { return arena_bytes_; }
  // Blocks that threads may share out.
  int64_t shared_blocks() const { return shared_blocks_; }
  // Memory that the plan itself takes, roughly.
  size_t bytes() const;

  // Views that lie in the arena, and those of one feed, binding or owned tensor.
  struct ArenaView {
    size_t view;
    size_t offset;
  };
  const std::vector<ArenaView>& arena_views() const { return arena_views_; }
  const std::vector<size_t>& feed_views(size_t i) const { return feed_views_[i]; }
  const std::vector<size_t>& binding_views(size_t i) const { return binding_views_[i]; }
  const std::vector<size_t>& owned_views(size_t i) const { return owned_views_[i]; }

  // A frame that no other run has.
  std::unique_ptr<PlanFrame> TakeFrame() const;
  void GiveFrame(std::unique_ptr<PlanFrame> frame) const;

 private:
  explicit Plan(PlanDraft draft);
  void FindOwned();
  void AddStep(DraftStep& step, size_t scratch);
  void AddView(int value);

  PlanDraft draft_;
  std::vector<PlanStep> steps_;
  std::vector<TensorView> views_;  // constants bound; the others without memory
  std::vector<ArenaView> arena_views_;
  std::vector<std::vector<size_t>> feed_views_, binding_views_, owned_views_;
  std::vector<Owned> owned_;
  size_t arena_bytes_ = 0;
  int64_t shared_blocks_ = 0;

  mutable std::mutex mutex_;
  mutable std::vector<std::unique_ptr<PlanFrame>> frames_;
};

}  // namespace sessile
