// Symbolic differentiation.
//
//   auto grads = tf::gradients(loss, {w, b});
//   if (grads[1].has_value()) ...                   // no value is Python's None
//   tf::Output by_w = grads[0];
//
// The gradient by something that rows were gathered from (tf::gather, tf::nn::embedding_lookup) is
// IndexedSlices until a tensor is asked for.
//
// The nodes are built under the name scope "gradients", one scope "OP_grad" for each operation on
// the way from `ys` back to `xs`, in TensorFlow's order.
#pragma once

#include <initializer_list>
#include <string>
#include <vector>

#include "sessile/core/framework/source_location.h"
#include "sessile/core/graph/output.h"
#include "sessile/ops/indexed_slices.h"
#include "sessile/ops/input.h"

namespace sessile {

enum class UnconnectedGradients { NONE, ZERO };

// How the gradients that reach one tensor on several ways are added up.
enum class AggregationMethod {
  ADD_N,                      // all at once
  EXPERIMENTAL_TREE,          // two by two
  EXPERIMENTAL_ACCUMULATE_N,  // as EXPERIMENTAL_TREE
  DEFAULT = ADD_N,
};

// What is differentiated: one or more tensors. A Variable counts as the tensor of its value.
class GradientTargets {
 public:
  // NOLINTBEGIN(google-explicit-constructor): all are meant to convert
  GradientTargets(const Output& y, SourceLocation at = SourceLocation::Current())
      : ys_({y}), at_(at) {}
  template <typename V>
  requires(std::convertible_to<const V&, Output> && !std::same_as<V, Output>)
      GradientTargets(const V& variable, SourceLocation at = SourceLocation::Current())
      : ys_({static_cast<Output>(variable)}), at_(at) {}
  GradientTargets(std::initializer_list<Output> ys, SourceLocation at = SourceLocation::Current())
      : ys_(ys), at_(at) {}
  template <typename T>
  GradientTargets(const std::vector<T>& ys, SourceLocation at = SourceLocation::Current())
      : ys_(ys.begin(), ys.end()), at_(at) {}
  // NOLINTEND(google-explicit-constructor)
  const std::vector<Output>& tensors() const { return ys_; }
  const SourceLocation& location() const { return at_; }

 private:
  std::vector<Output> ys_;
  SourceLocation at_;
};

// What is differentiated by: tensors and variables. A Variable counts as the variable itself, and
// not as one value that was read from it.
class GradientSource {
 public:
  // NOLINTBEGIN(google-explicit-constructor): both are meant to convert
  GradientSource(const Output& x) : x_(x) {}
  template <typename V>
  requires requires(const V& v) {
    { v.ref() } -> std::convertible_to<Output>;
  }
  GradientSource(const V& variable) : x_(variable.ref()) {}
  // NOLINTEND(google-explicit-constructor)
  const Output& tensor() const { return x_; }

 private:
  Output x_;
};

class GradientSources {
 public:
  // NOLINTBEGIN(google-explicit-constructor): all are meant to convert
  template <typename T>
  requires std::convertible_to<const T&, GradientSource> GradientSources(const T& x)
      : xs_({GradientSource(x).tensor()}) {}
  GradientSources(std::initializer_list<GradientSource> xs) {
    for (const GradientSource& x : xs) xs_.push_back(x.tensor());
  }
  template <typename T>
  GradientSources(const std::vector<T>& xs) {
    for (const T& x : xs) xs_.push_back(GradientSource(x).tensor());
  }
  // NOLINTEND(google-explicit-constructor)
  const std::vector<Output>& tensors() const { return xs_; }

 private:
  std::vector<Output> xs_;
};

struct GradientsOptions {
  // The gradients of something further by `ys`, one for each; ones where empty, or for an
  // Output without value.
  InputList grad_ys = {};
  std::string name = "gradients";
  bool colocate_gradients_with_ops = false;
  // No gradient of an operation is used before all its gradients are computed.
  bool gate_gradients = false;
  AggregationMethod aggregation_method = AggregationMethod::DEFAULT;
  // Taken as constants: nothing flows through their operations.
  std::vector<Output> stop_gradients = {};
  // What stands for the gradient by an x that no y depends on: nothing, or zeros.
  UnconnectedGradients unconnected_gradients = UnconnectedGradients::NONE;
};

// The sum over all ys of dy/dx, for each x, in its shape. Throws errors::NotFoundError for an
// operation in between that has no gradient ("No gradient defined for operation 'x' (op type: X)"),
// errors::InvalidArgumentError for grad_ys that do not fit and tensors of different graphs,
// errors::UnimplementedError for loops.
GradientList gradients(GradientTargets ys, GradientSources xs, GradientsOptions options = {});

}  // namespace sessile
