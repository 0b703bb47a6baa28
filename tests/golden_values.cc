#include "sessile/tests/golden_values.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <sstream>

#include "gtest/gtest.h"
#include "sessile/sessile.h"

namespace sessile {

std::map<std::string, std::vector<double>> ReadGoldenValues(const std::string& file) {
  const std::string path = SESSILE_TEST_DATA_DIR "/" + file;
  std::ifstream in(path);
  EXPECT_TRUE(in.good()) << "cannot read " << path;
  std::map<std::string, std::vector<double>> golden;
  for (std::string line; std::getline(in, line);) {
    std::istringstream words(line);
    std::string name;
    words >> name;
    std::vector<double>& values = golden[name];
    for (std::string word; words >> word;)
      values.push_back(std::stod(word));  // "inf" and "nan" too
  }
  return golden;
}

Tensor Wave(const Shape& shape, int64_t seed, double scale) {
  Tensor wave = errors::ValueOrThrow(Tensor::Allocate(float32, shape));
  const auto values = wave.mutable_flat<float>();
  for (size_t i = 0; i < values.size(); ++i) {
    const int64_t step = (static_cast<int64_t>(i) * 7919 + seed) % 1009;
    values[i] = static_cast<float>((static_cast<double>(step) / 504.5 - 1) * scale);
  }
  return wave;
}

void ExpectKernelValues(const std::string& name, const Tensor& actual, double tolerance) {
  static const auto* const golden =
      new std::map<std::string, std::vector<double>>(ReadGoldenValues("kernel_values.txt"));
  ASSERT_TRUE(golden->contains(name)) << name;
  const std::vector<double>& expected = golden->at(name);
  const Graph graph;
  const DefaultGraphScope with = graph.as_default();
  Session session;
  const auto values = session.run<std::vector<double>>(cast(reshape(actual, {-1}), float64));
  ASSERT_EQ(values.size(), expected.size()) << name;
  for (size_t i = 0; i < expected.size(); ++i) {
    EXPECT_NEAR(values[i], expected[i], tolerance * std::max(1.0, std::abs(expected[i])))
        << name << " element " << i;
  }
}

}  // namespace sessile
