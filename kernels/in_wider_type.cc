#include "sessile/kernels/in_wider_type.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/inlined_vector.h"
#include "sessile/core/framework/buffer.h"
#include "sessile/core/framework/status.h"
#include "sessile/kernels/blocks.h"

namespace sessile {
namespace {

// What a kernel of one small type is computed in. half and bfloat16 may meet in one kernel.
struct Pair {
  DataType small;
  DataType wide;

  bool IsSmall(DataType type) const {
    return type == small ||
           (wide == DataType::kFloat && (type == DataType::kHalf || type == DataType::kBFloat16));
  }
};

class WideContext final : public PrepareContext {
 public:
  WideContext(const PrepareContext& ctx, Pair types) : ctx_(ctx), types_(types) {}
  const Node& node() const override { return ctx_.node(); }
  int num_inputs() const override { return ctx_.num_inputs(); }
  DataType input_dtype(int i) const override { return Widened(ctx_.input_dtype(i)); }
  const Shape& input_shape(int i) const override { return ctx_.input_shape(i); }
  const Tensor* input_value(int i) const override { return ctx_.input_value(i); }
  int num_outputs() const override { return ctx_.num_outputs(); }
  DataType output_dtype(int i) const override { return Widened(ctx_.output_dtype(i)); }
  DataType Carried(DataType type) const override { return Widened(ctx_.Carried(type)); }
  const AttrMap& attrs() const override { return ctx_.attrs(); }

 private:
  DataType Widened(DataType type) const { return types_.IsSmall(type) ? types_.wide : type; }

  const PrepareContext& ctx_;
  const Pair types_;
};

// Phase 0 widens the inputs, the kernel's phases follow, and a last one narrows the outputs. The
// scratch memory is the kernel's, then the wide elements of each tensor that is converted.
class BetweenConversions final : public Prepared {
 public:
  BetweenConversions(const PrepareContext& ctx, Pair types, std::unique_ptr<Prepared> kernel)
      : types_(types),
        kernel_(std::move(kernel)),
        bytes_(static_cast<size_t>(kernel_->scratch_slots()) * kernel_->scratch_slot_bytes()) {
    for (int i = 0; i < ctx.num_outputs(); ++i) {
      const Shape& shape = kernel_->outputs()[static_cast<size_t>(i)].shape;
      AddOutput(ctx.output_dtype(i), shape);
      const Forward* const alias = kernel_->alias_of(i);
      if (alias != nullptr) {
        Alias(alias->input, i);
      } else {
        Place(ctx.output_dtype(i), i, shape, wide_outputs_);
      }
    }
    for (const int i : kernel_->row_inputs()) TakesRows(i);
    if (kernel_->phases().empty()) return;
    for (int i = 0; i < ctx.num_inputs(); ++i) {
      Place(ctx.input_dtype(i), i, ctx.input_shape(i), wide_inputs_);
    }
    AddPhase(BlocksFor(wide_inputs_));
    for (const int64_t blocks : kernel_->phases()) AddPhase(blocks);
    AddPhase(BlocksFor(wide_outputs_));
    SetScratch(1, bytes_);
  }

  absl::Status Run(RunContext& ctx, Inputs in, Outputs out, Scratch scratch, int phase,
                   int64_t block) const override {
    char* const memory = scratch.slot<char>(0);
    if (phase == 0) {
      for (const Elements& elements : wide_inputs_) {
        const IndexRange range = BlockRange(elements.size, block, num_blocks(phase));
        elements.how.widen(in[elements.index].raw(), memory + elements.offset, range.first(),
                           range.last());
      }
      return absl::OkStatus();
    }
    if (phase <= static_cast<int>(kernel_->phases().size())) {
      return kernel_->Run(ctx, Views(in, wide_inputs_, memory), Views(out, wide_outputs_, memory),
                          Scratch(memory, kernel_->scratch_slot_bytes()), phase - 1, block);
    }
    for (const Elements& elements : wide_outputs_) {
      const IndexRange range = BlockRange(elements.size, block, num_blocks(phase));
      elements.how.narrow(memory + elements.offset, out[elements.index].raw(), range.first(),
                          range.last());
    }
    return absl::OkStatus();
  }

 private:
  // Where the wide elements of an input or output stand.
  struct Elements {
    size_t index;
    int64_t size;
    size_t offset;
    Widening how;
  };
  using TensorViews = absl::InlinedVector<TensorView, 8>;

  void Place(DataType type, int i, const Shape& shape, std::vector<Elements>& list) {
    if (!types_.IsSmall(type)) return;

    bytes_ = Aligned(bytes_);
    const int64_t size = shape.num_elements();
    list.push_back({static_cast<size_t>(i), size, bytes_, Widening::Of(type, types_.wide)});
    bytes_ += static_cast<size_t>(size) * DataTypeSize(types_.wide);
  }

  int64_t BlocksFor(const std::vector<Elements>& list) const {
    int64_t size = 0;
    for (const Elements& elements : list) size += elements.size;
    return BlocksOf(size, static_cast<int64_t>(DataTypeSize(types_.wide) + sizeof(Half)));
  }

  TensorViews Views(std::span<const TensorView> views, const std::vector<Elements>& list,
                    char* memory) const {
    TensorViews changed(views.begin(), views.end());
    for (const Elements& elements : list) {
      changed[elements.index] =
          TensorView(types_.wide, &views[elements.index].shape(), memory + elements.offset);
    }
    return changed;
  }

  const Pair types_;
  const std::unique_ptr<Prepared> kernel_;
  size_t bytes_;
  std::vector<Elements> wide_inputs_;
  std::vector<Elements> wide_outputs_;
};

}  // namespace

Widening Widening::Of(DataType stored, DataType wide) {
  if (DataTypeSize(stored) == DataTypeSize(wide)) return {.wide = wide};
  return {wide, FindConverter(stored, wide), FindConverter(wide, stored)};
}

absl::StatusOr<std::unique_ptr<Prepared>> PrepareInWiderType(const PrepareContext& ctx,
                                                             DataType small, DataType wide,
                                                             PrepareFn prepare) {
  const Pair types = {small, wide};
  SESSILE_ASSIGN_OR_RETURN(std::unique_ptr<Prepared> kernel, prepare(WideContext(ctx, types)));
  for (const TensorSpec& output : kernel->outputs()) {
    if (!output.shape.IsFullyDefined()) {
      return Internal("a kernel that goes through ", DataTypeName(wide),
                      " must know the shapes of its outputs, not ", output.shape.ToString());
    }
  }
  return std::make_unique<BetweenConversions>(ctx, types, std::move(kernel));
}

}  // namespace sessile
