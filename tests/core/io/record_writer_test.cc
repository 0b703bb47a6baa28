#include "sessile/core/io/record_writer.h"

#include <filesystem>
#include <string>

#include "absl/strings/escaping.h"
#include "gtest/gtest.h"
#include "sessile/core/io/file.h"
#include "sessile/tests/temp_folder.h"

namespace sessile {
namespace {

// As tf.io.TFRecordWriter writes b"one record" and b"".
constexpr const char* kTwoRecords =
    "0a00000000000000aea3bf3a6f6e65207265636f72646c2e29bd000000000000000029039807d8ea82a2";

TEST(RecordWriterTest, WritesTensorFlowsBytes) {
  const TempFolder folder;
  const std::string path = folder.file("records");
  auto records = RecordWriter::Open(path);
  ASSERT_TRUE(records.ok()) << records.status();
  ASSERT_TRUE((*records)->Write("one record").ok());
  ASSERT_TRUE((*records)->Write("").ok());
  ASSERT_TRUE((*records)->Close().ok());
  EXPECT_EQ(absl::BytesToHexString(ReadFile(path).value()), kTwoRecords);
}

TEST(RecordWriterTest, GoesOnBehindWhatIsThereIfAsked) {
  const TempFolder folder;
  const std::string path = folder.file("records");
  ASSERT_TRUE((*RecordWriter::Open(path))->Write("one record").ok());
  ASSERT_TRUE((*RecordWriter::Open(path, /*append=*/true))->Write("").ok());
  EXPECT_EQ(absl::BytesToHexString(ReadFile(path).value()), kTwoRecords);
}

TEST(RecordWriterTest, FlushedRecordsCanBeRead) {
  const TempFolder folder;
  const std::string path = folder.file("records");
  auto records = RecordWriter::Open(path);
  ASSERT_TRUE((*records)->Write("x").ok());
  ASSERT_TRUE((*records)->Flush().ok());
  EXPECT_EQ(ReadFile(path)->size(), 8u + 4u + 1u + 4u);
}

TEST(RecordWriterTest, SaysWhatItCannotDo) {
  const TempFolder folder;
  const auto missing = RecordWriter::Open(folder.file("no_such_folder/x"));
  EXPECT_NE(std::string(missing.status().message()).find("no_such_folder"), std::string::npos);
  auto records = RecordWriter::Open(folder.file("closed"));
  ASSERT_TRUE((*records)->Close().ok());
  EXPECT_TRUE((*records)->Close().ok());
  EXPECT_EQ((*records)->Write("x").code(), absl::StatusCode::kFailedPrecondition);
}

}  // namespace
}  // namespace sessile
