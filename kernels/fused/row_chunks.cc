// row_chunks: where many rows (the images of a large batch) go through several steps that treat
// each by itself, a few rows at a time go through all of them (core/session/row_chunks.h).
//
// A region of such steps is found in one walk: a step joins if its output's rows follow from rows
// that the region makes or gets, and the region ends where somebody else needs what it has made.

#include "sessile/core/session/row_chunks.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "sessile/core/framework/status.h"
#include "sessile/core/session/plan_pass.h"
#include "sessile/core/session/plan_upkeep.h"
#include "sessile/kernels/elementwise.h"
#include "sessile/kernels/fused/register_passes.h"

namespace sessile {
namespace {

// What a step of a chunk reads and writes, about: more would leave a core's own cache, less would
// be work too small for the kernels.
constexpr int64_t kChunkBytes = 1 << 20;
// So many chunks keep any number of threads busy.
constexpr int64_t kMinChunks = 32;

// The inputs of a step that are rows; empty if it does not work by rows.
std::vector<int> RowInputsOf(const PlanDraft& draft, const DraftStep& step) {
  if (!step.kernel->row_inputs().empty()) return step.kernel->row_inputs();
  const auto* const elementwise = dynamic_cast<const Elementwise*>(step.kernel.get());
  if (elementwise == nullptr || !elementwise->applies()) return {};
  const Shape& output = step.kernel->outputs()[0].shape;
  std::vector<int> rows;
  for (int i = 0; i < elementwise->operands(); ++i) {
    const auto value = static_cast<size_t>(step.inputs[static_cast<size_t>(i)].value);
    const Shape& operand = draft.values[value].spec.shape;
    if (operand.rank() == output.rank() && output.rank() > 0 && operand.dim(0) == output.dim(0)) {
      rows.push_back(i);
    }
  }
  return rows;
}

int64_t BytesOf(const TensorSpec& spec) {
  return spec.shape.num_elements() * static_cast<int64_t>(DataTypeSize(spec.dtype));
}

// A step of a region.
struct Member {
  int step;
  std::vector<bool> has_rows;  // of each input
};

// The draft of one chunk in the making.
class ChunkBuilder {
 public:
  ChunkBuilder(const PlanDraft& whole, const DraftRewriter& rewriter, int64_t rows,
               int64_t rows_of_chunk)
      : whole_(whole), rewriter_(rewriter), chunks_(std::make_shared<RowChunks>()) {
    chunks_->rows = rows;
    chunks_->rows_of_chunk = rows_of_chunk;
    chunks_->draft.program = whole.program;
    chunks_->draft.outcomes.resize(whole.outcomes.size());
  }

  // False if the kernel, made ready for the rows of a chunk, does not make just those.
  bool Add(const Member& member) {
    const DraftStep& step = whole_.steps[static_cast<size_t>(member.step)];
    std::vector<TensorSpec> specs;
    std::vector<Tensor> known;
    for (size_t i = 0; i < step.inputs.size(); ++i) {
      const PlanValue& value = whole_.values[static_cast<size_t>(step.inputs[i].value)];
      specs.push_back(member.has_rows[i] ? OfChunk(value.spec) : value.spec);
      known.push_back(member.has_rows[i] ? Tensor() : value.known.value_or(Tensor()));
    }
    absl::StatusOr<std::shared_ptr<const Prepared>> kernel =
        step.step->prepared->Get({.node = step.step->node, .inputs = known, .specs = specs});
    if (!kernel.ok() || (*kernel)->outputs()[0] != OfChunk(step.kernel->outputs()[0])) return false;
    DraftStep part{.step = step.step,
                   .label = step.label,
                   .index = step.index,
                   .position = step.position,
                   .kernel = *std::move(kernel)};
    for (size_t i = 0; i < step.inputs.size(); ++i) {
      part.inputs.push_back({InputOf(step.inputs[i].value, member.has_rows[i])});
    }
    for (size_t i = 0; i < step.outputs.size(); ++i) {
      part.outputs.push_back(MadeBy(step.outputs[i], part.kernel->outputs()[i]));
    }
    chunks_->draft.steps.push_back(std::move(part));
    return true;
  }

  // An output of the whole: rows that a member has made.
  void Fetch(int value) {
    chunks_->draft.fetches.push_back(InputOf(value, true));
    chunks_->outputs.push_back(whole_.values[static_cast<size_t>(value)].spec);
  }

  // Values of the whole that are read, in the order of the chunk's feeds.
  const std::vector<int>& inputs() const { return inputs_; }
  std::shared_ptr<RowChunks> Finish() { return std::move(chunks_); }

 private:
  TensorSpec OfChunk(const TensorSpec& spec) const {
    return {spec.dtype, spec.shape.WithDim(0, chunks_->rows_of_chunk)};
  }

  int AddValue(TensorSpec spec, int storage) {
    chunks_->draft.values.push_back({.spec = std::move(spec), .storage = storage});
    chunks_->draft.is_kept.push_back(false);
    return static_cast<int>(chunks_->draft.values.size()) - 1;
  }
  int AddStorage(PlanStorage storage) {
    chunks_->draft.storages.push_back(storage);
    return static_cast<int>(chunks_->draft.storages.size()) - 1;
  }

  int MadeBy(int value, const TensorSpec& spec) {
    if (value < 0) return -1;
    const int storage = AddStorage({.bytes = static_cast<size_t>(BytesOf(spec))});
    const int made = AddValue(spec, storage);
    storages_[{rewriter_.StorageOf(value), true}] = storage;
    values_[{value, true}] = made;
    return made;
  }

  // The chunk's value for one of the whole.
  int InputOf(int value, bool has_rows) {
    const auto [found, is_new] = values_.try_emplace({value, has_rows}, -1);
    if (!is_new) return found->second;
    const PlanValue& whole = whole_.values[static_cast<size_t>(value)];
    const int storage = StorageFor(value, has_rows);
    found->second = AddValue(has_rows ? OfChunk(whole.spec) : whole.spec, storage);
    if (!has_rows) {
      chunks_->draft.values[static_cast<size_t>(found->second)].known = whole.known;
    }
    return found->second;
  }

  int StorageFor(int value, bool has_rows) {
    const int storage = rewriter_.StorageOf(value);
    const auto [found, is_new] = storages_.try_emplace({storage, has_rows}, -1);
    if (!is_new) return found->second;
    const PlanStorage& whole = whole_.storages[static_cast<size_t>(storage)];
    if (whole.kind == PlanStorage::Kind::kConstant && !has_rows) {
      chunks_->draft.constants.push_back(whole_.constants[static_cast<size_t>(whole.index)]);
      return found->second =
                 AddStorage({.kind = PlanStorage::Kind::kConstant,
                             .index = static_cast<int>(chunks_->draft.constants.size()) - 1});
    }
    inputs_.push_back(value);
    chunks_->has_rows.push_back(has_rows);
    return found->second = AddStorage(
               {.kind = PlanStorage::Kind::kFeed, .index = static_cast<int>(inputs_.size()) - 1});
  }

  using Key = std::pair<int, bool>;  // of the whole, and whether it is seen by rows
  const PlanDraft& whole_;
  const DraftRewriter& rewriter_;
  std::shared_ptr<RowChunks> chunks_;
  std::map<Key, int> values_, storages_;
  std::vector<int> inputs_;
};

class RowChunker {
 public:
  explicit RowChunker(PlanDraft* draft)
      : draft_(*draft), rewriter_(draft), is_made_(draft->storages.size(), false) {}

  absl::Status Run() {
    for (int i = 0; i < static_cast<int>(draft_.steps.size()); ++i) {
      if (!Joins(i) && Disturbs(i)) {
        Close();
        Joins(i);
      }
    }
    Close();
    rewriter_.Finish();
    return absl::OkStatus();
  }

 private:
  DraftStep& step(int i) { return draft_.steps[static_cast<size_t>(i)]; }
  const TensorSpec& spec(int value) const { return draft_.values[static_cast<size_t>(value)].spec; }
  bool IsMade(int value) const {
    const int storage = rewriter_.StorageOf(value);
    return storage >= 0 && is_made_[static_cast<size_t>(storage)];
  }

  bool Joins(int i) {
    std::optional<Member> member = MemberOf(i);
    if (!member.has_value()) return false;
    const int64_t rows = spec(step(i).outputs[0]).shape.dim(0);
    if (!members_.empty() && rows != rows_) return false;
    rows_ = rows;
    for (const int output : step(i).outputs) {
      if (output >= 0) is_made_[static_cast<size_t>(rewriter_.StorageOf(output))] = true;
    }
    members_.push_back(*std::move(member));
    return true;
  }

  std::optional<Member> MemberOf(int i) {
    const DraftStep& candidate = step(i);
    if (HasEffects(candidate) || candidate.outputs.empty() || candidate.outputs[0] < 0) return {};
    const TensorSpec& output = spec(candidate.outputs[0]);
    if (output.shape.rank() < 1 || output.shape.dim(0) < kMinChunks) return {};
    Member member{i, std::vector<bool>(candidate.inputs.size(), false)};
    for (const int row_input : RowInputsOf(draft_, candidate)) {
      const auto at = static_cast<size_t>(row_input);
      const Shape& shape = spec(candidate.inputs[at].value).shape;
      if (shape.rank() < 1 || shape.dim(0) != output.shape.dim(0)) return {};
      member.has_rows[at] = true;
    }
    if (std::find(member.has_rows.begin(), member.has_rows.end(), true) == member.has_rows.end()) {
      return {};
    }
    return FitsIn(candidate, member) ? std::optional(std::move(member)) : std::nullopt;
  }

  // Only rows of what the region makes are there for its steps, and only rows leave it.
  bool FitsIn(const DraftStep& candidate, const Member& member) const {
    for (size_t i = 0; i < candidate.inputs.size(); ++i) {
      const int value = candidate.inputs[i].value;
      if (rewriter_.StorageOf(value) < 0 || DataTypeSize(spec(value).dtype) == 0) return false;
      if (!member.has_rows[i] && IsMade(value)) return false;
    }
    for (size_t i = 0; i < candidate.outputs.size(); ++i) {
      if (candidate.outputs[i] < 0) continue;
      if (DataTypeSize(spec(candidate.outputs[i]).dtype) == 0) return false;
      const int storage = rewriter_.StorageOf(candidate.outputs[i]);
      if (!rewriter_.IsPlain(storage)) return false;
      if (i > 0 && (rewriter_.is_kept(storage) || !rewriter_.readers(storage).empty())) {
        return false;
      }
    }
    return true;
  }

  // True if step i, which stays outside, needs what the region has made so far, or changes a
  // variable: the region is done at its last step.
  bool Disturbs(int i) {
    return std::any_of(step(i).inputs.begin(), step(i).inputs.end(), [&](const DraftInput& input) {
      return input.binding >= 0 || IsMade(input.value);
    });
  }

  // What one row of the busiest step takes.
  int64_t BytesOfRow() {
    int64_t most = 1;
    for (const Member& member : members_) {
      const DraftStep& joined = step(member.step);
      int64_t bytes = BytesOf(spec(joined.outputs[0]));
      for (size_t i = 0; i < joined.inputs.size(); ++i) {
        if (member.has_rows[i]) bytes += BytesOf(spec(joined.inputs[i].value));
      }
      most = std::max(most, bytes / rows_);
    }
    return most;
  }

  void Close() {
    if (members_.size() > 1) {
      const int64_t rows_of_chunk = std::max<int64_t>(kChunkBytes / BytesOfRow(), 1);
      if (rows_ / rows_of_chunk >= kMinChunks) MakeChunks(rows_of_chunk);
    }
    for (const Member& member : members_) {
      for (const int output : step(member.step).outputs) {
        if (output >= 0) is_made_[static_cast<size_t>(rewriter_.StorageOf(output))] = false;
      }
    }
    members_.clear();
  }

  void MakeChunks(int64_t rows_of_chunk) {
    ChunkBuilder builder(draft_, rewriter_, rows_, rows_of_chunk);
    std::vector<int> steps;
    for (const Member& member : members_) {
      if (!builder.Add(member)) break;
      steps.push_back(member.step);
    }
    if (steps.size() < 2) return;
    DraftStep whole;
    whole.label = "RowChunks";
    for (const int member : steps) {
      const int output = step(member).outputs[0];
      if (!IsNeeded(rewriter_.StorageOf(output), steps)) continue;
      builder.Fetch(output);
      whole.outputs.push_back(output);
    }
    for (const int value : builder.inputs()) whole.inputs.push_back({value});
    whole.chunks = builder.Finish();
    rewriter_.Fuse(steps, steps.back(), std::move(whole));
  }

  // By others than the steps.
  bool IsNeeded(int storage, const std::vector<int>& steps) const {
    const std::vector<int>& readers = rewriter_.readers(storage);
    return rewriter_.is_kept(storage) ||
           std::any_of(readers.begin(), readers.end(), [&](int reader) {
             return std::find(steps.begin(), steps.end(), reader) == steps.end();
           });
  }

  PlanDraft& draft_;
  DraftRewriter rewriter_;
  std::vector<bool> is_made_;  // of each storage: by the region
  std::vector<Member> members_;
  int64_t rows_ = 0;
};

absl::Status ChunkRows(PlanDraft* draft) { return RowChunker(draft).Run(); }

}  // namespace

void RegisterRowChunks(KernelRegistry& kernels) {
  kernels.AddPass("row_chunks", "a few rows of a large batch at a time through several steps",
                  ChunkRows);
}

}  // namespace sessile
