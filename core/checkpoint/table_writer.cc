#include <algorithm>

#include "sessile/core/checkpoint/table.h"
#include "sessile/core/checkpoint/table_format.h"
#include "sessile/core/checkpoint/varint.h"
#include "sessile/core/io/crc32c.h"

namespace sessile {
namespace {

constexpr size_t kBlockBytes = size_t{1} << 18;

size_t SharedPrefix(std::string_view a, std::string_view b) {
  const auto [at, other] =
      std::mismatch(a.begin(), a.begin() + std::min(a.size(), b.size()), b.begin());
  return static_cast<size_t>(at - a.begin());
}

unsigned char ByteAt(std::string_view bytes, size_t i) {
  return static_cast<unsigned char>(bytes[i]);
}

// A short key k with last <= k < next.
std::string ShortSeparator(std::string_view last, std::string_view next) {
  const size_t shared = SharedPrefix(last, next);
  std::string key(last);
  if (shared >= last.size() || shared >= next.size()) return key;  // one begins with the other
  const unsigned char byte = ByteAt(last, shared);
  if (byte < 0xff && byte + 1 < ByteAt(next, shared)) {
    key.resize(shared + 1);
    key[shared] = static_cast<char>(byte + 1);
  }
  return key;
}

// A short key that is not before `last`.
std::string ShortSuccessor(std::string_view last) {
  std::string key(last);
  for (size_t i = 0; i < key.size(); ++i) {
    if (ByteAt(key, i) == 0xff) continue;
    key.resize(i + 1);
    key[i] = static_cast<char>(ByteAt(key, i) + 1);
    break;
  }
  return key;
}

std::string Encoded(const BlockHandle& handle) {
  std::string bytes;
  AppendVarint(handle.offset, &bytes);
  AppendVarint(handle.size, &bytes);
  return bytes;
}

}  // namespace

void TableWriter::Block::Add(std::string_view key, std::string_view value) {
  size_t shared = 0;
  if (since_restart_ < interval_) {
    shared = SharedPrefix(last_key_, key);
  } else {
    restarts_.push_back(static_cast<uint32_t>(bytes_.size()));
    since_restart_ = 0;
  }
  AppendVarint(shared, &bytes_);
  AppendVarint(key.size() - shared, &bytes_);
  AppendVarint(value.size(), &bytes_);
  bytes_ += key.substr(shared);
  bytes_ += value;
  last_key_ = key;
  ++since_restart_;
}

std::string TableWriter::Block::Finish() {
  for (const uint32_t restart : restarts_) AppendFixed32(restart, &bytes_);
  AppendFixed32(static_cast<uint32_t>(restarts_.size()), &bytes_);
  std::string block;
  block.swap(bytes_);
  restarts_ = {0};
  since_restart_ = 0;
  last_key_.clear();
  return block;
}

void TableWriter::Add(std::string_view key, std::string_view value) {
  AddToIndex(ShortSeparator(last_key_, key));
  data_.Add(key, value);
  last_key_ = key;
  if (data_.size() >= kBlockBytes) FinishData();
}

void TableWriter::AddToIndex(std::string_view key) {
  if (!pending_.has_value()) return;
  index_.Add(key, Encoded(*pending_));
  pending_.reset();
}

void TableWriter::FinishData() {
  if (!data_.empty()) pending_ = Write(&data_);
}

BlockHandle TableWriter::Write(Block* block) {
  std::string bytes = block->Finish();
  const BlockHandle handle{file_.size(), bytes.size()};
  bytes += kTableUncompressed;
  const uint32_t crc = MaskCrc32c(Crc32c(bytes));
  AppendFixed32(crc, &bytes);
  file_ += bytes;
  return handle;
}

std::string TableWriter::Finish() {
  FinishData();
  Block metaindex(16);
  const BlockHandle metaindex_handle = Write(&metaindex);
  AddToIndex(ShortSuccessor(last_key_));
  std::string footer = Encoded(metaindex_handle) + Encoded(Write(&index_));
  footer.resize(kTableFooter - 8);
  AppendFixed32(kTableMagicLow, &footer);
  AppendFixed32(kTableMagicHigh, &footer);
  return std::move(file_) + footer;
}

}  // namespace sessile
