// Files of records (TFRecord): each has its length and checksums of both.
//
//   SESSILE_ASSIGN_OR_RETURN(auto records, RecordWriter::Open("train.tfrecord"));
//   SESSILE_RETURN_IF_ERROR(records->Write(example_bytes));
//   SESSILE_RETURN_IF_ERROR(records->Close());
//
// A record is: its length (8 bytes, little-endian), the masked CRC32C of these, its bytes, their
// masked CRC32C (4 bytes each). Thread-safe. Errors name the path.
#pragma once

#include <cstdio>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace sessile {

class RecordWriter {
 public:
  // Makes the file anew, or with `append` goes on behind what it has.
  static absl::StatusOr<std::unique_ptr<RecordWriter>> Open(const std::string& path,
                                                            bool append = false);
  // What was written is flushed; Close says whether that went well.
  ~RecordWriter();
  RecordWriter(const RecordWriter&) = delete;
  RecordWriter& operator=(const RecordWriter&) = delete;

  absl::Status Write(std::string_view record);
  // Hands all records to the operating system.
  absl::Status Flush();
  // FAILED_PRECONDITION for a use after it, except another Close.
  absl::Status Close();

  const std::string& path() const { return path_; }

 private:
  RecordWriter(std::string path, std::FILE* file) : path_(std::move(path)), file_(file) {}
  absl::Status CheckOpen() const;
  absl::Status Failed() const;

  const std::string path_;
  std::mutex mutex_;
  std::FILE* file_;  // null once closed
};

}  // namespace sessile
