// An elementwise chain, with the sums of columns that it ends in, as one kernel.
#pragma once

#include <memory>

#include "sessile/core/framework/kernel.h"
#include "sessile/kernels/fused/chain.h"

namespace sessile {

// REQUIRES: at most kMaxOperands operands a map. Null if the chain needs too many arrays at a time.
std::shared_ptr<const Prepared> MakeElementwise(ElementwiseChain chain);

// The chain of such a kernel, whose inputs and outputs are the chain's; null of any other one.
const ElementwiseChain* ChainOfKernel(const Prepared& kernel);

}  // namespace sessile
