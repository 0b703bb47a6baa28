// Version 1 checkpoints, to read; see checkpoint_reader.h.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "sessile/core/checkpoint/checkpoint_reader.h"

namespace sessile {

absl::StatusOr<std::unique_ptr<CheckpointReader>> OpenV1Checkpoint(const std::string& pattern);

}  // namespace sessile
