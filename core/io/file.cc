#include "sessile/core/io/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <optional>

#include "sessile/core/framework/buffer.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/io/file_access.h"

namespace sessile {
namespace {

// How files whose size the system does not tell are read: in such pieces, and no more than that,
// because a device may never end.
constexpr size_t kChunk = size_t{1} << 20;
constexpr uint64_t kMaxUnsizedBytes = uint64_t{1} << 28;

absl::Status TooLarge(const std::string& path, uint64_t limit) {
  return absl::ResourceExhaustedError(
      absl::StrCat("Cannot read '", path, "': it has more than ", limit, " bytes"));
}

// A device or a pipe cannot be replaced, only written to.
absl::Status WriteInPlace(const std::string& path, std::string_view bytes) {
  Descriptor file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (file.get() < 0) return SystemError("Cannot open", path, errno);
  SESSILE_RETURN_IF_ERROR(WriteAll(file.get(), bytes, path));
  const int error = file.Close();
  return error == 0 ? absl::OkStatus() : SystemError("Cannot write", path, error);
}

// The file that a path stands for, if symbolic links lead there; it need not exist.
absl::StatusOr<std::string> TargetOf(const std::string& path) {
  constexpr int kMostLinks = 40;  // as Linux has it
  std::filesystem::path target = path;
  std::error_code error;
  for (int i = 0; std::filesystem::is_symlink(target, error); ++i) {
    if (i == kMostLinks) return SystemError("Cannot write", path, ELOOP);
    const std::filesystem::path next = std::filesystem::read_symlink(target, error);
    if (error) return SystemError("Cannot write", path, error.value());
    target = target.parent_path() / next;  // `next` alone if it is absolute
  }
  return target.string();
}

// Puts a new file with `bytes` in the place of `path`, with the same permissions, or as new files
// have them.
absl::Status Replace(const std::string& path, std::string_view bytes,
                     std::optional<mode_t> permissions) {
  const std::string temporary = TemporaryNameFor(path);
  // The system takes some away from new files, and adds none.
  Descriptor file(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
                         permissions.value_or(0666)));
  if (file.get() < 0) return SystemError("Cannot create", path, errno);
  absl::Status status = WriteAll(file.get(), bytes, path);
  if (status.ok() && permissions.has_value() && ::fchmod(file.get(), *permissions) != 0) {
    status = SystemError("Cannot write", path, errno);
  }
  const int close_error = file.Close();
  if (status.ok() && close_error != 0) status = SystemError("Cannot write", path, close_error);
  if (status.ok() && std::rename(temporary.c_str(), path.c_str()) != 0) {
    status = SystemError("Cannot write", path, errno);
  }
  if (!status.ok()) ::unlink(temporary.c_str());
  return status;
}

}  // namespace

absl::StatusOr<std::string> ReadFile(const std::string& path, uint64_t limit) {
  // Without O_NONBLOCK a named pipe that nobody writes to would block here.
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (file.get() < 0) return SystemError("Cannot open", path, errno);
  struct stat info;
  if (::fstat(file.get(), &info) != 0) return SystemError("Cannot read", path, errno);
  if (S_ISDIR(info.st_mode)) return SystemError("Cannot read", path, EISDIR);
  // A pipe with a writer is waited for again.
  if (::fcntl(file.get(), F_SETFL, 0) != 0) return SystemError("Cannot read", path, errno);
  limit = std::min<uint64_t>(limit, MemoryLimit());
  if (!S_ISREG(info.st_mode)) limit = std::min(limit, kMaxUnsizedBytes);
  const uint64_t size = S_ISREG(info.st_mode) ? static_cast<uint64_t>(info.st_size) : 0;
  if (size > limit) return TooLarge(path, limit);

  std::string bytes;
  size_t used = 0;
  bytes.resize(static_cast<size_t>(size) + 1);  // one more, to see the end without another chunk
  while (true) {
    if (used == bytes.size()) bytes.resize(used + std::max(kChunk, used / 2));
    const ssize_t got = ::read(file.get(), bytes.data() + used, bytes.size() - used);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return SystemError("Cannot read", path, errno);
    if (got == 0) break;
    used += static_cast<size_t>(got);
    if (used > limit) return TooLarge(path, limit);
  }
  bytes.resize(used);
  return bytes;
}

absl::StatusOr<std::string> ReadMessageFile(const std::string& path, uint64_t limit) {
  SESSILE_ASSIGN_OR_RETURN(std::string bytes, ReadFile(path, limit));
  if (bytes.empty()) return absl::DataLossError(absl::StrCat("'", path, "' is empty"));
  return bytes;
}

absl::Status WriteFile(const std::string& path, std::string_view bytes) {
  std::optional<mode_t> permissions;
  if (struct stat info = {}; ::stat(path.c_str(), &info) == 0) {
    if (!S_ISREG(info.st_mode)) return WriteInPlace(path, bytes);
    permissions = info.st_mode & (S_IRWXU | S_IRWXG | S_IRWXO);
  }
  SESSILE_ASSIGN_OR_RETURN(const std::string target, TargetOf(path));
  return Replace(target, bytes, permissions);
}

absl::Status MakeFolders(const std::string& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) return SystemError("Cannot make the folder", path, error.value());
  return absl::OkStatus();
}

}  // namespace sessile
