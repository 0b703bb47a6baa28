#include "sessile/ops/constant_value.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

#include "sessile/core/graph/graph_impl.h"
#include "sessile/core/graph/node.h"

namespace sessile {
namespace {

enum class Needs { kNothing, kAllInputs, kSecondInput, kUnknownOp };

Needs NeedsOf(std::string_view op) {
  constexpr std::array kShapes = {"Const", "Shape", "Size", "Rank"};
  constexpr std::array kFromInputs = {"Range",    "Cast",         "Concat",  "ConcatV2",
                                      "Pack",     "Unpack",       "Split",   "Equal",
                                      "NotEqual", "StopGradient", "Identity"};
  const auto is = [op](std::string_view name) { return name == op; };
  if (std::any_of(kShapes.begin(), kShapes.end(), is)) return Needs::kNothing;
  if (std::any_of(kFromInputs.begin(), kFromInputs.end(), is)) return Needs::kAllInputs;
  return op == "Fill" ? Needs::kSecondInput : Needs::kUnknownOp;
}

}  // namespace

const Tensor* constant_value(const Output& output) {
  constexpr size_t kMaxNodes = 4096;
  GraphImpl& graph = *output.graph_impl();
  std::vector<int> nodes = {output.node().id()};
  for (size_t i = 0; i < nodes.size(); ++i) {
    const Node& node = graph.node(nodes[i]);
    const Needs needs = NeedsOf(node.op_type());
    if (needs == Needs::kUnknownOp || nodes.size() > kMaxNodes) return nullptr;
    if (needs == Needs::kSecondInput) nodes.push_back(node.inputs()[1].node);
    if (needs != Needs::kAllInputs) continue;
    for (const Endpoint& input : node.inputs()) nodes.push_back(input.node);
  }
  return graph.ConstantValue(output.endpoint());
}

}  // namespace sessile
