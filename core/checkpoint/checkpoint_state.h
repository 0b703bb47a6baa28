// The text file "checkpoint" of a folder: which checkpoints there are, and which is the latest.
//
//   SESSILE_ASSIGN_OR_RETURN(const CheckpointState state,
//   ReadCheckpointState("/tmp/run/checkpoint")); state.model_checkpoint_path ==
//   "/tmp/run/model.ckpt-400"
//
// It is TensorFlow's, as text of the protocol buffer CheckpointState.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace sessile {

struct CheckpointState {
  std::string model_checkpoint_path;                    // the latest
  std::vector<std::string> all_model_checkpoint_paths;  // oldest first
  std::vector<double> all_model_checkpoint_timestamps;  // seconds since 1970; may be left out
  double last_preserved_timestamp = 0;
};

// The paths as they are written. DATA_LOSS for another text.
absl::StatusOr<CheckpointState> ReadCheckpointState(const std::string& path);
// Replaces the file at once.
absl::Status WriteCheckpointState(const std::string& path, const CheckpointState& state);

}  // namespace sessile
