// The graph, as user programs see it.
//
//   tf::Graph graph;
//   {
//     auto with = graph.as_default();
//     auto x = tf::placeholder(tf::float32, {tf::None, 10});
//   }
//   tf::Session sess(graph);
//
// A handle: copies are the same graph, which lives as long as any handle on it or its nodes.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sessile/core/graph/collection.h"
#include "sessile/core/graph/output.h"

namespace sessile {

class DefaultGraphScope;
class GraphDef;
class OpRegistry;
OpRegistry& builtin_ops();

class Graph {
 public:
  // A new, empty graph of the built-in (and the user's registered) operations. Throws
  // errors::InvalidArgumentError if a registration was wrong.
  Graph();
  // The same with operations of one's own.
  explicit Graph(const OpRegistry& ops);
  explicit Graph(std::shared_ptr<GraphImpl> impl) : impl_(std::move(impl)) {}

  // Makes this the default graph of the calling thread until the scope object dies.
  [[nodiscard]] DefaultGraphScope as_default() const;

  std::vector<Operation> get_operations() const;
  // "x", "scope/x". Throw errors::NotFoundError ("The name 'x' refers to an Operation not in the
  // graph.") or InvalidArgumentError for a malformed name.
  Operation get_operation_by_name(std::string_view name) const;
  // "x:0".
  Output get_tensor_by_name(std::string_view name) const;
  std::string unique_name(std::string_view name) const;
  // The graph as TensorFlow stores it (core/graph/graph_def.h). With `add_shapes`, what is known of
  // the shapes of outputs is in the attribute "_output_shapes".
  GraphDef as_graph_def(bool add_shapes = false) const;
  void finalize() const;
  bool finalized() const;
  std::optional<int64_t> seed() const;

  friend bool operator==(const Graph& a, const Graph& b) { return a.impl_ == b.impl_; }
  const std::shared_ptr<GraphImpl>& impl() const { return impl_; }

 private:
  std::shared_ptr<GraphImpl> impl_;
};

}  // namespace sessile
