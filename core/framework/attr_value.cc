#include "sessile/core/framework/attr_value.h"

#include <algorithm>

#include "absl/strings/str_join.h"
#include "sessile/core/framework/status.h"

namespace sessile {
namespace {

template <class... F>
struct Overloaded : F... {
  using F::operator()...;
};
template <class... F>
Overloaded(F...) -> Overloaded<F...>;

std::string BoolName(bool value) { return value ? "true" : "false"; }
std::string FunctionName(const FunctionRef& function) { return function.name; }

template <typename List, typename F>
std::string Bracketed(const List& list, F&& name) {
  return absl::StrCat(
      "[",
      absl::StrJoin(list, ", ",
                    [&](std::string* out, const auto& item) { absl::StrAppend(out, name(item)); }),
      "]");
}

std::string ListToString(const AttrList& list) {
  if (!list.strings.empty()) return Bracketed(list.strings, [](const auto& s) { return s; });
  if (!list.ints.empty()) return Bracketed(list.ints, [](int64_t i) { return absl::StrCat(i); });
  if (!list.floats.empty()) return Bracketed(list.floats, [](float f) { return absl::StrCat(f); });
  if (!list.bools.empty()) return Bracketed(list.bools, BoolName);
  if (!list.types.empty()) return Bracketed(list.types, PythonName);
  if (!list.shapes.empty()) {
    return Bracketed(list.shapes, [](const Shape& s) { return s.ToString(); });
  }
  if (!list.tensors.empty()) {
    return Bracketed(list.tensors, [](const Tensor& t) { return t.ToString(); });
  }
  return Bracketed(list.functions, FunctionName);
}

absl::Status WrongType(std::string_view attr, const AttrValue& value, const std::string& expected) {
  return InvalidArgument("AttrValue had value with type '", std::string(value.TypeName()),
                         "' when '", expected, "' expected for attr '", std::string(attr), "'");
}

// Names of C++ types as op definitions write them.
template <typename T>
constexpr const char* kTypeName = nullptr;
template <>
constexpr const char* kTypeName<std::string> = "string";
template <>
constexpr const char* kTypeName<int64_t> = "int";
template <>
constexpr const char* kTypeName<float> = "float";
template <>
constexpr const char* kTypeName<bool> = "bool";
template <>
constexpr const char* kTypeName<DataType> = "type";
template <>
constexpr const char* kTypeName<Shape> = "shape";
template <>
constexpr const char* kTypeName<Tensor> = "tensor";
template <>
constexpr const char* kTypeName<FunctionRef> = "func";
template <>
constexpr const char* kTypeName<AttrList> = "list";

// The member of AttrList that holds a vector of T.
template <typename T>
constexpr auto kListOf = nullptr;
template <>
constexpr auto kListOf<std::string> = &AttrList::strings;
template <>
constexpr auto kListOf<int64_t> = &AttrList::ints;
template <>
constexpr auto kListOf<float> = &AttrList::floats;
template <>
constexpr auto kListOf<bool> = &AttrList::bools;
template <>
constexpr auto kListOf<DataType> = &AttrList::types;
template <>
constexpr auto kListOf<Shape> = &AttrList::shapes;

template <typename T>
struct Getter {
  static absl::StatusOr<T> Get(std::string_view name, const AttrValue& value) {
    if (const T* found = value.get_if<T>()) return *found;
    return WrongType(name, value, kTypeName<T>);
  }
};

template <typename T>
struct Getter<std::vector<T>> {
  static absl::StatusOr<std::vector<T>> Get(std::string_view name, const AttrValue& value) {
    const AttrList* list = value.get_if<AttrList>();
    if (list != nullptr && list->size() == (list->*kListOf<T>).size()) return list->*kListOf<T>;
    return WrongType(name, value, absl::StrCat("list(", kTypeName<T>, ")"));
  }
};

bool StandsBefore(const AttrMap::Entry& entry, std::string_view name) { return entry.first < name; }

auto LowerBound(auto& entries, std::string_view name) {
  return std::lower_bound(entries.begin(), entries.end(), name, StandsBefore);
}

}  // namespace

bool operator==(const FunctionRef& a, const FunctionRef& b) {
  const auto count = [](const FunctionRef& f) { return f.attrs == nullptr ? 0 : f.attrs->size(); };
  if (a.name != b.name || count(a) != count(b)) return false;
  return count(a) == 0 || *a.attrs == *b.attrs;
}

size_t AttrList::size() const {
  return strings.size() + ints.size() + floats.size() + bools.size() + types.size() +
         shapes.size() + tensors.size() + functions.size();
}

bool operator==(const AttrList& a, const AttrList& b) {
  return a.strings == b.strings && a.ints == b.ints && a.floats == b.floats && a.bools == b.bools &&
         a.types == b.types && a.shapes == b.shapes && a.functions == b.functions &&
         std::equal(a.tensors.begin(), a.tensors.end(), b.tensors.begin(), b.tensors.end(),
                    SameTensor);
}

std::string_view AttrValue::TypeName() const {
  return Visit([]<typename T>(const T&) -> std::string_view {
    if constexpr (std::is_same_v<T, std::monostate>) {
      return "";
    } else {
      return kTypeName<T>;
    }
  });
}

std::string AttrValue::ToString() const {
  return Visit(Overloaded{[](std::monostate) { return std::string("<no value>"); },
                          [](const std::string& value) { return value; },
                          [](int64_t value) { return absl::StrCat(value); },
                          [](float value) { return absl::StrCat(value); },
                          [](bool value) { return BoolName(value); },
                          [](DataType value) { return PythonName(value); },
                          [](const Shape& value) { return value.ToString(); },
                          [](const Tensor& value) { return value.ToString(); },
                          [](const FunctionRef& value) { return value.name; },
                          [](const AttrList& value) { return ListToString(value); }});
}

bool operator==(const AttrValue& a, const AttrValue& b) {
  return a.Visit([&b]<typename T>(const T& value) {
    const T* other = b.get_if<T>();
    if (other == nullptr) return false;
    if constexpr (std::is_same_v<T, Tensor>) {
      return SameTensor(value, *other);
    } else {
      return value == *other;
    }
  });
}

const AttrValue* AttrMap::Find(std::string_view name) const {
  const auto it = LowerBound(entries_, name);
  return it != entries_.end() && it->first == name ? &it->second : nullptr;
}

void AttrMap::Set(std::string_view name, AttrValue value) {
  const auto it = LowerBound(entries_, name);
  if (it != entries_.end() && it->first == name) {
    it->second = std::move(value);
  } else {
    entries_.emplace(it, std::string(name), std::move(value));
  }
}

void AttrMap::Erase(std::string_view name) {
  const auto it = LowerBound(entries_, name);
  if (it != entries_.end() && it->first == name) entries_.erase(it);
}

template <typename T>
absl::StatusOr<T> AttrMap::Get(std::string_view name) const {
  const AttrValue* value = Find(name);
  if (value == nullptr) return NotFound("No attr named '", std::string(name), "'");
  return Getter<T>::Get(name, *value);
}

template absl::StatusOr<std::string> AttrMap::Get(std::string_view) const;
template absl::StatusOr<int64_t> AttrMap::Get(std::string_view) const;
template absl::StatusOr<float> AttrMap::Get(std::string_view) const;
template absl::StatusOr<bool> AttrMap::Get(std::string_view) const;
template absl::StatusOr<DataType> AttrMap::Get(std::string_view) const;
template absl::StatusOr<Shape> AttrMap::Get(std::string_view) const;
template absl::StatusOr<Tensor> AttrMap::Get(std::string_view) const;
template absl::StatusOr<FunctionRef> AttrMap::Get(std::string_view) const;
template absl::StatusOr<AttrList> AttrMap::Get(std::string_view) const;
template absl::StatusOr<std::vector<std::string>> AttrMap::Get(std::string_view) const;
template absl::StatusOr<std::vector<int64_t>> AttrMap::Get(std::string_view) const;
template absl::StatusOr<std::vector<float>> AttrMap::Get(std::string_view) const;
template absl::StatusOr<std::vector<DataType>> AttrMap::Get(std::string_view) const;
template absl::StatusOr<std::vector<Shape>> AttrMap::Get(std::string_view) const;
template absl::StatusOr<std::vector<bool>> AttrMap::Get(std::string_view) const;

}  // namespace sessile
