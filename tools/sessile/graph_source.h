// Graphs from files of any kind that the tool knows.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "sessile/core/graph/graph_def.h"

inline constexpr char kGraphSourceHelp[] =
    "a GraphDef, binary or text (.pbtxt), a meta graph (.meta), or the folder of a SavedModel";

// The first graph of a SavedModel, if it has several.
absl::StatusOr<sessile::GraphDef> ReadGraphSource(const std::string& path);
