#include "sessile/tests/idx_files.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <fstream>

namespace sessile {

std::string IdxBytes(const std::vector<uint32_t>& dims, const std::string& elements) {
  std::string bytes = {0, 0, 8, static_cast<char>(dims.size())};
  for (uint32_t dim : dims) {
    for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(dim >> shift & 255);
  }
  return bytes + elements;
}

std::string IdxFolder::Write(const std::string& name, const std::string& content) const {
  std::ofstream(file(name), std::ios::binary) << content;
  return file(name);
}

std::string IdxFolder::WriteGzip(const std::string& name, const std::string& content) const {
  gzFile out = gzopen(file(name).c_str(), "wb");
  EXPECT_EQ(gzwrite(out, content.data(), static_cast<unsigned>(content.size())),
            static_cast<int>(content.size()));
  EXPECT_EQ(gzclose(out), Z_OK);
  return file(name);
}

void IdxFolder::WriteDataSet(uint32_t train, uint32_t test, uint32_t height, uint32_t width) const {
  for (const auto& [stem, count] : {std::pair("train", train), std::pair("t10k", test)}) {
    std::string pixels, labels;
    for (uint32_t i = 0; i < count; ++i) {
      pixels.append(height * width, static_cast<char>(i));
      labels += static_cast<char>(i % 10);
    }
    Write(std::string(stem) + "-images-idx3-ubyte", IdxBytes({count, height, width}, pixels));
    Write(std::string(stem) + "-labels-idx1-ubyte", IdxBytes({count}, labels));
  }
}

}  // namespace sessile
