// elementwise: chains of elementwise kernels on float matrices of one size, and the sums of their
// columns, become one kernel each.
//
// Steps are visited in their order. A step joins the open groups whose elements it reads, or with
// which it shares a matrix; where it joins several, they become one. A group stays open until
// somebody else needs what it makes, because it runs in the place of its last member.

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "sessile/core/session/plan_pass.h"
#include "sessile/kernels/fused/chain_builder.h"
#include "sessile/kernels/fused/elementwise.h"
#include "sessile/kernels/fused/register_passes.h"

namespace sessile {
namespace {

constexpr size_t kMaxMembers = 16;

struct Group {
  std::vector<ChainMember> members = {};
  bool open = true;
  int64_t columns = 0;  // 0: any number
};

class ElementwiseFuser {
 public:
  explicit ElementwiseFuser(PlanDraft* draft)
      : draft_(*draft),
        rewriter_(draft),
        builder_(*draft, rewriter_),
        made_in_(draft->storages.size(), kNone),
        read_in_(draft->storages.size(), kNone) {}

  absl::Status Run() {
    for (int i = 0; i < static_cast<int>(draft_.steps.size()); ++i) Visit(i);
    for (const Group& group : groups_) {
      if (group.members.size() > 1) Fuse(group);
    }
    rewriter_.Finish();
    return absl::OkStatus();
  }

 private:
  const DraftStep& step(int i) const { return draft_.steps[static_cast<size_t>(i)]; }
  void Visit(int index) {
    const std::optional<ChainMember> member = builder_.MemberOf(index);
    int joined = kNone;
    for (const int near : Neighbours(step(index))) {
      if (member.has_value() && MayJoin(*member, group(near))) {
        joined = joined == kNone ? near : Merged(joined, near);
      }
    }
    for (const DraftInput& input : step(index).inputs) {
      const int storage = rewriter_.StorageOf(input.value);
      const int maker = storage < 0 ? kNone : Root(made_in_[static_cast<size_t>(storage)]);
      if (maker != kNone && maker != joined) group(maker).open = false;
    }
    if (UpdatesVariables(step(index))) {
      for (const int reader : variable_readers_) group(Root(reader)).open = false;
      variable_readers_.clear();
    }
    if (member.has_value()) Add(*member, joined);
  }

  // The open groups that make or read what the step reads.
  std::vector<int> Neighbours(const DraftStep& reader) const {
    std::vector<int> near;
    for (const DraftInput& input : reader.inputs) {
      const int storage = rewriter_.StorageOf(input.value);
      if (storage < 0) continue;
      for (const int id :
           {made_in_[static_cast<size_t>(storage)], read_in_[static_cast<size_t>(storage)]}) {
        const int root = Root(id);
        if (root == kNone || !groups_[static_cast<size_t>(root)].open) continue;
        if (std::find(near.begin(), near.end(), root) == near.end()) near.push_back(root);
      }
    }
    std::sort(near.begin(), near.end());
    return near;
  }

  void Add(const ChainMember& member, int joined) {
    if (joined == kNone) {
      joined = static_cast<int>(groups_.size());
      groups_.push_back({});
      merged_into_.push_back(kNone);
    }
    group(joined).members.push_back(member);
    if (group(joined).columns == 0) group(joined).columns = member.columns;
    made_in_[static_cast<size_t>(member.output)] = joined;
    for (size_t i = 0; i < member.inputs.size(); ++i) {
      const auto storage = static_cast<size_t>(member.inputs[i]);
      if (!member.is_row[i]) read_in_[storage] = joined;
      if (draft_.storages[storage].kind == PlanStorage::Kind::kVariable) {
        variable_readers_.push_back(joined);
      }
    }
  }

  Group& group(int root) { return groups_[static_cast<size_t>(root)]; }
  int Root(int id) const {
    while (id != kNone && merged_into_[static_cast<size_t>(id)] != kNone) {
      id = merged_into_[static_cast<size_t>(id)];
    }
    return id;
  }

  // The group of both, or `a` alone if they have different columns or become too large.
  int Merged(int a, int b) {
    Group& to = group(a);
    Group& from = group(b);
    if (to.columns != 0 && from.columns != 0 && to.columns != from.columns) return a;
    if (to.members.size() + from.members.size() >= kMaxMembers) return a;
    if (to.columns == 0) to.columns = from.columns;
    std::move(from.members.begin(), from.members.end(), std::back_inserter(to.members));
    std::sort(to.members.begin(), to.members.end(),
              [](const ChainMember& x, const ChainMember& y) { return x.step < y.step; });
    from = {.members = {}, .open = false};
    merged_into_[static_cast<size_t>(b)] = a;
    return a;
  }

  static bool UpdatesVariables(const DraftStep& step) {
    return std::any_of(step.inputs.begin(), step.inputs.end(),
                       [](const DraftInput& input) { return input.binding >= 0; });
  }

  static bool MayJoin(const ChainMember& member, const Group& group) {
    const ChainMember& any = group.members[0];
    if (any.elements != member.elements || group.members.size() >= kMaxMembers) return false;
    if (group.columns != 0 && member.columns != 0 && group.columns != member.columns) return false;
    bool related = false;
    for (const ChainMember& other : group.members) {
      for (size_t i = 0; i < member.inputs.size(); ++i) {
        const bool is_made = member.inputs[i] == other.output;
        if (is_made && (other.sum.has_value() || member.is_row[i])) return false;
        related =
            related || is_made || (!member.is_row[i] && SharesMatrix(member.inputs[i], other));
      }
    }
    return related;
  }

  static bool SharesMatrix(int storage, const ChainMember& other) {
    for (size_t i = 0; i < other.inputs.size(); ++i) {
      if (other.inputs[i] == storage && !other.is_row[i]) return true;
    }
    return false;
  }

  void Fuse(const Group& group) {
    std::vector<int> steps;
    for (const ChainMember& member : group.members) steps.push_back(member.step);
    DraftStep fused;
    fused.kernel = MakeElementwise(builder_.ChainOf(group.members, group.columns, &fused));
    if (fused.kernel != nullptr) rewriter_.Fuse(steps, steps.back(), std::move(fused));
  }

  static constexpr int kNone = -1;
  PlanDraft& draft_;
  DraftRewriter rewriter_;
  const ChainBuilder builder_;
  std::vector<Group> groups_;
  std::vector<int> merged_into_;       // of each group: another one, which has its members now
  std::vector<int> made_in_;           // of each storage: the group that makes it
  std::vector<int> read_in_;           // the last group that reads it as a matrix
  std::vector<int> variable_readers_;  // groups that read contents of variables
};

absl::Status FuseElementwise(PlanDraft* draft) { return ElementwiseFuser(draft).Run(); }

}  // namespace

void RegisterFuseElementwise(KernelRegistry& kernels) {
  kernels.AddPass("elementwise", "chains of elementwise kernels and sums of columns in one kernel",
                  FuseElementwise);
}

}  // namespace sessile
