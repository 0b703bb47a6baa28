#include "sessile/tools/sessile/feed_argument.h"

#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/io/npy.h"

namespace {

using sessile::FeedValue;
using sessile::InvalidArgument;
using sessile::Tensor;

constexpr int kMostNesting = 32;

class LiteralParser {
 public:
  explicit LiteralParser(const std::string& text) : text_(text) {}

  absl::StatusOr<FeedValue> Parse() {
    absl::StatusOr<FeedValue> value = Value(0);
    SkipBlanks();
    if (value.ok() && at_ != text_.size()) return Wrong("expected the end");
    return value;
  }

 private:
  absl::StatusOr<FeedValue> Value(int depth) {
    SkipBlanks();
    if (at_ < text_.size() && text_[at_] == '[') return List(depth);
    if (at_ < text_.size() && (text_[at_] == '\'' || text_[at_] == '"')) return Quoted();
    const size_t end = depth == 0 ? text_.size() : text_.find_first_of(",]", at_);
    if (end == std::string::npos) return Wrong("expected ']'");
    const std::string word(absl::StripAsciiWhitespace(text_.substr(at_, end - at_)));
    if (word.empty()) return Wrong("expected a value");
    at_ = end;
    return Word(word);
  }

  static FeedValue Word(const std::string& word) {
    int64_t integer = 0;
    double number = 0;
    if (word == "true" || word == "True") return FeedValue(true);
    if (word == "false" || word == "False") return FeedValue(false);
    if (absl::SimpleAtoi(word, &integer)) return FeedValue(integer);
    if (absl::SimpleAtod(word, &number)) return FeedValue(number);
    return FeedValue(word);
  }

  absl::StatusOr<FeedValue> Quoted() {
    const size_t end = text_.find(text_[at_], at_ + 1);
    if (end == std::string::npos) return Wrong("expected the closing quote");
    const std::string inside = text_.substr(at_ + 1, end - at_ - 1);
    at_ = end + 1;
    return FeedValue(inside);
  }

  absl::StatusOr<FeedValue> List(int depth) {
    if (depth == kMostNesting) return Wrong("lists are nested too deep");
    std::vector<FeedValue> items;
    ++at_;
    SkipBlanks();
    if (at_ < text_.size() && text_[at_] == ']')
      ++at_;
    else {
      while (true) {
        SESSILE_ASSIGN_OR_RETURN(FeedValue item, Value(depth + 1));
        items.push_back(std::move(item));
        SkipBlanks();
        const char next = at_ < text_.size() ? text_[at_] : '\0';
        if (next != ',' && next != ']') return Wrong("expected ',' or ']'");
        ++at_;
        if (next == ']') break;
      }
    }
    return FeedValue(items);
  }

  void SkipBlanks() {
    while (at_ < text_.size() && absl::ascii_isspace(static_cast<unsigned char>(text_[at_]))) ++at_;
  }
  absl::Status Wrong(const char* what) const {
    return InvalidArgument("malformed value '", text_, "': ", what, " at character ", at_ + 1);
  }

  const std::string& text_;
  size_t at_ = 0;
};

// numpy has no bfloat16 and no quantized numbers: their bits come as integers of the same size.
bool IsStoredAsBits(sessile::DataType type) {
  return type == sessile::bfloat16 ||
         (IsNumeric(type) && !IsFloating(type) && !IsInteger(type) && !IsComplex(type));
}

}  // namespace

std::string TensorNameOf(const std::string& name) {
  return name.find(':') == std::string::npos ? name + ":0" : name;
}

absl::StatusOr<FeedValue> ParseLiteral(const std::string& text) {
  return LiteralParser(text).Parse();
}

absl::StatusOr<Tensor> ReadArrayFor(const sessile::Graph& graph, const std::string& name,
                                    const std::string& path) {
  const sessile::DataType type = BaseType(graph.get_tensor_by_name(name).dtype());
  SESSILE_ASSIGN_OR_RETURN(Tensor array, sessile::ReadNpy(path));
  if (array.dtype() == type) return array;
  if (IsStoredAsBits(type) && IsInteger(array.dtype()) &&
      DataTypeSize(array.dtype()) == DataTypeSize(type)) {
    return Tensor::OfBuffer(type, array.shape(), array.buffer());
  }
  absl::StatusOr<Tensor> converted = sessile::ConvertElements(array, type);
  return converted.ok()
             ? converted
             : sessile::WithSuffix(converted.status(), absl::StrCat(" (feed of '", name, "')"));
}

absl::StatusOr<NameAndText> SplitFeed(const std::string& argument, const std::string& flag,
                                      const std::string& value) {
  const size_t equals = argument.find('=');
  if (equals == std::string::npos || equals == 0) {
    return InvalidArgument(flag, ": expected NAME=", value, ", got '", argument, "'");
  }
  return NameAndText{argument.substr(0, equals), argument.substr(equals + 1)};
}

absl::StatusOr<FeedValue> ParseFeed(const sessile::Graph& graph, const std::string& name,
                                    const std::string& text) {
  if (!text.ends_with(".npy")) return ParseLiteral(text);
  SESSILE_ASSIGN_OR_RETURN(Tensor array, ReadArrayFor(graph, name, text));
  return FeedValue(std::move(array));
}
