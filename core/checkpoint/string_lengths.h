// What reader and writer of tensors of strings agree on.
#pragma once

#include <cstdint>
#include <limits>
#include <string>

#include "sessile/core/checkpoint/varint.h"
#include "sessile/core/io/crc32c.h"

namespace sessile {

// The checksum of the lengths of strings counts each as 4 bytes, or 8 where 4 do not hold it.
inline uint32_t ExtendCrcOfLength(uint32_t crc, uint64_t length) {
  std::string bytes;
  AppendFixed32(static_cast<uint32_t>(length), &bytes);
  if (length > std::numeric_limits<uint32_t>::max()) {
    AppendFixed32(static_cast<uint32_t>(length >> 32), &bytes);
  }
  return ExtendCrc32c(crc, bytes);
}

}  // namespace sessile
