// What reader and writer of tables agree on.
#pragma once

#include <cstddef>
#include <cstdint>

namespace sessile {

inline constexpr size_t kTableBlockTrailer = 5;  // compression, checksum
inline constexpr size_t kTableFooter = 48;
inline constexpr uint32_t kTableMagicLow = 0x8b80fb57u;
inline constexpr uint32_t kTableMagicHigh = 0xdb477524u;
inline constexpr char kTableUncompressed = 0;
inline constexpr char kTableSnappy = 1;

}  // namespace sessile
