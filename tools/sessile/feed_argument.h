// What stands behind --feed and --feed-each: NAME=FILE.npy or NAME=VALUE.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "sessile/core/graph/graph.h"
#include "sessile/core/session/feed.h"

struct NameAndText {
  std::string name;
  std::string text;
};

// Splits "NAME=TEXT"; an error names the flag and what it expects behind the "=".
absl::StatusOr<NameAndText> SplitFeed(const std::string& argument, const std::string& flag,
                                      const std::string& value);

// "x" is "x:0".
std::string TensorNameOf(const std::string& name);

// A number, true, false, text, or a (nested) list of these: "3", "[[1, 2], [3, 4.5]]", "'a b'".
absl::StatusOr<sessile::FeedValue> ParseLiteral(const std::string& text);

// Reads a value, FILE.npy or a literal; an array takes the type of the tensor `name`, with its
// index, that it is fed to.
absl::StatusOr<sessile::FeedValue> ParseFeed(const sessile::Graph& graph, const std::string& name,
                                             const std::string& text);

// The same for an array, which --feed-each gives slice by slice.
absl::StatusOr<sessile::Tensor> ReadArrayFor(const sessile::Graph& graph, const std::string& name,
                                             const std::string& path);
