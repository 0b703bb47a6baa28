// PNG files (RFC 2083) of 8-bit images.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "absl/status/statusor.h"

namespace sessile {

// The bytes of a file with `pixels`, [height, width, channels] of 1 (grey), 2 (grey and alpha), 3
// (RGB) or 4 (RGBA) channels. INVALID_ARGUMENT for sizes that no such file can have.
absl::StatusOr<std::string> EncodePng(std::span<const uint8_t> pixels, int64_t height,
                                      int64_t width, int64_t channels);

}  // namespace sessile
