#include "sessile/tools/sessile/graph_source.h"

#include <filesystem>
#include <utility>

#include "absl/strings/match.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/graph/meta_graph_def.h"
#include "sessile/core/io/file_access.h"
#include "sessile/ops/saved_model.h"
#include "sessile/tools/sessile/saved_model.h"

using namespace sessile;  // NOLINT: a program of the library

namespace {

GraphSource SourceOf(const MetaGraphDef& meta) {
  return {meta.graph_def(), StoredVariablesOf(meta)};
}

// The folder of a file that is the main file of a SavedModel; empty for other files.
std::string SavedModelFolderOf(const std::string& path) {
  const std::filesystem::path file(path);
  const std::string folder = file.has_parent_path() ? file.parent_path().string() : ".";
  const bool has_name = file.stem() == "saved_model";
  return has_name && saved_model::ReadSavedModel(folder).ok() ? folder : "";
}

}  // namespace

absl::StatusOr<GraphSource> ReadGraphSource(const std::string& path, const std::string& tag) {
  if (IsFolder(path)) {
    SESSILE_ASSIGN_OR_RETURN(const MetaGraphDef graph, ReadTagged(path, tag));
    return SourceOf(graph);
  }
  if (const std::string folder = SavedModelFolderOf(path); !folder.empty()) {
    return InvalidArgument("'", path, "' is a SavedModel: expected a graph, or the folder of the ",
                           "SavedModel: '", folder, "'");
  }
  if (!tag.empty()) return InvalidArgument("--tag: '", path, "' is no SavedModel");
  if (absl::EndsWith(path, ".meta")) {
    SESSILE_ASSIGN_OR_RETURN(const MetaGraphDef meta, ReadMetaGraphDef(path));
    return SourceOf(meta);
  }
  SESSILE_ASSIGN_OR_RETURN(GraphDef graph_def, ReadGraphDef(path));
  return GraphSource{std::move(graph_def), {}};
}
