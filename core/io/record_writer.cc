#include "sessile/core/io/record_writer.h"

#include <array>
#include <cerrno>
#include <utility>

#include "absl/strings/str_cat.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/io/crc32c.h"

namespace sessile {
namespace {

template <size_t N>
std::array<char, N> LittleEndian(uint64_t value) {
  std::array<char, N> bytes;
  for (size_t i = 0; i < N; ++i) bytes[i] = static_cast<char>(value >> (8 * i) & 0xff);
  return bytes;
}

template <size_t N>
std::string_view AsText(const std::array<char, N>& bytes) {
  return {bytes.data(), N};
}

}  // namespace

absl::StatusOr<std::unique_ptr<RecordWriter>> RecordWriter::Open(const std::string& path,
                                                                 bool append) {
  std::FILE* const file = std::fopen(path.c_str(), append ? "abe" : "wbe");
  if (file == nullptr) {
    return absl::ErrnoToStatus(errno, absl::StrCat("Cannot create '", path, "'"));
  }
  return std::unique_ptr<RecordWriter>(new RecordWriter(path, file));
}

RecordWriter::~RecordWriter() { Close().IgnoreError(); }

absl::Status RecordWriter::CheckOpen() const {
  if (file_ != nullptr) return absl::OkStatus();
  return FailedPrecondition("Cannot write to '", path_, "': it is closed");
}

absl::Status RecordWriter::Failed() const {
  return absl::ErrnoToStatus(errno, absl::StrCat("Cannot write '", path_, "'"));
}

absl::Status RecordWriter::Write(std::string_view record) {
  const auto length = LittleEndian<8>(record.size());
  const auto length_crc = LittleEndian<4>(MaskCrc32c(Crc32c(AsText(length))));
  const auto crc = LittleEndian<4>(MaskCrc32c(Crc32c(record)));
  const std::lock_guard<std::mutex> lock(mutex_);
  SESSILE_RETURN_IF_ERROR(CheckOpen());
  for (const std::string_view part : {AsText(length), AsText(length_crc), record, AsText(crc)}) {
    if (std::fwrite(part.data(), 1, part.size(), file_) != part.size()) return Failed();
  }
  return absl::OkStatus();
}

absl::Status RecordWriter::Flush() {
  const std::lock_guard<std::mutex> lock(mutex_);
  SESSILE_RETURN_IF_ERROR(CheckOpen());
  return std::fflush(file_) == 0 ? absl::OkStatus() : Failed();
}

absl::Status RecordWriter::Close() {
  const std::lock_guard<std::mutex> lock(mutex_);
  std::FILE* const file = std::exchange(file_, nullptr);
  if (file == nullptr) return absl::OkStatus();
  return std::fclose(file) == 0 ? absl::OkStatus() : Failed();
}

}  // namespace sessile
