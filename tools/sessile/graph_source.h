// Graphs from files of any kind that the tool knows.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "sessile/core/graph/graph_def.h"
#include "sessile/tools/sessile/checkpoint.h"

inline constexpr char kGraphSourceHelp[] =
    "a GraphDef, binary or text (.pbtxt), a meta graph (.meta), or the folder of a SavedModel";

struct GraphSource {
  sessile::GraphDef graph_def;
  StoredVariables stored;  // of a meta graph
};

// Of a SavedModel the graph with the tags `tag`, separated by commas, or without any its only one.
// INVALID_ARGUMENT for a tag where there is no SavedModel.
absl::StatusOr<GraphSource> ReadGraphSource(const std::string& path, const std::string& tag = "");
