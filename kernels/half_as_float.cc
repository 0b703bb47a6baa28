#include "sessile/kernels/half_as_float.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "absl/container/inlined_vector.h"
#include "sessile/core/framework/buffer.h"
#include "sessile/core/framework/status.h"
#include "sessile/kernels/blocks.h"
#include "sessile/kernels/cast.h"

namespace sessile {
namespace {

bool IsHalf(DataType type) { return type == DataType::kHalf || type == DataType::kBFloat16; }
DataType WithoutHalf(DataType type) { return IsHalf(type) ? DataType::kFloat : type; }

class FloatContext final : public PrepareContext {
 public:
  explicit FloatContext(const PrepareContext& ctx) : ctx_(ctx) {}
  const Node& node() const override { return ctx_.node(); }
  int num_inputs() const override { return ctx_.num_inputs(); }
  DataType input_dtype(int i) const override { return WithoutHalf(ctx_.input_dtype(i)); }
  const Shape& input_shape(int i) const override { return ctx_.input_shape(i); }
  const Tensor* input_value(int i) const override { return ctx_.input_value(i); }
  int num_outputs() const override { return ctx_.num_outputs(); }
  DataType output_dtype(int i) const override { return WithoutHalf(ctx_.output_dtype(i)); }
  DataType Carried(DataType type) const override { return WithoutHalf(ctx_.Carried(type)); }
  const AttrMap& attrs() const override { return ctx_.attrs(); }

 private:
  const PrepareContext& ctx_;
};

// Phase 0 widens the inputs, the kernel's phases follow, and a last one rounds the outputs. The
// scratch memory is the kernel's, then the floats of each tensor that is converted.
class AsFloat final : public Prepared {
 public:
  AsFloat(const PrepareContext& ctx, std::unique_ptr<Prepared> kernel)
      : kernel_(std::move(kernel)),
        bytes_(static_cast<size_t>(kernel_->scratch_slots()) * kernel_->scratch_slot_bytes()) {
    for (int i = 0; i < ctx.num_outputs(); ++i) {
      const Shape& shape = kernel_->outputs()[static_cast<size_t>(i)].shape;
      AddOutput(ctx.output_dtype(i), shape);
      const Forward* const alias = kernel_->alias_of(i);
      if (alias != nullptr) {
        Alias(alias->input, i);
      } else {
        Place(ctx.output_dtype(i), i, shape, outputs_as_float_);
      }
    }
    for (const int i : kernel_->row_inputs()) TakesRows(i);
    if (kernel_->phases().empty()) return;
    for (int i = 0; i < ctx.num_inputs(); ++i) {
      Place(ctx.input_dtype(i), i, ctx.input_shape(i), inputs_as_float_);
    }
    AddPhase(BlocksFor(inputs_as_float_));
    for (const int64_t blocks : kernel_->phases()) AddPhase(blocks);
    AddPhase(BlocksFor(outputs_as_float_));
    SetScratch(1, bytes_);
  }

  absl::Status Run(RunContext& ctx, Inputs in, Outputs out, Scratch scratch, int phase,
                   int64_t block) const override {
    char* const memory = scratch.slot<char>(0);
    if (phase == 0) {
      for (const Floats& floats : inputs_as_float_) {
        const IndexRange range = BlockRange(floats.size, block, num_blocks(phase));
        floats.widen(in[floats.index].raw(), memory + floats.offset, range.first(), range.last());
      }
      return absl::OkStatus();
    }
    if (phase <= static_cast<int>(kernel_->phases().size())) {
      return kernel_->Run(ctx, Views(in, inputs_as_float_, memory),
                          Views(out, outputs_as_float_, memory),
                          Scratch(memory, kernel_->scratch_slot_bytes()), phase - 1, block);
    }
    for (const Floats& floats : outputs_as_float_) {
      const IndexRange range = BlockRange(floats.size, block, num_blocks(phase));
      floats.round(memory + floats.offset, out[floats.index].raw(), range.first(), range.last());
    }
    return absl::OkStatus();
  }

 private:
  // Where the floats of an input or output stand.
  struct Floats {
    size_t index;
    int64_t size;
    size_t offset;
    Converter widen;
    Converter round;
  };
  using TensorViews = absl::InlinedVector<TensorView, 8>;

  void Place(DataType type, int i, const Shape& shape, std::vector<Floats>& list) {
    if (!IsHalf(type)) return;

    bytes_ = Aligned(bytes_);
    const int64_t size = shape.num_elements();
    list.push_back({static_cast<size_t>(i), size, bytes_, FindConverter(type, DataType::kFloat),
                    FindConverter(DataType::kFloat, type)});
    bytes_ += static_cast<size_t>(size) * sizeof(float);
  }

  static int64_t BlocksFor(const std::vector<Floats>& list) {
    int64_t elements = 0;
    for (const Floats& floats : list) elements += floats.size;
    return BlocksOf(elements, sizeof(float) + sizeof(Half));
  }

  static TensorViews Views(std::span<const TensorView> views, const std::vector<Floats>& list,
                           char* memory) {
    TensorViews changed(views.begin(), views.end());
    for (const Floats& floats : list) {
      changed[floats.index] =
          TensorView(DataType::kFloat, &views[floats.index].shape(), memory + floats.offset);
    }
    return changed;
  }

  const std::unique_ptr<Prepared> kernel_;
  size_t bytes_;
  std::vector<Floats> inputs_as_float_;
  std::vector<Floats> outputs_as_float_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Prepared>> PrepareAsFloat(const PrepareContext& ctx,
                                                         PrepareFn prepare) {
  SESSILE_ASSIGN_OR_RETURN(std::unique_ptr<Prepared> kernel, prepare(FloatContext(ctx)));
  for (const TensorSpec& output : kernel->outputs()) {
    if (!output.shape.IsFullyDefined()) {
      return Internal("a kernel that goes through float must know the shapes of its outputs, not ",
                      output.shape.ToString());
    }
  }
  return std::make_unique<AsFloat>(ctx, std::move(kernel));
}

}  // namespace sessile
