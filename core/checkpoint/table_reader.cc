#include <algorithm>

#include "sessile/core/checkpoint/snappy.h"
#include "sessile/core/checkpoint/table.h"
#include "sessile/core/checkpoint/table_format.h"
#include "sessile/core/checkpoint/varint.h"
#include "sessile/core/framework/buffer.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/io/crc32c.h"

namespace sessile {
namespace {

// Names of tensors are not longer; a damaged file cannot make us compare megabytes a key.
constexpr size_t kMaxKey = size_t{1} << 16;

// Goes through the entries of a block.
class BlockCursor {
 public:
  // False if the block has no room for its restarts.
  bool Start(std::string_view block) {
    if (block.size() < 4) return false;
    const uint64_t restarts = LoadFixed32(block.substr(block.size() - 4));
    if (restarts > (block.size() - 4) / 4) return false;
    left_ = block.substr(0, block.size() - 4 * (static_cast<size_t>(restarts) + 1));
    return true;
  }
  bool done() const { return left_.empty(); }
  // False for a damaged entry.
  bool Next() {
    uint64_t shared = 0;
    uint64_t own = 0;
    uint64_t size = 0;
    if (!ReadVarint(&left_, &shared) || !ReadVarint(&left_, &own) || !ReadVarint(&left_, &size)) {
      return false;
    }
    if (shared > key_.size() || own > left_.size() || size > left_.size() - own) return false;
    if (shared + own > kMaxKey) return false;
    key_.resize(static_cast<size_t>(shared));
    key_ += left_.substr(0, static_cast<size_t>(own));
    left_.remove_prefix(static_cast<size_t>(own));
    value_ = left_.substr(0, static_cast<size_t>(size));
    left_.remove_prefix(static_cast<size_t>(size));
    return true;
  }
  std::string_view key() const { return key_; }
  std::string_view value() const { return value_; }

 private:
  std::string_view left_;
  std::string key_;
  std::string_view value_;
};

bool ReadHandle(std::string_view* from, BlockHandle* handle) {
  return ReadVarint(from, &handle->offset) && ReadVarint(from, &handle->size);
}

}  // namespace

absl::Status TableReader::Damaged(std::string_view what) const {
  return absl::DataLossError(
      absl::StrCat("Cannot read '", path(), "' as a table: ", std::string(what)));
}

absl::StatusOr<TableReader> TableReader::Open(const std::string& path) {
  SESSILE_ASSIGN_OR_RETURN(FileReader file, FileReader::Open(path));
  TableReader table(std::move(file));
  if (table.size() < kTableFooter) {
    return table.Damaged("file is too short to be an sstable");
  }
  std::string footer(kTableFooter, '\0');
  SESSILE_RETURN_IF_ERROR(
      table.file_.ReadAt(table.size() - kTableFooter, footer.data(), footer.size()));
  const std::string_view magic = std::string_view(footer).substr(kTableFooter - 8);
  if (LoadFixed32(magic) != kTableMagicLow || LoadFixed32(magic.substr(4)) != kTableMagicHigh) {
    return table.Damaged("not an sstable (bad magic number)");
  }
  std::string_view handles = std::string_view(footer).substr(0, kTableFooter - 8);
  BlockHandle metaindex;
  BlockHandle index;
  if (!ReadHandle(&handles, &metaindex) || !ReadHandle(&handles, &index)) {
    return table.Damaged("its footer is damaged");
  }
  SESSILE_ASSIGN_OR_RETURN(table.index_, table.ReadBlock(index));
  return table;
}

absl::StatusOr<std::string> TableReader::ReadBlock(const BlockHandle& handle) const {
  const uint64_t room = size() - kTableFooter;
  if (handle.offset > room || handle.size > room - handle.offset ||
      room - handle.offset - handle.size < kTableBlockTrailer) {
    return Damaged("a block lies outside of the file");
  }
  if (handle.size > MemoryLimit()) {
    return absl::ResourceExhaustedError(
        absl::StrCat("Cannot read '", path(), "': a block has ", handle.size, " bytes"));
  }
  std::string bytes(static_cast<size_t>(handle.size) + kTableBlockTrailer, '\0');
  SESSILE_RETURN_IF_ERROR(file_.ReadAt(handle.offset, bytes.data(), bytes.size()));
  const uint32_t stored = LoadFixed32(std::string_view(bytes).substr(bytes.size() - 4));
  bytes.resize(bytes.size() - 4);
  if (MaskCrc32c(Crc32c(bytes)) != stored) return Damaged("block checksum mismatch");
  const char compression = bytes.back();
  bytes.pop_back();
  if (compression == kTableUncompressed) return bytes;
  if (compression != kTableSnappy) return Damaged("bad block type");
  absl::StatusOr<std::string> block = DecompressSnappy(bytes);
  if (!block.ok()) return Damaged(std::string(block.status().message()));
  return block;
}

absl::Status TableReader::ForEach(const Visitor& visit) const {
  BlockCursor blocks;
  if (!blocks.Start(index_)) return Damaged("its index is damaged");
  while (!blocks.done()) {
    BlockHandle handle;
    if (!blocks.Next()) return Damaged("its index is damaged");
    std::string_view value = blocks.value();
    if (!ReadHandle(&value, &handle)) return Damaged("its index is damaged");
    SESSILE_ASSIGN_OR_RETURN(const std::string block, ReadBlock(handle));
    BlockCursor entries;
    if (!entries.Start(block)) return Damaged("a block is damaged");
    while (!entries.done()) {
      if (!entries.Next()) return Damaged("an entry is damaged");
      SESSILE_RETURN_IF_ERROR(visit(entries.key(), entries.value()));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<std::optional<std::string>> TableReader::Get(std::string_view key) const {
  BlockCursor blocks;
  if (!blocks.Start(index_)) return Damaged("its index is damaged");
  while (!blocks.done()) {
    if (!blocks.Next()) return Damaged("its index is damaged");
    if (blocks.key() < key) continue;
    BlockHandle handle;
    std::string_view value = blocks.value();
    if (!ReadHandle(&value, &handle)) return Damaged("its index is damaged");
    SESSILE_ASSIGN_OR_RETURN(const std::string block, ReadBlock(handle));
    BlockCursor entries;
    if (!entries.Start(block)) return Damaged("a block is damaged");
    while (!entries.done()) {
      if (!entries.Next()) return Damaged("an entry is damaged");
      if (entries.key() == key) return std::optional<std::string>(entries.value());
    }
    break;
  }
  return std::optional<std::string>();
}

}  // namespace sessile
