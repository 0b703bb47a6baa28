#include "sessile/core/session/plan_cache.h"

#include <algorithm>
#include <utility>

#include "sessile/core/framework/status.h"
#include "sessile/core/session/plan_pass.h"
#include "sessile/core/session/steering.h"

namespace sessile {
namespace {

bool Fits(const TensorSpec& spec, const Tensor& tensor) {
  return spec.dtype == tensor.dtype() && (!tensor.has_value() || spec.shape == tensor.shape());
}

// The same steps will fail again, unlike those that lacked memory or time.
bool IsLasting(const absl::Status& error) {
  return error.code() != absl::StatusCode::kResourceExhausted &&
         error.code() != absl::StatusCode::kCancelled &&
         error.code() != absl::StatusCode::kDeadlineExceeded;
}

}  // namespace

PlanCache::PlanCache(std::shared_ptr<const Program> program, const KernelRegistry& kernels,
                     const std::vector<std::string>& disabled_passes)
    : program_(std::move(program)),
      kernels_(kernels),
      disabled_passes_(disabled_passes),
      variables_(VariablesOf(*program_)),
      steering_(SteeringFeeds(*program_)) {}

std::shared_ptr<const VariableContents> PlanCache::Contents() {
  std::lock_guard lock(mutex_);
  if (contents_ == nullptr || !contents_->is_current()) {
    contents_ = std::make_shared<const VariableContents>(variables_);
  }
  return contents_;
}

std::shared_ptr<const Plan> PlanCache::Get(std::span<const Tensor> feeds,
                                           const VariableContents& contents,
                                           const NodeCall::Environment& environment) {
  {
    std::lock_guard lock(mutex_);
    for (Entry& entry : entries_) {
      if (!Matches(feeds, contents, &entry)) continue;
      entry.last_use = ++uses_;
      return entry.plan;
    }
  }
  absl::StatusOr<Entry> entry = MakeKey(feeds, contents.tensors());
  if (!entry.ok()) return nullptr;
  absl::StatusOr<PlanDraft> draft = MakeDraft(feeds, contents.tensors(), environment);
  if (!draft.ok() && !(IsLasting(draft.status()) && environment.limits->Check().ok())) {
    return nullptr;
  }
  if (draft.ok() && (draft->is_complete || !draft->steps.empty())) {
    entry->plan = Plan::Make(*std::move(draft));
  }
  std::shared_ptr<const Plan> plan = entry->plan;
  Keep(*std::move(entry));
  return plan;
}

absl::StatusOr<PlanDraft> PlanCache::MakeDraft(std::span<const Tensor> feeds,
                                               std::span<const Tensor> contents,
                                               const NodeCall::Environment& environment) const {
  SESSILE_ASSIGN_OR_RETURN(PlanDraft draft, BuildDraft({.program = program_,
                                                        .feeds = feeds,
                                                        .steering = &steering_,
                                                        .variables = variables_,
                                                        .contents = contents,
                                                        .environment = &environment}));
  SESSILE_RETURN_IF_ERROR(RunPasses(kernels_, disabled_passes_, &draft));
  return draft;
}

bool PlanCache::Matches(std::span<const Tensor> feeds, const VariableContents& contents,
                        Entry* entry) {
  for (size_t i = 0; i < feeds.size(); ++i) {
    if (!Fits(entry->feeds[i], feeds[i])) return false;
    if (entry->steering[i].has_value() && !SameTensor(entry->steering[i], feeds[i])) return false;
  }
  if (entry->fitting == contents.id()) return true;
  for (size_t i = 0; i < entry->variables.size(); ++i) {
    if (!Fits(entry->variables[i], contents.tensors()[i])) return false;
  }
  entry->fitting = contents.id();
  return true;
}

absl::StatusOr<PlanCache::Entry> PlanCache::MakeKey(std::span<const Tensor> feeds,
                                                    std::span<const Tensor> contents) const {
  Entry entry;
  for (size_t i = 0; i < feeds.size(); ++i) {
    entry.feeds.push_back(SpecOf(feeds[i]));
    Tensor value;
    if (steering_[i] && MaySteer(feeds[i])) {
      SESSILE_ASSIGN_OR_RETURN(value, feeds[i].Clone());
    }
    entry.steering.push_back(std::move(value));
  }
  for (const Tensor& content : contents) entry.variables.push_back(SpecOf(content));
  return entry;
}

void PlanCache::Keep(Entry entry) {
  const auto bytes_of = [](const Entry& kept) {
    return kept.plan != nullptr ? kept.plan->bytes() : 0;
  };
  std::lock_guard lock(mutex_);
  entry.last_use = ++uses_;
  entries_.push_back(std::move(entry));
  size_t bytes = 0;
  for (const Entry& kept : entries_) bytes += bytes_of(kept);
  while (entries_.size() > 1 && (entries_.size() > kMaxPlans || bytes > kMaxBytes)) {
    const auto oldest =
        std::min_element(entries_.begin(), entries_.end(),
                         [](const Entry& a, const Entry& b) { return a.last_use < b.last_use; });
    bytes -= bytes_of(*oldest);
    entries_.erase(oldest);
  }
}

}  // namespace sessile
