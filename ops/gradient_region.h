// The part of a graph that a gradient walk goes through: what lies between the ys and the xs.
#pragma once

#include <span>
#include <unordered_map>
#include <vector>

#include "sessile/core/graph/graph_impl.h"
#include "sessile/core/graph/output.h"

namespace sessile {

// Nodes on a path of differentiable tensors from an x to a y. By node id; nodes that are built
// later are not in it.
class GradientRegion {
 public:
  GradientRegion(const GraphImpl& graph, std::span<const Output> ys, std::span<const Output> xs);

  // An x leads there.
  bool IsReached(int node) const { return reached_[static_cast<size_t>(node)]; }
  // Adds a node (and nothing else), unless it is there.
  void Add(int node);
  // Sets pending(). REQUIRES: all nodes are added.
  void CountPending();
  // The nodes of the region, those of the ys first.
  const std::vector<int>& nodes() const { return nodes_; }
  // How many inputs of the region's nodes come from `node` and have not been differentiated yet:
  // the gradients of its outputs are complete when there is none.
  int& pending(int node) { return pending_[node]; }

 private:
  void MarkReached(std::span<const Output> xs);
  void MarkBetween(std::span<const Output> ys);

  const GraphImpl& graph_;
  std::vector<bool> reached_;
  std::vector<bool> between_;
  std::vector<int> nodes_;
  std::unordered_map<int, int> pending_;
};

}  // namespace sessile
