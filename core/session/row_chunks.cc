#include "sessile/core/session/row_chunks.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <utility>

#include "sessile/core/framework/status.h"
#include "sessile/core/session/plan_memory.h"

namespace sessile {
namespace {

using Kind = PlanStorage::Kind;

// Chunks that are done at the same time. Each has memory of its own, so there are fewer where that
// is much.
constexpr int64_t kLeastSlots = 4, kMostSlots = 16;
constexpr size_t kBytesOfSlots = size_t{16} << 20;

size_t BytesOfRow(const TensorSpec& spec, int64_t rows) {
  return static_cast<size_t>(spec.shape.num_elements() / rows) * DataTypeSize(spec.dtype);
}

// Phases of up to `slots_` chunks, one after the other; the rows that are left come last.
class ChunkedRows final : public Prepared {
 public:
  explicit ChunkedRows(std::shared_ptr<RowChunks> chunks)
      : chunks_(std::move(chunks)), draft_(chunks_->draft) {
    for (const TensorSpec& output : chunks_->outputs) AddOutput(output.dtype, output.shape);
    const MemoryLayout memory = LayOutMemory(&draft_);
    FindOutputs();
    for (size_t i = 0; i < draft_.steps.size(); ++i) AddStep(draft_.steps[i], memory.scratch[i]);
    view_bytes_ = Aligned(views_.size() * sizeof(TensorView));
    whole_chunks_ = chunks_->rows / chunks_->rows_of_chunk;
    const size_t slot = view_bytes_ + memory.arena_bytes;
    slots_ = std::clamp(static_cast<int64_t>(kBytesOfSlots / slot), kLeastSlots, kMostSlots);
    for (int64_t left = whole_chunks_; left > 0; left -= slots_) {
      AddPhase(std::min(left, slots_));
    }
    if (chunks_->rows % chunks_->rows_of_chunk != 0) AddPhase(1);
    SetScratch(std::min(whole_chunks_, slots_), slot);
  }

  absl::Status Run(RunContext& ctx, Inputs in, Outputs out, Scratch scratch, int phase,
                   int64_t block) const override {
    // The steps of a large batch are one kernel.
    if (ctx.cancelled()) return absl::CancelledError("Run call was cancelled");
    const int64_t chunk = phase * slots_ + block;
    const int64_t first = phase * slots_ < whole_chunks_ ? chunk * chunks_->rows_of_chunk
                                                         : chunks_->rows - chunks_->rows_of_chunk;
    char* const slot = scratch.slot<char>(block);
    auto* const views = reinterpret_cast<TensorView*>(slot);
    char* const arena = slot + view_bytes_;
    for (size_t i = 0; i < views_.size(); ++i) {
      std::construct_at(views + i, views_[i].dtype, views_[i].shape,
                        DataOf(views_[i], in, out, arena, first));
    }
    for (const ChunkStep& step : steps_) {
      SESSILE_RETURN_IF_ERROR(RunStep(step, ctx, views, arena));
    }
    for (const auto& [from, to] : copies_) {
      std::memcpy(RowsOf(out[to], outputs_[to].row_bytes, first),
                  RowsOf(out[from], outputs_[from].row_bytes, first),
                  outputs_[to].row_bytes * static_cast<size_t>(chunks_->rows_of_chunk));
    }
    return absl::OkStatus();
  }

 private:
  struct View {
    DataType dtype = DataType::kInvalid;
    const Shape* shape = nullptr;
    Kind kind = Kind::kConstant;
    size_t index = 0;      // of the input, the output or the constant; the offset in the arena
    size_t row_bytes = 0;  // zero: seen whole
  };
  struct ChunkStep {
    const Prepared* kernel;
    size_t first_view, num_inputs, num_outputs;
    size_t scratch;  // offset in the arena
  };
  struct ChunkOutput {
    size_t row_bytes;
  };
  struct Copy {
    size_t from, to;
  };

  static char* RowsOf(const TensorView& whole, size_t row_bytes, int64_t first) {
    return static_cast<char*>(whole.raw()) + static_cast<size_t>(first) * row_bytes;
  }

  // Outputs that a pass has found to be the same are made once.
  void FindOutputs() {
    output_of_owned_.resize(static_cast<size_t>(draft_.num_owned));
    std::vector<bool> is_made(output_of_owned_.size(), false);
    for (size_t i = 0; i < draft_.fetches.size(); ++i) {
      outputs_.push_back({BytesOfRow(chunks_->outputs[i], chunks_->rows)});
      const auto owned = static_cast<size_t>(StorageOf(draft_.fetches[i]).index);
      if (is_made[owned]) {
        copies_.push_back({output_of_owned_[owned], i});
        continue;
      }
      is_made[owned] = true;
      output_of_owned_[owned] = i;
    }
  }

  const PlanStorage& StorageOf(int value) const {
    const int storage = draft_.values[static_cast<size_t>(value)].storage;
    return draft_.storages[static_cast<size_t>(storage)];
  }

  void AddStep(const DraftStep& step, size_t scratch) {
    steps_.push_back(
        {step.kernel.get(), views_.size(), step.inputs.size(), step.outputs.size(), scratch});
    for (const DraftInput& input : step.inputs) views_.push_back(ViewOf(input.value));
    for (const int output : step.outputs) views_.push_back(ViewOf(output));
  }

  View ViewOf(int value) const {
    if (value < 0) return View();
    const TensorSpec& spec = draft_.values[static_cast<size_t>(value)].spec;
    const PlanStorage& storage = StorageOf(value);
    View view{.dtype = spec.dtype,
              .shape = &spec.shape,
              .kind = storage.kind,
              .index = static_cast<size_t>(storage.index)};
    switch (storage.kind) {
      case Kind::kArena:
        view.index = storage.offset;
        break;
      case Kind::kOwned:
        view.index = output_of_owned_[view.index];
        view.row_bytes = outputs_[view.index].row_bytes;
        break;
      case Kind::kFeed:
        if (chunks_->has_rows[view.index]) {
          view.row_bytes = BytesOfRow(spec, chunks_->rows_of_chunk);
        }
        break;
      case Kind::kConstant:
      case Kind::kVariable:
        break;
    }
    return view;
  }

  void* DataOf(const View& view, Inputs in, Outputs out, char* arena, int64_t first) const {
    switch (view.kind) {
      case Kind::kArena:
        return arena + view.index;
      case Kind::kOwned:
        return RowsOf(out[view.index], view.row_bytes, first);
      case Kind::kFeed:
        return RowsOf(in[view.index], view.row_bytes, first);
      case Kind::kConstant:
        if (view.shape == nullptr) return nullptr;
        return const_cast<void*>(draft_.constants[view.index].raw_data());
      case Kind::kVariable:
        break;
    }
    return nullptr;
  }

  static absl::Status RunStep(const ChunkStep& step, RunContext& ctx, const TensorView* views,
                              char* arena) {
    const Inputs in(views + step.first_view, step.num_inputs);
    const Outputs out(in.data() + step.num_inputs, step.num_outputs);
    const Scratch scratch(arena + step.scratch, step.kernel->scratch_slot_bytes());
    for (int phase = 0; phase < static_cast<int>(step.kernel->phases().size()); ++phase) {
      for (int64_t block = 0; block < step.kernel->num_blocks(phase); ++block) {
        SESSILE_RETURN_IF_ERROR(step.kernel->Run(ctx, in, out, scratch, phase, block));
      }
    }
    return absl::OkStatus();
  }

  const std::shared_ptr<RowChunks> chunks_;
  PlanDraft& draft_;
  std::vector<ChunkOutput> outputs_;
  std::vector<size_t> output_of_owned_;
  std::vector<Copy> copies_;
  std::vector<View> views_;
  std::vector<ChunkStep> steps_;
  size_t view_bytes_ = 0;
  int64_t whole_chunks_ = 0;
  int64_t slots_ = 1;
};

}  // namespace

std::shared_ptr<const Prepared> KernelOfChunks(std::shared_ptr<RowChunks> chunks) {
  return std::make_shared<ChunkedRows>(std::move(chunks));
}

}  // namespace sessile
