#include "sessile/core/session/plan.h"

#include <utility>

#include "sessile/core/session/plan_memory.h"
#include "sessile/core/session/plan_upkeep.h"

namespace sessile {
namespace {

using Kind = PlanStorage::Kind;

// Frames kept for later runs: as many as run at the same time, mostly.
constexpr size_t kMaxIdleFrames = 16;

}  // namespace

std::shared_ptr<const Plan> Plan::Make(PlanDraft draft) {
  return std::shared_ptr<const Plan>(new Plan(std::move(draft)));
}

Plan::Plan(PlanDraft draft) : draft_(std::move(draft)) {
  DropUnusedSteps(&draft_);
  SettleOutcomes(&draft_);
  const MemoryLayout memory = LayOutMemory(&draft_);
  arena_bytes_ = memory.arena_bytes;
  size_t num_feeds = 0;
  for (const PlanStorage& storage : draft_.storages) {
    if (storage.kind == Kind::kFeed) ++num_feeds;
  }
  feed_views_.resize(num_feeds);
  binding_views_.resize(draft_.bindings.size());
  owned_views_.resize(static_cast<size_t>(draft_.num_owned));
  FindOwned();
  for (size_t i = 0; i < draft_.steps.size(); ++i) AddStep(draft_.steps[i], memory.scratch[i]);
  draft_.steps.clear();
}

void Plan::FindOwned() {
  owned_.resize(static_cast<size_t>(draft_.num_owned));
  const auto owned_of = [this](int value) -> Owned* {
    if (value < 0) return nullptr;
    const PlanValue& planned = draft_.values[static_cast<size_t>(value)];
    if (planned.storage < 0 || storage_of(planned).kind != Kind::kOwned) return nullptr;
    return &owned_[static_cast<size_t>(storage_of(planned).index)];
  };
  // The value that made the storage comes first, aliases of it later.
  for (int i = static_cast<int>(draft_.values.size()); i-- > 0;) {
    if (Owned* const owned = owned_of(i)) owned->value = i;
  }
  for (size_t slot = 0; slot < draft_.fetches.size(); ++slot) {
    if (Owned* const owned = owned_of(draft_.fetches[slot])) owned->slot = static_cast<int>(slot);
  }
}

void Plan::AddStep(DraftStep& from, size_t scratch) {
  PlanStep step{.step = from.step,
                .label = std::move(from.label),
                .kernel = std::move(from.kernel),
                .position = from.position};
  step.first_view = views_.size();
  step.num_inputs = from.inputs.size();
  step.num_outputs = from.outputs.size();
  step.scratch = scratch;
  step.new_contents = std::move(from.new_contents);
  step.chunks = std::move(from.chunks);
  for (const DraftInput& input : from.inputs) {
    AddView(input.value);
    step.variables.push_back(input.variable);
    if (input.binding >= 0) {
      step.locks.push_back({input.binding, true});
      step.updates.push_back({input.variable, input.binding});
      continue;
    }
    const PlanStorage& storage = storage_of(draft_.values[static_cast<size_t>(input.value)]);
    if (storage.kind == Kind::kVariable) step.locks.push_back({storage.index, false});
  }
  for (const int output : from.outputs) AddView(output);
  step.outputs = std::move(from.outputs);
  for (const int64_t blocks : step.kernel->phases()) {
    if (blocks > 1) shared_blocks_ += blocks;
  }
  steps_.push_back(std::move(step));
}

void Plan::AddView(int id) {
  if (id < 0) {
    views_.emplace_back();
    return;
  }
  const PlanValue& value = draft_.values[static_cast<size_t>(id)];
  const PlanStorage& storage = storage_of(value);
  const auto index = static_cast<size_t>(storage.index);
  void* data = nullptr;
  switch (storage.kind) {
    case Kind::kArena:
      arena_views_.push_back({views_.size(), storage.offset});
      break;
    case Kind::kConstant:
      data = const_cast<void*>(draft_.constants[index].raw_data());
      break;
    case Kind::kOwned:
      owned_views_[index].push_back(views_.size());
      break;
    case Kind::kFeed:
      feed_views_[index].push_back(views_.size());
      break;
    case Kind::kVariable:
      binding_views_[index].push_back(views_.size());
      break;
  }
  views_.emplace_back(value.spec.dtype, &value.spec.shape, data);
}

size_t Plan::bytes() const {
  return draft_.known_bytes + steps_.size() * sizeof(PlanStep) +
         draft_.values.size() * sizeof(PlanValue) + draft_.storages.size() * sizeof(PlanStorage) +
         views_.size() * (sizeof(TensorView) + sizeof(ArenaView)) +
         draft_.outcomes.size() * sizeof(StepOutcome);
}

std::unique_ptr<PlanFrame> Plan::TakeFrame() const {
  {
    std::lock_guard lock(mutex_);
    if (!frames_.empty()) {
      std::unique_ptr<PlanFrame> frame = std::move(frames_.back());
      frames_.pop_back();
      return frame;
    }
  }
  auto frame = std::make_unique<PlanFrame>();
  frame->views = views_;
  frame->bindings.resize(draft_.bindings.size());
  frame->owned.resize(owned_.size());
  frame->feeds.assign(feed_views_.size(), nullptr);
  return frame;
}

void Plan::GiveFrame(std::unique_ptr<PlanFrame> frame) const {
  for (Tensor& owned : frame->owned) owned = Tensor();
  for (size_t i = 0; i < frame->bindings.size(); ++i) {
    if (!draft_.bindings[i].initial) frame->bindings[i] = Tensor();
  }
  std::lock_guard lock(mutex_);
  if (frames_.size() < kMaxIdleFrames) frames_.push_back(std::move(frame));
}

}  // namespace sessile
