// The files of a version 2 checkpoint ("tensor bundle"): PREFIX.index and
// PREFIX.data-00000-of-00002, PREFIX.data-00001-of-00002, ...
#pragma once

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace sessile {

inline constexpr int kBundleVersion = 1;

inline std::string IndexFileOf(const std::string& prefix) { return prefix + ".index"; }

// "b-00003-of-00010"
inline std::string ShardedName(const std::string& base, int shard, int num_shards) {
  return absl::StrFormat("%s-%05d-of-%05d", base, shard, num_shards);
}

inline std::string DataFileOf(const std::string& prefix, int shard, int num_shards) {
  return ShardedName(prefix + ".data", shard, num_shards);
}

}  // namespace sessile
