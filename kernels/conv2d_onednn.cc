#include "sessile/kernels/conv2d_onednn.h"

#include <algorithm>
#include <array>

#include "sessile/core/framework/status.h"
#include "sessile/kernels/blocks.h"
#include "sessile/kernels/elementwise.h"

namespace sessile {
namespace {

using onednn::Convolution;
using onednn::ConvolutionKind;

// Of the output, or of the input.
int64_t FloatsPerImage(const ConvolutionShape& conv, bool output) {
  return output ? conv.output[0] * conv.output[1] * conv.out_channels
                : conv.input[0] * conv.input[1] * conv.in_channels;
}

// A batch cut into blocks of at most two sizes, which differ by one image.
class BatchBlocks {
 public:
  static absl::StatusOr<BatchBlocks> Of(ConvolutionKind kind, const ConvolutionShape& conv,
                                        std::string_view name) {
    if (!IsOrdinary(conv)) return Unimplemented("not an ordinary convolution");
    BatchBlocks batch;
    batch.images_ = conv.batch;
    const bool forward = kind == ConvolutionKind::kForward;
    batch.blocks_ =
        BlocksOfWork(conv.batch, WorkPerImage(conv) + WorkOfStoring(FloatsPerImage(conv, forward)));
    ConvolutionShape block = conv;
    block.batch = BlockRange(conv.batch, 0, batch.blocks_).size();
    SESSILE_ASSIGN_OR_RETURN(batch.convolutions_[0], Convolution::Of(kind, block, name));
    block.batch = BlockRange(conv.batch, batch.blocks_ - 1, batch.blocks_).size();
    SESSILE_ASSIGN_OR_RETURN(batch.convolutions_[1], Convolution::Of(kind, block, name));
    return batch;
  }

  int64_t blocks() const { return blocks_; }
  IndexRange Images(int64_t block) const { return BlockRange(images_, block, blocks_); }

  // The convolutions that differ, for the longer and for the shorter blocks.
  int64_t variants() const { return convolutions_[0] == convolutions_[1] ? 1 : 2; }
  const Convolution& variant(int64_t i) const { return *convolutions_[static_cast<size_t>(i)]; }
  int64_t VariantOf(int64_t block) const {
    return variants() == 2 && Images(block).size() != Images(0).size() ? 1 : 0;
  }

  size_t filter_bytes() const {
    return std::max(variant(0).filter_bytes(), variant(1).filter_bytes());
  }
  size_t scratch_bytes() const {
    return std::max(variant(0).scratch_bytes(), variant(1).scratch_bytes());
  }

 private:
  int64_t images_ = 0;
  int64_t blocks_ = 1;
  std::array<std::shared_ptr<const Convolution>, 2> convolutions_;
};

// The output or the gradient of the input. Phase 0 packs the filter for each variant, phase 1 runs
// the blocks. Slots: one for each block, then one for each packed filter, with the space to pack it
// behind it.
class PackedFilterConvolution final : public Prepared, public WritesRanges {
 public:
  PackedFilterConvolution(ConvolutionKind kind, const ConvolutionShape& conv, BatchBlocks batch)
      : forward_(kind == ConvolutionKind::kForward),
        batch_(std::move(batch)),
        input_stride_(FloatsPerImage(conv, false)),
        output_stride_(FloatsPerImage(conv, true)),
        pack_scratch_(Aligned(batch_.filter_bytes())) {
    AddOutput(float32, forward_ ? OutputShape(conv) : InputShape(conv));
    if (forward_) TakesRows(0);
    AddPhase(batch_.variants());
    AddPhase(batch_.blocks());
    SetScratch(batch_.blocks() + batch_.variants(), pack_scratch_ + batch_.scratch_bytes());
  }

  int64_t range_unit() const override { return forward_ ? output_stride_ : input_stride_; }
  void RangesOf(int64_t block,
                absl::FunctionRef<void(int64_t first, int64_t size)> done) const override {
    const IndexRange images = batch_.Images(block);
    done(images.first() * range_unit(), images.size() * range_unit());
  }

  absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch scratch, int phase,
                   int64_t block) const override {
    if (phase == 0) {
      char* packed = PackedFilter(scratch, block);
      return batch_.variant(block).PackFilter(in[1].data<float>(), packed, packed + pack_scratch_);
    }
    const int64_t first = batch_.Images(block).first();
    float* input = (forward_ ? in[0] : out[0]).data<float>() + first * input_stride_;
    float* output = (forward_ ? out[0] : in[2]).data<float>() + first * output_stride_;
    const int64_t variant = batch_.VariantOf(block);
    return batch_.variant(variant).Run(input, PackedFilter(scratch, variant), output,
                                       scratch.slot<char>(block));
  }

 private:
  char* PackedFilter(Scratch scratch, int64_t variant) const {
    return scratch.slot<char>(batch_.blocks() + variant);
  }

  const bool forward_;
  const BatchBlocks batch_;
  const int64_t input_stride_;
  const int64_t output_stride_;
  const size_t pack_scratch_;
};

absl::StatusOr<std::unique_ptr<Prepared>> PackedFilter(ConvolutionKind kind,
                                                       const ConvolutionShape& conv,
                                                       std::string_view name) {
  SESSILE_ASSIGN_OR_RETURN(BatchBlocks batch, BatchBlocks::Of(kind, conv, name));
  return std::make_unique<PackedFilterConvolution>(kind, conv, std::move(batch));
}

}  // namespace

absl::StatusOr<std::unique_ptr<Prepared>> OneDnnForward(const ConvolutionShape& conv,
                                                        std::string_view name) {
  return PackedFilter(ConvolutionKind::kForward, conv, name);
}

absl::StatusOr<std::unique_ptr<Prepared>> OneDnnBackwardInput(const ConvolutionShape& conv,
                                                              std::string_view name) {
  return PackedFilter(ConvolutionKind::kBackwardInput, conv, name);
}

std::vector<std::string> OneDnnImplementations(ConvolutionKind kind, const ConvolutionShape& conv) {
  if (!IsOrdinary(conv)) return {};
  return Convolution::Implementations(kind, conv).value_or(std::vector<std::string>());
}

}  // namespace sessile
