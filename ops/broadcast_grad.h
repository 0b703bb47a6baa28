// What the gradients of all broadcasting operations share.
#pragma once

#include <vector>

#include "sessile/core/graph/output.h"

namespace sessile {

// The gradients of operands x and y from gx and gy, which have the shape that x and y broadcast to:
// summed over the axes along which the operand was repeated, in the operand's shape. Where the
// static shapes say which axes these are no BroadcastGradientArgs is built, and nothing at all for
// an operand that was not repeated. An empty gradient stays empty.
std::vector<Output> ReduceGradients(const Output& x, const Output& y, const Output& gx,
                                    const Output& gy);

// True if all three have the same fully known shape: then there is nothing to reduce.
bool SameKnownShapes(const Output& x, const Output& y, const Output& grad);

}  // namespace sessile
