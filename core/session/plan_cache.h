// The plans of one program.
//
//   const std::shared_ptr<const VariableContents> contents = plans.Contents();
//   if (std::shared_ptr<const Plan> plan = plans.Get(feeds, *contents, environment)) RunPlan(...);
//
// A plan holds for runs with the same shapes of feeds, the same values of feeds that steer, and the
// same shapes of variables. At most kMaxPlans are kept, and as many as take kMaxBytes together (but
// at least one); the one that was not used for longest goes first. Thread-safe.
#pragma once

#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "sessile/core/session/plan.h"
#include "sessile/core/session/plan_builder.h"
#include "sessile/core/session/variable_contents.h"

namespace sessile {

class PlanCache {
 public:
  static constexpr size_t kMaxPlans = 16;
  static constexpr size_t kMaxBytes = size_t{32} << 20;

  // Rewrites plans by the passes of `kernels`, but those named in `disabled_passes`; both must
  // outlive the cache.
  PlanCache(std::shared_ptr<const Program> program, const KernelRegistry& kernels,
            const std::vector<std::string>& disabled_passes);

  const std::shared_ptr<const Program>& program() const { return program_; }
  // The contents of the program's variables now.
  std::shared_ptr<const VariableContents> Contents();
  // Null: the reference executor is to run the program, because nothing in it can be planned or
  // some step is bound to fail.
  std::shared_ptr<const Plan> Get(std::span<const Tensor> feeds, const VariableContents& contents,
                                  const NodeCall::Environment& environment);

 private:
  struct Entry {
    std::vector<TensorSpec> feeds;
    std::vector<Tensor> steering;  // copies; without value for feeds that do not steer
    std::vector<TensorSpec> variables;
    std::shared_ptr<const Plan> plan;
    uint64_t last_use = 0;
    uint64_t fitting = 0;  // the id of the contents that fitted last
  };
  static bool Matches(std::span<const Tensor> feeds, const VariableContents& contents,
                      Entry* entry);
  absl::StatusOr<Entry> MakeKey(std::span<const Tensor> feeds,
                                std::span<const Tensor> contents) const;
  absl::StatusOr<PlanDraft> MakeDraft(std::span<const Tensor> feeds,
                                      std::span<const Tensor> contents,
                                      const NodeCall::Environment& environment) const;
  void Keep(Entry entry);

  const std::shared_ptr<const Program> program_;
  const KernelRegistry& kernels_;
  const std::vector<std::string>& disabled_passes_;
  const std::vector<VariableState*> variables_;
  const std::vector<bool> steering_;
  std::mutex mutex_;
  std::shared_ptr<const VariableContents> contents_;
  std::vector<Entry> entries_;
  uint64_t uses_ = 0;
};

}  // namespace sessile
