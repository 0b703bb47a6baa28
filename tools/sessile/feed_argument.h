// What stands behind --feed and --feed-each: NAME=FILE.npy or NAME=VALUE.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "sessile/core/graph/graph.h"
#include "sessile/core/session/feed.h"

struct FeedArgument {
  std::string name;  // of a tensor, with its index: "x:0"
  sessile::FeedValue value;
};

// "x" is "x:0".
std::string TensorNameOf(const std::string& name);

// A number, true, false, text, or a (nested) list of these: "3", "[[1, 2], [3, 4.5]]", "'a b'".
absl::StatusOr<sessile::FeedValue> ParseLiteral(const std::string& text);

// Reads the value; an array takes the type of the tensor that it is fed to.
absl::StatusOr<FeedArgument> ParseFeed(const sessile::Graph& graph, const std::string& argument);

// The same for an array, which --feed-each gives slice by slice.
absl::StatusOr<sessile::Tensor> ReadArrayFor(const sessile::Graph& graph, const std::string& name,
                                             const std::string& path);
