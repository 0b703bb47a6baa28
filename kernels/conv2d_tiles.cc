// The output of a convolution, and the gradient of its input, on tiles.

#include "sessile/kernels/conv2d_tiles.h"

#include <algorithm>
#include <array>
#include <vector>

#include "sessile/core/framework/status.h"
#include "sessile/kernels/blocks.h"
#include "sessile/kernels/conv2d_windows.h"
#include "sessile/kernels/elementwise.h"
#include "sessile/kernels/tiles.h"
#include "sessile/kernels/vectorized.h"

namespace sessile {
namespace {

using tiles::ColumnGroups;

constexpr int64_t kLargestFilter = 16;
// Bytes of the filter that all tiles of a group of channels read over and over: they should stay in
// the second-level cache.
constexpr int64_t kLargestGroup = 192 << 10;

// Sums over `depth` channels and the taps of a window, for each of `channels` channels: from the
// input to the output, or from the gradient of the output to that of the input.
struct Direction {
  Direction(const ConvolutionShape& conv, bool forward)
      : rows(forward ? ForwardAxis(conv, 0) : BackwardAxis(conv, 0)),
        columns(forward ? ForwardAxis(conv, 1) : BackwardAxis(conv, 1)),
        depth(forward ? conv.in_channels : conv.out_channels),
        channels(forward ? conv.out_channels : conv.in_channels),
        source_row((forward ? conv.input[1] : conv.output[1]) * depth),
        source_image((forward ? conv.input[0] : conv.output[0]) * source_row),
        result_row((forward ? conv.output[1] : conv.input[1]) * channels),
        result_image((forward ? conv.output[0] : conv.input[0]) * result_row) {}

  int64_t row_taps() const { return static_cast<int64_t>(rows.tap_of_packed.size()); }
  int64_t column_taps() const { return static_cast<int64_t>(columns.tap_of_packed.size()); }
  int64_t num_rows() const { return static_cast<int64_t>(rows.windows.size()); }
  // In a packed filter, whose taps are [phase of rows][phase of columns][row][column].
  int64_t FirstTap(int64_t row_phase, int64_t column_phase) const {
    return rows.First(row_phase) * column_taps() +
           rows.taps(row_phase) * columns.First(column_phase);
  }

  Axis rows, columns;
  int64_t depth, channels;
  int64_t source_row, source_image, result_row, result_image;
};

// What the two have in common. A block is some images, or some rows of one.
class TiledConvolution : public Prepared, public WritesRanges {
 public:
  TiledConvolution(const ConvolutionShape& conv, bool forward, const tiles::Kernels& kernels)
      : conv_(conv),
        kernels_(kernels),
        to_(conv, forward),
        columns_(to_.columns.Stretches()),
        groups_(kernels, to_.channels) {
    AddOutput(float32, forward ? OutputShape(conv) : InputShape(conv));
    if (forward) TakesRows(0);
    const double work = WorkPerImage(conv) + WorkOfStoring(to_.result_image);
    const int64_t blocks =
        TiledBlocks(conv.batch * to_.num_rows(), work / static_cast<double>(to_.num_rows()));
    image_blocks_ = std::min(blocks, conv.batch);
    row_blocks_ = blocks > conv.batch ? std::min(blocks / conv.batch, to_.num_rows()) : 1;
    if (has_few_images()) {
      int64_t points = images_of_block();
      for (const Stretch& column : columns_) points = std::max(points, column.count);
      groups_ = ColumnGroups(kernels, to_.channels, points);
    }
    for (int64_t i = 0; i < row_blocks_; ++i) {
      rows_.push_back(StretchesOf(BlockRange(to_.num_rows(), i, row_blocks_)));
    }
  }

  int64_t range_unit() const override { return to_.result_row; }
  void RangesOf(int64_t block,
                absl::FunctionRef<void(int64_t first, int64_t size)> done) const override {
    const IndexRange images = Images(block);
    if (row_blocks_ == 1) {
      done(images.first() * to_.result_image, images.size() * to_.result_image);
      return;
    }
    const IndexRange rows = BlockRange(to_.num_rows(), block % row_blocks_, row_blocks_);
    for (const int64_t image : images) {
      done(image * to_.result_image + rows.first() * to_.result_row, rows.size() * to_.result_row);
    }
  }

  int64_t largest_group_bytes() const {
    return to_.row_taps() * to_.column_taps() * to_.depth * groups_.list[0].vectors *
           kernels_.lanes * static_cast<int64_t>(sizeof(float));
  }

 protected:
  // Of the filter, for a group of channels: where the weights of a window begin, and the distances.
  struct Weights {
    const float* first;
    int64_t row;
    int64_t next;
    bool padded;
  };

  int64_t blocks() const { return image_blocks_ * row_blocks_; }
  const ConvolutionShape& conv() const { return conv_; }
  const tiles::Kernels& kernels() const { return kernels_; }
  const Direction& to() const { return to_; }
  const ColumnGroups& groups() const { return groups_; }

  // weights_of(group, row window, column window) is called for each.
  template <typename WeightsOf>
  SESSILE_OPTIMIZE_SPEED void RunBlock(int64_t block, const float* source, float* result,
                                       WeightsOf weights_of) const {
    const IndexRange images = Images(block);
    const std::vector<Stretch>& rows = rows_[static_cast<size_t>(block % row_blocks_)];
    for (const ColumnGroups::Group& group : groups_.list) {
      const int64_t tile = kernels_.rows(group.vectors);
      const int64_t chunks = (images.size() + tile - 1) / tile;
      for (int64_t k = 0; k < chunks; ++k) {
        const IndexRange range = BlockRange(images.size(), k, chunks);
        const int64_t first = images.first() + range.first();
        for (const Stretch& row : rows) {
          for (const Stretch& column : columns_) {
            const Weights weights = weights_of(group, row.window, column.window);
            const float* from = source + first * to_.source_image +
                                row.window.source * to_.source_row +
                                column.window.source * to_.depth;
            float* to = result + first * to_.result_image + row.first * to_.result_row +
                        column.first * to_.channels + group.first;
            Points({column.count, row.count, range.size()},
                   {.rows = row.window.size,
                    .length = column.window.size * to_.depth,
                    .in = from,
                    .in_row = to_.source_row,
                    .filter = weights.first,
                    .filter_row = weights.row,
                    .filter_next = weights.next,
                    .filter_padded = weights.padded,
                    .out = to,
                    .outputs = group.columns,
                    .vectors = group.vectors});
          }
        }
      }
    }
  }

 private:
  static constexpr int64_t kFewImages = 4;

  IndexRange Images(int64_t block) const {
    return BlockRange(conv_.batch, block / row_blocks_, image_blocks_);
  }

  int64_t images_of_block() const { return (conv_.batch + image_blocks_ - 1) / image_blocks_; }
  bool has_few_images() const { return images_of_block() < kFewImages; }

  // With few images, tiles of neighbours in a column are made too; else row after row is better for
  // the caches.
  std::vector<Stretch> StretchesOf(IndexRange rows) const {
    if (has_few_images()) {
      return to_.rows.Stretches(rows.first(), rows.last());
    }
    std::vector<Stretch> single;
    for (const int64_t y : rows) single.push_back({to_.rows.windows[static_cast<size_t>(y)], y, 1});
    return single;
  }

  // Results that use the same weights: `extent` columns, rows and images of them. A tile is of
  // neighbours in a row, or along the side that is longest where rows are short.
  SESSILE_OPTIMIZE_SPEED void Points(const std::array<int64_t, 3>& extent,
                                     tiles::Products call) const {
    const std::array<int64_t, 3> in = {to_.columns.source_step * to_.depth,
                                       to_.rows.source_step * to_.source_row, to_.source_image};
    const std::array<int64_t, 3> out = {to_.columns.step * to_.channels,
                                        to_.rows.step * to_.result_row, to_.result_image};
    size_t side = 0;
    if (extent[0] < kernels_.rows(call.vectors)) {
      for (size_t i = 1; i < 3; ++i) {
        if (extent[i] > extent[side]) side = i;
      }
    }
    const size_t inner = side == 0 ? 1 : 0, outer = side == 2 ? 1 : 2;
    call.points = extent[side];
    call.in_step = in[side];
    call.out_step = out[side];
    const float* const source = call.in;
    float* const result = call.out;
    for (int64_t j = 0; j < extent[outer]; ++j) {
      for (int64_t i = 0; i < extent[inner]; ++i) {
        call.in = source + j * in[outer] + i * in[inner];
        call.out = result + j * out[outer] + i * out[inner];
        kernels_.products(call);
      }
    }
  }

  const ConvolutionShape conv_;
  const tiles::Kernels& kernels_;
  const Direction to_;
  const std::vector<Stretch> columns_;
  ColumnGroups groups_;
  std::vector<std::vector<Stretch>> rows_;  // by block of rows, in the order of its work
  int64_t image_blocks_ = 1;
  int64_t row_blocks_ = 1;
};

// The output; takes the filter as it is.
class TiledOutput final : public TiledConvolution {
 public:
  TiledOutput(const ConvolutionShape& conv, const tiles::Kernels& kernels)
      : TiledConvolution(conv, true, kernels) {
    AddPhase(blocks());
  }

  SESSILE_OPTIMIZE_SPEED absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch,
                                          int /*phase*/, int64_t block) const override {
    const int64_t tap_floats = to().depth * to().channels;
    const int64_t row_floats = conv().filter[1] * tap_floats;
    const float* filter = in[1].data<float>() + to().rows.tap_of_packed[0] * row_floats +
                          to().columns.tap_of_packed[0] * tap_floats;
    RunBlock(block, in[0].data<float>(), out[0].data<float>(),
             [&](const ColumnGroups::Group& group, const Window& row, const Window& column) {
               return Weights{filter + row.tap * row_floats + column.tap * tap_floats + group.first,
                              row_floats, to().channels, false};
             });
    return absl::OkStatus();
  }
};

// Phase 0 packs the filter as [group][tap of packed][depth][lanes of the group].
class PackedTiles : public TiledConvolution {
 public:
  PackedTiles(const ConvolutionShape& conv, bool forward, const tiles::Kernels& kernels)
      : TiledConvolution(conv, forward, kernels),
        source_(forward ? 0 : 2),
        taps_(to().row_taps() * to().column_taps()) {
    const int64_t tap_floats = to().depth * groups().padded;
    AddPhase(BlocksOf(taps_, tap_floats * static_cast<int64_t>(sizeof(float))));
    AddPhase(blocks());
    SetScratch(1, static_cast<size_t>(taps_ * tap_floats) * sizeof(float));
  }

  SESSILE_OPTIMIZE_SPEED absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch scratch,
                                          int phase, int64_t block) const override {
    float* packed = scratch.slot<float>(0);
    if (phase == 0) {
      for (const int64_t tap : BlockRange(taps_, block, num_blocks(0))) {
        Pack(in[1].data<float>(), tap / to().column_taps(), tap % to().column_taps(), packed);
      }
      return absl::OkStatus();
    }
    RunBlock(block, in[source_].data<float>(), out[0].data<float>(),
             [&](const ColumnGroups::Group& group, const Window& row, const Window& column) {
               const int64_t lanes = LanesOf(group);
               const int64_t taps = to().columns.taps(column.phase);
               const int64_t first =
                   to().FirstTap(row.phase, column.phase) + row.tap * taps + column.tap;
               return Weights{PackedGroup(packed, group) + first * to().depth * lanes,
                              taps * to().depth * lanes, lanes, true};
             });
    return absl::OkStatus();
  }

 private:
  // Packs the part of a tap that belongs to a group: `to` is [depth][lanes].
  virtual void PackTap(const float* tap, const ColumnGroups::Group& group, int64_t lanes,
                       float* to) const = 0;

  int64_t LanesOf(const ColumnGroups::Group& group) const {
    return group.vectors * kernels().lanes;
  }
  float* PackedGroup(float* packed, const ColumnGroups::Group& group) const {
    return packed + taps_ * to().depth * group.first;
  }

  // `row` and `column` number the packed taps.
  void Pack(const float* hwio, int64_t row, int64_t column, float* packed) const {
    const int64_t row_tap = to().rows.tap_of_packed[static_cast<size_t>(row)];
    const int64_t column_tap = to().columns.tap_of_packed[static_cast<size_t>(column)];
    const float* from =
        hwio + (row_tap * conv().filter[1] + column_tap) * conv().in_channels * conv().out_channels;
    const int64_t row_phase = to().rows.PhaseOf(row);
    const int64_t column_phase = to().columns.PhaseOf(column);
    const int64_t tap = to().FirstTap(row_phase, column_phase) +
                        (row - to().rows.First(row_phase)) * to().columns.taps(column_phase) +
                        (column - to().columns.First(column_phase));
    for (const ColumnGroups::Group& group : groups().list) {
      const int64_t lanes = LanesOf(group);
      PackTap(from, group, lanes, PackedGroup(packed, group) + tap * to().depth * lanes);
    }
  }

  const size_t source_;
  const int64_t taps_;
};

// The output, where rows of the filter are far from each other: packed, those of a group are
// neighbours, which is what caches and address translation want.
class PackedOutput final : public PackedTiles {
 public:
  PackedOutput(const ConvolutionShape& conv, const tiles::Kernels& kernels)
      : PackedTiles(conv, true, kernels) {}

  // The filter must be used often enough to be worth packing.
  static bool Pays(const ConvolutionShape& conv) {
    constexpr int64_t kFarChannels = 64, kManyPoints = 256;
    return conv.out_channels > kFarChannels &&
           conv.batch * conv.output[0] * conv.output[1] >= kManyPoints;
  }

 private:
  void PackTap(const float* tap, const ColumnGroups::Group& group, int64_t lanes,
               float* to) const override {
    const float* from = tap + group.first;
    for (int64_t i = 0; i < conv().in_channels; ++i, from += conv().out_channels, to += lanes) {
      std::fill(std::copy_n(from, group.columns, to), to + lanes, 0.0f);
    }
  }
};

class TiledInputGradient final : public PackedTiles {
 public:
  TiledInputGradient(const ConvolutionShape& conv, const tiles::Kernels& kernels)
      : PackedTiles(conv, false, kernels) {}

 private:
  // Transposed.
  void PackTap(const float* tap, const ColumnGroups::Group& group, int64_t lanes,
               float* to) const override {
    tiles::TransposePadded(tap + group.first * conv().out_channels, group.columns,
                           conv().out_channels, lanes, to);
  }
};

template <typename Kernel>
absl::StatusOr<std::unique_ptr<Prepared>> OnTiles(const ConvolutionShape& conv, int64_t channels) {
  const tiles::Kernels* kernels = tiles::KernelsFor(channels);
  if (kernels == nullptr || !SuitsTiles(conv)) return Unimplemented("not made for tiles");
  auto prepared = std::make_unique<Kernel>(conv, *kernels);
  if (prepared->largest_group_bytes() > kLargestGroup) return Unimplemented("many channels");
  return prepared;
}

}  // namespace

bool SuitsTiles(const ConvolutionShape& conv) {
  return IsOrdinary(conv) && conv.channels_last && conv.groups == 1 &&
         conv.dilation == onednn::Pair{1, 1} && conv.filter[0] <= kLargestFilter &&
         conv.filter[1] <= kLargestFilter;
}

int64_t TiledBlocks(int64_t items, double work_per_item, int64_t most) {
  constexpr double kBlocks = 2;  // in one of BlocksOfWork
  // Some microseconds: worth the while of a thread that waits anyway.
  constexpr double kSmallBlocks = 8;
  constexpr int64_t kFewBlocks = 4;
  const int64_t blocks =
      std::max(BlocksOfWork(items, work_per_item * kBlocks, most),
               BlocksOfWork(items, work_per_item * kSmallBlocks, std::min(most, kFewBlocks)));
  return blocks >= 4 ? blocks / 4 * 4 : blocks == 3 ? 2 : blocks;
}

absl::StatusOr<std::unique_ptr<Prepared>> TiledForward(const ConvolutionShape& conv) {
  return PackedOutput::Pays(conv) ? OnTiles<PackedOutput>(conv, conv.out_channels)
                                  : OnTiles<TiledOutput>(conv, conv.out_channels);
}

absl::StatusOr<std::unique_ptr<Prepared>> TiledBackwardInput(const ConvolutionShape& conv) {
  return OnTiles<TiledInputGradient>(conv, conv.in_channels);
}

}  // namespace sessile
