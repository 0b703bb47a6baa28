#include "sessile/core/io/file_access.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <limits>

#include "sessile/core/framework/status.h"

namespace sessile {
namespace {

constexpr size_t kBufferedBytes = size_t{1} << 16;

std::string FolderOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

}  // namespace

Descriptor::~Descriptor() { Close(); }

int Descriptor::Close() {
  if (fd_ < 0) return 0;
  return ::close(std::exchange(fd_, -1)) == 0 ? 0 : errno;
}

absl::Status SystemError(const char* what, const std::string& path, int error) {
  // As what else stands in the way of a path: Abseil calls it unknown.
  if (error == ELOOP) {
    return FailedPrecondition(what, " '", path, "': Too many levels of symbolic links");
  }
  return absl::ErrnoToStatus(error, absl::StrCat(what, " '", path, "'"));
}

absl::Status WriteAll(int fd, std::string_view bytes, const std::string& path) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), std::min(bytes.size(), size_t{1} << 30));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return SystemError("Cannot write", path, errno);
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return absl::OkStatus();
}

absl::StatusOr<FileReader> FileReader::Open(const std::string& path) {
  // Without O_NONBLOCK a named pipe that nobody writes to would block here.
  Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (file.get() < 0) return SystemError("Cannot open", path, errno);
  struct stat info;
  if (::fstat(file.get(), &info) != 0) return SystemError("Cannot read", path, errno);
  if (S_ISDIR(info.st_mode)) return SystemError("Cannot read", path, EISDIR);
  if (!S_ISREG(info.st_mode)) {
    return InvalidArgument("Cannot read '", path, "': it is no regular file");
  }
  return FileReader(std::move(file), path, static_cast<uint64_t>(info.st_size));
}

absl::Status FileReader::ReadAt(uint64_t offset, void* bytes, size_t size) const {
  char* to = static_cast<char*>(bytes);
  while (size > 0) {
    if (offset > static_cast<uint64_t>(std::numeric_limits<off_t>::max()) - size) {
      return absl::DataLossError(absl::StrCat("'", path_, "' has no byte ", offset));
    }
    const ssize_t got =
        ::pread(file_.get(), to, std::min(size, size_t{1} << 30), static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return SystemError("Cannot read", path_, errno);
    if (got == 0) {
      return absl::DataLossError(
          absl::StrCat("'", path_, "' ends ", size, " bytes before byte ", offset + size));
    }
    to += got;
    offset += static_cast<uint64_t>(got);
    size -= static_cast<size_t>(got);
  }
  return absl::OkStatus();
}

absl::StatusOr<FileWriter> FileWriter::Create(const std::string& path) {
  Descriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
  if (file.get() < 0) return SystemError("Cannot create", path, errno);
  return FileWriter(std::move(file), path);
}

absl::Status FileWriter::Append(std::string_view bytes) {
  size_ += bytes.size();
  if (buffer_.size() + bytes.size() >= kBufferedBytes) {
    SESSILE_RETURN_IF_ERROR(Flush());
    if (bytes.size() >= kBufferedBytes) return WriteAll(file_.get(), bytes, path_);
  }
  buffer_ += bytes;
  return absl::OkStatus();
}

absl::Status FileWriter::Flush() {
  const absl::Status status = WriteAll(file_.get(), buffer_, path_);
  buffer_.clear();
  return status;
}

absl::Status FileWriter::SyncAndClose() {
  SESSILE_RETURN_IF_ERROR(Flush());
  if (::fsync(file_.get()) != 0) return SystemError("Cannot write", path_, errno);
  const int error = file_.Close();
  return error == 0 ? absl::OkStatus() : SystemError("Cannot write", path_, error);
}

bool FileExists(const std::string& path) {
  struct stat info;
  return ::stat(path.c_str(), &info) == 0;
}

bool IsFolder(const std::string& path) {
  struct stat info;
  return ::stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode);
}

absl::Status ReplaceFile(const std::string& path, std::string_view bytes) {
  SESSILE_ASSIGN_OR_RETURN(FileWriter file, FileWriter::Create(TemporaryNameFor(path)));
  absl::Status status = file.Append(bytes);
  if (status.ok()) status = file.SyncAndClose();
  if (status.ok()) status = RenameFile(file.path(), path);
  if (!status.ok()) {
    ::unlink(file.path().c_str());
    return status;
  }
  return SyncFolderOf(path);
}

absl::Status RenameFile(const std::string& from, const std::string& to) {
  if (std::rename(from.c_str(), to.c_str()) == 0) return absl::OkStatus();
  return SystemError("Cannot write", to, errno);
}

absl::Status RemoveFile(const std::string& path) {
  return ::unlink(path.c_str()) == 0 ? absl::OkStatus() : SystemError("Cannot remove", path, errno);
}

absl::Status LinkFile(const std::string& from, const std::string& to) {
  if (::link(from.c_str(), to.c_str()) == 0) return absl::OkStatus();
  // What the systems say whose file systems have no hard links.
  if (errno == EPERM || errno == ENOTSUP || errno == ENOSYS || errno == EMLINK) {
    return Unimplemented("Cannot link '", to, "' to '", from, "'");
  }
  return SystemError("Cannot link", to, errno);
}

absl::Status SyncFolderOf(const std::string& path) {
  const std::string folder = FolderOf(path);
  Descriptor file(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (file.get() < 0) return SystemError("Cannot open", folder, errno);
  // Some file systems cannot; they have no way to do better.
  if (::fsync(file.get()) != 0 && errno != EINVAL && errno != ENOTSUP) {
    return SystemError("Cannot write", folder, errno);
  }
  return absl::OkStatus();
}

std::string TemporaryNameFor(const std::string& path) {
  static std::atomic<uint64_t> next{0};
  return absl::StrCat(path, ".tmp", static_cast<int64_t>(::getpid()), "_", next.fetch_add(1));
}

}  // namespace sessile
