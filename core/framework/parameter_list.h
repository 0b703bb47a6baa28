// The type of a parameter that takes a list of what several types convert to.
#pragma once

#include <concepts>
#include <utility>
#include <vector>

namespace sessile {

// {a, b}, or a vector of anything that converts to T. A vector otherwise.
template <typename T>
class ParameterList : public std::vector<T> {
 public:
  using std::vector<T>::vector;
  // NOLINTBEGIN(google-explicit-constructor): all are meant to convert
  ParameterList(std::vector<T> items) : std::vector<T>(std::move(items)) {}
  template <std::convertible_to<T> U>
  requires(!std::same_as<U, T>) ParameterList(const std::vector<U>& items)
      : std::vector<T>(items.begin(), items.end()) {}
  // NOLINTEND(google-explicit-constructor)
};

}  // namespace sessile
