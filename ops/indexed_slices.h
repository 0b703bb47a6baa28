// Gradients by tensors that rows were gathered from: rows, and where they belong.
//
//   auto grads = tf::gradients(loss, {table, w});  // loss looks rows of `table` up
//   if (grads[0].is_slices()) ... grads[0].slices().indices ...
//   tf::Output dense = grads[0];                   // UnsortedSegmentSum adds the rows up
//
// Value types that share ownership of the graph of their tensors.
#pragma once

#include <concepts>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sessile/core/framework/data_type.h"
#include "sessile/core/framework/shape.h"
#include "sessile/core/graph/graph.h"
#include "sessile/core/graph/output.h"

namespace sessile {

struct LazyOutput;

// A tensor of shape `dense_shape` that is the sum, for all i, of values[i] in row indices[i]; all
// other rows are zeros. A row may occur several times.
struct IndexedSlices {
  Output values;       // [n, ...]
  Output indices;      // [n], int32 or int64
  Output dense_shape;  // a vector; without value if it is not known

  // The whole tensor. Throws errors::InvalidArgumentError without dense_shape.
  Output ToTensor(std::string_view name = {}) const;
  // A friend, so that a list in braces is never taken for slices.
  friend Output convert_to_tensor(const IndexedSlices& slices, std::string_view name = {}) {
    return slices.ToTensor(name);
  }
};

// A gradient: a tensor, slices, or nothing (Python's None). Where a tensor is asked for, slices are
// converted, which adds nodes to the graph each time.
class Gradient {
 public:
  Gradient() = default;
  // NOLINTBEGIN(google-explicit-constructor): all are meant to convert
  Gradient(const Output& tensor) : tensor_(tensor) {}
  Gradient(IndexedSlices slices) : slices_(std::move(slices)) {}
  operator Output() const { return tensor(); }
  // NOLINTEND(google-explicit-constructor)

  bool has_value() const { return is_slices() || tensor_.has_value(); }
  bool is_slices() const { return slices_.has_value(); }
  // REQUIRES: is_slices().
  const IndexedSlices& slices() const { return *slices_; }
  // The whole tensor; an empty Output if there is no gradient.
  Output tensor() const { return is_slices() ? convert_to_tensor(*slices_) : tensor_; }
  // What is computed: the tensor, or the rows of the slices.
  const Output& values() const { return is_slices() ? slices_->values : tensor_; }
  // Those of the values, as of Python's IndexedSlices. REQUIRES: has_value().
  std::string name() const { return values().name(); }
  DataType dtype() const { return values().dtype(); }
  Operation op() const { return values().op(); }
  Graph graph() const { return values().graph(); }
  // Of the whole tensor, as far as it is known.
  Shape get_shape() const;
  // What makes the tensor of slices where it is used; null for everything else.
  std::shared_ptr<const LazyOutput> lazy() const;
  // The same gradient with other values: slices stay slices, of the same rows.
  Gradient WithValues(const Output& values) const;

 private:
  Output tensor_;
  std::optional<IndexedSlices> slices_;
};

// A Gradient itself, or slices, and nothing else that converts to one.
template <typename T>
concept IsGradient = std::same_as<T, Gradient> || std::same_as<T, IndexedSlices>;

// Gradients in the order of what they are by. Converts from and to tensors.
class GradientList : public std::vector<Gradient> {
 public:
  using std::vector<Gradient>::vector;
  // NOLINTBEGIN(google-explicit-constructor): all are meant to convert
  GradientList(const std::vector<Output>& tensors) : vector(tensors.begin(), tensors.end()) {}
  GradientList(std::vector<Gradient> gradients) : vector(std::move(gradients)) {}
  operator std::vector<Output>() const { return {begin(), end()}; }
  // NOLINTEND(google-explicit-constructor)
};

}  // namespace sessile
