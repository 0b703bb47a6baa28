// What layers over images check and translate alike. Not part of the public API.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sessile/ops/int_list.h"

namespace sessile::layers {

// All throw errors::InvalidArgumentError.

// Height and width of a parameter that may be one number for both; each is above zero.
std::vector<int64_t> HeightAndWidth(const IntList& list, const char* name);
// "SAME" or "VALID", from any case.
std::string OpPadding(const std::string& padding);
// "NHWC" for "channels_last", "NCHW" for "channels_first".
std::string OpDataFormat(const std::string& data_format);

}  // namespace sessile::layers
