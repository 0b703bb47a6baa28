#include "sessile/core/framework/kernel.h"

#include "sessile/core/graph/node.h"

namespace sessile {

TensorSpec SpecOf(const Tensor& tensor) {
  if (!tensor.has_value()) return {DataType::kInvalid, Shape::Unknown()};
  return {tensor.dtype(), tensor.shape()};
}

const AttrMap& PrepareContext::attrs() const { return node().attrs(); }

Prepared::Prepared() = default;
Prepared::~Prepared() = default;

void Prepared::AddOutput(DataType dtype, Shape shape) {
  outputs_.push_back({dtype, std::move(shape)});
}

void Prepared::KnowsOutput(int i, Tensor value) {
  known_outputs_.emplace_back(i, std::move(value));
}

void Prepared::MayForward(int input, int output) { forwards_.push_back({input, output, false}); }

void Prepared::Alias(int input, int output) { forwards_.push_back({input, output, true}); }

void Prepared::Updates(const PrepareContext& ctx, int input) {
  if (ctx.num_outputs() == 0) return;
  AddOutput(ctx.output_dtype(0), ctx.input_shape(input));
  Alias(input, 0);
}

void Prepared::Initializes(int input, TensorSpec spec) {
  initializations_.push_back({input, std::move(spec)});
}

void Prepared::TakesRows(int input) { row_inputs_.push_back(input); }

void Prepared::OnlyUpdates() { only_updates_ = true; }

void Prepared::AddPhase(int64_t blocks) { phases_.push_back(blocks); }

void Prepared::SetScratch(int64_t slots, size_t slot_bytes) {
  scratch_slots_ = slots;
  scratch_slot_bytes_ = Aligned(slot_bytes);
}

const Prepared::Forward* Prepared::alias_of(int i) const {
  for (const Forward& forward : forwards_) {
    if (forward.output == i && forward.always) return &forward;
  }
  return nullptr;
}

}  // namespace sessile
