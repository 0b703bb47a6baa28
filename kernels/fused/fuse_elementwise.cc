// elementwise: chains of elementwise kernels on float matrices of one size, and the sums of their
// columns, become one kernel each.
//
// Steps are visited in their order. A step joins the open groups whose elements it reads, or with
// which it shares a matrix; where it joins several, they become one. A group stays open until
// somebody else needs what it makes, because it runs in the place of its last member.

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "sessile/core/session/plan_pass.h"
#include "sessile/kernels/fused/elementwise.h"
#include "sessile/kernels/fused/register_passes.h"

namespace sessile {
namespace {

using Operand = ElementwiseChain::Operand;

// Sums over many columns need as many accumulators for each block of rows.
constexpr int64_t kMaxSummedColumns = 1024;
constexpr size_t kMaxMembers = 16;

// What a step is to a group.
struct Member {
  int step = 0;
  const Elementwise* map = nullptr;  // or:
  std::optional<ColumnSum> sum = {};
  int64_t elements = 0;           // of the matrix
  int64_t columns = 0;            // 0: any number
  std::vector<int> inputs = {};   // storages
  std::vector<bool> is_row = {};  // of each input: one row, or one element, for all
  int output = -1;                // storage
};

struct Group {
  std::vector<Member> members = {};
  bool open = true;
  int64_t columns = 0;  // 0: any number
};

class ElementwiseFuser {
 public:
  explicit ElementwiseFuser(PlanDraft* draft)
      : draft_(*draft),
        rewriter_(draft),
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
  const TensorSpec& SpecOf(int value) const {
    return draft_.values[static_cast<size_t>(value)].spec;
  }

  std::optional<Member> MemberOf(int index) const {
    const DraftStep& candidate = step(index);
    if (candidate.outputs.size() != 1 || candidate.outputs[0] < 0 ||
        SpecOf(candidate.outputs[0]).dtype != DataType::kFloat) {
      return std::nullopt;
    }
    Member member{.step = index, .output = rewriter_.StorageOf(candidate.outputs[0])};
    if (!rewriter_.IsPlain(member.output)) return std::nullopt;
    const auto* const map = dynamic_cast<const Elementwise*>(candidate.kernel.get());
    if (map != nullptr && map->applies()) {
      member.map = map;
      return AsMap(candidate, std::move(member));
    }
    if (const auto* sums = dynamic_cast<const SumsColumns*>(candidate.kernel.get())) {
      member.sum = sums->AsColumnSum();
      return AsSum(candidate, std::move(member));
    }
    return std::nullopt;
  }

  std::optional<Member> AsMap(const DraftStep& candidate, Member member) const {
    const Shape& shape = SpecOf(candidate.outputs[0]).shape;
    member.elements = shape.num_elements();
    if (member.map->operands() > ElementwiseChain::kMaxOperands) return std::nullopt;
    for (int i = 0; i < member.map->operands(); ++i) {
      const int value = candidate.inputs[static_cast<size_t>(i)].value;
      if (!IsMatrix(value)) return std::nullopt;
      const Shape& from = SpecOf(value).shape;
      const int64_t elements = from.num_elements();
      member.inputs.push_back(rewriter_.StorageOf(value));
      member.is_row.push_back(elements != member.elements);
      if (elements == member.elements || elements == 1) continue;
      if (!IsSuffix(from, shape)) return std::nullopt;
      if (member.columns != 0 && member.columns != elements) return std::nullopt;
      member.columns = elements;
    }
    return member;
  }

  std::optional<Member> AsSum(const DraftStep& candidate, Member member) const {
    const int value = candidate.inputs[0].value;
    if (!member.sum.has_value() || member.sum->columns > kMaxSummedColumns || !IsMatrix(value)) {
      return std::nullopt;
    }
    member.inputs = {rewriter_.StorageOf(value)};
    member.is_row = {false};
    member.elements = SpecOf(value).shape.num_elements();
    member.columns = member.sum->columns;
    return member;
  }

  bool IsMatrix(int value) const {
    return SpecOf(value).dtype == DataType::kFloat && SpecOf(value).shape.num_elements() > 0 &&
           rewriter_.StorageOf(value) >= 0;
  }

  // Whether broadcasting `from` to `to` repeats it as a whole.
  static bool IsSuffix(const Shape& from, const Shape& to) {
    int first = 0;
    while (first < from.rank() && from.dim(first) == 1) ++first;
    const int rank = from.rank() - first;
    if (rank > to.rank()) return false;
    for (int i = 0; i < rank; ++i) {
      if (from.dim(first + i) != to.dim(to.rank() - rank + i)) return false;
    }
    return true;
  }

  void Visit(int index) {
    const std::optional<Member> member = MemberOf(index);
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

  void Add(const Member& member, int joined) {
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
              [](const Member& x, const Member& y) { return x.step < y.step; });
    from = {.members = {}, .open = false};
    merged_into_[static_cast<size_t>(b)] = a;
    return a;
  }

  static bool UpdatesVariables(const DraftStep& step) {
    return std::any_of(step.inputs.begin(), step.inputs.end(),
                       [](const DraftInput& input) { return input.binding >= 0; });
  }

  static bool MayJoin(const Member& member, const Group& group) {
    const Member& any = group.members[0];
    if (any.elements != member.elements || group.members.size() >= kMaxMembers) return false;
    if (group.columns != 0 && member.columns != 0 && group.columns != member.columns) return false;
    bool related = false;
    for (const Member& other : group.members) {
      for (size_t i = 0; i < member.inputs.size(); ++i) {
        const bool is_made = member.inputs[i] == other.output;
        if (is_made && (other.map == nullptr || member.is_row[i])) return false;
        related =
            related || is_made || (!member.is_row[i] && SharesMatrix(member.inputs[i], other));
      }
    }
    return related;
  }

  static bool SharesMatrix(int storage, const Member& other) {
    for (size_t i = 0; i < other.inputs.size(); ++i) {
      if (other.inputs[i] == storage && !other.is_row[i]) return true;
    }
    return false;
  }

  void Fuse(const Group& group) {
    std::vector<int> steps;
    for (const Member& member : group.members) steps.push_back(member.step);
    DraftStep fused;
    fused.kernel = MakeElementwise(ChainOf(group, &fused));
    if (fused.kernel != nullptr) rewriter_.Fuse(steps, steps.back(), std::move(fused));
  }

  ElementwiseChain ChainOf(const Group& group, DraftStep* fused) const {
    ElementwiseChain chain;
    const int64_t elements = group.members[0].elements;
    chain.columns = std::max<int64_t>(group.columns, 1);
    chain.rows = elements / chain.columns;
    std::map<int, Operand> made;  // by storage
    std::map<int, int> input_of;  // by storage
    std::string separator;
    for (const Member& member : group.members) {
      const DraftStep& from = step(member.step);
      absl::StrAppend(&fused->label, separator, from.label);
      separator = "+";
      std::vector<Operand> operands;
      for (size_t i = 0; i < member.inputs.size(); ++i) {
        const int storage = member.inputs[i];
        if (const auto known = made.find(storage); known != made.end()) {
          operands.push_back(known->second);
          continue;
        }
        const auto [input, is_new] = input_of.emplace(storage, chain.num_inputs);
        if (is_new) {
          ++chain.num_inputs;
          fused->inputs.push_back(from.inputs[i]);
        }
        operands.push_back({KindOf(from.inputs[i].value, elements), input->second});
      }
      const int output = IsInternal(member.output, group) ? -1 : AddOutput(from, &chain, fused);
      if (member.sum.has_value()) {
        chain.sums.push_back({operands[0], member.sum->divisor, output});
        continue;
      }
      if (output < 0 && member.map->is_identity()) {
        made[member.output] = operands[0];
        continue;
      }
      made[member.output] = {Operand::Kind::kElement, static_cast<int>(chain.maps.size())};
      chain.maps.push_back({from.kernel, std::move(operands), output});
    }
    return chain;
  }

  Operand::Kind KindOf(int value, int64_t elements) const {
    const int64_t own = SpecOf(value).shape.num_elements();
    if (own == elements) return Operand::Kind::kMatrix;
    return own == 1 ? Operand::Kind::kScalar : Operand::Kind::kRow;
  }

  // The spec is the kernel's own: a value may have been reshaped meanwhile.
  int AddOutput(const DraftStep& from, ElementwiseChain* chain, DraftStep* fused) const {
    chain->outputs.push_back(SpecOf(from.outputs[0]));
    fused->outputs.push_back(from.outputs[0]);
    return static_cast<int>(chain->outputs.size()) - 1;
  }

  bool IsInternal(int storage, const Group& group) const {
    if (rewriter_.is_kept(storage)) return false;
    const std::vector<int>& readers = rewriter_.readers(storage);
    return std::all_of(readers.begin(), readers.end(), [&](int reader) {
      return std::any_of(group.members.begin(), group.members.end(),
                         [reader](const Member& member) { return member.step == reader; });
    });
  }

  static constexpr int kNone = -1;
  PlanDraft& draft_;
  DraftRewriter rewriter_;
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
