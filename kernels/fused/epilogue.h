// A kernel that writes ranges, and an elementwise chain behind it, as one kernel: while what a
// block of the first one has made is in the cache, the chain goes on with it.
#pragma once

#include <memory>

#include "sessile/core/framework/kernel.h"
#include "sessile/kernels/fused/chain.h"

namespace sessile {

// The inputs are those of `producer`, which has `num_inputs`, then those of the chain. The outputs
// are the chain's; `*keeps_product` tells whether one more, the last, is the producer's: it need
// not be if a matrix of the chain can take its place and nobody else wants it (`is_wanted`).
//
// REQUIRES: `producer` is a WritesRanges, and its ranges are whole rows of the chain. Null if the
// chain needs too many arrays at a time.
std::shared_ptr<const Prepared> MakeEpilogue(std::shared_ptr<const Prepared> producer,
                                             int num_inputs, ElementwiseChain chain, bool is_wanted,
                                             bool* keeps_product);

}  // namespace sessile
