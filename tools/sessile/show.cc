#include <cstdio>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/graph/graph.h"
#include "sessile/core/graph/graph_def.h"
#include "sessile/core/graph/graph_impl.h"
#include "sessile/core/graph/import.h"
#include "sessile/core/io/flags.h"
#include "sessile/ops/graph_util.h"
#include "sessile/ops/saved_model.h"
#include "sessile/tools/sessile/checkpoint.h"
#include "sessile/tools/sessile/commands.h"
#include "sessile/tools/sessile/dot.h"
#include "sessile/tools/sessile/graph_source.h"
#include "sessile/tools/sessile/saved_model.h"

namespace {

using namespace sessile;  // NOLINT: a program of the library

bool IsInput(const std::string& op) {
  static const std::set<std::string> ops = {"Placeholder", "PlaceholderV2",
                                            "PlaceholderWithDefault"};
  return ops.contains(op);
}

std::string Describe(const Node& node, int index) {
  const DataType type = BaseType(node.output_types()[static_cast<size_t>(index)]);
  return absl::StrCat(type == DataType::kInvalid ? "?" : PythonName(type), " ",
                      node.output_shape(index).ToPythonString());
}

// What the variable holds, which the output of a resource variable does not say.
std::string DescribeVariable(const Node& node) {
  const auto dtype = node.attrs().Get<DataType>("dtype");
  const auto shape = node.attrs().Get<Shape>("shape");
  return absl::StrCat(dtype.ok() ? PythonName(*dtype) : "?", " ",
                      shape.ok() ? shape->ToPythonString() : "<unknown>");
}

struct Listing {
  std::vector<std::string> inputs, variables;
  // Of nodes that nobody reads: what somebody may want, and what builders leave over.
  std::vector<std::string> outputs, leftovers;
  std::map<std::string, int> ops;
};

// Whether nobody reads the node because its value is of no use by itself: a constant, a variable's
// read, what a gradient was made of.
bool IsLeftover(const GraphImpl& graph, const Node& node) {
  const std::string& op = node.op_type();
  const bool in_gradients =
      node.name().starts_with("gradients") || node.name().find("/gradients") != std::string::npos;
  return op == "Const" || (in_gradients && node.num_outputs() > 0) ||
         ((op == "Identity" || op == "ReadVariableOp") &&
          IsVariable(graph.node(node.inputs()[0].node).op_type()));
}

void ListNode(const GraphImpl& graph, const Node& node, const std::vector<std::set<int>>& read,
              bool controls, Listing* to) {
  ++to->ops[absl::StrCat(node.op_type(), node.op() == nullptr ? " (not registered)" : "")];
  if (IsInput(node.op_type()) && node.num_outputs() > 0) {
    to->inputs.push_back(absl::StrCat(node.name(), ":0  ", Describe(node, 0)));
    return;
  }
  if (IsVariable(node.op_type())) {
    to->variables.push_back(absl::StrCat(node.name(), "  ", DescribeVariable(node)));
    return;
  }
  const std::set<int>& outputs = read[static_cast<size_t>(node.id())];
  if (!outputs.empty() || controls) return;
  std::vector<std::string>& lines = IsLeftover(graph, node) ? to->leftovers : to->outputs;
  for (int i = 0; i < node.num_outputs(); ++i) {
    lines.push_back(
        absl::StrCat(node.name(), ":", i, "  ", Describe(node, i), "  ", node.op_type()));
  }
  if (node.num_outputs() == 0) {
    to->outputs.push_back(absl::StrCat(node.name(), "  operation  ", node.op_type()));
  }
}

Listing List(const GraphImpl& graph) {
  const int count = graph.num_nodes();
  std::vector<std::set<int>> read(static_cast<size_t>(count));
  std::vector<bool> waited_for(static_cast<size_t>(count));
  for (int id = 0; id < count; ++id) {
    for (const Endpoint& input : graph.node(id).inputs()) {
      read[static_cast<size_t>(input.node)].insert(input.index);
    }
    for (const int control : graph.node(id).control_inputs()) {
      waited_for[static_cast<size_t>(control)] = true;
    }
  }
  Listing listing;
  for (int id = 0; id < count; ++id) {
    ListNode(graph, graph.node(id), read, waited_for[static_cast<size_t>(id)], &listing);
  }
  return listing;
}

void Print(const char* title, const std::vector<std::string>& lines) {
  std::printf("%s: %zu\n", title, lines.size());
  for (const std::string& line : lines) std::printf("  %s\n", line.c_str());
}

}  // namespace

absl::Status ShowCommand(const std::vector<std::string>& args) {
  std::string path;
  FlagSet set(
      "sessile show",
      "Lists a graph's inputs, outputs, variables and operations, or a checkpoint's tensors.");
  set.Positional("GRAPH", &path, absl::StrCat(kGraphSourceHelp, "; or the PREFIX of a checkpoint"));
  bool all = false;
  set.Bool(
      "all", &all,
      "list as outputs constants, reads of variables and parts of gradients too that nobody reads");
  bool dot = false;
  set.Bool("dot", &dot, "print the graph for Graphviz: sessile show GRAPH --dot | dot -Tsvg");
  set.ParseOrExit(args);
  if (!dot && saved_model::maybe_saved_model_directory(path)) return ShowSavedModel(path);
  if (IsCheckpoint(path)) return ShowCheckpoint(path);
  SESSILE_ASSIGN_OR_RETURN(const GraphSource source, ReadGraphSource(path));
  const GraphDef& graph_def = source.graph_def;
  const Graph graph;
  SESSILE_RETURN_IF_ERROR(ImportGraphDef(graph_def, {}, *graph.impl()).status());
  if (dot) {
    PrintDot(*graph.impl());
    return absl::OkStatus();
  }
  Listing listing = List(*graph.impl());
  if (all || listing.outputs.empty()) {
    listing.outputs.insert(listing.outputs.end(), listing.leftovers.begin(),
                           listing.leftovers.end());
    listing.leftovers.clear();
  }
  std::printf("%s: %d nodes, GraphDef version %d\n", path.c_str(), graph_def.node_size(),
              graph.impl()->producer_version());
  Print("inputs", listing.inputs);
  Print("outputs", listing.outputs);
  if (!listing.leftovers.empty()) {
    std::printf("  (and %zu constants, reads of variables and parts of gradients: --all)\n",
                listing.leftovers.size());
  }
  Print("variables", listing.variables);
  std::vector<std::string> ops;
  for (const auto& [op, count] : listing.ops) ops.push_back(absl::StrCat(count, "  ", op));
  Print("operations", ops);
  return absl::OkStatus();
}
