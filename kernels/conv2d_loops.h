// Convolutions of any type by plain loops: what oneDNN does not compute, and the float64 that tells
// how far float32 is off. Sums are kept in double, or wrap around for integers.
#pragma once

#include <memory>

#include "sessile/core/framework/kernel.h"
#include "sessile/kernels/conv2d_shape.h"

namespace sessile {

// T is float, double or int32_t. Inputs and outputs are those of the three operations.
template <typename T>
std::unique_ptr<Prepared> LoopForward(const ConvolutionShape& conv);
template <typename T>
std::unique_ptr<Prepared> LoopBackwardInput(const ConvolutionShape& conv);
template <typename T>
std::unique_ptr<Prepared> LoopBackwardFilter(const ConvolutionShape& conv);

}  // namespace sessile
