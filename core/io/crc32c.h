// CRC32C (Castagnoli's polynomial, RFC 3720): the checksum of checkpoints and of record files.
//
//   uint32_t crc = Crc32c(bytes);
//   crc = ExtendCrc32c(crc, more);             // that of bytes followed by more
//   stored == MaskCrc32c(crc);
//
// Computed by the processor's own instruction where it has one, else from tables. Thread-safe.
#pragma once

#include <cstdint>
#include <string_view>

namespace sessile {

uint32_t ExtendCrc32c(uint32_t crc, std::string_view bytes);
inline uint32_t Crc32c(std::string_view bytes) { return ExtendCrc32c(0, bytes); }

// The form in which files hold a checksum: the checksum of bytes that hold their own checksum is
// of little use otherwise.
inline uint32_t MaskCrc32c(uint32_t crc) { return ((crc >> 15) | (crc << 17)) + 0xa282ead8u; }
inline uint32_t UnmaskCrc32c(uint32_t masked) {
  const uint32_t rotated = masked - 0xa282ead8u;
  return (rotated >> 17) | (rotated << 15);
}

// By tables, whatever the processor has; for tests.
uint32_t ExtendCrc32cByTables(uint32_t crc, std::string_view bytes);

}  // namespace sessile
