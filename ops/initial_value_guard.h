// Initial values that are made from other variables.
#pragma once

#include <string>

#include "sessile/core/graph/output.h"

namespace sessile {

// `initial`, or where it depends on variables a copy of the nodes in between that reads their
// initialized values instead: so that all variables can be initialized in one run, in any order.
// The copies have the names of the nodes, an underscore and `variable`, as TensorFlow's.
Output GuardInitialValue(const Output& initial, const std::string& variable);

}  // namespace sessile
