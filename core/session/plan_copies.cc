#include "sessile/core/session/plan_copies.h"

#include <algorithm>

namespace sessile {
namespace {

using Kind = PlanStorage::Kind;

class Copies {
 public:
  explicit Copies(PlanDraft* draft)
      : draft_(*draft), last_use_(draft->storages.size(), -1), writes_(draft->variables.size()) {
    const int end = static_cast<int>(draft_.steps.size());
    for (int i = 0; i < end; ++i) {
      for (const DraftInput& input : step(i).inputs) {
        Use(input.value, i);
        if (input.binding >= 0) writes_[VariableOf(input.binding)].push_back(i);
      }
    }
    // What is left to the reference executor may write any variable.
    const int left = draft_.is_complete ? end : kForever;
    for (const int fetch : draft_.fetches) Use(fetch, left);
    for (size_t i = 0; i < draft_.values.size(); ++i) {
      if (draft_.is_kept[i]) Use(static_cast<int>(i), left);
    }
  }

  void LeaveOut() {
    std::vector<int> needed_steps;
    for (int i = 0; i < static_cast<int>(draft_.steps.size()); ++i) {
      if (IsNeeded(i)) {
        needed_steps.push_back(i);
      } else {
        const int copied = step(i).kernel->copied_variable();
        const int from = StorageOf(step(i).inputs[static_cast<size_t>(copied)].value);
        storage(StorageOf(step(i).outputs[0])) = storage(from);
      }
    }
    std::vector<DraftStep> needed;
    for (const int i : needed_steps) needed.push_back(std::move(step(i)));
    draft_.steps = std::move(needed);
  }

 private:
  static constexpr int kForever = StepOutcome::kNotRun;

  DraftStep& step(int i) { return draft_.steps[static_cast<size_t>(i)]; }
  PlanStorage& storage(int i) { return draft_.storages[static_cast<size_t>(i)]; }
  int StorageOf(int value) const { return draft_.values[static_cast<size_t>(value)].storage; }
  size_t VariableOf(int binding) const {
    return static_cast<size_t>(draft_.bindings[static_cast<size_t>(binding)].variable);
  }

  void Use(int value, int at) {
    const int used = value < 0 ? -1 : StorageOf(value);
    if (used < 0) return;
    int& last = last_use_[static_cast<size_t>(used)];
    last = std::max(last, at);
  }

  // True if step `i` must run: it makes no copy, or one that an update comes before the end of.
  bool IsNeeded(int i) {
    const int copied = step(i).kernel->copied_variable();
    if (copied < 0) return true;
    const int from = StorageOf(step(i).inputs[static_cast<size_t>(copied)].value);
    if (storage(from).kind != Kind::kVariable) return true;
    const int last = last_use_[static_cast<size_t>(StorageOf(step(i).outputs[0]))];
    if (last == kForever) return true;
    const std::vector<int>& writes = writes_[VariableOf(storage(from).index)];
    const auto next = std::upper_bound(writes.begin(), writes.end(), i);
    return next != writes.end() && *next <= last;
  }

  PlanDraft& draft_;
  std::vector<int> last_use_;  // of each storage: a step, or the number of steps; -1: none
  std::vector<std::vector<int>> writes_;  // of each variable: the steps that do
};

}  // namespace

void LeaveOutCopies(PlanDraft* draft) { Copies(draft).LeaveOut(); }

}  // namespace sessile
