#include "sessile/tools/sessile/graph_source.h"

#include "absl/strings/match.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/graph/meta_graph_def.h"
#include "sessile/ops/saved_model.h"

using namespace sessile;  // NOLINT: a program of the library

absl::StatusOr<GraphDef> ReadGraphSource(const std::string& path) {
  if (saved_model::maybe_saved_model_directory(path)) {
    SESSILE_ASSIGN_OR_RETURN(const auto graphs, saved_model::ReadSavedModel(path));
    if (graphs.empty()) return NotFound("SavedModel '", path, "' has no graph");
    return graphs[0].graph_def();
  }
  if (absl::EndsWith(path, ".meta")) {
    SESSILE_ASSIGN_OR_RETURN(const MetaGraphDef meta, ReadMetaGraphDef(path));
    return meta.graph_def();
  }
  return ReadGraphDef(path);
}
