#include "sessile/bench/data.h"

#include <algorithm>
#include <cstring>
#include <fstream>
#include <iterator>
#include <utility>

#include "sessile/core/framework/status.h"

namespace sessile::bench {
namespace {

absl::StatusOr<std::vector<uint8_t>> ReadBytes(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return NotFound("cannot read ", path);
  return std::vector<uint8_t>(std::istreambuf_iterator<char>(file), {});
}

absl::Status WriteBytes(const std::string& path, const void* bytes, size_t count) {
  std::ofstream file(path, std::ios::binary);
  file.write(static_cast<const char*>(bytes), static_cast<std::streamsize>(count));
  file.close();
  return file ? absl::OkStatus() : absl::UnavailableError("cannot write " + path);
}

// Knuth's 64-bit linear congruential generator; its upper bits.
class Generator {
 public:
  explicit Generator(uint64_t seed) : state_(seed) {}
  int Below(int limit) {
    state_ = state_ * 6364136223846793005u + 1442695040888963407u;
    return static_cast<int>((state_ >> 33) % static_cast<uint64_t>(limit));
  }

 private:
  uint64_t state_;
};

}  // namespace

Data Data::Synthetic(int64_t count) {
  Generator random(1);
  // One value for each 4x4 patch of a class.
  std::vector<int> patches(kClasses * 7 * 7);
  for (int& patch : patches) patch = random.Below(2) * 128;
  Data data;
  data.labels_.resize(static_cast<size_t>(count));
  data.images_.resize(static_cast<size_t>(count * kPixels));
  for (int64_t i = 0; i < count; ++i) {
    const int label = random.Below(kClasses);
    data.labels_[static_cast<size_t>(i)] = static_cast<uint8_t>(label);
    for (int64_t p = 0; p < kPixels; ++p) {
      const int64_t patch = label * 49 + p / 28 / 4 * 7 + p % 28 / 4;
      data.images_[static_cast<size_t>(i * kPixels + p)] =
          static_cast<uint8_t>(patches[static_cast<size_t>(patch)] + random.Below(128));
    }
  }
  return data;
}

absl::StatusOr<Data> Data::Of(std::vector<uint8_t> images, std::vector<uint8_t> labels) {
  if (labels.empty() || images.size() != labels.size() * kPixels) {
    return InvalidArgument("expected ", kPixels, " bytes for each image, got ", images.size(),
                           " bytes for ", labels.size(), " labels");
  }
  if (*std::max_element(labels.begin(), labels.end()) >= kClasses) {
    return InvalidArgument("expected labels below ", kClasses);
  }
  Data data;
  data.images_ = std::move(images);
  data.labels_ = std::move(labels);
  return data;
}

absl::StatusOr<Data> Data::Read(const std::string& folder) {
  SESSILE_ASSIGN_OR_RETURN(std::vector<uint8_t> images, ReadBytes(folder + "/images.u8"));
  SESSILE_ASSIGN_OR_RETURN(std::vector<uint8_t> labels, ReadBytes(folder + "/labels.u8"));
  return Of(std::move(images), std::move(labels));
}

absl::Status Data::Write(const std::string& folder) const {
  SESSILE_RETURN_IF_ERROR(WriteBytes(folder + "/images.u8", images_.data(), images_.size()));
  return WriteBytes(folder + "/labels.u8", labels_.data(), labels_.size());
}

std::vector<float> Data::Images(int64_t first, int64_t n) const {
  std::vector<float> pixels(static_cast<size_t>(n * kPixels));
  for (int64_t i = 0; i < n; ++i) {
    const uint8_t* const from = images_.data() + (first + i) % count() * kPixels;
    std::transform(from, from + kPixels, pixels.begin() + i * kPixels,
                   [](uint8_t byte) { return static_cast<float>(byte) * (1.0f / 255); });
  }
  return pixels;
}

std::vector<float> Data::Labels(int64_t first, int64_t n) const {
  std::vector<float> one_hot(static_cast<size_t>(n * kClasses));
  for (int64_t i = 0; i < n; ++i) {
    const uint8_t label = labels_[static_cast<size_t>((first + i) % count())];
    one_hot[static_cast<size_t>(i * kClasses + label)] = 1;
  }
  return one_hot;
}

absl::StatusOr<std::vector<float>> ReadFloats(const std::string& path) {
  SESSILE_ASSIGN_OR_RETURN(const std::vector<uint8_t> bytes, ReadBytes(path));
  if (bytes.size() % sizeof(float) != 0) {
    return InvalidArgument(path, ": expected float32 numbers, got ", bytes.size(), " bytes");
  }
  std::vector<float> values(bytes.size() / sizeof(float));
  std::memcpy(values.data(), bytes.data(), bytes.size());
  return values;
}

absl::Status WriteFloats(const std::string& path, const std::vector<float>& values) {
  return WriteBytes(path, values.data(), values.size() * sizeof(float));
}

}  // namespace sessile::bench
