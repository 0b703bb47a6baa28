#include "sessile/core/session/steering.h"

#include <algorithm>

namespace sessile {
namespace {

constexpr int64_t kMaxElements = 16;

// The step computes its outputs from its inputs' data, and does nothing else.
bool IsFunction(const Step& step) {
  if (step.kind != ControlFlowKind::kNone || step.node->op()->is_stateful) return false;
  if (step.state != nullptr || step.kernel->from_shapes) return false;
  const auto is_ref = [](DataType type) { return IsRef(type); };
  return std::none_of(step.node->input_types().begin(), step.node->input_types().end(), is_ref) &&
         std::none_of(step.node->output_types().begin(), step.node->output_types().end(), is_ref);
}

bool NeedsValue(const Step& step, int input) {
  if (step.kind == ControlFlowKind::kSwitch) return input == 1;
  return step.kernel != nullptr && IsValueInput(*step.kernel, input);
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
      if (seen_[static_cast<size_t>(edge.step)] || !IsFunction(step)) continue;
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
