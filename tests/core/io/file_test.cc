#include "sessile/core/io/file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "sessile/tests/temp_folder.h"

namespace sessile {
namespace {

using ::testing::HasSubstr;

class FileTest : public ::testing::Test {
 protected:
  std::string Path(const std::string& name) const { return folder_.file(name); }
  const TempFolder folder_;
};

TEST_F(FileTest, ReadsWhatWasWritten) {
  const std::string bytes("a\0b\n", 4);
  ASSERT_TRUE(WriteFile(Path("x"), bytes).ok());
  EXPECT_EQ(*ReadFile(Path("x")), bytes);
  ASSERT_TRUE(WriteFile(Path("x"), "").ok());
  EXPECT_EQ(*ReadFile(Path("x")), "");
}

TEST_F(FileTest, LeavesNoTemporaryFile) {
  ASSERT_TRUE(WriteFile(Path("x"), "a").ok());
  ASSERT_TRUE(WriteFile(Path("x"), "b").ok());
  std::filesystem::create_directory(Path("folder"));
  EXPECT_FALSE(WriteFile(Path("folder"), "c").ok());
  int entries = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder_.path())) {
    (void)entry;
    ++entries;
  }
  EXPECT_EQ(entries, 2);
}

TEST_F(FileTest, KeepsThePermissionsOfAFile) {
  using std::filesystem::perms;
  const perms wanted = perms::owner_read | perms::owner_write | perms::group_write;
  ASSERT_TRUE(WriteFile(Path("x"), "a").ok());
  std::filesystem::permissions(Path("x"), wanted);
  ASSERT_TRUE(WriteFile(Path("x"), "b").ok());
  EXPECT_EQ(std::filesystem::status(Path("x")).permissions(), wanted);
  EXPECT_EQ(*ReadFile(Path("x")), "b");
}

TEST_F(FileTest, WritesWhatALinkLeadsTo) {
  std::filesystem::create_directory(Path("folder"));
  ASSERT_TRUE(WriteFile(Path("folder/x"), "a").ok());
  std::filesystem::create_symlink("folder/x", Path("link"));
  std::filesystem::create_symlink(Path("link"), Path("link to link"));
  std::filesystem::create_symlink("folder/new", Path("dangling"));
  ASSERT_TRUE(WriteFile(Path("link to link"), "b").ok());
  ASSERT_TRUE(WriteFile(Path("dangling"), "c").ok());
  EXPECT_TRUE(std::filesystem::is_symlink(Path("link to link")));
  EXPECT_TRUE(std::filesystem::is_symlink(Path("dangling")));
  EXPECT_EQ(*ReadFile(Path("folder/x")), "b");
  EXPECT_EQ(*ReadFile(Path("folder/new")), "c");
}

TEST_F(FileTest, RefusesLinksThatLeadToThemselves) {
  std::filesystem::create_symlink("loop", Path("loop"));
  for (const absl::Status& status :
       {ReadFile(Path("loop")).status(), WriteFile(Path("loop"), "")}) {
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr("Too many levels of symbolic links"));
  }
}

TEST_F(FileTest, NamesThePathInErrors) {
  const absl::Status missing = ReadFile(Path("none")).status();
  EXPECT_EQ(missing.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(missing.message()), HasSubstr(Path("none")));
  EXPECT_THAT(std::string(WriteFile(Path("none/x"), "").message()),
              HasSubstr("'" + Path("none/x") + "'"));
  EXPECT_THAT(ReadFile(folder_.path()).status().ToString(), HasSubstr("Is a directory"));
  EXPECT_EQ(WriteFile(Path("no/x"), "a").code(), absl::StatusCode::kNotFound);
}

TEST_F(FileTest, RefusesAFileOverTheLimit) {
  ASSERT_TRUE(WriteFile(Path("x"), "12345").ok());
  EXPECT_EQ(*ReadFile(Path("x"), 5), "12345");
  EXPECT_EQ(ReadFile(Path("x"), 4).status().code(), absl::StatusCode::kResourceExhausted);
}

TEST_F(FileTest, RefusesAnEndlessFile) {
  EXPECT_EQ(ReadFile("/dev/zero", 1 << 22).status().code(), absl::StatusCode::kResourceExhausted);
}

TEST_F(FileTest, EndsAtADeviceThatNeverDoes) {
  const absl::Status status = ReadFile("/dev/zero").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
}

TEST_F(FileTest, DoesNotWaitForAPipeThatNobodyWrites) {
  const std::string path = Path("pipe");
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  EXPECT_EQ(ReadFile(path).value(), "");
}

TEST_F(FileTest, WritesToADeviceWithoutReplacingIt) {
  ASSERT_TRUE(WriteFile("/dev/null", "a").ok());
  EXPECT_TRUE(std::filesystem::is_character_file("/dev/null"));
}

}  // namespace
}  // namespace sessile
