// float32 convolutions of channels-last images by loops of our own, on tiles of results in vector
// registers. A result is a sum over the taps that lie inside of the image only: nothing is spent on
// padding, and a window that covers the whole input is a matrix product on a part of the filter.
#pragma once

#include <cstdint>
#include <memory>

#include "absl/status/statusor.h"
#include "sessile/core/framework/kernel.h"
#include "sessile/kernels/blocks.h"
#include "sessile/kernels/conv2d_shape.h"

namespace sessile {

// Inputs and outputs are those of the three operations. UNIMPLEMENTED for shapes, and on machines,
// that these loops are not made for.
absl::StatusOr<std::unique_ptr<Prepared>> TiledForward(const ConvolutionShape& conv);
absl::StatusOr<std::unique_ptr<Prepared>> TiledBackwardInput(const ConvolutionShape& conv);
absl::StatusOr<std::unique_ptr<Prepared>> TiledBackwardFilter(const ConvolutionShape& conv);

// True if shapes alone let tiles compute it.
bool SuitsTiles(const ConvolutionShape& conv);

// BlocksOfWork for tiles: a block takes some ten microseconds, and 2 or 4 threads have the same
// number of them.
int64_t TiledBlocks(int64_t items, double work_per_item, int64_t most = kMaxBlocks);

}  // namespace sessile
