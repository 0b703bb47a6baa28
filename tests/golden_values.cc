#include "sessile/tests/golden_values.h"

#include <fstream>
#include <sstream>

#include "gtest/gtest.h"

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

}  // namespace sessile
