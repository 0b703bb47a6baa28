#include "sessile/examples/idx.h"

#include <zlib.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <span>

#include "absl/strings/str_join.h"
#include "sessile/core/framework/status.h"

namespace sessile {
namespace {

// zlib's reader, which passes files through that are not compressed.
class ByteFile {
 public:
  static absl::StatusOr<ByteFile> Open(const std::string& path) {
    std::error_code error;
    const auto status = std::filesystem::status(path, error);
    if (!std::filesystem::exists(status)) return NotFound(path, ": no such file");
    if (!std::filesystem::is_regular_file(status)) {
      return InvalidArgument(path, ": expected a file, got a folder or a device");
    }
    ByteFile file(path, gzopen(path.c_str(), "rb"));
    if (file.file_ == nullptr) return absl::PermissionDeniedError(path + ": cannot be opened");
    return file;
  }

  // Fills `bytes` from the file, and tells how many it had left; fewer only at its end.
  absl::StatusOr<size_t> Read(std::span<uint8_t> bytes) {
    const int got = gzread(file_.get(), bytes.data(), static_cast<unsigned>(bytes.size()));
    int code = Z_OK;
    const char* message = gzerror(file_.get(), &code);
    if (got < 0 || code != Z_OK) {
      return InvalidArgument(path_, ": expected a whole file, got a damaged one (", message, ")");
    }
    return static_cast<size_t>(got);
  }

 private:
  struct Close {
    void operator()(gzFile file) const { gzclose(file); }
  };

  ByteFile(std::string path, gzFile file) : path_(std::move(path)), file_(file) {}

  std::string path_;
  std::unique_ptr<gzFile_s, Close> file_;
};

int64_t BigEndian(const uint8_t* bytes) {
  return int64_t{bytes[0]} << 24 | int64_t{bytes[1]} << 16 | int64_t{bytes[2]} << 8 | bytes[3];
}

// Reads magic number and sizes.
absl::StatusOr<std::vector<int64_t>> ReadHeader(ByteFile& file, const std::string& path, int rank) {
  std::vector<uint8_t> header(4 + 4 * static_cast<size_t>(rank));
  SESSILE_ASSIGN_OR_RETURN(const size_t got, file.Read(header));
  const int64_t expected = 0x800 + rank;
  if (got >= 4 && BigEndian(header.data()) != expected) {
    return InvalidArgument("Invalid magic number ", BigEndian(header.data()), " in ", path,
                           ": expected ", expected, ", an IDX file of unsigned bytes in ", rank,
                           rank == 1 ? " dimension" : " dimensions");
  }
  if (got < header.size()) {
    return InvalidArgument(path, ": expected a header of ", header.size(), " bytes, got ", got);
  }
  std::vector<int64_t> dims;
  for (int i = 1; i <= rank; ++i) dims.push_back(BigEndian(header.data() + 4 * i));
  return dims;
}

// The product of dims.
absl::StatusOr<size_t> NumBytes(const std::vector<int64_t>& dims, const std::string& path) {
  int64_t bytes = 1;
  bool overflow = false;
  for (int64_t dim : dims) overflow |= __builtin_mul_overflow(bytes, dim, &bytes);
  if (overflow || bytes > kMaxIdxBytes) {
    return InvalidArgument(path, ": expected at most ", kMaxIdxBytes, " bytes, got a header for ",
                           absl::StrJoin(dims, " x "));
  }
  return static_cast<size_t>(bytes);
}

}  // namespace

absl::StatusOr<IdxArray> ReadIdx(const std::string& path, int rank) {
  SESSILE_ASSIGN_OR_RETURN(ByteFile file, ByteFile::Open(path));
  IdxArray array;
  SESSILE_ASSIGN_OR_RETURN(array.dims, ReadHeader(file, path, rank));
  SESSILE_ASSIGN_OR_RETURN(const size_t size, NumBytes(array.dims, path));

  // In pieces, since the header may promise more than the file holds; and one byte further than it
  // promises, which must not be there, and at which zlib compares the checksum of a compressed
  // file.
  constexpr size_t kPiece = size_t{1} << 20;
  std::error_code error;
  array.bytes.reserve(std::min<uintmax_t>(size + 1, std::filesystem::file_size(path, error)));
  size_t read = 0;
  while (read <= size) {
    const size_t piece = std::min(kPiece, size + 1 - read);
    array.bytes.resize(read + piece);
    SESSILE_ASSIGN_OR_RETURN(const size_t got,
                             file.Read(std::span(array.bytes).subspan(read, piece)));
    read += got;
    if (got < piece) break;
  }
  if (read != size) {
    return InvalidArgument(path, ": expected ", size, " bytes after the header (",
                           absl::StrJoin(array.dims, " x "), "), got ",
                           read > size ? "more" : absl::StrCat(read));
  }
  array.bytes.resize(size);
  return array;
}

}  // namespace sessile
