// The gradient of a filter, float32, by oneDNN.
//
// It is a sum over all output pixels of the batch, and oneDNN adds them up one after the other: the
// error grows with their number. So the batch is cut into pieces of about a hundred pixels, groups
// of small images or rows of a large one, and what oneDNN gives for each is added in double.

#include <algorithm>
#include <vector>

#include "sessile/core/framework/status.h"
#include "sessile/kernels/blocks.h"
#include "sessile/kernels/conv2d_onednn.h"

namespace sessile {
namespace {

using onednn::Convolution;
using onednn::ConvolutionKind;

constexpr int64_t kPixelsOfPiece = 128;
// Blocks have a slot of scratch each.
constexpr int64_t kMostBlocks = 32;
constexpr size_t kMostScratch = size_t{128} << 20;

int64_t Ceil(int64_t a, int64_t b) { return a / b + (a % b != 0 ? 1 : 0); }

// Images [first, first + batch), or with channels last output rows of one image, as a convolution
// of its own.
struct Piece {
  size_t variant;
  int64_t input;   // where its input begins
  int64_t output;  // where its output begins
};

class Pieces {
 public:
  static absl::StatusOr<Pieces> Of(const ConvolutionShape& conv, std::string_view name) {
    const int64_t pixels = conv.output[0] * conv.output[1];
    const bool by_rows = conv.channels_last && pixels > kPixelsOfPiece;
    Pieces pieces(name);
    SESSILE_RETURN_IF_ERROR(
        pieces.Cut(conv, std::max<int64_t>(kPixelsOfPiece / pixels, 1),
                   by_rows ? std::min(Ceil(pixels, kPixelsOfPiece), conv.output[0]) : 1));
    if (pieces.OneLayout()) return pieces;
    // Sizes that differ may get filters in layouts that differ; images one by one have one size.
    Pieces images(name);
    SESSILE_RETURN_IF_ERROR(images.Cut(conv, 1, 1));
    return images;
  }

  const std::vector<Piece>& list() const { return list_; }
  const Convolution& ConvolutionOf(const Piece& piece) const { return *variants_[piece.variant]; }
  const Convolution& any() const { return *variants_[0]; }
  size_t scratch_bytes() const {
    size_t bytes = 0;
    for (const auto& variant : variants_) bytes = std::max(bytes, variant->scratch_bytes());
    return bytes;
  }

 private:
  explicit Pieces(std::string_view name) : name_(name) {}

  absl::Status Cut(const ConvolutionShape& conv, int64_t images, int64_t row_ranges) {
    const int64_t input = conv.input[0] * conv.input[1] * conv.in_channels;
    const int64_t output = conv.output[0] * conv.output[1] * conv.out_channels;
    for (int64_t first = 0; first < conv.batch; first += images) {
      ConvolutionShape group = conv;
      group.batch = std::min(images, conv.batch - first);
      for (int64_t i = 0; i < row_ranges; ++i) {
        const IndexRange rows = BlockRange(conv.output[0], i, row_ranges);
        int64_t input_row = 0;
        const ConvolutionShape piece = row_ranges == 1 ? group : Rows(group, rows, &input_row);
        SESSILE_ASSIGN_OR_RETURN(const size_t variant, VariantOf(piece));
        list_.push_back({variant, first * input + input_row * conv.input[1] * conv.in_channels,
                         first * output + rows.first() * conv.output[1] * conv.out_channels});
      }
    }
    return absl::OkStatus();
  }

  // The part of `conv` that makes output rows `rows`; its input begins at row `*input_row`.
  static ConvolutionShape Rows(ConvolutionShape conv, IndexRange rows, int64_t* input_row) {
    const int64_t reach = (conv.filter[0] - 1) * conv.dilation[0] + 1;
    const int64_t begin = rows.first() * conv.stride[0] - conv.pad_before[0];
    const int64_t end = (rows.last() - 1) * conv.stride[0] - conv.pad_before[0] + reach;
    *input_row = std::max<int64_t>(begin, 0);
    conv.pad_before[0] = *input_row - begin;
    conv.pad_after[0] = std::max<int64_t>(end - conv.input[0], 0);
    conv.input[0] = std::min(end, conv.input[0]) - *input_row;
    conv.output[0] = rows.size();
    return conv;
  }

  absl::StatusOr<size_t> VariantOf(const ConvolutionShape& shape) {
    const auto known = std::find(shapes_.begin(), shapes_.end(), shape);
    if (known != shapes_.end()) return static_cast<size_t>(known - shapes_.begin());
    SESSILE_ASSIGN_OR_RETURN(std::shared_ptr<const Convolution> made,
                             Convolution::Of(ConvolutionKind::kBackwardFilter, shape, name_));
    shapes_.push_back(shape);
    variants_.push_back(std::move(made));
    return shapes_.size() - 1;
  }

  bool OneLayout() const {
    return std::all_of(variants_.begin(), variants_.end(),
                       [&](const auto& variant) { return variant->SharesFilterLayout(any()); });
  }

  std::string name_;  // of the implementation, or empty
  std::vector<Piece> list_;
  std::vector<ConvolutionShape> shapes_;
  std::vector<std::shared_ptr<const Convolution>> variants_;
};

// Phase 0 adds the pieces of each block in its slot [sums | packed | scratch of oneDNN], phase 1
// adds the blocks to one more slot, phase 2 unpacks that.
class PiecewiseBackwardFilter final : public Prepared {
 public:
  PiecewiseBackwardFilter(const ConvolutionShape& conv, Pieces pieces)
      : pieces_(std::move(pieces)),
        size_(static_cast<int64_t>(pieces_.any().filter_bytes() / sizeof(float))),
        packed_(Aligned(static_cast<size_t>(size_) * sizeof(double))),
        scratch_(packed_ + Aligned(pieces_.any().filter_bytes())) {
    const size_t slot = scratch_ + pieces_.scratch_bytes();
    const auto count = static_cast<int64_t>(pieces_.list().size());
    const int64_t most =
        std::clamp<int64_t>(static_cast<int64_t>(kMostScratch / slot), 1, kMostBlocks);
    AddOutput(float32, FilterShape(conv));
    AddPhase(BlocksOfWork(
        count, WorkPerImage(conv) * static_cast<double>(conv.batch) / static_cast<double>(count),
        most));
    AddPhase(BlocksOf(size_, num_blocks(0) * static_cast<int64_t>(sizeof(double))));
    AddPhase(1);
    SetScratch(num_blocks(0) + 1, slot);
  }

  absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch scratch, int phase,
                   int64_t block) const override {
    char* last = scratch.slot<char>(num_blocks(0));
    float* total = reinterpret_cast<float*>(last + packed_);
    switch (phase) {
      case 0:
        return AddPieces(in[0].data<float>(), in[2].data<float>(), block,
                         scratch.slot<char>(block));
      case 1:
        for (const int64_t i : BlockRange(size_, block, num_blocks(1))) {
          double sum = 0;
          for (int64_t slot = 0; slot < num_blocks(0); ++slot) sum += scratch.slot<double>(slot)[i];
          total[i] = static_cast<float>(sum);
        }
        return absl::OkStatus();
      default:
        return pieces_.any().UnpackFilter(total, out[0].data<float>(), last + scratch_);
    }
  }

 private:
  absl::Status AddPieces(float* input, float* output, int64_t block, char* slot) const {
    auto* sums = reinterpret_cast<double*>(slot);
    auto* packed = reinterpret_cast<float*>(slot + packed_);
    std::fill_n(sums, size_, 0.0);
    const auto count = static_cast<int64_t>(pieces_.list().size());
    for (const int64_t i : BlockRange(count, block, num_blocks(0))) {
      const Piece& piece = pieces_.list()[static_cast<size_t>(i)];
      SESSILE_RETURN_IF_ERROR(pieces_.ConvolutionOf(piece).Run(
          input + piece.input, packed, output + piece.output, slot + scratch_));
      for (int64_t k = 0; k < size_; ++k) sums[k] += static_cast<double>(packed[k]);
    }
    return absl::OkStatus();
  }

  const Pieces pieces_;
  const int64_t size_;
  const size_t packed_;
  const size_t scratch_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Prepared>> OneDnnBackwardFilter(const ConvolutionShape& conv,
                                                               std::string_view name) {
  if (!IsOrdinary(conv)) return Unimplemented("not an ordinary convolution");
  SESSILE_ASSIGN_OR_RETURN(Pieces pieces, Pieces::Of(conv, name));
  return std::make_unique<PiecewiseBackwardFilter>(conv, std::move(pieces));
}

}  // namespace sessile
