// A collection of a graph itself, to be read and changed in place: what Python has as a list.
//
//   tf::CollectionRef losses = tf::get_collection_ref(tf::GraphKeys::LOSSES);
//   losses.append(penalty);
//   losses.remove(0);
//
// It shares ownership of the graph and sees what others add. Not thread-safe, as collections are.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sessile/core/graph/graph.h"
#include "sessile/core/graph/scope.h"
#include "sessile/ops/collections.h"

namespace sessile {

class CollectionRef {
 public:
  CollectionRef(Graph graph, std::string name) : graph_(std::move(graph)), name_(std::move(name)) {}

  const std::string& name() const { return name_; }
  size_t size() const;
  bool empty() const { return size() == 0; }
  std::vector<CollectionElement> elements() const;
  // Throw errors::OutOfRangeError unless i < size().
  CollectionElement operator[](size_t i) const;
  void remove(size_t i);
  // Whatever add_to_collection takes, of this graph.
  template <typename T>
  void append(const T& value) {
    const DefaultGraphScope with = graph_.as_default();
    add_to_collection(name_, value);
  }
  // Replaces all.
  void assign(const std::vector<CollectionElement>& elements);
  void clear() { assign({}); }

 private:
  void CheckIndex(size_t i) const;

  Graph graph_;
  std::string name_;
};

// The collection `name` of the default graph; an empty one if there is none yet.
CollectionRef get_collection_ref(std::string_view name);

}  // namespace sessile
