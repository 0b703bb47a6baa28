#include "sessile/core/io/npy_header.h"

#include <cctype>
#include <charconv>
#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "sessile/core/framework/shape.h"
#include "sessile/core/framework/status.h"

namespace sessile {
namespace {

constexpr std::string_view kMagic = "\x93NUMPY";
// numpy pads headers so that the elements begin at a multiple of this.
constexpr size_t kAlignment = 64;

template <typename... Parts>
absl::Status Damaged(const Parts&... parts) {
  return absl::DataLossError(absl::StrCat(parts...));
}

// Reads the few kinds of literals that stand in a header.
class Literals {
 public:
  explicit Literals(std::string_view text) : text_(text) {}

  // Skips blanks, then `token` if it is there.
  bool Take(std::string_view token) {
    SkipBlanks();
    if (!text_.starts_with(token)) return false;
    text_.remove_prefix(token.size());
    return true;
  }
  bool AtEnd() {
    SkipBlanks();
    return text_.empty();
  }
  std::optional<std::string> String() {
    SkipBlanks();
    if (text_.empty() || (text_[0] != '\'' && text_[0] != '"')) return std::nullopt;
    const size_t end = text_.find(text_[0], 1);
    if (end == std::string_view::npos) return std::nullopt;
    std::string value(text_.substr(1, end - 1));
    text_.remove_prefix(end + 1);
    return value;
  }
  std::optional<int64_t> Int() {
    SkipBlanks();
    int64_t value = 0;
    const auto [end, error] = std::from_chars(text_.data(), text_.data() + text_.size(), value);
    if (error != std::errc()) return std::nullopt;
    text_.remove_prefix(static_cast<size_t>(end - text_.data()));
    Take("L");  // Python 2
    return value;
  }

 private:
  void SkipBlanks() {
    while (!text_.empty() && std::isspace(static_cast<unsigned char>(text_[0])) != 0) {
      text_.remove_prefix(1);
    }
  }
  std::string_view text_;
};

// "<f4", "|b1", "|S12", ...
absl::Status ParseDescr(const std::string& descr, NpyHeader* header) {
  std::string_view rest = descr;
  if (!rest.empty() && std::string_view("<>|=").find(rest[0]) != std::string_view::npos) {
    header->byte_order = rest[0] == '=' ? '<' : rest[0];
    rest.remove_prefix(1);
  }
  size_t number = 0;
  const char* const end = rest.data() + rest.size();
  if (rest.empty() ||
      (rest.size() > 1 && std::from_chars(rest.data() + 1, end, number).ptr != end)) {
    return Damaged("its element type '", descr, "' is malformed");
  }
  header->kind = rest[0];
  if (header->kind == 'U' && number > SIZE_MAX / 4) return Damaged("its strings are too long");
  header->item_size = header->kind == 'U' ? 4 * number : number;
  return absl::OkStatus();
}

absl::StatusOr<std::vector<int64_t>> ParseShape(Literals& in) {
  std::vector<int64_t> shape;
  if (!in.Take("(")) return Damaged("its shape is no tuple");
  while (!in.Take(")")) {
    const std::optional<int64_t> size = in.Int();
    if (!size.has_value() || *size < 0) return Damaged("its shape is malformed");
    shape.push_back(*size);
    if (shape.size() > Shape::kMaxRank) {
      return Damaged("it has more than ", Shape::kMaxRank, " dimensions");
    }
    if (in.Take(",")) continue;
    if (!in.Take(")")) return Damaged("its shape is malformed");
    break;
  }
  return shape;
}

absl::Status ParseDict(std::string_view text, NpyHeader* header) {
  Literals in(text);
  bool descr = false, order = false, shape = false;
  if (!in.Take("{")) return Damaged("its header is no dict");
  while (!in.Take("}")) {
    const std::optional<std::string> key = in.String();
    if (!key.has_value() || !in.Take(":")) return Damaged("its header is malformed");
    if (*key == "descr") {
      const std::optional<std::string> value = in.String();
      if (!value.has_value()) {
        return Unimplemented("it holds records, which no tensor can hold");
      }
      SESSILE_RETURN_IF_ERROR(ParseDescr(*value, header));
      descr = true;
    } else if (*key == "fortran_order") {
      header->fortran_order = in.Take("True");
      order = header->fortran_order || in.Take("False");
    } else if (*key == "shape") {
      SESSILE_ASSIGN_OR_RETURN(header->shape, ParseShape(in));
      shape = true;
    } else {
      return Damaged("its header has the unknown key '", *key, "'");
    }
    in.Take(",");
  }
  if (!descr || !order || !shape || !in.AtEnd()) return Damaged("its header is malformed");
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<NpyHeader> ParseNpyHeader(std::string_view bytes) {
  if (!bytes.starts_with(kMagic) || bytes.size() < kMagic.size() + 2) {
    return Damaged("it does not begin as a .npy file does");
  }
  const int version = static_cast<unsigned char>(bytes[kMagic.size()]);
  if (version < 1 || version > 3) return Damaged("its version ", version, " is unknown");
  const size_t length_bytes = version == 1 ? 2 : 4;
  NpyHeader header;
  header.data_begin = kMagic.size() + 2 + length_bytes;
  if (bytes.size() < header.data_begin) return Damaged("it is truncated");
  size_t length = 0;
  for (size_t i = length_bytes; i-- > 0;) {
    length = length * 256 + static_cast<unsigned char>(bytes[kMagic.size() + 2 + i]);
  }
  if (length > bytes.size() - header.data_begin) return Damaged("it is truncated");
  SESSILE_RETURN_IF_ERROR(ParseDict(bytes.substr(header.data_begin, length), &header));
  header.data_begin += length;
  return header;
}

std::string SerializeNpyHeader(const NpyHeader& header) {
  std::string dict =
      absl::StrCat("{'descr': '", std::string(1, header.byte_order), std::string(1, header.kind),
                   header.item_size,
                   "', 'fortran_order': ", header.fortran_order ? "True" : "False", ", 'shape': (",
                   absl::StrJoin(header.shape, ", "), header.shape.size() == 1 ? "," : "", "), }");
  const size_t before = kMagic.size() + 4;
  const size_t end = (before + dict.size() + kAlignment) / kAlignment * kAlignment;
  dict.append(end - before - dict.size() - 1, ' ');
  dict += '\n';
  std::string bytes(kMagic);
  bytes += '\1';
  bytes += '\0';
  bytes += static_cast<char>(dict.size() % 256);
  bytes += static_cast<char>(dict.size() / 256);
  return bytes + dict;
}

}  // namespace sessile
