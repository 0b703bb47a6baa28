// What tests of checkpoints have in common.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "sessile/core/checkpoint/bundle_writer.h"
#include "sessile/core/checkpoint/checkpoint_reader.h"
#include "sessile/core/framework/status.h"
#include "sessile/tests/temp_folder.h"

namespace sessile {

// A test with an empty folder of its own.
class CheckpointFolderTest : public ::testing::Test {
 protected:
  std::string Path(const std::string& name) const { return folder_.file(name); }
  std::vector<std::string> Files() const { return folder_.Files(); }

 private:
  const TempFolder folder_;
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
