// The variables that an optimizer or a moving average keeps for another variable.
#pragma once

#include <string_view>

#include "sessile/ops/initializers.h"
#include "sessile/ops/variable.h"

namespace sessile {

// A variable "PRIMARY/NAME", made unique, in the shape and dtype of `primary` (of `initial`, if
// that is a tensor). It is not trained, and is placed with `primary`.
Variable CreateSlot(const Variable& primary, const Initializer& initial, std::string_view name);
// The same, of zeros.
Variable CreateZerosSlot(const Variable& primary, std::string_view name);

}  // namespace sessile
