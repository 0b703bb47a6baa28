#include "sessile/ops/freeze_calls.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/graph/graph.h"
#include "sessile/core/graph/import.h"
#include "sessile/core/graph/inlined_graph.h"
#include "sessile/proto/graph.pb.h"

namespace sessile {
namespace {

absl::Status CheckKnown(const GraphImpl& graph) {
  for (int id = 0; id < graph.num_nodes(); ++id) {
    const Node& node = graph.node(id);
    if (node.op() != nullptr) continue;
    return Unimplemented(
        "Freezing this graph replaces its calls of functions by their bodies, but '", node.name(),
        "' is of op ", node.op_type(), ", which is not known here");
  }
  return absl::OkStatus();
}

// Gives `node`, which is the first output of a call, the others too.
void MakeAllOutputs(const GraphImpl& graph, const std::vector<Endpoint>& outputs,
                    pb::NodeDef* node) {
  std::vector<std::string> inputs = {node->input(0)};
  pb::AttrValue types;
  for (size_t i = 0; i < outputs.size(); ++i) {
    const Node& output = graph.node(outputs[i].node);
    if (i > 0) inputs.push_back(output.name());
    types.mutable_list()->add_type(static_cast<pb::DataType>(output.output_types()[0]));
  }
  inputs.insert(inputs.end(), node->input().begin() + 1, node->input().end());
  node->clear_input();
  for (std::string& input : inputs) node->add_input(std::move(input));
  node->set_op("IdentityN");
  node->clear_attr();
  (*node->mutable_attr())["T"] = std::move(types);
}

// The graph without its calls as a GraphDef that needs no functions.
class Inlined {
 public:
  static absl::StatusOr<Inlined> Of(const GraphDef& graph_def,
                                    const std::vector<std::string>& destinations) {
    Inlined made;
    GraphImpl& original = *made.original_.impl();
    SESSILE_RETURN_IF_ERROR(ImportGraphDef(graph_def, {}, original).status());
    for (const std::string& name : destinations) {
      made.roots_.push_back(original.FindNode(name)->id());
    }
    const FunctionSupport& functions = *original.ops().function_support();
    SESSILE_ASSIGN_OR_RETURN(made.inlined_, functions.inline_functions(original, made.roots_, {}));
    SESSILE_RETURN_IF_ERROR(CheckKnown(*made.inlined_.graph));
    return made;
  }

  absl::StatusOr<GraphDef> ToGraphDef(const pb::GraphDef& from) const {
    SESSILE_ASSIGN_OR_RETURN(const GraphDef exported, ExportGraphDef(*inlined_.graph));
    auto def = std::make_shared<pb::GraphDef>(*exported.message());
    absl::flat_hash_map<std::string, pb::NodeDef*> by_name;
    bool has_functions = false;
    for (pb::NodeDef& node : *def->mutable_node()) {
      by_name[node.name()] = &node;
      has_functions = has_functions || HasFunction(node);
      // Within a body nodes have other names.
      if (original_.impl()->FindNode(node.name()) == nullptr) node.mutable_attr()->erase("_class");
    }
    for (const int root : roots_) {
      const std::vector<Endpoint>& outputs = inlined_.outputs.at(root);
      if (outputs.size() < 2 || outputs[0].node == outputs[1].node) continue;
      pb::NodeDef* const node = by_name.at(original_.impl()->node(root).name());
      if (node->op() != "IdentityN") MakeAllOutputs(*inlined_.graph, outputs, node);
    }
    *def->mutable_versions() = from.versions();
    if (has_functions) *def->mutable_library() = from.library();
    return GraphDef(std::move(def));
  }

 private:
  Graph original_;
  std::vector<int> roots_;
  InlinedGraph inlined_;
};

}  // namespace

bool HasFunction(const pb::NodeDef& node) {
  return std::any_of(node.attr().begin(), node.attr().end(), [](const auto& attr) {
    return attr.second.has_func() || attr.second.list().func_size() > 0;
  });
}

absl::StatusOr<GraphDef> InlineCalls(const GraphDef& graph_def,
                                     const std::vector<std::string>& destinations) {
  SESSILE_ASSIGN_OR_RETURN(const Inlined inlined, Inlined::Of(graph_def, destinations));
  return inlined.ToGraphDef(*graph_def.message());
}

}  // namespace sessile
