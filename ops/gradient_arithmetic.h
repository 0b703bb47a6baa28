// Python's arithmetic operators as gradient functions use them: `x * y` makes a node "mul", where
// multiply(x, y) makes "Mul". A number in front of an operator is a Const "mul/x" of the other
// operand's dtype.
#pragma once

#include "sessile/core/graph/output.h"
#include "sessile/ops/input.h"

namespace sessile::py {

Output Add(Input x, Input y);       // x + y
Output Sub(Input x, Input y);       // x - y
Output Mul(Input x, Input y);       // x * y
Output TrueDiv(Input x, Input y);   // x / y
Output FloorDiv(Input x, Input y);  // x // y
Output Mod(Input x, Input y);       // x % y

}  // namespace sessile::py
