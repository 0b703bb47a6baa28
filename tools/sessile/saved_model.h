// What `sessile show` says of a SavedModel.
#pragma once

#include <string>

#include "absl/status/status.h"

// Its graphs by their tags, and their signatures.
absl::Status ShowSavedModel(const std::string& dir);
