// flat_updates: small updates of several variables are one kernel. A network has dozens of
// variables with a few hundred elements each; one by one, each is too little work to share among
// threads and costs the locks and look-ups of a step.

#include <algorithm>
#include <iterator>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "sessile/core/session/plan_pass.h"
#include "sessile/kernels/fused/register_passes.h"

namespace sessile {
namespace {

// Of one kernel: beyond it the locks of all of these variables are held for too long.
constexpr size_t kMostInputs = 128;
// More blocks are enough work for all threads. Their gradients would lie in memory until the last
// one is there.
constexpr int64_t kMostBlocks = 4;

// The blocks of several kernels, one after the other.
class UpdatesTogether final : public Prepared {
 public:
  explicit UpdatesTogether(const std::vector<const DraftStep*>& steps) {
    int64_t blocks = 0;
    size_t inputs = 0;
    for (const DraftStep* step : steps) {
      members_.push_back({step->kernel, blocks, inputs, step->inputs.size()});
      blocks += step->kernel->num_blocks(0);
      inputs += step->inputs.size();
    }
    AddPhase(blocks);
  }

  absl::Status Run(RunContext& ctx, Inputs in, Outputs, Scratch, int,
                   int64_t block) const override {
    const auto behind =
        std::upper_bound(members_.begin(), members_.end(), block,
                         [](int64_t b, const Member& member) { return b < member.first_block; });
    const Member& member = *std::prev(behind);
    return member.kernel->Run(ctx, in.subspan(member.first_input, member.num_inputs), Outputs(),
                              Scratch(), 0, block - member.first_block);
  }

 private:
  struct Member {
    std::shared_ptr<const Prepared> kernel;
    int64_t first_block;
    size_t first_input, num_inputs;
  };
  std::vector<Member> members_;
};

// Updates that may run together in the place of the last of them.
struct UpdateGroup {
  std::string label;
  std::vector<int> members;
  size_t num_inputs = 0;
  absl::flat_hash_set<int> read, written;  // variables
};

class FlatUpdates {
 public:
  explicit FlatUpdates(PlanDraft* draft) : draft_(*draft), rewriter_(draft) {}

  void Run() {
    for (size_t i = 0; i < draft_.steps.size(); ++i) {
      const DraftStep& step = draft_.steps[i];
      const Use use = UseOf(step);
      CloseGroupsThatMeet(use);
      if (IsSmallUpdate(step)) Add(static_cast<int>(i), use);
    }
    while (!open_.empty()) Close(open_.begin());
    rewriter_.Finish();
  }

 private:
  struct Use {
    std::vector<int> read, written;  // variables
  };
  using Groups = std::vector<UpdateGroup>;

  Use UseOf(const DraftStep& step) const {
    Use use;
    for (const DraftInput& input : step.inputs) {
      if (input.binding >= 0) use.written.push_back(VariableOf(input.binding));
      const int storage = rewriter_.StorageOf(input.value);
      if (storage < 0) continue;
      const PlanStorage& content = draft_.storages[static_cast<size_t>(storage)];
      if (content.kind == PlanStorage::Kind::kVariable) {
        use.read.push_back(VariableOf(content.index));
      }
    }
    for (const auto& made : step.new_contents) use.written.push_back(VariableOf(made.binding));
    return use;
  }

  int VariableOf(int binding) const {
    return draft_.bindings[static_cast<size_t>(binding)].variable;
  }

  static bool IsSmallUpdate(const DraftStep& step) {
    return step.kernel != nullptr && step.kernel->only_updates() && step.new_contents.empty() &&
           step.kernel->num_blocks(0) <= kMostBlocks &&
           std::all_of(step.outputs.begin(), step.outputs.end(), [](int out) { return out < 0; });
  }

  // A group cannot run after a step that writes what it reads, or touches what it writes.
  void CloseGroupsThatMeet(const Use& use) {
    const auto any_in = [](const std::vector<int>& variables, const absl::flat_hash_set<int>& set) {
      return std::any_of(variables.begin(), variables.end(),
                         [&set](int variable) { return set.contains(variable); });
    };
    for (auto group = open_.begin(); group != open_.end();) {
      const bool meets = any_in(use.written, group->read) || any_in(use.written, group->written) ||
                         any_in(use.read, group->written);
      group = meets ? Close(group) : std::next(group);
    }
  }

  void Add(int index, const Use& use) {
    const DraftStep& step = draft_.steps[static_cast<size_t>(index)];
    auto group = std::find_if(open_.begin(), open_.end(),
                              [&](const UpdateGroup& open) { return open.label == step.label; });
    if (group != open_.end() && group->num_inputs + step.inputs.size() > kMostInputs) {
      Close(group);
      group = open_.end();
    }
    if (group == open_.end()) {
      group = open_.emplace(open_.end());
      group->label = step.label;
    }
    group->members.push_back(index);
    group->num_inputs += step.inputs.size();
    group->read.insert(use.read.begin(), use.read.end());
    group->written.insert(use.written.begin(), use.written.end());
  }

  Groups::iterator Close(Groups::iterator group) {
    if (group->members.size() > 1) Fuse(*group);
    return open_.erase(group);
  }

  void Fuse(const UpdateGroup& group) {
    std::vector<const DraftStep*> steps;
    DraftStep fused;
    fused.label = absl::StrCat(group.members.size(), "*", group.label);
    for (const int member : group.members) {
      const DraftStep& step = draft_.steps[static_cast<size_t>(member)];
      steps.push_back(&step);
      fused.inputs.insert(fused.inputs.end(), step.inputs.begin(), step.inputs.end());
    }
    fused.kernel = std::make_shared<UpdatesTogether>(steps);
    rewriter_.Fuse(group.members, group.members.back(), std::move(fused));
  }

  PlanDraft& draft_;
  DraftRewriter rewriter_;
  Groups open_;
};

absl::Status UpdateTogether(PlanDraft* draft) {
  FlatUpdates(draft).Run();
  return absl::OkStatus();
}

}  // namespace

void RegisterFlatUpdates(KernelRegistry& kernels) {
  kernels.AddPass("flat_updates", "small updates of several variables in one kernel",
                  UpdateTogether);
}

}  // namespace sessile
