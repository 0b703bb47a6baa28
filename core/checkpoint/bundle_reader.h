// Version 2 checkpoints; see checkpoint_reader.h.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "sessile/core/checkpoint/checkpoint_reader.h"

namespace sessile {

namespace pb {
class BundleEntryProto;
class BundleHeaderProto;
}  // namespace pb

absl::StatusOr<std::unique_ptr<CheckpointReader>> OpenBundle(const std::string& prefix);

// Reads the index of a checkpoint: its header, then the entries in the order of their keys.
absl::Status ReadBundleIndex(
    const std::string& prefix, pb::BundleHeaderProto* header,
    const std::function<absl::Status(std::string_view key, pb::BundleEntryProto& entry)>& visit);

}  // namespace sessile
