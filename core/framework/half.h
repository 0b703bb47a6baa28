// The 16-bit floating-point types as numbers. Conversions to them round to the nearest value, ties
// to even; what is too large becomes an infinity, and a NaN stays one.
#pragma once

#include "sessile/core/framework/data_type.h"

namespace sessile {

Half ToHalf(double value);
double ToDouble(Half value);
// Through float, as TensorFlow converts.
BFloat16 ToBFloat16(double value);
double ToDouble(BFloat16 value);

}  // namespace sessile
