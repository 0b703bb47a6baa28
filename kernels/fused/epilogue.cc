#include "sessile/kernels/fused/epilogue.h"

#include <algorithm>
#include <utility>

#include "sessile/core/framework/status.h"
#include "sessile/kernels/fused/chain_runner.h"

namespace sessile {
namespace {

using Chain = ElementwiseChain;
using Kind = ElementwiseChain::Operand::Kind;

bool IsProduct(const Chain::Operand& operand) { return operand.kind == Kind::kProduced; }

// The output of a map that may be written over the product, or -1: nobody reads the product later.
int OutputInPlace(const Chain& chain) {
  size_t last = 0;
  for (size_t i = 0; i < chain.maps.size(); ++i) {
    const std::vector<Chain::Operand>& operands = chain.maps[i].operands;
    if (std::any_of(operands.begin(), operands.end(), IsProduct)) last = i;
  }
  const bool is_summed = std::any_of(chain.sums.begin(), chain.sums.end(),
                                     [](const Chain::Sum& sum) { return IsProduct(sum.operand); });
  if (is_summed) return -1;
  for (size_t i = last; i < chain.maps.size(); ++i) {
    if (chain.maps[i].output >= 0) return chain.maps[i].output;
  }
  return -1;
}

// The phases of the producer, the last one with the chain; then one that joins the sums, if any.
class Epilogue final : public Prepared {
 public:
  Epilogue(std::shared_ptr<const Prepared> producer, int num_inputs, Chain chain, int in_place)
      : producer_(std::move(producer)),
        ranges_(dynamic_cast<const WritesRanges&>(*producer_)),
        num_inputs_(static_cast<size_t>(num_inputs)),
        runner_(std::move(chain)),
        product_(static_cast<size_t>(
            in_place >= 0 ? in_place : static_cast<int>(runner_.chain().outputs.size()))),
        last_phase_(static_cast<int>(producer_->phases().size()) - 1) {
    for (const TensorSpec& spec : runner_.chain().outputs) AddOutput(spec.dtype, spec.shape);
    if (in_place < 0) AddOutput(producer_->outputs()[0].dtype, producer_->outputs()[0].shape);
    for (const int64_t blocks : producer_->phases()) AddPhase(blocks);
    const bool has_sums = !runner_.chain().sums.empty();
    if (has_sums) AddPhase(1);
    // One slot holds both: the producer's slots, then those of the sums.
    producer_bytes_ =
        static_cast<size_t>(producer_->scratch_slots()) * producer_->scratch_slot_bytes();
    sums_slot_ = Aligned(runner_.sums_bytes());
    const size_t sums = has_sums ? static_cast<size_t>(num_blocks(last_phase_)) * sums_slot_ : 0;
    if (producer_bytes_ + sums > 0) SetScratch(1, producer_bytes_ + sums);
  }

  bool fits() const { return runner_.fits(); }

  absl::Status Run(RunContext& ctx, Inputs in, Outputs out, Scratch scratch, int phase,
                   int64_t block) const override {
    char* const memory = scratch.slot<char>(0);
    const Scratch sums(memory + producer_bytes_, sums_slot_);
    if (phase > last_phase_) {
      runner_.JoinSums(out, sums, num_blocks(last_phase_));
      return absl::OkStatus();
    }
    const TensorSpec& spec = producer_->outputs()[0];
    const TensorView product(spec.dtype, &spec.shape, out[product_].raw());
    SESSILE_RETURN_IF_ERROR(producer_->Run(ctx, in.first(num_inputs_), Outputs(&product, 1),
                                           Scratch(memory, producer_->scratch_slot_bytes()), phase,
                                           block));
    if (phase < last_phase_) return absl::OkStatus();
    ChainRunner::Block elements(
        runner_, {in.subspan(num_inputs_), out, product.data<float>(), sums.slot<double>(block)});
    ranges_.RangesOf(block, [&](int64_t first, int64_t size) { elements.Run(first, size); });
    elements.Finish();
    return absl::OkStatus();
  }

 private:
  const std::shared_ptr<const Prepared> producer_;
  const WritesRanges& ranges_;
  const size_t num_inputs_;
  const ChainRunner runner_;
  const size_t product_;  // the output where the producer writes
  const int last_phase_;  // of the producer
  size_t producer_bytes_ = 0;
  size_t sums_slot_ = 0;
};

}  // namespace

std::shared_ptr<const Prepared> MakeEpilogue(std::shared_ptr<const Prepared> producer,
                                             int num_inputs, ElementwiseChain chain, bool is_wanted,
                                             bool* keeps_product) {
  const int in_place = is_wanted ? -1 : OutputInPlace(chain);
  *keeps_product = in_place < 0;
  auto kernel =
      std::make_shared<Epilogue>(std::move(producer), num_inputs, std::move(chain), in_place);
  return kernel->fits() ? kernel : nullptr;
}

}  // namespace sessile
