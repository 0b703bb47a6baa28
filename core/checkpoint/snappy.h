// Snappy's block format, to read: TensorFlow's version 1 checkpoints are compressed so, and an
// index may be.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace sessile {

// DATA_LOSS for bytes that are no such block. Takes at most 22 times the memory of `compressed`,
// which is as far as the format can compress.
absl::StatusOr<std::string> DecompressSnappy(std::string_view compressed);

}  // namespace sessile
