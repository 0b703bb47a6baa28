// Sorted tables of keys and values in a file, LevelDB's "SSTable": what the index of a checkpoint
// is, and a whole checkpoint of version 1.
//
//   SESSILE_ASSIGN_OR_RETURN(const TableReader table, TableReader::Open(path));
//   SESSILE_RETURN_IF_ERROR(table.ForEach([](std::string_view key, std::string_view value) {...}));
//   SESSILE_ASSIGN_OR_RETURN(const std::optional<std::string> value, table.Get("key"));
//
//   TableWriter writer;
//   writer.Add("a", "1");                      // keys in rising order
//   std::string bytes = writer.Finish();
//
// The file is blocks, each followed by a byte that says how it is compressed (0 not, 1 by snappy)
// and the masked checksum of both, and a footer:
//   data block...  metaindex block  index block  footer
// A block is entries, the offsets of those entries whose key is whole ("restarts"), and their
// number; an entry is three varints and two texts:
//   bytes shared with the key before, other bytes of the key, bytes of the value, key, value
// The index block has an entry for each data block: a key not before the block's last and before
// the next one's first, and offset and size of the block. The footer has offset and size of the
// metaindex (empty here) and index blocks, padded to 40 bytes, and the magic number.
//
// A reader takes no more memory than a few times the largest block, and looks at each checksum. It
// is thread-safe. Errors are DATA_LOSS and name the file.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "sessile/core/io/file_access.h"

namespace sessile {

// Where a block lies in the file, without its trailer.
struct BlockHandle {
  uint64_t offset = 0;
  uint64_t size = 0;
};

class TableReader {
 public:
  using Visitor = std::function<absl::Status(std::string_view key, std::string_view value)>;

  static absl::StatusOr<TableReader> Open(const std::string& path);

  const std::string& path() const { return file_.path(); }
  uint64_t size() const { return file_.size(); }
  // Entries in the order of the file, until one is refused.
  absl::Status ForEach(const Visitor& visit) const;
  // Nothing if the key is not there.
  absl::StatusOr<std::optional<std::string>> Get(std::string_view key) const;

 private:
  explicit TableReader(FileReader file) : file_(std::move(file)) {}
  absl::StatusOr<std::string> ReadBlock(const BlockHandle& handle) const;
  absl::Status Damaged(std::string_view what) const;

  FileReader file_;
  std::string index_;  // the index block
};

// Writes the bytes that TensorFlow writes: uncompressed, blocks of 256 KiB, a restart every 16
// entries.
class TableWriter {
 public:
  // REQUIRES: `key` is after all before it.
  void Add(std::string_view key, std::string_view value);
  // The file. Call once.
  std::string Finish();

 private:
  class Block {
   public:
    explicit Block(int restart_interval) : interval_(restart_interval) {}
    void Add(std::string_view key, std::string_view value);
    size_t size() const { return bytes_.size() + 4 * (restarts_.size() + 1); }
    bool empty() const { return bytes_.empty(); }
    // The block's bytes; it is empty then.
    std::string Finish();

   private:
    int interval_;
    int since_restart_ = 0;
    std::string bytes_;
    std::string last_key_;
    std::vector<uint32_t> restarts_ = {0};
  };
  BlockHandle Write(Block* block);
  void FinishData();
  void AddToIndex(std::string_view key);

  std::string file_;
  std::string last_key_;
  Block data_{16};
  Block index_{1};
  std::optional<BlockHandle> pending_;  // a block that is written and not in the index yet
};

}  // namespace sessile
