#include "sessile/core/session/plan_memory.h"

#include <algorithm>
#include <limits>

#include "sessile/core/session/arena_layout.h"

namespace sessile {
namespace {

using Kind = PlanStorage::Kind;
constexpr int kForever = std::numeric_limits<int>::max();

class Layout {
 public:
  explicit Layout(PlanDraft* draft)
      : draft_(*draft),
        first_(draft->storages.size(), kForever),
        last_(draft->storages.size(), -1),
        taken_over_by_(draft->storages.size(), -1) {}

  MemoryLayout Run() {
    FindOwned();
    FindLifetimes();
    for (size_t i = 0; i < draft_.steps.size(); ++i) {
      for (int output = 0; output < static_cast<int>(draft_.steps[i].outputs.size()); ++output) {
        TakeOver(static_cast<int>(i), output);
      }
    }
    return Place();
  }

 private:
  PlanStorage& storage(int i) { return draft_.storages[static_cast<size_t>(i)]; }
  int& last(int i) { return last_[static_cast<size_t>(i)]; }
  int StorageOf(int value) { return draft_.values[static_cast<size_t>(value)].storage; }

  // The storage whose memory this one has by now.
  int Root(int i) {
    while (taken_over_by_[static_cast<size_t>(i)] >= 0) i = taken_over_by_[static_cast<size_t>(i)];
    return i;
  }

  void Own(int i) {
    if (i < 0 || storage(i).kind != Kind::kArena) return;
    storage(i).kind = Kind::kOwned;
    storage(i).index = draft_.num_owned++;
  }

  void FindOwned() {
    for (const int fetch : draft_.fetches) {
      if (fetch >= 0) Own(StorageOf(fetch));
    }
    for (const PlanValue& value : draft_.values) {
      if (value.storage >= 0 && value.spec.dtype == DataType::kString) Own(value.storage);
    }
  }

  void FindLifetimes() {
    for (size_t i = 0; i < draft_.steps.size(); ++i) {
      const int at = static_cast<int>(i);
      for (const DraftInput& input : draft_.steps[i].inputs) Use(StorageOf(input.value), at);
      for (const int output : draft_.steps[i].outputs) {
        if (output >= 0) Use(StorageOf(output), at);
      }
    }
    for (size_t i = 0; i < draft_.values.size(); ++i) {
      if (draft_.is_kept[i]) Use(draft_.values[i].storage, kForever);
    }
  }

  void Use(int i, int at) {
    if (i < 0) return;
    first_[static_cast<size_t>(i)] = std::min(first_[static_cast<size_t>(i)], at);
    last(i) = std::max(last(i), at);
  }

  // In place: the kernel may, nobody needs the input later, and it comes in once.
  void TakeOver(int at, int output) {
    const DraftStep& step = draft_.steps[static_cast<size_t>(at)];
    const int value = step.outputs[static_cast<size_t>(output)];
    if (value < 0) return;
    const int to = StorageOf(value);
    if (storage(to).kind != Kind::kArena || first_[static_cast<size_t>(to)] != at) return;
    for (const Prepared::Forward& forward : step.kernel->forwards()) {
      if (forward.output != output || forward.always) continue;
      const int from = Root(StorageOf(step.inputs[static_cast<size_t>(forward.input)].value));
      if (from == to || storage(from).kind != Kind::kArena || last(from) != at) continue;
      if (storage(from).bytes != storage(to).bytes || Uses(step, from) != 1) continue;
      taken_over_by_[static_cast<size_t>(to)] = from;
      last(from) = last(to);
      return;
    }
  }

  // How many inputs and, besides its own, outputs of the step are in this storage.
  int64_t Uses(const DraftStep& step, int root) {
    int64_t uses = 0;
    for (const DraftInput& input : step.inputs) {
      const int i = StorageOf(input.value);
      uses += i >= 0 && Root(i) == root;
    }
    for (const int output : step.outputs) {
      uses += output >= 0 && StorageOf(output) >= 0 && Root(StorageOf(output)) == root;
    }
    return uses;
  }

  MemoryLayout Place() {
    MemoryLayout layout;
    ArenaLayout arena;
    std::vector<std::vector<int>> ending(draft_.steps.size());
    for (size_t i = 0; i < draft_.steps.size(); ++i) {
      const DraftStep& step = draft_.steps[i];
      for (const int output : step.outputs) {
        if (output < 0) continue;
        const int made = StorageOf(output);
        if (storage(made).kind != Kind::kArena || Root(made) != made ||
            first_[static_cast<size_t>(made)] != static_cast<int>(i) || IsPlaced(made)) {
          continue;
        }
        storage(made).offset = arena.Take(storage(made).bytes);
        placed_[static_cast<size_t>(made)] = true;
        if (last(made) != kForever) ending[static_cast<size_t>(last(made))].push_back(made);
      }
      const size_t scratch =
          step.kernel->scratch_slot_bytes() *
          static_cast<size_t>(std::max<int64_t>(step.kernel->scratch_slots(), 0));
      layout.scratch.push_back(scratch > 0 ? arena.Take(scratch) : 0);
      if (scratch > 0) arena.Give(layout.scratch.back(), scratch);
      for (const int ended : ending[i]) arena.Give(storage(ended).offset, storage(ended).bytes);
    }
    for (size_t i = 0; i < draft_.storages.size(); ++i) {
      const int root = Root(static_cast<int>(i));
      if (root != static_cast<int>(i)) draft_.storages[i].offset = storage(root).offset;
    }
    layout.arena_bytes = arena.size();
    return layout;
  }

  bool IsPlaced(int i) {
    placed_.resize(draft_.storages.size(), false);
    return placed_[static_cast<size_t>(i)];
  }

  PlanDraft& draft_;
  std::vector<int> first_, last_;  // steps that use a storage
  std::vector<int> taken_over_by_;
  std::vector<bool> placed_;
};

}  // namespace

MemoryLayout LayOutMemory(PlanDraft* draft) { return Layout(draft).Run(); }

}  // namespace sessile
