// Numbers as checkpoint files hold them: of fixed size, the lowest byte first, or as varints, seven
// bits a byte, the lowest first, the high bit set in all bytes but the last.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace sessile {

inline void AppendFixed32(uint32_t value, std::string* to) {
  for (int i = 0; i < 4; ++i) *to += static_cast<char>(value >> (8 * i));
}

// REQUIRES: bytes.size() >= 4.
inline uint32_t LoadFixed32(std::string_view bytes) {
  uint32_t value = 0;
  for (size_t i = 0; i < 4; ++i) {
    value |= uint32_t{static_cast<unsigned char>(bytes[i])} << (8 * i);
  }
  return value;
}

inline void AppendVarint(uint64_t value, std::string* to) {
  for (; value >= 0x80; value >>= 7) *to += static_cast<char>(value | 0x80);
  *to += static_cast<char>(value);
}

// Takes a number from the front of *from. False if there is none that fits.
inline bool ReadVarint(std::string_view* from, uint64_t* value) {
  *value = 0;
  for (size_t i = 0; i < 10 && i < from->size(); ++i) {
    const uint64_t byte = static_cast<unsigned char>((*from)[i]);
    if (i == 9 && byte > 1) return false;  // more than 64 bits
    *value |= (byte & 0x7f) << (7 * i);
    if (byte < 0x80) {
      from->remove_prefix(i + 1);
      return true;
    }
  }
  return false;
}

}  // namespace sessile
