#include "sessile/core/session/plan_pass.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_join.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/session/plan_upkeep.h"
#include "sessile/core/session/row_chunks.h"

namespace sessile {
namespace {

using Kind = PlanStorage::Kind;

bool Names(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

absl::Status RunPasses(const KernelRegistry& registry, const std::vector<std::string>& disabled,
                       PlanDraft* draft) {
  DropUnusedSteps(draft);
  for (const PlanPass& pass : registry.passes()) {
    if (Names(disabled, pass.name)) continue;
    // What the pass itself has put into chunks is left to the passes behind it.
    std::vector<std::shared_ptr<RowChunks>> within;
    for (const DraftStep& step : draft->steps) {
      if (step.chunks != nullptr) within.push_back(step.chunks);
    }
    SESSILE_RETURN_IF_ERROR(pass.run(draft));
    DropUnusedSteps(draft);
    for (const std::shared_ptr<RowChunks>& chunks : within) {
      SESSILE_RETURN_IF_ERROR(pass.run(&chunks->draft));
      DropUnusedSteps(&chunks->draft);
    }
  }
  for (DraftStep& step : draft->steps) {
    if (step.chunks != nullptr) step.kernel = KernelOfChunks(step.chunks);
  }
  return absl::OkStatus();
}

absl::Status CheckPassNames(const KernelRegistry& registry,
                            const std::vector<std::string>& disabled) {
  std::vector<std::string> names;
  for (const PlanPass& pass : registry.passes()) names.push_back(pass.name);
  for (const std::string& name : disabled) {
    if (Names(names, name)) continue;
    return InvalidArgument("ConfigProto.disabled_passes: there is no pass '", name,
                           "'; the passes are ", absl::StrJoin(names, ", "));
  }
  return absl::OkStatus();
}

DraftRewriter::DraftRewriter(PlanDraft* draft)
    : draft_(*draft),
      makers_(draft->storages.size(), -1),
      readers_(draft->storages.size()),
      kept_(draft->storages.size(), false),
      gone_(draft->steps.size(), false),
      replaced_by_(draft->storages.size(), -1) {
  for (size_t i = 0; i < draft_.steps.size(); ++i) {
    const int step = static_cast<int>(i);
    for (const DraftInput& input : draft_.steps[i].inputs) {
      const int storage = StorageOf(input.value);
      if (storage < 0) continue;
      std::vector<int>& readers = readers_[static_cast<size_t>(storage)];
      if (readers.empty() || readers.back() != step) readers.push_back(step);
    }
    for (const int output : draft_.steps[i].outputs) {
      const int storage = output < 0 ? -1 : StorageOf(output);
      if (storage >= 0) makers_[static_cast<size_t>(storage)] = step;
    }
  }
  const auto keep = [&](int value) {
    const int storage = value < 0 ? -1 : StorageOf(value);
    if (storage >= 0) kept_[static_cast<size_t>(storage)] = true;
  };
  for (const int fetch : draft_.fetches) keep(fetch);
  for (size_t i = 0; i < draft_.values.size(); ++i) {
    if (draft_.is_kept[i]) keep(static_cast<int>(i));
  }
}

int DraftRewriter::StorageOf(int value) const {
  int storage = draft_.values[static_cast<size_t>(value)].storage;
  if (storage < 0) return storage;
  int last = storage;
  while (replaced_by_[static_cast<size_t>(last)] >= 0) {
    last = replaced_by_[static_cast<size_t>(last)];
  }
  // What was found is remembered, so that chains stay short.
  while (storage != last) {
    storage = std::exchange(replaced_by_[static_cast<size_t>(storage)], last);
  }
  return last;
}

bool DraftRewriter::IsOnlyFor(int storage, int step) const {
  return IsPlain(storage) && !is_kept(storage) && readers(storage) == std::vector<int>{step};
}

bool DraftRewriter::IsPlain(int storage) const {
  return draft_.storages[static_cast<size_t>(storage)].kind == Kind::kArena;
}

bool DraftRewriter::Writes(const DraftStep& step, int storage) const {
  const PlanStorage& read = draft_.storages[static_cast<size_t>(storage)];
  if (read.kind != Kind::kVariable) return false;
  const int variable = draft_.bindings[static_cast<size_t>(read.index)].variable;
  return std::any_of(step.inputs.begin(), step.inputs.end(), [&](const DraftInput& input) {
    return input.binding >= 0 &&
           draft_.bindings[static_cast<size_t>(input.binding)].variable == variable;
  });
}

bool DraftRewriter::CanMove(int from, int to) const {
  const DraftStep& moved = draft_.steps[static_cast<size_t>(from)];
  if (HasEffects(moved)) return false;
  const auto [first, last] = std::minmax(from, to);
  for (const DraftInput& input : moved.inputs) {
    const int storage = StorageOf(input.value);
    if (storage < 0) return false;
    if (to < from && maker(storage) > to) return false;
    for (int i = first; i <= last; ++i) {
      if (i != from && !gone_[static_cast<size_t>(i)] &&
          Writes(draft_.steps[static_cast<size_t>(i)], storage)) {
        return false;
      }
    }
  }
  if (to < from) return true;
  for (const int output : moved.outputs) {
    if (output < 0) return false;
    for (const int reader : readers(StorageOf(output))) {
      if (reader < to && !gone_[static_cast<size_t>(reader)]) return false;
    }
  }
  return true;
}

void DraftRewriter::Fuse(const std::vector<int>& members, int at, DraftStep fused) {
  const DraftStep& place = draft_.steps[static_cast<size_t>(at)];
  fused.step = place.step;
  fused.index = place.index;
  fused.position = place.position;
  for (const int member : members) {
    const DraftStep& step = draft_.steps[static_cast<size_t>(member)];
    for (const int index : step.all_indices()) {
      draft_.outcomes[static_cast<size_t>(index)].position = fused.position;
      if (index != fused.index) fused.others.push_back(index);
    }
    gone_[static_cast<size_t>(member)] = member != at;
  }
  draft_.steps[static_cast<size_t>(at)] = std::move(fused);
}

void DraftRewriter::Replace(int step, int from, int to) {
  const auto at = [](int i) { return static_cast<size_t>(i); };
  replaced_by_[at(from)] = to;
  gone_[at(step)] = true;
  std::vector<int>& readers = readers_[at(to)];
  std::erase(readers, step);
  for (const int reader : readers_[at(from)]) {
    if (std::find(readers.begin(), readers.end(), reader) == readers.end()) {
      readers.push_back(reader);
    }
  }
  readers_[at(from)].clear();
  kept_[at(to)] = kept_[at(to)] || kept_[at(from)];
}

void DraftRewriter::Finish() {
  for (size_t i = 0; i < draft_.values.size(); ++i) {
    draft_.values[i].storage = StorageOf(static_cast<int>(i));
  }
  std::vector<DraftStep> kept;
  for (size_t i = 0; i < draft_.steps.size(); ++i) {
    if (!gone_[i]) kept.push_back(std::move(draft_.steps[i]));
  }
  draft_.steps = std::move(kept);
}

}  // namespace sessile
