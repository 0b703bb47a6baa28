#include "sessile/kernels/matmul_tiles.h"

#include <algorithm>

#include "sessile/kernels/blocks.h"
#include "sessile/kernels/tiles.h"
#include "sessile/kernels/vectorized.h"

namespace sessile {
namespace {

using tiles::ColumnGroups;

// Fewer rows use each element of b too rarely to be worth packing it.
constexpr int64_t kLeastRows = 12;
// Fewer columns are near enough to each other as they are.
constexpr int64_t kLeastColumns = 128;
// A panel is so much of k and so many groups of columns: packed, it fits into the second-level
// cache, and what a tile reads of it into the first one.
constexpr int64_t kPanelDepth = 256;
constexpr int64_t kPanelGroups = 8;
// Each block packs what it reads of b, for as many rows at least.
constexpr int64_t kBlockRows = 128;
constexpr int64_t kMostBlocks = 64;
// Rows of op(a) that are turned around together.
constexpr int64_t kBand = 16;

// The last phase goes over parts of the product: panel by panel of b, packed as
// [group of columns][depth][lanes of the group], for all of its rows. Every element is one sum in
// the order of k. If a is transposed, phase 0 turns it around. Slots: a panel for each block; then
// a, over several of them.
class TiledProduct final : public Prepared {
 public:
  TiledProduct(const MatMulDims& dims, const tiles::Kernels& kernels)
      : dims_(dims), kernels_(kernels), groups_(kernels, dims.n) {
    AddOutput(float32, Shape({dims.m, dims.n}));
    if (!dims.transpose_a) TakesRows(0);
    const auto groups = static_cast<int64_t>(groups_.list.size());
    column_blocks_ = std::min((groups + kPanelGroups - 1) / kPanelGroups, kMostBlocks);
    const int64_t results = kBlockRows * dims.n / column_blocks_;  // of a block
    row_blocks_ = BlocksOfWork(std::max<int64_t>(dims.m / kBlockRows, 1),
                               static_cast<double>(results) * static_cast<double>(dims.k),
                               kMostBlocks / column_blocks_);
    const auto row_bytes = dims.k * static_cast<int64_t>(sizeof(float));
    if (dims.transpose_a) AddPhase(BlocksOf(bands(), row_bytes * kBand));
    AddPhase(row_blocks_ * column_blocks_);
    const int64_t panel = std::min(row_bytes, kPanelDepth * static_cast<int64_t>(sizeof(float))) *
                          std::min(groups, kPanelGroups) * kernels.vectors * kernels.lanes;
    const int64_t turned = dims.transpose_a ? dims.m * row_bytes : 0;
    SetScratch(row_blocks_ * column_blocks_ + (turned + panel - 1) / panel,
               static_cast<size_t>(panel));
  }

  SESSILE_OPTIMIZE_SPEED absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch scratch,
                                          int phase, int64_t block) const override {
    float* const turned = scratch.slot<float>(row_blocks_ * column_blocks_);
    if (phase == 0 && dims_.transpose_a) {
      for (const int64_t band : BlockRange(bands(), block, num_blocks(0))) {
        TurnBand(band * kBand, in[0].data<float>(), turned);
      }
      return absl::OkStatus();
    }
    const IndexRange groups = BlockRange(static_cast<int64_t>(groups_.list.size()),
                                         block % column_blocks_, column_blocks_);
    const IndexRange rows = BlockRange(dims_.m, block / column_blocks_, row_blocks_);
    const float* const a = (dims_.transpose_a ? turned : in[0].data<float>());
    float* const panel = scratch.slot<float>(block);
    for (int64_t g = groups.first(); g < groups.last(); g += kPanelGroups) {
      const IndexRange part(g, std::min(g + kPanelGroups, groups.last()));
      for (int64_t p = 0; p < dims_.k; p += kPanelDepth) {
        const IndexRange depth(p, std::min(p + kPanelDepth, dims_.k));
        Pack(depth, part, in[1].data<float>(), panel);
        Multiply(rows, depth, part, a, panel, out[0].data<float>());
      }
    }
    return absl::OkStatus();
  }

 private:
  int64_t bands() const { return (dims_.m + kBand - 1) / kBand; }

  // Rows [first, first + kBand) of op(a), from columns of a.
  void TurnBand(int64_t first, const float* a, float* turned) const {
    const int64_t rows = std::min(kBand, dims_.m - first);
    for (int64_t p = 0; p < dims_.k; ++p) {
      const float* const from = a + p * dims_.m + first;
      for (int64_t i = 0; i < rows; ++i) turned[(first + i) * dims_.k + p] = from[i];
    }
  }

  // Of a panel: where the group begins.
  template <typename F>
  void ForEachGroup(IndexRange part, int64_t depth, float* panel, F&& f) const {
    for (const int64_t g : part) {
      const ColumnGroups::Group& group = groups_.list[static_cast<size_t>(g)];
      const int64_t lanes = group.vectors * kernels_.lanes;
      f(group, lanes, panel);
      panel += depth * lanes;
    }
  }

  // Row by row of b, which is what prefetching wants.
  void Pack(IndexRange depth, IndexRange part, const float* b, float* panel) const {
    for (const int64_t p : depth) {
      const float* const row = b + p * dims_.n;
      ForEachGroup(part, depth.size(), panel,
                   [&](const ColumnGroups::Group& group, int64_t lanes, float* packed) {
                     float* const to = packed + (p - depth.first()) * lanes;
                     std::fill(std::copy_n(row + group.first, group.columns, to), to + lanes, 0.0f);
                   });
    }
  }

  void Multiply(IndexRange rows, IndexRange depth, IndexRange part, const float* a, float* panel,
                float* product) const {
    ForEachGroup(part, depth.size(), panel,
                 [&](const ColumnGroups::Group& group, int64_t lanes, const float* packed) {
                   kernels_.products({.points = rows.size(),
                                      .rows = 1,
                                      .length = depth.size(),
                                      .in = a + rows.first() * dims_.k + depth.first(),
                                      .in_step = dims_.k,
                                      .in_row = 0,
                                      .filter = packed,
                                      .filter_row = 0,
                                      .filter_next = lanes,
                                      .filter_padded = true,
                                      .out = product + rows.first() * dims_.n + group.first,
                                      .out_step = dims_.n,
                                      .outputs = group.columns,
                                      .vectors = group.vectors,
                                      .adds = depth.first() > 0});
                 });
  }

  const MatMulDims dims_;
  const tiles::Kernels& kernels_;
  const ColumnGroups groups_;
  int64_t row_blocks_ = 1;
  int64_t column_blocks_ = 1;
};

}  // namespace

std::unique_ptr<Prepared> TiledMatMul(const MatMulDims& dims) {
  if (dims.transpose_b || dims.m < kLeastRows || dims.n < kLeastColumns || dims.k == 0) {
    return nullptr;
  }
  const tiles::Kernels* const kernels = tiles::KernelsFor(dims.n);
  if (kernels == nullptr) return nullptr;
  return std::make_unique<TiledProduct>(dims, *kernels);
}

}  // namespace sessile
