// How a checkpoint comes to its place.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "sessile/proto/tensor_bundle.pb.h"

namespace sessile {

// Makes the files `data`, whose bytes are on the disk, the data files of the checkpoint `prefix`,
// and writes its index. Killed at any moment, it leaves an old checkpoint of that prefix or the new
// one whole.
absl::Status CommitBundle(const std::string& prefix, const std::vector<std::string>& data,
                          const std::map<std::string, pb::BundleEntryProto>& entries);

}  // namespace sessile
