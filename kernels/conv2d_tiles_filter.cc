// The gradient of a filter on tiles.
//
// It is a sum over all output pixels of the batch. Pieces of the batch, groups of small images or
// rows of a large one, are added up in float32, and the pieces in double.

#include <algorithm>
#include <array>
#include <vector>

#include "sessile/core/framework/status.h"
#include "sessile/kernels/blocks.h"
#include "sessile/kernels/conv2d_tiles.h"
#include "sessile/kernels/conv2d_windows.h"
#include "sessile/kernels/tiles.h"
#include "sessile/kernels/vectorized.h"

namespace sessile {
namespace {

// Phase 0 adds up the pieces of each block in a slot of its own, phase 1 adds the blocks. A slot is
// [tap of rows][tap of columns][in channel][padded out channel].
class TiledFilterGradient final : public Prepared {
 public:
  TiledFilterGradient(const ConvolutionShape& conv, const tiles::Kernels& kernels)
      : conv_(conv),
        kernels_(kernels),
        taps_(conv),
        groups_(kernels, conv.out_channels),
        input_row_(conv.input[1] * conv.in_channels),
        output_row_(conv.output[1] * conv.out_channels),
        tap_size_(conv.in_channels * groups_.padded) {
    for (size_t axis = 0; axis < 2; ++axis) {
      for (int64_t k = taps_.first[axis]; k < taps_.last[axis]; ++k) {
        ranges_[axis].push_back(OutputsOf(axis, k));
      }
    }
    const IndexRange first = ranges_[1].front(), last = ranges_[1].back();
    inside_ = IndexRange(first.first(), std::max(first.first(), last.last()));
    by_rows_ = conv.in_channels < kFewChannels && inside_.size() >= kManyColumns;
    const int64_t pixels = conv.output[0] * conv.output[1];
    images_of_piece_ = std::max<int64_t>(kPixelsOfPiece / pixels, 1);
    row_ranges_ = std::clamp<int64_t>(pixels / kPixelsOfPiece, 1, conv.output[0]);
    const int64_t size = taps_.size(0) * taps_.size(1) * tap_size_;
    const auto slot = static_cast<size_t>(size) * sizeof(double);
    const int64_t most = std::clamp<int64_t>(
        std::min(conv.batch * pixels / kLeastPixels, static_cast<int64_t>(kMostScratch / slot)), 1,
        kMostBlocks);
    AddOutput(float32, FilterShape(conv));
    // Blocks are larger than elsewhere: each has sums of its own, which have to be joined.
    constexpr double kLarger = 4;
    AddPhase(TiledBlocks(conv.batch * row_ranges_,
                         WorkPerImage(conv) / static_cast<double>(row_ranges_) / kLarger, most));
    AddPhase(BlocksOf(conv.filter[0] * conv.filter[1],
                      tap_size_ * num_blocks(0) * static_cast<int64_t>(sizeof(double))));
    SetScratch(num_blocks(0), slot);
  }

  SESSILE_OPTIMIZE_SPEED absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch scratch,
                                          int phase, int64_t block) const override {
    if (phase == 0) {
      AddBlock(block, in[0].data<float>(), in[2].data<float>(), scratch.slot<double>(block));
      return absl::OkStatus();
    }
    for (const int64_t tap : BlockRange(conv_.filter[0] * conv_.filter[1], block, num_blocks(1))) {
      Finish(tap / conv_.filter[1], tap % conv_.filter[1], scratch, out[0].data<float>());
    }
    return absl::OkStatus();
  }

 private:
  static constexpr int64_t kPixelsOfPiece = 196;
  static constexpr int64_t kLeastPixels = 128;  // of a block
  static constexpr int64_t kMostBlocks = 16;
  static constexpr size_t kMostScratch = size_t{128} << 20;
  static constexpr int64_t kFewChannels = 6;
  static constexpr int64_t kManyColumns = 8;

  // The outputs along an axis for which tap `k` lies inside of the input.
  IndexRange OutputsOf(size_t axis, int64_t k) const {
    const int64_t stride = conv_.stride[axis];
    const int64_t offset = k - conv_.pad_before[axis];  // of the input that output 0 reads
    const int64_t first = std::max<int64_t>(-offset + stride - 1, 0) / stride;
    const int64_t last =
        conv_.input[axis] <= offset ? 0 : (conv_.input[axis] - offset + stride - 1) / stride;
    return {first, std::max(first, std::min(last, conv_.output[axis]))};
  }

  void AddBlock(int64_t block, const float* input, const float* output, double* sums) const {
    const IndexRange range = BlockRange(conv_.batch * row_ranges_, block, num_blocks(0));
    bool assigns = true;
    if (row_ranges_ > 1) {
      for (const int64_t i : range) {
        const int64_t image = i / row_ranges_;
        AddPiece({image, image + 1}, BlockRange(conv_.output[0], i % row_ranges_, row_ranges_),
                 input, output, assigns, sums);
        assigns = false;
      }
      return;
    }
    const int64_t pieces = (range.size() + images_of_piece_ - 1) / images_of_piece_;
    for (int64_t i = 0; i < pieces; ++i) {
      const IndexRange images = BlockRange(range.size(), i, pieces);
      AddPiece({range.first() + images.first(), range.first() + images.last()},
               {0, conv_.output[0]}, input, output, assigns, sums);
      assigns = false;
    }
  }

  void AddPiece(IndexRange piece_images, IndexRange piece_rows, const float* input,
                const float* output, bool assigns, double* sums) const {
    tiles::OuterProducts call = {};
    call.size.images = piece_images.size();
    call.a_step = {conv_.input[0] * input_row_, conv_.stride[0] * input_row_,
                   conv_.stride[1] * conv_.in_channels};
    call.b_step = {conv_.output[0] * output_row_, output_row_, conv_.out_channels};
    call.sums_row = groups_.padded;
    call.assigns = assigns;
    const float* const images = input + piece_images.first() * call.a_step.images;
    const float* const gradients = output + piece_images.first() * call.b_step.images;
    for (int64_t ky = taps_.first[0]; ky < taps_.last[0]; ++ky) {
      const IndexRange valid = RangeOf(0, ky);
      const IndexRange rows(std::max(valid.first(), piece_rows.first()),
                            std::max(valid.first(), std::min(valid.last(), piece_rows.last())));
      const int64_t input_row = rows.first() * conv_.stride[0] - conv_.pad_before[0] + ky;
      call.size.rows = rows.size();
      AddRow(ky, images + input_row * input_row_, gradients + rows.first() * output_row_, call,
             sums);
    }
  }

  // The taps of row `ky`; `input` and `output` are the rows that the first of them touches.
  void AddRow(int64_t ky, const float* input, const float* output, tiles::OuterProducts call,
              double* sums) const {
    const auto add = [&](int64_t kx, int64_t taps, IndexRange columns) {
      call.size.columns = columns.size();
      call.a = input +
               (columns.first() * conv_.stride[1] - conv_.pad_before[1] + kx) * conv_.in_channels;
      call.a_size = taps * conv_.in_channels;
      AddGroups(output + columns.first() * conv_.out_channels, sums + PackedTap(ky, kx) * tap_size_,
                &call);
    };
    if (by_rows_) {
      add(taps_.first[1], taps_.size(1), inside_);
      call.assigns = false;
    }
    for (int64_t kx = taps_.first[1]; kx < taps_.last[1]; ++kx) {
      const IndexRange columns = RangeOf(1, kx);
      if (!by_rows_) {
        add(kx, 1, columns);
        continue;
      }
      if (columns.first() < inside_.first()) add(kx, 1, {columns.first(), inside_.first()});
      if (inside_.last() < columns.last()) add(kx, 1, {inside_.last(), columns.last()});
    }
  }

  void AddGroups(const float* b, double* sums, tiles::OuterProducts* call) const {
    for (const tiles::ColumnGroups::Group& group : groups_.list) {
      call->b = b + group.first;
      call->b_size = group.columns;
      call->vectors = group.vectors;
      call->sums = sums + group.first;
      kernels_.outer_products(*call);
    }
  }

  void Finish(int64_t ky, int64_t kx, Scratch scratch, float* filter) const {
    const int64_t outs = conv_.out_channels;
    float* to = filter + (ky * conv_.filter[1] + kx) * conv_.in_channels * outs;
    const bool used =
        ky >= taps_.first[0] && ky < taps_.last[0] && kx >= taps_.first[1] && kx < taps_.last[1];
    if (!used) {
      std::fill_n(to, conv_.in_channels * outs, 0.0f);
      return;
    }
    const int64_t tap = PackedTap(ky, kx) * tap_size_;
    for (int64_t c = 0; c < conv_.in_channels; ++c) {
      const int64_t row = tap + c * groups_.padded;
      for (int64_t o = 0; o < outs; ++o) {
        double sum = 0;
        for (int64_t slot = 0; slot < num_blocks(0); ++slot) {
          sum += scratch.slot<double>(slot)[row + o];
        }
        to[c * outs + o] = static_cast<float>(sum);
      }
    }
  }

  IndexRange RangeOf(size_t axis, int64_t tap) const {
    return ranges_[axis][static_cast<size_t>(tap - taps_.first[axis])];
  }
  int64_t PackedTap(int64_t ky, int64_t kx) const {
    return (ky - taps_.first[0]) * taps_.size(1) + (kx - taps_.first[1]);
  }

  const ConvolutionShape conv_;
  const tiles::Kernels& kernels_;
  const Taps taps_;
  std::array<std::vector<IndexRange>, 2> ranges_;  // by axis and tap
  const tiles::ColumnGroups groups_;
  const int64_t input_row_;
  const int64_t output_row_;
  const int64_t tap_size_;
  // With few channels, a whole row of taps fills a tile better than one: for output columns that
  // have all of them inside of the input.
  bool by_rows_ = false;
  IndexRange inside_{0, 0};
  int64_t images_of_piece_ = 1;
  int64_t row_ranges_ = 1;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Prepared>> TiledBackwardFilter(const ConvolutionShape& conv) {
  const tiles::Kernels* kernels = tiles::KernelsFor(conv.out_channels);
  if (kernels == nullptr || !SuitsTiles(conv)) return Unimplemented("not made for tiles");
  return std::make_unique<TiledFilterGradient>(conv, *kernels);
}

}  // namespace sessile
