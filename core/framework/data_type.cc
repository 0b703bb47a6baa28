#include "sessile/core/framework/data_type.h"

#include <array>
#include <ostream>

namespace sessile {
namespace {

enum class Kind { kOther, kFloating, kInteger, kComplex, kQuantized };

struct Row {
  const char* name;
  const char* python;
  size_t size;
  Kind kind;
};

// Row i describes the type with number i + 1.
constexpr std::array<Row, 23> kTable = {{
    {"float", "float32", 4, Kind::kFloating},  {"double", "float64", 8, Kind::kFloating},
    {"int32", "int32", 4, Kind::kInteger},     {"uint8", "uint8", 1, Kind::kInteger},
    {"int16", "int16", 2, Kind::kInteger},     {"int8", "int8", 1, Kind::kInteger},
    {"string", "string", 0, Kind::kOther},     {"complex64", "complex64", 8, Kind::kComplex},
    {"int64", "int64", 8, Kind::kInteger},     {"bool", "bool", 1, Kind::kOther},
    {"qint8", "qint8", 1, Kind::kQuantized},   {"quint8", "quint8", 1, Kind::kQuantized},
    {"qint32", "qint32", 4, Kind::kQuantized}, {"bfloat16", "bfloat16", 2, Kind::kFloating},
    {"qint16", "qint16", 2, Kind::kQuantized}, {"quint16", "quint16", 2, Kind::kQuantized},
    {"uint16", "uint16", 2, Kind::kInteger},   {"complex128", "complex128", 16, Kind::kComplex},
    {"half", "float16", 2, Kind::kFloating},   {"resource", "resource", 0, Kind::kOther},
    {"variant", "variant", 0, Kind::kOther},   {"uint32", "uint32", 4, Kind::kInteger},
    {"uint64", "uint64", 8, Kind::kInteger},
}};

const Row* Find(DataType type) {
  const int number = static_cast<int>(BaseType(type));
  return number >= 1 && number <= static_cast<int>(kTable.size())
             ? &kTable[static_cast<size_t>(number - 1)]
             : nullptr;
}

bool HasKind(DataType type, Kind kind) {
  const Row* row = Find(type);
  return row != nullptr && row->kind == kind;
}

}  // namespace

bool IsKnown(DataType type) { return Find(type) != nullptr; }

std::string DataTypeName(DataType type) {
  const Row* row = Find(type);
  if (row == nullptr) return "INVALID";
  return std::string(row->name) + (IsRef(type) ? "_ref" : "");
}

std::string PythonName(DataType type) {
  const Row* row = Find(type);
  if (row == nullptr) return "INVALID";
  return std::string(row->python) + (IsRef(type) ? "_ref" : "");
}

std::ostream& operator<<(std::ostream& out, DataType type) { return out << PythonName(type); }

std::optional<DataType> DataTypeFromName(std::string_view name) {
  const bool ref = name.ends_with("_ref");
  if (ref) name.remove_suffix(4);
  for (size_t i = 0; i < kTable.size(); ++i) {
    if (name == kTable[i].name || name == kTable[i].python) {
      const DataType type = static_cast<DataType>(i + 1);
      return ref ? MakeRef(type) : type;
    }
  }
  return std::nullopt;
}

size_t DataTypeSize(DataType type) {
  const Row* row = Find(type);
  return row == nullptr ? 0 : row->size;
}

bool IsFloating(DataType type) { return HasKind(type, Kind::kFloating); }
bool IsInteger(DataType type) { return HasKind(type, Kind::kInteger); }
bool IsComplex(DataType type) { return HasKind(type, Kind::kComplex); }
bool IsNumeric(DataType type) {
  const Row* row = Find(type);
  return row != nullptr && row->kind != Kind::kOther;
}
bool IsTrainable(DataType type) {
  const DataType base = BaseType(type);
  return IsFloating(base) || IsComplex(base) || base == DataType::kResource ||
         base == DataType::kVariant;
}

}  // namespace sessile
