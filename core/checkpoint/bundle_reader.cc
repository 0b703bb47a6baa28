// The data files hold the bytes of tensors one after the other, numbers as they are in memory, the
// lowest byte first. A tensor of strings is
//   the length of each as a varint; the masked checksum of the lengths (as numbers of 4 bytes each,
//   of 8 bytes where 4 do not hold them), 4 bytes; the bytes of each
// and its checksum is that of the lengths, goes on over these 4 bytes, and then over the bytes.

#include "sessile/core/checkpoint/bundle_reader.h"

#include <map>
#include <mutex>

#include "sessile/core/checkpoint/bundle_files.h"
#include "sessile/core/checkpoint/string_lengths.h"
#include "sessile/core/checkpoint/table.h"
#include "sessile/core/checkpoint/varint.h"
#include "sessile/core/framework/buffer.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/graph/proto_convert.h"
#include "sessile/core/io/crc32c.h"
#include "sessile/core/io/file_access.h"
#include "sessile/core/io/proto_io.h"
#include "sessile/proto/tensor_bundle.pb.h"

namespace sessile {
namespace {

struct BundleEntry {
  DataType dtype = DataType::kInvalid;
  Shape shape;
  int shard = 0;
  uint64_t offset = 0;
  uint64_t size = 0;
  uint32_t crc = 0;  // masked
};

class BundleReader final : public CheckpointReader {
 public:
  explicit BundleReader(const std::string& prefix) : CheckpointReader(prefix) {}

  absl::Status ReadIndex() {
    pb::BundleHeaderProto header;
    SESSILE_RETURN_IF_ERROR(ReadBundleIndex(
        prefix(), &header, [this, &header](std::string_view key, pb::BundleEntryProto& entry) {
          num_shards_ = header.num_shards();
          return AddEntry(std::string(key), entry);
        }));
    return absl::OkStatus();
  }

 private:
  absl::Status AddEntry(const std::string& key, const pb::BundleEntryProto& proto) {
    SESSILE_ASSIGN_OR_RETURN(const Shape shape, ShapeFromProto(proto.shape()));
    const auto dtype = static_cast<DataType>(proto.dtype());
    if (proto.slices_size() > 0) return AddInParts(key, dtype, shape, proto);
    if (proto.offset() < 0 || proto.size() < 0 || proto.shard_id() < 0 ||
        proto.shard_id() >= num_shards_) {
      return absl::DataLossError("its place is damaged");
    }
    entries_[key] = {dtype,
                     shape,
                     proto.shard_id(),
                     static_cast<uint64_t>(proto.offset()),
                     static_cast<uint64_t>(proto.size()),
                     proto.crc32c()};
    // A key that begins with 0 is that of a part.
    if (!key.empty() && key[0] == '\0') return absl::OkStatus();
    if (!shape.has_rank()) return absl::DataLossError("its shape is unknown");
    return AddTensor(key, dtype, shape, {TensorSlice::Full(shape.rank())});
  }

  absl::Status AddInParts(const std::string& name, DataType dtype, const Shape& shape,
                          const pb::BundleEntryProto& proto) {
    std::vector<TensorSlice> parts;
    for (const pb::TensorSliceProto& part : proto.slices()) {
      SESSILE_ASSIGN_OR_RETURN(TensorSlice slice, TensorSlice::FromProto(part));
      parts.push_back(std::move(slice));
    }
    if (!shape.has_rank()) return absl::DataLossError("its shape is unknown");
    in_parts_[name] = true;
    return AddTensor(name, dtype, shape, std::move(parts));
  }

  absl::StatusOr<const BundleEntry*> EntryOf(const std::string& name,
                                             const TensorSlice& part) const {
    const auto found = entries_.find(in_parts_.contains(name) ? part.KeyOf(name) : name);
    if (found == entries_.end()) {
      return absl::DataLossError(absl::StrCat("its part ", part.ToString(), " is missing"));
    }
    return &found->second;
  }

  absl::StatusOr<std::shared_ptr<const FileReader>> Shard(int shard) const {
    const std::lock_guard<std::mutex> lock(mutex_);
    std::shared_ptr<const FileReader>& file = files_[shard];
    if (file == nullptr) {
      SESSILE_ASSIGN_OR_RETURN(FileReader opened,
                               FileReader::Open(DataFileOf(prefix(), shard, num_shards_)));
      file = std::make_shared<const FileReader>(std::move(opened));
    }
    return file;
  }

  absl::Status CheckPart(const std::string& name, const TensorSlice& part, size_t) const override {
    SESSILE_ASSIGN_OR_RETURN(const BundleEntry* const entry, EntryOf(name, part));
    const StoredTensor& whole = tensors().find(name)->second;
    SESSILE_ASSIGN_OR_RETURN(const Shape shape, part.ShapeIn(whole.shape));
    if (entry->dtype != whole.dtype || entry->shape != shape) {
      return absl::DataLossError(absl::StrCat(
          "its part ", part.ToString(), " is ", DataTypeName(entry->dtype), entry->shape.ToString(),
          ", not ", DataTypeName(whole.dtype), shape.ToString()));
    }
    SESSILE_ASSIGN_OR_RETURN(const auto file, Shard(entry->shard));
    if (entry->offset > file->size() || entry->size > file->size() - entry->offset) {
      return absl::DataLossError(absl::StrCat("it has ", entry->size, " bytes from byte ",
                                              entry->offset, " on, but '", file->path(),
                                              "' has only ", file->size()));
    }
    return CheckSize(*entry, file->path());
  }

  static absl::Status CheckSize(const BundleEntry& entry, const std::string& path) {
    const auto count = static_cast<uint64_t>(entry.shape.num_elements());
    uint64_t bytes = 0;
    const bool fits = entry.dtype == DataType::kString
                          ? count <= entry.size  // each has a length, at least
                          : !__builtin_mul_overflow(count, DataTypeSize(entry.dtype), &bytes) &&
                                bytes == entry.size;
    if (fits) return absl::OkStatus();
    return absl::DataLossError(absl::StrCat("it has ", entry.size, " bytes in '", path,
                                            "', which is not the size of ",
                                            DataTypeName(entry.dtype), entry.shape.ToString()));
  }

  absl::Status ReadPart(const std::string& name, const TensorSlice& part, size_t,
                        Tensor* to) const override {
    SESSILE_ASSIGN_OR_RETURN(const BundleEntry* const entry, EntryOf(name, part));
    SESSILE_ASSIGN_OR_RETURN(const auto file, Shard(entry->shard));
    if (entry->dtype == DataType::kString) return ReadStrings(*entry, *file, to);
    char* const bytes = static_cast<char*>(to->mutable_raw_data());
    const auto size = static_cast<size_t>(entry->size);
    SESSILE_RETURN_IF_ERROR(file->ReadAt(entry->offset, bytes, size));
    SESSILE_RETURN_IF_ERROR(CheckCrc(*entry, *file, Crc32c({bytes, size})));
    if (entry->dtype == DataType::kBool) {  // any other byte than 0 and 1 is no bool to C++
      for (size_t i = 0; i < size; ++i) bytes[i] = bytes[i] != 0;
    }
    return absl::OkStatus();
  }

  static absl::Status CheckCrc(const BundleEntry& entry, const FileReader& file, uint32_t crc) {
    if (MaskCrc32c(crc) == entry.crc) return absl::OkStatus();
    return absl::DataLossError(
        absl::StrCat("Checksum does not match: stored ", UnmaskCrc32c(entry.crc),
                     " vs. calculated on the restored bytes ", crc, " (", entry.size, " bytes of '",
                     file.path(), "' from byte ", entry.offset, " on)"));
  }

  static absl::Status ReadStrings(const BundleEntry& entry, const FileReader& file, Tensor* to) {
    if (entry.size > MemoryLimit()) {
      return absl::ResourceExhaustedError(absl::StrCat("it has ", entry.size, " bytes"));
    }
    std::string bytes(static_cast<size_t>(entry.size), '\0');
    SESSILE_RETURN_IF_ERROR(file.ReadAt(entry.offset, bytes.data(), bytes.size()));
    absl::Status damaged = absl::DataLossError(
        absl::StrCat("the lengths of its strings are damaged ('", file.path(), "')"));
    std::string_view left = bytes;
    std::vector<uint64_t> lengths(static_cast<size_t>(to->num_elements()));
    uint32_t crc = 0;
    for (uint64_t& length : lengths) {
      if (!ReadVarint(&left, &length)) return damaged;
      crc = ExtendCrcOfLength(crc, length);
    }
    if (left.size() < 4 || LoadFixed32(left) != MaskCrc32c(crc)) return damaged;
    crc = ExtendCrc32c(crc, left.substr(0, 4));
    left.remove_prefix(4);
    SESSILE_RETURN_IF_ERROR(CheckCrc(entry, file, ExtendCrc32c(crc, left)));
    std::string* string = to->mutable_data<std::string>();
    for (const uint64_t length : lengths) {
      if (length > left.size()) return damaged;
      *string++ = left.substr(0, static_cast<size_t>(length));
      left.remove_prefix(static_cast<size_t>(length));
    }
    return left.empty() ? absl::OkStatus() : damaged;
  }

  int num_shards_ = 1;
  std::map<std::string, BundleEntry, std::less<>> entries_;  // parts too, by their keys
  std::map<std::string, bool, std::less<>> in_parts_;
  mutable std::mutex mutex_;
  mutable std::map<int, std::shared_ptr<const FileReader>> files_;  // guarded by mutex_
};

absl::Status CheckHeader(const pb::BundleHeaderProto& header, const std::string& path) {
  if (header.num_shards() < 1) {
    return absl::DataLossError(
        absl::StrCat("'", path, "' says that there are ", header.num_shards(), " data files"));
  }
  if (header.endianness() != pb::BundleHeaderProto::LITTLE) {
    return Unimplemented("'", path, "' was written on a machine with the other order of bytes");
  }
  if (header.version().min_consumer() > kBundleVersion) {
    return Unimplemented("'", path, "' has the format version ", header.version().producer(),
                         ", which needs a reader of version ", header.version().min_consumer(),
                         "; this one has version ", kBundleVersion);
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<CheckpointReader>> OpenBundle(const std::string& prefix) {
  auto reader = std::make_unique<BundleReader>(prefix);
  SESSILE_RETURN_IF_ERROR(reader->ReadIndex());
  return reader;
}

absl::Status ReadBundleIndex(
    const std::string& prefix, pb::BundleHeaderProto* header,
    const std::function<absl::Status(std::string_view key, pb::BundleEntryProto& entry)>& visit) {
  const std::string path = IndexFileOf(prefix);
  SESSILE_ASSIGN_OR_RETURN(const TableReader table, TableReader::Open(path));
  // What keys share is written once, so that a small file could hold very many long ones.
  const uint64_t most_key_bytes = (uint64_t{1} << 26) + 16 * table.size();
  uint64_t key_bytes = 0;
  bool at_header = true;
  std::string last;
  const auto each = [&](std::string_view key, std::string_view value) -> absl::Status {
    const absl::string_view bytes(value.data(), value.size());
    if (at_header) {
      at_header = false;
      if (!key.empty()) return absl::DataLossError(absl::StrCat("'", path, "' has no header"));
      SESSILE_RETURN_IF_ERROR(ParseProto(bytes, header, absl::StrCat("'", path, "'")));
      return CheckHeader(*header, path);
    }
    const std::string name(key);
    if (name <= last) return absl::DataLossError(absl::StrCat("'", path, "' is out of order"));
    last = name;
    key_bytes += key.size();
    if (key_bytes > most_key_bytes) {
      return absl::ResourceExhaustedError(absl::StrCat("'", path, "' has too many long names"));
    }
    pb::BundleEntryProto entry;
    SESSILE_RETURN_IF_ERROR(
        ParseProto(bytes, &entry, absl::StrCat("the entry '", name, "' of '", path, "'")));
    absl::Status status = visit(key, entry);
    if (status.ok()) return status;
    return absl::Status(status.code(), absl::StrCat("Cannot read tensor '", name, "' of '", path,
                                                    "': ", status.message()));
  };
  SESSILE_RETURN_IF_ERROR(table.ForEach(each));
  if (at_header) return absl::DataLossError(absl::StrCat("'", path, "' has no header"));
  return absl::OkStatus();
}

}  // namespace sessile
