#include "sessile/core/framework/op_spec.h"

#include <cctype>
#include <string>
#include <utility>

#include "absl/strings/numbers.h"
#include "sessile/core/framework/status.h"

namespace sessile {
namespace {

// Reads a specification from left to right. Blanks between tokens do not count.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}

  bool Done() {
    SkipBlanks();
    return rest_.empty();
  }
  // Takes `token` if it comes next.
  bool Take(std::string_view token) {
    SkipBlanks();
    if (!rest_.starts_with(token)) return false;
    rest_.remove_prefix(token.size());
    return true;
  }
  absl::Status Expect(std::string_view token) {
    if (Take(token)) return absl::OkStatus();
    return Expected(absl::StrCat("'", std::string(token), "'"));
  }
  absl::Status Expected(std::string_view what) {
    SkipBlanks();
    return InvalidArgument("expected ", std::string(what), " at \"", std::string(rest_), "\"");
  }
  absl::StatusOr<std::string> Identifier() {
    return Word("a name", [](char c) { return std::isalnum(c) || c == '_' || c == '.'; });
  }
  absl::StatusOr<std::string> Number() {
    return Word("a number",
                [](char c) { return std::isalnum(c) || c == '+' || c == '-' || c == '.'; });
  }
  absl::StatusOr<std::string> Quoted() {
    SkipBlanks();
    const char quote = rest_.empty() ? '\0' : rest_.front();
    const size_t end = quote == '\'' || quote == '"' ? rest_.find(quote, 1) : rest_.npos;
    if (end == rest_.npos) return Expected("a quoted string");
    std::string text(rest_.substr(1, end - 1));
    rest_.remove_prefix(end + 1);
    return text;
  }

 private:
  void SkipBlanks() {
    while (!rest_.empty() && std::isspace(static_cast<unsigned char>(rest_.front()))) {
      rest_.remove_prefix(1);
    }
  }
  template <typename F>
  absl::StatusOr<std::string> Word(std::string_view what, F belongs) {
    SkipBlanks();
    size_t n = 0;
    while (n < rest_.size() && belongs(rest_[n])) ++n;
    if (n == 0) return Expected(what);
    std::string word(rest_.substr(0, n));
    rest_.remove_prefix(n);
    return word;
  }
  std::string_view rest_;
};

absl::StatusOr<std::string> NameAndColon(Scanner& in) {
  SESSILE_ASSIGN_OR_RETURN(std::string name, in.Identifier());
  SESSILE_RETURN_IF_ERROR(in.Expect(":"));
  return name;
}

// "float", "int32" or DT_FLOAT.
absl::StatusOr<DataType> ParseType(Scanner& in) {
  SESSILE_ASSIGN_OR_RETURN(std::string name, in.Identifier());
  if (name.starts_with("DT_")) {
    name.erase(0, 3);
    for (char& c : name) c = static_cast<char>(std::tolower(c));
  }
  const std::optional<DataType> type = DataTypeFromName(name);
  if (!type.has_value()) return InvalidArgument("'", name, "' is no type");
  return *type;
}

// A type, or the types of a class: "{realnumbertype, qint8}".
absl::Status ParseAllowedType(Scanner& in, std::vector<DataType>* types) {
  Scanner rest = in;
  SESSILE_ASSIGN_OR_RETURN(const std::string name, rest.Identifier());
  const std::vector<DataType> of_class = TypesOfClass(name);
  if (!of_class.empty()) {
    in = rest;
    types->insert(types->end(), of_class.begin(), of_class.end());
    return absl::OkStatus();
  }
  SESSILE_ASSIGN_OR_RETURN(const DataType type, ParseType(in));
  types->push_back(type);
  return absl::OkStatus();
}

absl::StatusOr<int64_t> ParseInt(Scanner& in) {
  SESSILE_ASSIGN_OR_RETURN(const std::string text, in.Number());
  int64_t value;
  if (!absl::SimpleAtoi(text, &value)) return InvalidArgument("'", text, "' is no integer");
  return value;
}

// The part after the equals sign for a shape: "{}", "{ unknown_rank: true }" or "[?,3]".
absl::StatusOr<Shape> ParseShape(Scanner& in) {
  if (in.Take("{")) {
    if (in.Take("}")) return Shape();
    for (const char* token : {"unknown_rank", ":", "true", "}"}) {
      SESSILE_RETURN_IF_ERROR(in.Expect(token));
    }
    return Shape::Unknown();
  }
  SESSILE_RETURN_IF_ERROR(in.Expect("["));
  std::vector<int64_t> dims;
  while (!in.Take("]")) {
    if (!dims.empty()) SESSILE_RETURN_IF_ERROR(in.Expect(","));
    if (in.Take("?")) {
      dims.push_back(Shape::kUnknownDim);
    } else {
      SESSILE_ASSIGN_OR_RETURN(const int64_t dim, ParseInt(in));
      dims.push_back(dim);
    }
  }
  return Shape::FromDims(dims);
}

// One value of an attribute that is no list.
absl::StatusOr<AttrValue> ParseValue(Scanner& in, const std::string& type) {
  if (type == "string") {
    SESSILE_ASSIGN_OR_RETURN(std::string text, in.Quoted());
    return AttrValue(std::move(text));
  }
  if (type == "int") {
    SESSILE_ASSIGN_OR_RETURN(const int64_t value, ParseInt(in));
    return AttrValue(value);
  }
  if (type == "float") {
    SESSILE_ASSIGN_OR_RETURN(const std::string text, in.Number());
    float value;
    if (!absl::SimpleAtof(text, &value)) return InvalidArgument("'", text, "' is no number");
    return AttrValue(value);
  }
  if (type == "bool") {
    if (in.Take("true")) return AttrValue(true);
    if (in.Take("false")) return AttrValue(false);
    return in.Expected("true or false");
  }
  if (type == "type") {
    SESSILE_ASSIGN_OR_RETURN(const DataType value, ParseType(in));
    return AttrValue(value);
  }
  if (type == "shape") {
    SESSILE_ASSIGN_OR_RETURN(Shape value, ParseShape(in));
    return AttrValue(std::move(value));
  }
  return InvalidArgument("a default value for type '", type, "' is not supported");
}

void AppendTo(AttrList& list, const AttrValue& value) {
  if (const auto* text = value.get_if<std::string>()) list.strings.push_back(*text);
  if (const auto* number = value.get_if<int64_t>()) list.ints.push_back(*number);
  if (const auto* number = value.get_if<float>()) list.floats.push_back(*number);
  if (const auto* flag = value.get_if<bool>()) list.bools.push_back(*flag);
  if (const auto* type = value.get_if<DataType>()) list.types.push_back(*type);
  if (const auto* shape = value.get_if<Shape>()) list.shapes.push_back(*shape);
}

absl::StatusOr<AttrValue> ParseDefault(Scanner& in, const AttrDef& attr, const std::string& item) {
  if (attr.type == item) return ParseValue(in, item);
  SESSILE_RETURN_IF_ERROR(in.Expect("["));
  AttrList list;
  while (!in.Take("]")) {
    if (list.size() > 0) SESSILE_RETURN_IF_ERROR(in.Expect(","));
    SESSILE_ASSIGN_OR_RETURN(const AttrValue value, ParseValue(in, item));
    AppendTo(list, value);
  }
  return AttrValue(std::move(list));
}

// "int", "numbertype", "{float, double}", "{'SAME', 'VALID'}": the type of one item, with the
// values that it may have.
absl::StatusOr<std::string> ParseItemType(Scanner& in, AttrDef& attr) {
  if (!in.Take("{")) {
    SESSILE_ASSIGN_OR_RETURN(const std::string word, in.Identifier());
    attr.allowed_types = TypesOfClass(word);
    if (!attr.allowed_types.empty()) return std::string("type");
    for (const char* known :
         {"string", "int", "float", "bool", "type", "shape", "tensor", "func"}) {
      if (word == known) return word;
    }
    return InvalidArgument("'", word, "' is no attribute type");
  }
  std::string type;
  do {
    absl::StatusOr<std::string> text = in.Quoted();
    if (text.ok()) {
      attr.allowed_strings.push_back(*std::move(text));
    } else {
      SESSILE_RETURN_IF_ERROR(ParseAllowedType(in, &attr.allowed_types));
    }
  } while (in.Take(","));
  SESSILE_RETURN_IF_ERROR(in.Expect("}"));
  if (!attr.allowed_types.empty() && !attr.allowed_strings.empty()) {
    return InvalidArgument("types and strings are mixed");
  }
  return std::string(attr.allowed_types.empty() ? "string" : "type");
}

}  // namespace

std::vector<DataType> TypesOfClass(std::string_view name) {
  std::vector<DataType> types = {float32, float64, int32, uint8, int16, int8};
  if (name == "realnumbertype") {
    types.insert(types.end(), {int64, bfloat16, uint16, float16, uint32, uint64});
  } else if (name == "numbertype") {
    types.insert(types.end(), {complex64, int64, qint8, quint8, qint32, bfloat16, qint16, quint16,
                               uint16, complex128, float16, uint32, uint64});
  } else if (name == "quantizedtype") {
    types = {qint8, quint8, qint32, qint16, quint16};
  } else {
    types.clear();
  }
  return types;
}

absl::StatusOr<ArgDef> ParseArgSpec(std::string_view spec) {
  Scanner in(spec);
  ArgDef arg;
  SESSILE_ASSIGN_OR_RETURN(arg.name, NameAndColon(in));
  arg.is_ref = in.Take("Ref(");
  SESSILE_ASSIGN_OR_RETURN(std::string word, in.Identifier());
  if (in.Take("*")) {
    arg.number_attr = std::move(word);
    SESSILE_ASSIGN_OR_RETURN(word, in.Identifier());
  }
  if (arg.is_ref) SESSILE_RETURN_IF_ERROR(in.Expect(")"));
  if (!in.Done()) return in.Expected("the end");
  const std::optional<DataType> type = DataTypeFromName(word);
  if (type.has_value()) {
    arg.type = *type;
  } else {
    arg.type_attr = std::move(word);
  }
  return arg;
}

absl::StatusOr<AttrDef> ParseAttrSpec(std::string_view spec) {
  Scanner in(spec);
  AttrDef attr;
  SESSILE_ASSIGN_OR_RETURN(attr.name, NameAndColon(in));
  const bool is_list = in.Take("list(");
  SESSILE_ASSIGN_OR_RETURN(const std::string item, ParseItemType(in, attr));
  if (is_list) SESSILE_RETURN_IF_ERROR(in.Expect(")"));
  attr.type = is_list ? absl::StrCat("list(", item, ")") : item;
  if (in.Take(">=")) {
    SESSILE_ASSIGN_OR_RETURN(attr.minimum, ParseInt(in));
  }
  if (in.Take("=")) {
    SESSILE_ASSIGN_OR_RETURN(attr.default_value, ParseDefault(in, attr, item));
  }
  if (!in.Done()) return in.Expected("the end");
  return attr;
}

}  // namespace sessile
