// What tests of checkpoints have in common.
#pragma once

#include <unistd.h>

#include <filesystem>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "sessile/core/checkpoint/bundle_writer.h"
#include "sessile/core/checkpoint/checkpoint_reader.h"
#include "sessile/core/framework/status.h"

namespace sessile {

// A test with an empty folder of its own.
class CheckpointFolderTest : public ::testing::Test {
 protected:
  CheckpointFolderTest() {
    const auto* const test = ::testing::UnitTest::GetInstance()->current_test_info();
    folder_ = std::filesystem::temp_directory_path() /
              ("sessile_" + std::string(test->test_suite_name()) + "_" + test->name() + "_" +
               std::to_string(::getpid()));
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
  }
  ~CheckpointFolderTest() override { std::filesystem::remove_all(folder_); }

  std::string Path(const std::string& name) const { return (folder_ / name).string(); }
  // The files of the folder, sorted.
  std::vector<std::string> Files() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_)) {
      names.push_back(std::filesystem::relative(entry.path(), folder_).string());
    }
    std::sort(names.begin(), names.end());
    return names;
  }

 private:
  std::filesystem::path folder_;
};

inline std::string GoldenCheckpoint(const std::string& name) {
  return std::string(SESSILE_TEST_DATA_DIR "/checkpoints/") + name;
}

inline absl::Status SaveTensors(const std::string& prefix,
                                const std::vector<std::pair<std::string, Tensor>>& tensors) {
  SESSILE_ASSIGN_OR_RETURN(const auto writer, BundleWriter::Create(prefix));
  for (const auto& [name, tensor] : tensors) {
    SESSILE_RETURN_IF_ERROR(writer->Add(name, ViewOf(tensor)));
  }
  return writer->Finish();
}

// The value of `name`, or the error.
inline absl::StatusOr<Tensor> ReadTensor(const std::string& prefix, const std::string& name) {
  SESSILE_ASSIGN_OR_RETURN(const auto reader, CheckpointReader::Open(prefix));
  return reader->Read(name);
}

}  // namespace sessile
