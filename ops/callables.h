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
#include <type_traits>
#include <utility>

#include "sessile/core/graph/output.h"
#include "sessile/ops/input.h"

namespace sessile {

// Makes a tensor from a tensor: a builder such as nn::relu (its name is left to it), or any
// callable that takes an Output (or an Input) and returns an Output.
class TensorFunction {
 public:
  TensorFunction() = default;
  TensorFunction(std::nullptr_t) {}  // NOLINT: meant to convert
  template <typename F>
  requires(std::convertible_to<std::invoke_result_t<F&, Output>, Output>)
      TensorFunction(F fn)  // NOLINT: meant to convert
      : fn_([fn = std::move(fn)](const Output& x) mutable { return static_cast<Output>(fn(x)); }) {}
  template <typename F>
  requires(!std::invocable<F&, Output> &&
           std::convertible_to<std::invoke_result_t<F&, Output, const char*>, Output>)
      TensorFunction(F fn)  // NOLINT: meant to convert
      : fn_([fn = std::move(fn)](const Output& x) mutable {
          return static_cast<Output>(fn(x, ""));
        }) {}

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
