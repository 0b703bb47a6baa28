// One axis, a list of axes, or none: what reductions, squeeze and moments take for `axis`.
//
//   tf::reduce_sum(x);                        // None: over all dimensions
//   tf::reduce_sum(x, {.axis = 1});           // a scalar
//   tf::reduce_sum(x, {.axis = {1, 2}});      // a vector
//   tf::reduce_sum(x, {.axis = some_output}); // known when the graph runs
//
// A value type.
#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <vector>

#include "sessile/ops/input.h"

namespace sessile {

class Axes {
 public:
  // Python's None.
  Axes() = default;
  // NOLINTBEGIN(google-explicit-constructor): all are meant to convert
  Axes(std::nullopt_t) {}
  template <std::integral I>
  requires(!std::same_as<I, bool>) Axes(I axis)
      : input_(Input(axis)), ints_(std::vector<int64_t>{static_cast<int64_t>(axis)}) {}
  Axes(std::initializer_list<int64_t> axes) : Axes(std::vector<int64_t>(axes)) {}
  template <std::integral I>
  Axes(const std::vector<I>& axes) : Axes(std::vector<int64_t>(axes.begin(), axes.end())) {}
  template <std::integral I, size_t N>
  Axes(std::span<I, N> axes) : Axes(std::vector<int64_t>(axes.begin(), axes.end())) {}
  Axes(std::vector<int64_t> axes);
  template <typename T>
  requires(std::convertible_to<const T&, Output> || std::same_as<T, Tensor>) Axes(const T& axes)
      : input_(Input(axes)) {}
  // NOLINTEND(google-explicit-constructor)

  bool has_value() const { return input_.has_value(); }
  // REQUIRES: has_value().
  const Input& input() const { return *input_; }
  // The axes as numbers; none for None. Throws errors::InvalidArgumentError for a tensor.
  std::vector<int64_t> ints() const;

 private:
  std::optional<Input> input_;
  std::optional<std::vector<int64_t>> ints_;
};

}  // namespace sessile
