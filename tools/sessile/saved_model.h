// SavedModels on the command line.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "sessile/core/graph/meta_graph_def.h"
#include "sessile/ops/saved_model.h"

// "serve,gpu" as tags.
std::vector<std::string> TagsOf(const std::string& flag);

// The graph that has exactly these tags; without any the only graph. NOT_FOUND or INVALID_ARGUMENT
// names the graphs that there are.
absl::StatusOr<sessile::MetaGraphDef> ReadTagged(const std::string& dir, const std::string& tag);

// What the keys of a signature stand for, inputs and outputs.
using SignatureKeys = std::map<std::string, sessile::TensorInfo>;
absl::StatusOr<SignatureKeys> KeysOf(const sessile::MetaGraphDef& meta,
                                     const std::string& signature);
// The tensor of one of them, "x:0". NOT_FOUND for another key, UNIMPLEMENTED for a sparse or
// composite tensor.
absl::StatusOr<std::string> TensorOfKey(const SignatureKeys& keys, const std::string& signature,
                                        const std::string& key);

// What `sessile show` says of one: its graphs by their tags, and their signatures.
absl::Status ShowSavedModel(const std::string& dir);
