#include "sessile/core/graph/import.h"

#include <optional>

#include "sessile/core/framework/errors.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/graph/node_builder.h"
#include "sessile/core/graph/scope.h"

namespace sessile {
namespace {

absl::StatusOr<ImportOptions> OptionsOf(const ImportGraphDefOptions& options,
                                        const std::shared_ptr<GraphImpl>& graph) {
  ImportOptions all;
  for (const auto& [key, output] : options.input_map) {
    const Output from = output;
    if (from.graph_impl() != graph) {
      return InvalidArgument("Tensor ", from.name(), " (input_map of '", key,
                             "') is not an element of the graph that is imported into.");
    }
    all.input_map[key] = from.endpoint();
  }
  const BuildScope& scope = BuildScope::Of(*graph);
  all.prefix = options.name.empty() ? "" : scope.name;
  if (!scope.devices.empty()) all.device = scope.devices.back();
  for (auto it = scope.controls.rbegin(); it != scope.controls.rend(); ++it) {
    all.control_inputs.insert(all.control_inputs.end(), it->nodes.begin(), it->nodes.end());
    if (it->clears) break;
  }
  all.context = scope.context;
  all.return_elements = options.return_elements;
  all.producer_op_list = &options.producer_op_list;
  return all;
}

}  // namespace

absl::StatusOr<ImportedScope> ImportGraphDefInScope(const GraphDef& graph_def,
                                                    const ImportGraphDefOptions& options,
                                                    const std::shared_ptr<GraphImpl>& graph) {
  SESSILE_RETURN_IF_ERROR(BuildScope::Of(*graph).TakeError());
  std::optional<name_scope> scope;
  if (!options.name.empty()) scope.emplace(options.name, graph);
  SESSILE_ASSIGN_OR_RETURN(const ImportOptions all, OptionsOf(options, graph));
  SESSILE_ASSIGN_OR_RETURN(ImportedGraph imported, ImportGraphDef(graph_def, all, *graph));
  for (const int id : imported.nodes) ApplyScopes(*graph, graph->node(id));
  ImportedScope result;
  result.prefix = all.prefix;
  result.nodes = std::move(imported.nodes);
  for (const Endpoint& found : imported.returned) {
    result.elements.emplace_back(Operation(graph, &graph->node(found.node)), found.index);
  }
  return result;
}

std::vector<ImportedElement> import_graph_def(const GraphDef& graph_def,
                                              const ImportGraphDefOptions& options) {
  const std::shared_ptr<GraphImpl> graph = get_default_graph().impl();
  return errors::ValueOrThrow(ImportGraphDefInScope(graph_def, options, graph)).elements;
}

}  // namespace sessile
