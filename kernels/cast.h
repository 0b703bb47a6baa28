// Conversions between the element types.
#pragma once

#include <cstdint>

#include "sessile/core/framework/data_type.h"

namespace sessile {

// Converts the elements from `first` to before `last` of arrays that begin at x and y.
using Converter = void (*)(const void* x, void* y, int64_t first, int64_t last);

// Null if there is none.
Converter FindConverter(DataType from, DataType to);

}  // namespace sessile
