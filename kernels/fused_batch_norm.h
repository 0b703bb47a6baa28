// Batch normalization together with the ReLU behind it: one pass over the elements less each way.
#pragma once

#include <memory>

#include "sessile/core/framework/kernel.h"

namespace sessile {

// The kernel of a FusedBatchNormV3 with Relu on output 0; null if `kernel` is another one.
std::shared_ptr<const Prepared> BatchNormThenRelu(const Prepared& kernel);

// The kernel of a FusedBatchNormGradV3 whose input 0 is what a ReluGrad would get: its gradients.
// One more input, the last, is the ReluGrad's features. Null if `kernel` is another one.
std::shared_ptr<const Prepared> ReluGradThenBatchNormGrad(const Prepared& kernel);

}  // namespace sessile
