// Python's "an int or a list of ints", as parameters of the front end take it.
//
//   tf::nn::conv2d(x, w, {.strides = 2, .padding = "SAME"});
//   tf::nn::conv2d(x, w, {.strides = {1, 2, 2, 1}, .padding = "SAME"});
//
// Takes initializer lists, vectors and spans of any integer type. Throws
// errors::InvalidArgumentError for a number that int64_t does not hold.
#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace sessile {

class IntList {
 public:
  // One number of any integer type.
  class Item {
   public:
    template <std::integral I>
    requires(!std::same_as<I, bool>) Item(I value)  // NOLINT: meant to convert
        : value_(Checked(static_cast<int64_t>(value), std::in_range<int64_t>(value))) {}
    int64_t value() const { return value_; }

   private:
    int64_t value_;
  };

  IntList() = default;
  template <std::integral I>
  requires(!std::same_as<I, bool>) IntList(I value)  // NOLINT: meant to convert
      : IntList({Item(value)}) {
    is_scalar_ = true;
  }
  IntList(std::initializer_list<Item> values);
  template <std::integral I>
  IntList(const std::vector<I>& values)  // NOLINT: meant to convert
      : IntList(std::span<const I>(values)) {}
  template <std::integral I, size_t N>
  IntList(std::span<I, N> values) {  // NOLINT: meant to convert
    for (const I value : values) values_.push_back(Item(value).value());
  }

  // True for a number that was not in a list.
  bool is_scalar() const { return is_scalar_; }
  const std::vector<int64_t>& values() const { return values_; }
  size_t size() const { return values_.size(); }
  // As Python writes it: "3", "[1, 2]".
  std::string ToString() const;

 private:
  static int64_t Checked(int64_t value, bool in_range);

  bool is_scalar_ = false;
  std::vector<int64_t> values_;
};

}  // namespace sessile
