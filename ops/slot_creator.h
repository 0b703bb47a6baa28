// The variables that an optimizer or a moving average keeps for another variable.
#pragma once

#include <string_view>

#include "sessile/ops/variable.h"

namespace sessile {

// A variable "PRIMARY/NAME", made unique, of zeros in the shape and dtype of `primary`. It is not
// trained, and is placed with `primary`.
Variable CreateZerosSlot(const Variable& primary, std::string_view name);

}  // namespace sessile
