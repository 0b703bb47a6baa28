// Whole files in and out.
//
//   SESSILE_ASSIGN_OR_RETURN(std::string bytes, ReadFile("graph.pb"));
//   SESSILE_RETURN_IF_ERROR(WriteFile("graph.pb", bytes));
//
// Every error names the path and what the system said. Thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace sessile {

inline constexpr uint64_t kMaxFileBytes = uint64_t{1} << 40;

// The content of a file or pipe. NOT_FOUND, PERMISSION_DENIED, ...; RESOURCE_EXHAUSTED, before any
// memory is taken for it, if it has more than `limit` bytes or than the process may use.
absl::StatusOr<std::string> ReadFile(const std::string& path, uint64_t limit = kMaxFileBytes);

// The same of a file that is to hold a message. One of 0 bytes is DATA_LOSS, though every field of
// a message may be absent: its writer has failed.
absl::StatusOr<std::string> ReadMessageFile(const std::string& path,
                                            uint64_t limit = kMaxFileBytes);

// Writes beside the file and renames: readers see the old content or the new, never a part. A file
// that is there keeps its permissions; through a symbolic link the file that it leads to is
// written.
absl::Status WriteFile(const std::string& path, std::string_view bytes);

// Makes a folder and those around it; it may be there already.
absl::Status MakeFolders(const std::string& path);

}  // namespace sessile
