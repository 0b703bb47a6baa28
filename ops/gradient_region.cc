#include "sessile/ops/gradient_region.h"

#include <deque>

namespace sessile {
namespace {

// A gradient may flow through it; through what an operation gives that is not registered, too: then
// it is for the walk to say that it cannot.
bool MayCarryGradient(DataType type) { return IsTrainable(type) || type == DataType::kInvalid; }

}  // namespace

GradientRegion::GradientRegion(const GraphImpl& graph, std::span<const Output> ys,
                               std::span<const Output> xs)
    : graph_(graph) {
  const size_t size = static_cast<size_t>(graph.num_nodes());
  reached_.assign(size, false);
  between_.assign(size, false);
  MarkReached(xs);
  MarkBetween(ys);
}

void GradientRegion::Add(int node) {
  if (between_[static_cast<size_t>(node)]) return;
  between_[static_cast<size_t>(node)] = true;
  nodes_.push_back(node);
}

void GradientRegion::CountPending() {
  for (const int id : nodes_) {
    for (const Endpoint& input : graph_.node(id).inputs()) {
      if (between_[static_cast<size_t>(input.node)]) ++pending_[input.node];
    }
  }
}

void GradientRegion::MarkReached(std::span<const Output> xs) {
  // Who reads a differentiable output of which node.
  std::vector<std::vector<int>> readers(reached_.size());
  for (size_t id = 0; id < readers.size(); ++id) {
    for (const Endpoint& input : graph_.node(static_cast<int>(id)).inputs()) {
      const Node& source = graph_.node(input.node);
      if (MayCarryGradient(source.output_types()[static_cast<size_t>(input.index)])) {
        readers[static_cast<size_t>(input.node)].push_back(static_cast<int>(id));
      }
    }
  }
  std::vector<int> todo;
  for (const Output& x : xs) todo.push_back(x.node().id());
  while (!todo.empty()) {
    const size_t id = static_cast<size_t>(todo.back());
    todo.pop_back();
    if (reached_[id]) continue;
    reached_[id] = true;
    todo.insert(todo.end(), readers[id].begin(), readers[id].end());
  }
}

void GradientRegion::MarkBetween(std::span<const Output> ys) {
  std::deque<int> queue;
  for (const Output& y : ys) queue.push_back(y.node().id());
  while (!queue.empty()) {
    const int id = queue.front();
    queue.pop_front();
    if (!reached_[static_cast<size_t>(id)] || between_[static_cast<size_t>(id)]) continue;
    between_[static_cast<size_t>(id)] = true;
    nodes_.push_back(id);
    for (const Endpoint& input : graph_.node(id).inputs()) queue.push_back(input.node);
  }
}

}  // namespace sessile
