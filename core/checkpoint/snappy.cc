// A block is the length of what it holds, as a varint, and then elements. The two low bits of an
// element's first byte tell its kind:
//   0  a literal of (byte >> 2) + 1 bytes; from 60 on, 1 to 4 bytes with the length less 1 follow
//   1  a copy of 4 to 11 bytes from an offset of 11 bits
//   2  a copy of 1 to 64 bytes from an offset of 2 bytes
//   3  the same with an offset of 4 bytes
// An offset counts backwards from the end of what is written. A copy may overlap what it writes.

#include "sessile/core/checkpoint/snappy.h"

#include <cstdint>

#include "sessile/core/checkpoint/varint.h"
#include "sessile/core/framework/status.h"

namespace sessile {
namespace {

constexpr uint64_t kMostExpansion = 22;  // 64 bytes for 3

class SnappyDecoder {
 public:
  explicit SnappyDecoder(std::string_view compressed) : in_(compressed) {}

  absl::StatusOr<std::string> Decode() {
    uint64_t length = 0;
    if (!ReadVarint(&in_, &length)) return Damaged("its length is damaged");
    if (length / kMostExpansion > in_.size()) return Damaged("it claims to hold too much");
    length_ = static_cast<size_t>(length);
    out_.reserve(length_);
    while (!in_.empty()) {
      if (!Element()) return Damaged("an element is damaged");
    }
    if (out_.size() != length_) return Damaged("it does not hold as much as it claims");
    return std::move(out_);
  }

 private:
  static absl::Status Damaged(const char* what) {
    return absl::DataLossError(absl::StrCat("a block compressed by snappy is damaged: ", what));
  }

  // A number of `bytes` bytes, the lowest first.
  bool Number(size_t bytes, size_t* value) {
    if (in_.size() < bytes) return false;
    *value = 0;
    for (size_t i = 0; i < bytes; ++i) {
      *value |= size_t{static_cast<unsigned char>(in_[i])} << (8 * i);
    }
    in_.remove_prefix(bytes);
    return true;
  }

  bool Element() {
    size_t tag = 0;
    size_t more = 0;
    if (!Number(1, &tag)) return false;
    switch (tag & 3) {
      case 0: {
        size_t size = tag >> 2;
        if (size >= 60 && !Number(size - 59, &size)) return false;
        return Literal(size + 1);
      }
      case 1:
        return Number(1, &more) && Copy(((tag >> 2) & 7) + 4, (tag >> 5) << 8 | more);
      case 2:
        return Number(2, &more) && Copy((tag >> 2) + 1, more);
      default:
        return Number(4, &more) && Copy((tag >> 2) + 1, more);
    }
  }

  bool Literal(size_t size) {
    if (size > in_.size() || size > length_ - out_.size()) return false;
    out_ += in_.substr(0, size);
    in_.remove_prefix(size);
    return true;
  }

  bool Copy(size_t size, size_t offset) {
    if (offset == 0 || offset > out_.size() || size > length_ - out_.size()) return false;
    for (size_t i = 0; i < size; ++i) out_ += out_[out_.size() - offset];
    return true;
  }

  std::string_view in_;
  std::string out_;
  size_t length_ = 0;
};

}  // namespace

absl::StatusOr<std::string> DecompressSnappy(std::string_view compressed) {
  return SnappyDecoder(compressed).Decode();
}

}  // namespace sessile
