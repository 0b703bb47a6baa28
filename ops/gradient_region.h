// The part of a graph that a gradient walk goes through: what lies between the ys and the xs.
#pragma once

#include <span>
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
  // The nodes of the region, those of the ys first.
  const std::vector<int>& nodes() const { return nodes_; }
  // How many inputs of the region's nodes come from `node` and have not been differentiated yet:
  // the gradients of its outputs are complete when there is none.
  int& pending(int node) { return pending_[static_cast<size_t>(node)]; }

 private:
  void MarkReached(const GraphImpl& graph, std::span<const Output> xs);
  void MarkBetween(const GraphImpl& graph, std::span<const Output> ys);

  std::vector<bool> reached_;
  std::vector<bool> between_;
  std::vector<int> nodes_;
  std::vector<int> pending_;
};

}  // namespace sessile
