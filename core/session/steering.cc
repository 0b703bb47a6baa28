#include "sessile/core/session/steering.h"

#include <algorithm>

namespace sessile {
namespace {

constexpr int64_t kMaxElements = 16;

// The step's outputs follow from its inputs' data, not from their shapes alone.
bool PassesData(const Step& step) { return step.is_function() && !step.kernel->from_shapes; }

bool NeedsValue(const Step& step, int input) {
  if (step.kind == ControlFlowKind::kSwitch) return input == 1;
  return step.kernel != nullptr && IsValueInput(*step.kernel, *step.node, input);
}

// Walks the edges forward from each feed, remembering what has been seen.
class Search {
 public:
  explicit Search(const Program& program)
      : program_(program), seen_(program.steps().size(), false) {}

  bool Reaches(const std::vector<Edge>& edges) {
    std::fill(seen_.begin(), seen_.end(), false);
    std::vector<int> todo;
    if (Visit(edges, &todo)) return true;
    while (!todo.empty()) {
      const Step& step = program_.step(todo.back());
      todo.pop_back();
      for (const std::vector<Edge>& next : step.edges) {
        if (Visit(next, &todo)) return true;
      }
    }
    return false;
  }

 private:
  bool Visit(const std::vector<Edge>& edges, std::vector<int>* todo) {
    for (const Edge& edge : edges) {
      if (edge.input == Edge::kControl) continue;
      const Step& step = program_.step(edge.step);
      if (NeedsValue(step, edge.input)) return true;
      if (seen_[static_cast<size_t>(edge.step)] || !PassesData(step)) continue;
      seen_[static_cast<size_t>(edge.step)] = true;
      todo->push_back(edge.step);
    }
    return false;
  }

  const Program& program_;
  std::vector<bool> seen_;
};

}  // namespace

std::vector<bool> SteeringFeeds(const Program& program) {
  Search search(program);
  std::vector<bool> steering;
  for (const std::vector<Edge>& edges : program.feed_edges()) {
    steering.push_back(search.Reaches(edges));
  }
  return steering;
}

bool MaySteer(const Tensor& value) {
  const DataType dtype = value.dtype();
  return (dtype == DataType::kBool || IsInteger(dtype)) && value.num_elements() <= kMaxElements;
}

}  // namespace sessile
