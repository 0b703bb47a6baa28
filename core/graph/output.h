// Handles on a graph's nodes, as user programs hold them.
//
//   tf::Output y = tf::nn::relu(x);
//   y.name() == "Relu:0";  y.get_shape().as_list();  y.op().name() == "Relu"
//
// Handles are values that share ownership of the graph: none can dangle. An empty one (default
// constructed) says so by has_value(); using it throws errors::InvalidArgumentError. Thread-safe as
// a std::shared_ptr is.
#pragma once

#include <functional>
#include <initializer_list>
#include <memory>
#include <string>
#include <vector>

#include "sessile/core/framework/shape.h"
#include "sessile/core/graph/node.h"

namespace sessile {

class Graph;
class GraphImpl;
class Output;
class Subscript;  // ops/subscript.h
class Tensor;
struct FeedDict;

class Operation {
 public:
  Operation() = default;
  Operation(std::shared_ptr<GraphImpl> graph, Node* node) : graph_(std::move(graph)), node_(node) {}

  bool has_value() const { return node_ != nullptr; }
  const std::string& name() const { return node().name(); }
  const std::string& type() const { return node().op_type(); }
  const std::string& device() const { return node().device(); }
  Output output(int i) const;
  std::vector<Output> outputs() const;
  std::vector<Output> inputs() const;
  std::vector<Operation> control_inputs() const;
  // Throws errors::InvalidArgumentError if there is none of that name or it is of another type.
  template <typename T>
  T get_attr(std::string_view name) const;
  Graph graph() const;
  // Runs it in the default session of this thread. Throw errors::InvalidArgumentError if there is
  // none or it is of another graph.
  void run() const;
  void run(const FeedDict& feeds) const;

  // Identity, as in TensorFlow 1.
  friend bool operator==(const Operation& a, const Operation& b) { return a.node_ == b.node_; }

  // For the machinery. Throw errors::InvalidArgumentError if the handle is empty.
  const Node& node() const;
  Node& mutable_node() const;
  const std::shared_ptr<GraphImpl>& graph_impl() const { return graph_; }

 private:
  std::shared_ptr<GraphImpl> graph_;
  Node* node_ = nullptr;
};

class Output {
 public:
  Output() = default;
  Output(Operation op, int index) : op_(std::move(op)), index_(index) {}
  Output(std::shared_ptr<GraphImpl> graph, Endpoint endpoint);

  bool has_value() const { return op_.has_value(); }
  // "Relu:0".
  std::string name() const;
  // The value type, or the reference type of a variable's own output.
  DataType dtype() const;
  // What is known of the shape when the graph is built.
  Shape get_shape() const;
  Shape shape() const { return get_shape(); }
  // Adds what the caller knows of the shape. Throws errors::InvalidArgumentError if it contradicts.
  void set_shape(const Shape& shape) const;
  const Operation& op() const { return op_; }
  int index() const { return index_; }
  Graph graph() const;
  std::vector<Operation> consumers() const;
  // A part of it: x[0], x[{{1, 3}, tf::ellipsis}]. Defined with the operation that it builds
  // (ops/strided_slice.cc); ops/subscript.h says what may stand in the brackets.
  Output operator[](const Subscript& item) const;
  Output operator[](std::initializer_list<Subscript> items) const;
  // Its value in the default session of this thread. Throw errors::InvalidArgumentError if there is
  // none or it is of another graph.
  Tensor eval() const;
  Tensor eval(const FeedDict& feeds) const;

  // Identity, as in TensorFlow 1; tf::equal compares values.
  friend bool operator==(const Output& a, const Output& b) {
    return a.op_ == b.op_ && a.index_ == b.index_;
  }

  // For the machinery.
  const Node& node() const { return op_.node(); }
  const std::shared_ptr<GraphImpl>& graph_impl() const { return op_.graph_impl(); }
  Endpoint endpoint() const { return {node().id(), index_}; }

 private:
  Operation op_;
  int index_ = 0;
};

}  // namespace sessile

template <>
struct std::hash<sessile::Output> {
  size_t operator()(const sessile::Output& output) const {
    return std::hash<const void*>()(&output.node()) * 31 + static_cast<size_t>(output.index());
  }
};
