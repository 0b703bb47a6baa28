// Files that are read and written piece by piece, and what makes a change of files last.
//
//   SESSILE_ASSIGN_OR_RETURN(const FileReader file, FileReader::Open(path));
//   SESSILE_RETURN_IF_ERROR(file.ReadAt(offset, bytes, size));
//
//   SESSILE_ASSIGN_OR_RETURN(FileWriter file, FileWriter::Create(temporary));
//   SESSILE_RETURN_IF_ERROR(file.Append(bytes));
//   SESSILE_RETURN_IF_ERROR(file.SyncAndClose());      // on the disk
//   SESSILE_RETURN_IF_ERROR(RenameFile(temporary, path));
//   SESSILE_RETURN_IF_ERROR(SyncFolderOf(path));       // and the new name too
//
// Every error names the path and what the system said. A FileReader is thread-safe, a FileWriter is
// not.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace sessile {

// An open file; closed when it dies.
class Descriptor {
 public:
  explicit Descriptor(int fd = -1) : fd_(fd) {}
  ~Descriptor();
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  int get() const { return fd_; }
  // 0 or the error number.
  int Close();

 private:
  int fd_;
};

class FileReader {
 public:
  // A regular file: a pipe or a device is an error.
  static absl::StatusOr<FileReader> Open(const std::string& path);

  const std::string& path() const { return path_; }
  // When it was opened.
  uint64_t size() const { return size_; }
  // DATA_LOSS if the file ends before.
  absl::Status ReadAt(uint64_t offset, void* bytes, size_t size) const;

 private:
  FileReader(Descriptor file, std::string path, uint64_t size)
      : file_(std::move(file)), path_(std::move(path)), size_(size) {}
  Descriptor file_;
  std::string path_;
  uint64_t size_;
};

class FileWriter {
 public:
  // A new, empty file. It must not be there yet.
  static absl::StatusOr<FileWriter> Create(const std::string& path);

  const std::string& path() const { return path_; }
  // Bytes appended so far.
  uint64_t size() const { return size_; }
  absl::Status Append(std::string_view bytes);
  // Returns when the bytes are on the disk.
  absl::Status SyncAndClose();

 private:
  FileWriter(Descriptor file, std::string path) : file_(std::move(file)), path_(std::move(path)) {}
  absl::Status Flush();
  Descriptor file_;
  std::string path_;
  std::string buffer_;
  uint64_t size_ = 0;
};

bool FileExists(const std::string& path);
bool IsFolder(const std::string& path);
// Writes beside the file and renames, and returns when all is on the disk: killed at any moment, it
// leaves the old content or the new.
absl::Status ReplaceFile(const std::string& path, std::string_view bytes);
// Replaces `to` if it is there.
absl::Status RenameFile(const std::string& from, const std::string& to);
absl::Status RemoveFile(const std::string& path);
// A second name for the file `from`; UNIMPLEMENTED where the file system has no such thing.
absl::Status LinkFile(const std::string& from, const std::string& to);
// Returns when the names in the folder of `path` are on the disk.
absl::Status SyncFolderOf(const std::string& path);
// A name beside `path` that no other process or thread makes up.
std::string TemporaryNameFor(const std::string& path);

// The error `error` of the system as a status: "Cannot open 'PATH': ...".
absl::Status SystemError(const char* what, const std::string& path, int error);
// Writes all of `bytes`; `path` is for the error.
absl::Status WriteAll(int fd, std::string_view bytes, const std::string& path);

}  // namespace sessile
