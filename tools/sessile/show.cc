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

struct ShowFlags {
  std::string path, tag;
  bool all = false;
  bool dot = false;
};

// A checkpoint has no nodes that the flags could be about.
absl::Status CheckNoGraphFlags(const ShowFlags& flags) {
  const char* const flag = flags.dot            ? "--dot"
                           : flags.all          ? "--all"
                           : !flags.tag.empty() ? "--tag"
                                                : nullptr;
  if (flag == nullptr) return absl::OkStatus();
  return InvalidArgument(flag, ": expected a graph, but '", flags.path, "' is a checkpoint");
}

void PrintListing(const ShowFlags& flags, const GraphDef& graph_def, const GraphImpl& graph) {
  Listing listing = List(graph);
  if (flags.all || listing.outputs.empty()) {
    listing.outputs.insert(listing.outputs.end(), listing.leftovers.begin(),
                           listing.leftovers.end());
    listing.leftovers.clear();
  }
  std::printf("%s: %d nodes, GraphDef version %d\n", flags.path.c_str(), graph_def.node_size(),
              graph.producer_version());
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
}

absl::Status ShowGraph(const ShowFlags& flags) {
  SESSILE_ASSIGN_OR_RETURN(const GraphSource source, ReadGraphSource(flags.path, flags.tag));
  const Graph graph;
  SESSILE_RETURN_IF_ERROR(ImportGraphDef(source.graph_def, {}, *graph.impl()).status());
  if (flags.dot) {
    PrintDot(*graph.impl());
  } else {
    PrintListing(flags, source.graph_def, *graph.impl());
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status ShowCommand(const std::vector<std::string>& args) {
  ShowFlags flags;
  FlagSet set("sessile show",
              "Lists a graph's inputs, outputs, variables and operations, the graphs and "
              "signatures of a SavedModel, or a checkpoint's tensors.");
  set.Positional("GRAPH", &flags.path,
                 absl::StrCat(kGraphSourceHelp,
                              "; or the PREFIX of a checkpoint, or a folder whose file "
                              "'checkpoint' names one"))
      .String("tag", &flags.tag,
              "list the graph of a SavedModel that has these tags, separated by commas")
      .Bool("all", &flags.all,
            "list as outputs constants, reads of variables and parts of gradients too that nobody "
            "reads")
      .Bool("dot", &flags.dot,
            "print the graph for Graphviz: sessile show GRAPH --dot | dot -Tsvg");
  set.ParseOrExit(args);
  if (saved_model::maybe_saved_model_directory(flags.path)) {
    // Without a word on which graph is meant, an overview.
    const bool overview = flags.tag.empty() && !flags.all && !flags.dot;
    return overview ? ShowSavedModel(flags.path) : ShowGraph(flags);
  }
  if (!IsCheckpoint(flags.path)) return ShowGraph(flags);
  SESSILE_RETURN_IF_ERROR(CheckNoGraphFlags(flags));
  return ShowCheckpoint(flags.path);
}
