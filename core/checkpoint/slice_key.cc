// The key under which a part of a tensor is stored: numbers and texts written so that the order of
// the bytes is the order of what they stand for ("ordered code"):
//   0, name, rank, and for each dimension start and length (-1: all of it)
//
// A number without a sign is its length in bytes, then its bytes, the highest first. A text has its
// bytes 0 and 255 followed by 255 and 0, and ends with 0 1. A number with a sign takes n bytes if
// it fits into 7n bits, sign included; of these 7n bits the lowest ones fill the bytes from behind,
// and the bits left in front, n of them, are ones (zeros for a negative number) and then a zero
// (one).

#include <array>
#include <bit>

#include "sessile/core/checkpoint/tensor_slice.h"

namespace sessile {
namespace {

void AppendUnsigned(uint64_t value, std::string* to) {
  const int bytes = (std::bit_width(value) + 7) / 8;
  *to += static_cast<char>(bytes);
  for (int i = bytes - 1; i >= 0; --i) *to += static_cast<char>(value >> (8 * i));
}

void AppendText(std::string_view text, std::string* to) {
  for (const char c : text) {
    *to += c;
    if (c == '\0') *to += '\xff';
    if (c == '\xff') *to += '\0';
  }
  *to += '\0';
  *to += '\1';
}

void AppendSigned(int64_t value, std::string* to) {
  const uint64_t bits = static_cast<uint64_t>(value);
  const int length = std::bit_width(value < 0 ? ~bits : bits) / 7 + 1;
  // Ten bytes hold 70 bits, so there are two bytes before the number's own eight.
  std::array<unsigned char, 10> bytes{};
  for (size_t i = 0; i < 2; ++i) bytes[i] = value < 0 ? 0xff : 0;
  for (size_t i = 0; i < 8; ++i) bytes[i + 2] = static_cast<unsigned char>(bits >> (56 - 8 * i));
  const size_t begin = bytes.size() - static_cast<size_t>(length);
  // `length` ones in front, over the number's own bits, which are copies of its sign there.
  for (int i = 0; i < length; ++i) {
    bytes[begin + static_cast<size_t>(i / 8)] ^= static_cast<unsigned char>(0x80 >> (i % 8));
  }
  to->append(reinterpret_cast<const char*>(bytes.data()) + begin, static_cast<size_t>(length));
}

}  // namespace

std::string TensorSlice::KeyOf(std::string_view name) const {
  std::string key;
  AppendUnsigned(0, &key);
  AppendText(name, &key);
  AppendUnsigned(extents_.size(), &key);
  for (const Extent& extent : extents_) {
    AppendSigned(extent.start, &key);
    AppendSigned(extent.length, &key);
  }
  return key;
}

}  // namespace sessile
