// SavedModels on the command line.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "sessile/core/graph/meta_graph_def.h"

// "serve,gpu" as tags.
std::vector<std::string> TagsOf(const std::string& flag);

// The graph that has exactly these tags; without any the only graph. NOT_FOUND or INVALID_ARGUMENT
// names the graphs that there are.
absl::StatusOr<sessile::MetaGraphDef> ReadTagged(const std::string& dir, const std::string& tag);

// The tensors that the keys of a signature stand for, inputs and outputs.
absl::StatusOr<std::map<std::string, std::string>> KeysOf(const sessile::MetaGraphDef& meta,
                                                          const std::string& signature);
absl::Status NoSuchKey(const std::string& signature, const std::string& key);

// What `sessile show` says of one: its graphs by their tags, and their signatures.
absl::Status ShowSavedModel(const std::string& dir);
