// The sizes of a convolution and of its two gradients, from a node's attributes and the shapes of
// its inputs, checked.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "sessile/core/framework/kernel.h"
#include "sessile/core/framework/shape.h"
#include "sessile/kernels/onednn.h"

namespace sessile {

using onednn::ConvolutionShape;

// Shape of the images that go in and come out, in the node's data format.
Shape InputShape(const ConvolutionShape& conv);
Shape OutputShape(const ConvolutionShape& conv);
Shape FilterShape(const ConvolutionShape& conv);
// Multiplications for one image.
double WorkPerImage(const ConvolutionShape& conv);
// What storing results takes, in multiplications: as much as a sum of few terms.
double WorkOfStoring(int64_t results);
// False if a size is 0: then sums are empty.
bool HasWork(const ConvolutionShape& conv);
// Sizes for which oneDNN's code is made: there is work, everything fits into 32 bits, and no window
// lies wholly in the padding.
bool IsOrdinary(const ConvolutionShape& conv);

absl::StatusOr<ConvolutionShape> ForwardShape(const PrepareContext& ctx);
// `input` is what input_sizes says; two numbers are height and width.
absl::StatusOr<ConvolutionShape> BackwardInputShape(const PrepareContext& ctx);
absl::StatusOr<ConvolutionShape> BackwardFilterShape(const PrepareContext& ctx);

}  // namespace sessile
