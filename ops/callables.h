// What an option of a layer may be besides a value: something to call.
//
//   tf::layers::dense(x, 100, {.activation = tf::nn::relu});
//   tf::layers::dense(x, 100, {.activation = [](tf::Output y) { return tf::nn::relu(y) * 2; },
//                              .kernel_regularizer = [](tf::Output w) { ... }});
//
// Small values that own what they were made from. Empty ones (default constructed, or made from
// nullptr) mean "none" and must not be called.
#pragma once

#include <concepts>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "sessile/core/graph/output.h"
#include "sessile/ops/input.h"

namespace sessile {

// A parameter of a builder that a call may leave out: its name, its options, something optional.
template <typename P>
concept Omittable = std::same_as<P, std::string_view> ||
    std::same_as<P, std::optional<typename P::value_type>> || requires(const P& options) {
  { options.name } -> std::convertible_to<std::string>;
};

// Makes a tensor from a tensor: a builder such as nn::relu, nn::softmax or nn::leaky_relu (with its
// defaults), or any callable that takes an Output (or an Input) and returns an Output.
class TensorFunction {
 public:
  TensorFunction() = default;
  TensorFunction(std::nullptr_t) {}  // NOLINT: meant to convert
  template <typename F>
  requires(std::convertible_to<std::invoke_result_t<F&, Output>, Output>)
      TensorFunction(F fn)  // NOLINT: meant to convert
      : fn_([fn = std::move(fn)](const Output& x) mutable { return static_cast<Output>(fn(x)); }) {}
  template <typename... Rest>
  requires(Omittable<std::remove_cvref_t<Rest>>&&...)
      TensorFunction(Output (*builder)(Input, Rest...))  // NOLINT: meant to convert
      : fn_([builder](const Output& x) { return builder(x, std::remove_cvref_t<Rest>{}...); }) {}

  bool has_value() const { return static_cast<bool>(fn_); }
  // REQUIRES: has_value().
  Output operator()(const Output& x) const { return fn_(x); }

 private:
  std::function<Output(const Output&)> fn_;
};

// Applied to what a layer computes.
using Activation = TensorFunction;
// Makes a scalar loss from a variable's value.
using Regularizer = TensorFunction;

}  // namespace sessile
