#include "sessile/core/framework/op_def.h"

#include <algorithm>
#include <cctype>

#include "absl/strings/escaping.h"
#include "absl/strings/str_join.h"
#include "sessile/core/framework/status.h"

namespace sessile {
namespace {

std::string Quoted(const std::string& text) {
  return absl::StrCat("\"", absl::CEscape(text), "\"");
}

// "DT_FLOAT", as TensorFlow's summaries name types.
std::string EnumName(DataType type) {
  std::string name = "DT_" + DataTypeName(type);
  for (char& c : name) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return name;
}

std::string JoinTypes(const std::vector<DataType>& types, std::string (*name)(DataType)) {
  return absl::StrJoin(
      types, ", ", [name](std::string* out, DataType type) { absl::StrAppend(out, name(type)); });
}

std::string JoinStrings(const std::vector<std::string>& strings) {
  return absl::StrJoin(strings, ", ", [](std::string* out, const std::string& text) {
    absl::StrAppend(out, Quoted(text));
  });
}

std::string SummarizeValue(const AttrValue& value) {
  if (const auto* text = value.get_if<std::string>()) return Quoted(*text);
  if (const auto* type = value.get_if<DataType>()) return EnumName(*type);
  if (const auto* list = value.get_if<AttrList>()) {
    if (!list->strings.empty()) return absl::StrCat("[", JoinStrings(list->strings), "]");
    if (!list->types.empty()) return absl::StrCat("[", JoinTypes(list->types, EnumName), "]");
  }
  return value.ToString();
}

std::string SummarizeArgs(const std::vector<ArgDef>& args) {
  return absl::StrJoin(args, ", ", [](std::string* out, const ArgDef& arg) {
    absl::StrAppend(out, arg.name, ":", arg.is_ref ? "Ref(" : "");
    if (!arg.number_attr.empty()) absl::StrAppend(out, arg.number_attr, "*");
    if (arg.type != DataType::kInvalid) {
      absl::StrAppend(out, DataTypeName(arg.type));
    } else {
      absl::StrAppend(out, arg.type_attr, arg.type_list_attr);
    }
    absl::StrAppend(out, arg.is_ref ? ")" : "");
  });
}

std::string SummarizeAttr(const AttrDef& attr) {
  std::string text = absl::StrCat("; attr=", attr.name, ":", attr.type);
  if (attr.default_value.has_value()) {
    absl::StrAppend(&text, ",default=", SummarizeValue(*attr.default_value));
  }
  if (attr.minimum.has_value()) absl::StrAppend(&text, ",min=", *attr.minimum);
  if (!attr.allowed_types.empty()) {
    absl::StrAppend(&text, ",allowed=[", JoinTypes(attr.allowed_types, EnumName), "]");
  }
  if (!attr.allowed_strings.empty()) {
    absl::StrAppend(&text, ",allowed=[", JoinStrings(attr.allowed_strings), "]");
  }
  return text;
}

// What a list holds, as "list(int)"; an empty one may be of any type.
std::string TypeOf(const AttrValue& value) {
  const auto* list = value.get_if<AttrList>();
  if (list == nullptr) return std::string(value.TypeName());
  const char* item = !list->strings.empty()   ? "string"
                     : !list->ints.empty()    ? "int"
                     : !list->floats.empty()  ? "float"
                     : !list->bools.empty()   ? "bool"
                     : !list->types.empty()   ? "type"
                     : !list->shapes.empty()  ? "shape"
                     : !list->tensors.empty() ? "tensor"
                                              : "func";
  return absl::StrCat("list(", item, ")");
}

absl::Status CheckType(const AttrDef& attr, const AttrValue& value) {
  const auto* list = value.get_if<AttrList>();
  const bool fits = list != nullptr && list->size() == 0 ? attr.type.starts_with("list(")
                                                         : TypeOf(value) == attr.type;
  if (!fits) {
    return InvalidArgument("AttrValue had value with type '", TypeOf(value), "' when '", attr.type,
                           "' expected\n\t for attr '", attr.name, "'");
  }
  // A known type is one that this program can name.
  const auto known = [](DataType type) { return IsKnown(type); };
  const auto* type = value.get_if<DataType>();
  if ((type != nullptr && !known(*type)) ||
      (list != nullptr && !std::all_of(list->types.begin(), list->types.end(), known))) {
    return InvalidArgument("AttrValue has invalid DataType\n\t for attr '", attr.name, "'");
  }
  return absl::OkStatus();
}

absl::Status CheckMinimum(const AttrDef& attr, const AttrValue& value) {
  if (!attr.minimum.has_value()) return absl::OkStatus();
  if (const auto* number = value.get_if<int64_t>()) {
    if (*number >= *attr.minimum) return absl::OkStatus();
    return InvalidArgument("Value for attr '", attr.name, "' of ", *number,
                           " must be at least minimum ", *attr.minimum);
  }
  const auto* list = value.get_if<AttrList>();
  if (list == nullptr || static_cast<int64_t>(list->size()) >= *attr.minimum) {
    return absl::OkStatus();
  }
  return InvalidArgument("Length for attr '", attr.name, "' of ", list->size(),
                         " must be at least minimum ", *attr.minimum);
}

absl::Status CheckAllowed(const AttrDef& attr, const AttrValue& value) {
  std::vector<DataType> types;
  std::vector<std::string> strings;
  if (const auto* list = value.get_if<AttrList>()) {
    types = list->types;
    strings = list->strings;
  }
  if (const auto* type = value.get_if<DataType>()) types = {*type};
  if (const auto* text = value.get_if<std::string>()) strings = {*text};
  const auto contains = [](const auto& all, const auto& one) {
    return all.empty() || std::find(all.begin(), all.end(), one) != all.end();
  };
  for (const DataType type : types) {
    if (contains(attr.allowed_types, type)) continue;
    return InvalidArgument(
        "Value for attr '", attr.name, "' of ", DataTypeName(type),
        " is not in the list of allowed values: ", JoinTypes(attr.allowed_types, DataTypeName));
  }
  for (const std::string& text : strings) {
    if (contains(attr.allowed_strings, text)) continue;
    return InvalidArgument(
        "Value for attr '", attr.name, "' of ", Quoted(text),
        " is not in the list of allowed values: ", JoinStrings(attr.allowed_strings));
  }
  return absl::OkStatus();
}

absl::Status CheckValue(const AttrDef& attr, const AttrValue& value) {
  SESSILE_RETURN_IF_ERROR(CheckType(attr, value));
  SESSILE_RETURN_IF_ERROR(CheckMinimum(attr, value));
  return CheckAllowed(attr, value);
}

}  // namespace

const AttrDef* OpDef::FindAttr(std::string_view attr) const {
  const auto it = std::find_if(attrs.begin(), attrs.end(),
                               [attr](const AttrDef& def) { return def.name == attr; });
  return it != attrs.end() ? &*it : nullptr;
}

absl::StatusOr<int64_t> ArgCount(const ArgDef& arg, const AttrMap& attrs) {
  if (!arg.number_attr.empty()) {
    SESSILE_ASSIGN_OR_RETURN(const int64_t count, attrs.Get<int64_t>(arg.number_attr));
    if (count < 0) {
      return InvalidArgument("Value for number_attr() ", count, " < 0 for argument '", arg.name,
                             "'");
    }
    return count;
  }
  if (arg.type_list_attr.empty()) return 1;
  SESSILE_ASSIGN_OR_RETURN(const std::vector<DataType> types,
                           attrs.Get<std::vector<DataType>>(arg.type_list_attr));
  return static_cast<int64_t>(types.size());
}

absl::StatusOr<std::vector<DataType>> ArgTypes(const std::vector<ArgDef>& args,
                                               const AttrMap& attrs) {
  // Far more than a graph can have, so that a hostile count cannot exhaust memory.
  constexpr int64_t kMost = 1 << 20;
  std::vector<DataType> all;
  for (const ArgDef& arg : args) {
    SESSILE_ASSIGN_OR_RETURN(const int64_t count, ArgCount(arg, attrs));
    if (count > kMost) {
      return InvalidArgument("Argument '", arg.name, "' stands for ", count, " tensors; at most ",
                             kMost, " are supported");
    }
    std::vector<DataType> types(static_cast<size_t>(count), arg.type);
    if (!arg.type_list_attr.empty()) {
      SESSILE_ASSIGN_OR_RETURN(types, attrs.Get<std::vector<DataType>>(arg.type_list_attr));
    } else if (!arg.type_attr.empty()) {
      SESSILE_ASSIGN_OR_RETURN(const DataType type, attrs.Get<DataType>(arg.type_attr));
      types.assign(types.size(), type);
    }
    for (const DataType type : types) all.push_back(arg.is_ref ? MakeRef(type) : type);
  }
  return all;
}

absl::Status CheckAttrNames(const OpDef& op, std::string_view node_name, const AttrMap& attrs) {
  for (const auto& [name, value] : attrs) {
    if (name.starts_with("_") || op.FindAttr(name) != nullptr) continue;
    return InvalidArgument("NodeDef mentions attr '", name, "' not in ", SummarizeOpDef(op),
                           "; NodeDef: {{node ", std::string(node_name), "}}");
  }
  return absl::OkStatus();
}

absl::Status CheckAttrs(const OpDef& op, std::string_view node_name, AttrMap* attrs) {
  const std::string node = absl::StrCat("{{node ", std::string(node_name), "}}");
  for (const auto& [name, value] : *attrs) {
    const AttrDef* attr = op.FindAttr(name);
    if (attr == nullptr) continue;
    const absl::Status status = CheckValue(*attr, value);
    if (!status.ok()) {
      return WithSuffix(status, absl::StrCat("\n\t; NodeDef: ", node, "; ", SummarizeOpDef(op)));
    }
  }
  std::vector<std::string> missing;
  for (const AttrDef& attr : op.attrs) {
    if (attrs->Find(attr.name) != nullptr) continue;
    if (attr.default_value.has_value()) {
      attrs->Set(attr.name, *attr.default_value);
    } else {
      missing.push_back(absl::StrCat("'", attr.name, "'"));
    }
  }
  if (missing.empty()) return absl::OkStatus();
  return InvalidArgument("NodeDef missing attr", missing.size() > 1 ? "s " : " ",
                         absl::StrJoin(missing, ", "), " from ", SummarizeOpDef(op),
                         "; NodeDef: ", node);
}

std::string SummarizeOpDef(const OpDef& op) {
  std::string text = absl::StrCat("Op<name=", op.name, "; signature=", SummarizeArgs(op.inputs),
                                  " -> ", SummarizeArgs(op.outputs));
  for (const AttrDef& attr : op.attrs) absl::StrAppend(&text, SummarizeAttr(attr));
  if (op.is_commutative) absl::StrAppend(&text, "; is_commutative=true");
  if (op.is_aggregate) absl::StrAppend(&text, "; is_aggregate=true");
  if (op.is_stateful) absl::StrAppend(&text, "; is_stateful=true");
  if (op.allows_uninitialized_input) {
    absl::StrAppend(&text, "; allows_uninitialized_input=true");
  }
  return absl::StrCat(text, ">");
}

}  // namespace sessile
