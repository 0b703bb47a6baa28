// Attributes of a node: the parameters that are fixed when it is built.
//
//   AttrMap attrs;
//   attrs.Set("keep_dims", true);
//   SESSILE_ASSIGN_OR_RETURN(const bool keep, attrs.Get<bool>("keep_dims"));
//
// Value types; the C++ types are those of TensorFlow's AttrValue: string (bytes), int, float, bool,
// type, shape, tensor, func, and lists of them.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "sessile/core/framework/data_type.h"
#include "sessile/core/framework/shape.h"
#include "sessile/core/framework/tensor.h"

namespace sessile {

class AttrMap;

// A function by name, with values for its attributes.
struct FunctionRef {
  std::string name;
  std::shared_ptr<const AttrMap> attrs;  // null: none
  friend bool operator==(const FunctionRef& a, const FunctionRef& b);
};

// A list attribute. On the wire a list does not say what it is a list of, so an empty one is equal
// to any other empty one: at most one of the vectors holds anything.
struct AttrList {
  std::vector<std::string> strings = {};
  std::vector<int64_t> ints = {};
  std::vector<float> floats = {};
  std::vector<bool> bools = {};
  std::vector<DataType> types = {};
  std::vector<Shape> shapes = {};
  std::vector<Tensor> tensors = {};
  std::vector<FunctionRef> functions = {};

  size_t size() const;
  friend bool operator==(const AttrList& a, const AttrList& b);
};

class AttrValue {
 public:
  AttrValue() = default;
  AttrValue(std::string value) : value_(std::move(value)) {}                // NOLINT: all convert
  AttrValue(std::string_view value) : value_(std::string(value)) {}         // NOLINT
  AttrValue(const char* value) : value_(std::string(value)) {}              // NOLINT
  AttrValue(int64_t value) : value_(value) {}                               // NOLINT
  AttrValue(int value) : value_(static_cast<int64_t>(value)) {}             // NOLINT
  AttrValue(float value) : value_(value) {}                                 // NOLINT
  AttrValue(double value) : value_(static_cast<float>(value)) {}            // NOLINT
  AttrValue(bool value) : value_(value) {}                                  // NOLINT
  AttrValue(DataType value) : value_(value) {}                              // NOLINT
  AttrValue(Shape value) : value_(std::move(value)) {}                      // NOLINT
  AttrValue(Tensor value) : value_(Boxed<Tensor>(std::move(value))) {}      // NOLINT
  AttrValue(FunctionRef value) : value_(std::move(value)) {}                // NOLINT
  AttrValue(AttrList value) : value_(Boxed<AttrList>(std::move(value))) {}  // NOLINT
  AttrValue(std::vector<std::string> v) : AttrValue(AttrList{.strings = std::move(v)}) {}  // NOLINT
  AttrValue(std::vector<int64_t> v) : AttrValue(AttrList{.ints = std::move(v)}) {}         // NOLINT
  AttrValue(std::vector<float> v) : AttrValue(AttrList{.floats = std::move(v)}) {}         // NOLINT
  AttrValue(std::vector<DataType> v) : AttrValue(AttrList{.types = std::move(v)}) {}       // NOLINT
  AttrValue(std::vector<Shape> v) : AttrValue(AttrList{.shapes = std::move(v)}) {}         // NOLINT

  bool has_value() const { return value_.index() != 0; }
  // Null if the attribute is of another type.
  template <typename T>
  const T* get_if() const {
    if constexpr (std::is_same_v<T, Tensor> || std::is_same_v<T, AttrList>) {
      const Boxed<T>* boxed = std::get_if<Boxed<T>>(&value_);
      return boxed == nullptr ? nullptr : &**boxed;
    } else {
      return std::get_if<T>(&value_);
    }
  }
  // What `visitor` gives for the value that is there, or for std::monostate.
  template <typename F>
  auto Visit(F&& visitor) const {
    return std::visit([&visitor](const auto& value) { return visitor(Unboxed(value)); }, value_);
  }

  // "float" as op definitions name it: "string", "int", "float", "bool", "type", "shape",
  // "tensor", "func", "list", "" if there is no value.
  std::string_view TypeName() const;
  // For error messages: "[1, 2, 2, 1]", "SAME", "float32".
  std::string ToString() const;
  friend bool operator==(const AttrValue& a, const AttrValue& b);

 private:
  // A large value that copies share: nothing changes it. Most attributes are small, and there are
  // many of them.
  template <typename T>
  class Boxed {
   public:
    explicit Boxed(T value) : value_(std::make_shared<const T>(std::move(value))) {}
    const T& operator*() const { return *value_; }

   private:
    std::shared_ptr<const T> value_;
  };
  template <typename T>
  static const T& Unboxed(const T& value) {
    return value;
  }
  template <typename T>
  static const T& Unboxed(const Boxed<T>& value) {
    return *value;
  }

  std::variant<std::monostate, std::string, int64_t, float, bool, DataType, Shape, Boxed<Tensor>,
               FunctionRef, Boxed<AttrList>>
      value_;
};

// The attributes of one node, by name, in the order of the names.
class AttrMap {
 public:
  using Entry = std::pair<std::string, AttrValue>;

  const AttrValue* Find(std::string_view name) const;
  void Reserve(size_t count) { entries_.reserve(count); }
  void Set(std::string_view name, AttrValue value);
  // Does nothing if there is none of that name.
  void Erase(std::string_view name);

  // T is one of std::string, int64_t, float, bool, DataType, Shape, Tensor, FunctionRef, AttrList,
  // std::vector<std::string | int64_t | float | bool | DataType | Shape>. NOT_FOUND ("No attr named
  // 'x'") if it is missing, INVALID_ARGUMENT if it is of another type.
  template <typename T>
  absl::StatusOr<T> Get(std::string_view name) const;
  // The same with a value for a missing one.
  template <typename T>
  absl::StatusOr<T> GetOr(std::string_view name, T missing) const {
    if (Find(name) == nullptr) return missing;
    return Get<T>(name);
  }

  size_t size() const { return entries_.size(); }
  auto begin() const { return entries_.begin(); }
  auto end() const { return entries_.end(); }
  friend bool operator==(const AttrMap&, const AttrMap&) = default;

 private:
  std::vector<Entry> entries_;  // sorted by name
};

}  // namespace sessile
