#include "sessile/tests/mnist_data.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

namespace sessile {
namespace {

std::string Environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

}  // namespace

std::optional<std::string> MnistFolder(const std::string& folder) {
  const std::string given = Environment("SESSILE_MNIST");
  const std::string dir = given.empty() ? folder : given;
  std::string missing;
  for (const char* name : {"train-images-idx3-ubyte", "train-labels-idx1-ubyte",
                           "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"}) {
    const std::string path = dir + "/" + name;
    std::error_code error;
    if (!std::filesystem::exists(path, error) && !std::filesystem::exists(path + ".gz", error)) {
      missing = path;
    }
  }
  if (missing.empty()) return dir;
  const std::string message = "MNIST is not there: " + missing + " is missing";
  [&] {
    if (!Environment("SESSILE_OFFLINE").empty()) GTEST_SKIP() << message;
    FAIL() << message << "; tools/fetch_mnist gets it";
  }();
  return std::nullopt;
}

}  // namespace sessile
