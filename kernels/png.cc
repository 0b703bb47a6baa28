// A file is a signature and chunks: header, the compressed rows, end. Each row begins with the
// number of its filter; "up" (the difference to the row above) suits images and costs nothing.

#include "sessile/kernels/png.h"

#include <zlib.h>

#include <limits>
#include <string_view>
#include <vector>

#include "sessile/core/framework/status.h"

namespace sessile {
namespace {

constexpr uint8_t kFilterUp = 2;

void AppendBigEndian(uint32_t value, std::string* out) {
  for (int shift = 24; shift >= 0; shift -= 8) out->push_back(static_cast<char>(value >> shift));
}

void AppendChunk(std::string_view type, std::string_view data, std::string* out) {
  AppendBigEndian(static_cast<uint32_t>(data.size()), out);
  const size_t begin = out->size();
  out->append(type);
  out->append(data);
  const auto* const bytes = reinterpret_cast<const Bytef*>(out->data() + begin);
  AppendBigEndian(static_cast<uint32_t>(crc32_z(0, bytes, out->size() - begin)), out);
}

std::string FilteredRows(std::span<const uint8_t> pixels, size_t height, size_t row) {
  std::string rows;
  rows.reserve(height * (row + 1));
  for (size_t y = 0; y < height; ++y) {
    rows.push_back(static_cast<char>(kFilterUp));
    for (size_t i = 0; i < row; ++i) {
      const uint8_t above = y == 0 ? 0 : pixels[(y - 1) * row + i];
      rows.push_back(static_cast<char>(pixels[y * row + i] - above));
    }
  }
  return rows;
}

absl::StatusOr<std::string> Compressed(const std::string& bytes) {
  uLongf size = compressBound(bytes.size());
  std::string compressed(size, '\0');
  const int result =
      compress2(reinterpret_cast<Bytef*>(compressed.data()), &size,
                reinterpret_cast<const Bytef*>(bytes.data()), bytes.size(), Z_DEFAULT_COMPRESSION);
  if (result != Z_OK) return absl::ResourceExhaustedError("zlib cannot compress an image");
  compressed.resize(size);
  return compressed;
}

}  // namespace

absl::StatusOr<std::string> EncodePng(std::span<const uint8_t> pixels, int64_t height,
                                      int64_t width, int64_t channels) {
  constexpr int64_t kMaxSide = std::numeric_limits<int32_t>::max();
  constexpr size_t kMaxBytes = size_t{1} << 30;  // of a chunk 2^31 - 1, compressed
  if (height <= 0 || width <= 0 || height > kMaxSide || width > kMaxSide) {
    return InvalidArgument("A PNG cannot have ", height, " rows of ", width, " pixels");
  }
  if (channels < 1 || channels > 4) {
    return InvalidArgument("A PNG has 1 to 4 channels, not ", channels);
  }
  if (pixels.size() > kMaxBytes) {
    return InvalidArgument("An image of ", pixels.size(), " bytes is too large for a PNG");
  }
  // Colour types by the number of channels.
  constexpr char kColorTypes[] = {0, 4, 2, 6};
  std::string header;
  AppendBigEndian(static_cast<uint32_t>(width), &header);
  AppendBigEndian(static_cast<uint32_t>(height), &header);
  header.push_back(8);  // bits
  header.push_back(kColorTypes[channels - 1]);
  header.append(3, '\0');  // compression, filters, no interlacing

  const std::string rows =
      FilteredRows(pixels, static_cast<size_t>(height), static_cast<size_t>(width * channels));
  SESSILE_ASSIGN_OR_RETURN(const std::string data, Compressed(rows));
  std::string file = "\x89PNG\r\n\x1a\n";
  AppendChunk("IHDR", header, &file);
  AppendChunk("IDAT", data, &file);
  AppendChunk("IEND", {}, &file);
  return file;
}

}  // namespace sessile
