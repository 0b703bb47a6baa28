// What all contenders of a comparison work on: MNIST-shaped images and their labels, as bytes.
//
//   Data data = Data::Synthetic(5000);
//   std::vector<float> batch = data.Images(first, 64);   // [64,28,28,1] in 0 to 1
//
// A folder of data has two files without headers: images.u8 (28*28 bytes an image) and labels.u8.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace sessile::bench {

inline constexpr int64_t kPixels = 28 * 28;
inline constexpr int64_t kClasses = 10;

class Data {
 public:
  // Ten blurred patterns with noise: the same bytes for the same count, and learnable.
  static Data Synthetic(int64_t count);
  // REQUIRES: one label under kClasses for each image. INVALID_ARGUMENT otherwise.
  static absl::StatusOr<Data> Of(std::vector<uint8_t> images, std::vector<uint8_t> labels);
  // The two files of `folder`. NOT_FOUND, INVALID_ARGUMENT.
  static absl::StatusOr<Data> Read(const std::string& folder);
  absl::Status Write(const std::string& folder) const;

  int64_t count() const { return static_cast<int64_t>(labels_.size()); }
  // Examples [first, first + n), going round at the end: x * float(1/255), and one-hot rows.
  std::vector<float> Images(int64_t first, int64_t n) const;
  std::vector<float> Labels(int64_t first, int64_t n) const;

 private:
  std::vector<uint8_t> images_;
  std::vector<uint8_t> labels_;
};

// Files of float32 numbers without a header, such as the initial weights.
absl::StatusOr<std::vector<float>> ReadFloats(const std::string& path);
absl::Status WriteFloats(const std::string& path, const std::vector<float>& values);

}  // namespace sessile::bench
