#include "sessile/ops/initial_value_guard.h"

#include <algorithm>
#include <map>
#include <optional>
#include <vector>

#include "absl/strings/str_cat.h"
#include "sessile/core/framework/errors.h"
#include "sessile/core/graph/graph_impl.h"
#include "sessile/core/graph/node_builder.h"
#include "sessile/ops/collections.h"
#include "sessile/ops/variable.h"

namespace sessile {
namespace {

bool IsVariable(const Node& node) {
  return node.op_type() == "VariableV2" || node.op_type() == "Variable";
}

// What reads whether a variable is initialized stays as it is, and so does what reads through a
// handle.
bool IsLeaf(const Node& node) {
  const std::string& op = node.op_type();
  return IsVariable(node) || op == "IsVariableInitialized" || op == "VarIsInitializedOp" ||
         op == "ReadVariableOp";
}

// The nodes that `root` depends on, each after its inputs. Nothing if they form a loop.
std::optional<std::vector<int>> InOrder(const GraphImpl& graph, int root) {
  enum class State { kStarted, kFinished };
  std::map<int, State> states;
  std::vector<int> order;
  std::vector<int> stack = {root};
  while (!stack.empty()) {
    const int id = stack.back();
    const auto [at, is_new] = states.try_emplace(id, State::kStarted);
    if (!is_new) {
      if (at->second == State::kStarted) {
        at->second = State::kFinished;
        order.push_back(id);
      }
      stack.pop_back();
      continue;
    }
    const Node& node = graph.node(id);
    if (IsLeaf(node)) continue;
    // The first input is to come first.
    for (auto input = node.inputs().rbegin(); input != node.inputs().rend(); ++input) {
      const auto known = states.find(input->node);
      if (known == states.end()) {
        stack.push_back(input->node);
      } else if (known->second == State::kStarted) {
        return std::nullopt;
      }
    }
  }
  return order;
}

// The value of the variable behind `node`, or what it will be initialized with; nothing if no
// Variable stands for the node.
std::optional<Endpoint> InitializedValue(const Node& node) {
  for (const char* collection : {GraphKeys::GLOBAL_VARIABLES, GraphKeys::LOCAL_VARIABLES}) {
    for (const Variable& variable : get_collection<Variable>(collection)) {
      if (variable.op().node().id() == node.id()) return variable.initialized_value().endpoint();
    }
  }
  return std::nullopt;
}

// `node` with other inputs.
Endpoint CopyWith(GraphImpl& graph, const Node& node, std::vector<Endpoint> inputs,
                  const std::string& suffix) {
  NodeSpec spec;
  spec.name = graph.UniqueName(absl::StrCat(node.name(), "_", suffix));
  spec.op = node.op_type() == "RefSwitch" ? "Switch" : node.op_type();
  spec.inputs = std::move(inputs);
  spec.attrs = node.attrs();
  return Endpoint{errors::ValueOrThrow(AddNodeInScope(graph, std::move(spec)))->id(), 0};
}

}  // namespace

Output GuardInitialValue(const Output& initial, const std::string& variable) {
  const std::shared_ptr<GraphImpl>& graph = initial.graph_impl();
  const std::optional<std::vector<int>> order = InOrder(*graph, initial.node().id());
  if (!order.has_value()) return initial;
  const auto is_variable = [&graph](int id) { return IsVariable(graph->node(id)); };
  if (std::none_of(order->begin(), order->end(), is_variable)) return initial;
  std::map<int, int> replaced;  // node -> the node in its place
  for (const int id : *order) {
    const Node& node = graph->node(id);
    if (IsVariable(node)) {
      const std::optional<Endpoint> value = InitializedValue(node);
      if (value.has_value()) replaced[id] = value->node;
    }
    if (IsLeaf(node)) continue;
    std::vector<Endpoint> inputs(node.inputs().begin(), node.inputs().end());
    bool modified = false;
    for (Endpoint& input : inputs) {
      const auto at = replaced.find(input.node);
      if (at == replaced.end()) continue;
      input.node = at->second;
      modified = true;
    }
    if (modified) replaced[id] = CopyWith(*graph, node, std::move(inputs), variable).node;
  }
  const auto at = replaced.find(initial.node().id());
  if (at == replaced.end()) return initial;
  return Output(graph, Endpoint{at->second, initial.index()});
}

}  // namespace sessile
