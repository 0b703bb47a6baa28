// float32 convolutions by oneDNN. The batch is cut into blocks of images; the layout of activations
// is the graph's, filters are repacked once a run.
#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "sessile/core/framework/kernel.h"
#include "sessile/kernels/conv2d_shape.h"

namespace sessile {

// Inputs and outputs are those of the three operations. UNIMPLEMENTED for what oneDNN cannot do
// well: the caller takes the plain loops.
absl::StatusOr<std::unique_ptr<Prepared>> OneDnnForward(const ConvolutionShape& conv);
absl::StatusOr<std::unique_ptr<Prepared>> OneDnnBackwardInput(const ConvolutionShape& conv);
absl::StatusOr<std::unique_ptr<Prepared>> OneDnnBackwardFilter(const ConvolutionShape& conv);

}  // namespace sessile
