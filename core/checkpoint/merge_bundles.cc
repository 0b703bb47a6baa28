#include <map>

#include "sessile/core/checkpoint/bundle_commit.h"
#include "sessile/core/checkpoint/bundle_files.h"
#include "sessile/core/checkpoint/bundle_reader.h"
#include "sessile/core/checkpoint/bundle_writer.h"
#include "sessile/core/framework/status.h"

namespace sessile {
namespace {

class BundleMerge {
 public:
  absl::Status AddBundle(const std::string& prefix) {
    pb::BundleHeaderProto header;
    return ReadBundleIndex(
        prefix, &header, [&](std::string_view key, pb::BundleEntryProto& entry) -> absl::Status {
          if (entry.slices_size() > 0) return AddInParts(std::string(key), entry);
          const std::string file = DataFileOf(prefix, entry.shard_id(), header.num_shards());
          const auto [shard, is_new] = shards_.try_emplace(file, static_cast<int>(data_.size()));
          if (is_new) data_.push_back(file);
          entry.set_shard_id(shard->second);
          if (entries_.try_emplace(std::string(key), entry).second) return absl::OkStatus();
          return InvalidArgument("another of the checkpoints to merge has it too");
        });
  }

  absl::Status Commit(const std::string& destination) const {
    return CommitBundle(destination, data_, entries_);
  }

 private:
  absl::Status AddInParts(const std::string& name, const pb::BundleEntryProto& entry) {
    const auto [place, is_new] = entries_.try_emplace(name, entry);
    if (is_new) return absl::OkStatus();
    pb::BundleEntryProto& whole = place->second;
    if (whole.slices_size() == 0 || whole.dtype() != entry.dtype() ||
        whole.shape().SerializeAsString() != entry.shape().SerializeAsString()) {
      return InvalidArgument("its parts in the checkpoints to merge are of different tensors");
    }
    whole.mutable_slices()->MergeFrom(entry.slices());
    return absl::OkStatus();
  }

  std::map<std::string, int> shards_;  // of the data files
  std::vector<std::string> data_;
  std::map<std::string, pb::BundleEntryProto> entries_;
};

}  // namespace

absl::Status MergeBundles(const std::vector<std::string>& prefixes, const std::string& destination,
                          bool allow_missing) {
  BundleMerge merge;
  std::vector<std::string> merged;
  for (const std::string& prefix : prefixes) {
    if (!FileExists(IndexFileOf(prefix))) {
      if (allow_missing) continue;
      return InvalidArgument("allow_missing_files was set to false and ", prefix,
                             " did not exist.");
    }
    SESSILE_RETURN_IF_ERROR(merge.AddBundle(prefix));
    merged.push_back(prefix);
  }
  if (merged.empty()) return InvalidArgument("None of the checkpoints to merge exists");
  SESSILE_RETURN_IF_ERROR(merge.Commit(destination));
  for (const std::string& prefix : merged) {
    if (prefix != destination) SESSILE_RETURN_IF_ERROR(RemoveFile(IndexFileOf(prefix)));
  }
  return absl::OkStatus();
}

}  // namespace sessile
