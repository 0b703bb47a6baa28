// The table of choices as a file: kernels/tuned_rows.inc.
//
// A line {"avx2", "Conv2D 3x3/1 4->8 28x28 to 28x28", "jit:avx2"}, for each row, sorted, below
// comments.
#pragma once

#include <map>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

// Names of codes by instruction set and work.
using Choices = std::map<std::pair<std::string, std::string>, std::string>;

// NOT_FOUND, ...; INVALID_ARGUMENT, with the number of the line, for one that is no row or that
// says something else than an earlier one.
absl::StatusOr<Choices> ReadChoices(const std::string& path);
// Writes the file anew or not at all, without the comments that it had.
absl::Status WriteChoices(const std::string& path, const Choices& choices);
