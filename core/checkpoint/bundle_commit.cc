// The index names its data files by their number, and renaming it is what makes a checkpoint valid:
// data files come before. Where the old checkpoint has data files of the same names they cannot be
// replaced first, because the old index would stand before new data. Then
//   1. the new data get names that nobody has, as if there were more shards;
//   2. an index that says so replaces the old one: from here on the new checkpoint is valid;
//   3. the data get their usual names too, as second names of the same files;
//   4. the usual index replaces that of 2;
//   5. the names of 1 are removed.
// A file system without second names stays at 2, which every reader understands.

#include "sessile/core/checkpoint/bundle_commit.h"

#include "sessile/core/checkpoint/bundle_files.h"
#include "sessile/core/checkpoint/table.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/io/file_access.h"
#include "sessile/core/io/proto_io.h"

namespace sessile {
namespace {

class BundleCommit {
 public:
  BundleCommit(const std::string& prefix, const std::vector<std::string>& data,
               const std::map<std::string, pb::BundleEntryProto>& entries)
      : prefix_(prefix), data_(data), entries_(entries) {}

  absl::Status Commit() {
    const int usual = static_cast<int>(data_.size());
    const int shards = FirstFree(usual);
    SESSILE_RETURN_IF_ERROR(MoveData(shards));
    SESSILE_RETURN_IF_ERROR(WriteIndex(shards));
    if (shards == usual) return absl::OkStatus();
    const absl::Status linked = LinkData(shards, usual);
    if (absl::IsUnimplemented(linked)) return absl::OkStatus();
    SESSILE_RETURN_IF_ERROR(linked);
    SESSILE_RETURN_IF_ERROR(WriteIndex(usual));
    // Also those that a writer left which was killed here.
    for (int others = usual + 1; others <= shards; ++others) {
      for (int i = 0; i < usual; ++i) (void)RemoveFile(DataFileOf(prefix_, i, others));
    }
    return absl::OkStatus();
  }

 private:
  // The first number of shards, `shards` or more, by which no data file is called.
  int FirstFree(int shards) const {
    for (int i = 0; i < static_cast<int>(data_.size()); ++i) {
      if (FileExists(DataFileOf(prefix_, i, shards))) return FirstFree(shards + 1);
    }
    return shards;
  }

  absl::Status MoveData(int shards) const {
    for (size_t i = 0; i < data_.size(); ++i) {
      SESSILE_RETURN_IF_ERROR(
          RenameFile(data_[i], DataFileOf(prefix_, static_cast<int>(i), shards)));
    }
    return SyncFolderOf(prefix_);
  }

  absl::Status LinkData(int shards, int usual) const {
    for (int i = 0; i < usual; ++i) {
      const std::string path = DataFileOf(prefix_, i, usual);
      const std::string temporary = TemporaryNameFor(path);
      SESSILE_RETURN_IF_ERROR(LinkFile(DataFileOf(prefix_, i, shards), temporary));
      SESSILE_RETURN_IF_ERROR(RenameFile(temporary, path));
    }
    return SyncFolderOf(prefix_);
  }

  absl::StatusOr<std::string> Index(int shards) const {
    TableWriter table;
    pb::BundleHeaderProto header;
    header.set_num_shards(shards);
    header.mutable_version()->set_producer(kBundleVersion);
    SESSILE_ASSIGN_OR_RETURN(const std::string first, SerializeDeterministic(header));
    table.Add("", first);
    for (const auto& [key, entry] : entries_) {
      SESSILE_ASSIGN_OR_RETURN(const std::string bytes, SerializeDeterministic(entry));
      table.Add(key, bytes);
    }
    return table.Finish();
  }

  absl::Status WriteIndex(int shards) const {
    SESSILE_ASSIGN_OR_RETURN(const std::string bytes, Index(shards));
    return ReplaceFile(IndexFileOf(prefix_), bytes);
  }

  const std::string& prefix_;
  const std::vector<std::string>& data_;
  const std::map<std::string, pb::BundleEntryProto>& entries_;
};

}  // namespace

absl::Status CommitBundle(const std::string& prefix, const std::vector<std::string>& data,
                          const std::map<std::string, pb::BundleEntryProto>& entries) {
  return BundleCommit(prefix, data, entries).Commit();
}

}  // namespace sessile
