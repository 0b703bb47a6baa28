#include "sessile/examples/idx.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "sessile/core/io/file.h"
#include "sessile/tests/idx_files.h"
#include "sessile/tests/mutation.h"

namespace sessile {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class IdxTest : public ::testing::Test {
 protected:
  static std::string ErrorOf(const std::string& path, int rank) {
    const absl::StatusOr<IdxArray> array = ReadIdx(path, rank);
    return array.ok() ? "no error" : array.status().ToString();
  }

  IdxFolder folder_;
};

TEST_F(IdxTest, ReadsSizesAndElements) {
  const auto array = ReadIdx(folder_.Write("x", IdxBytes({2, 1, 3}, "abcdef")), 3);
  ASSERT_TRUE(array.ok()) << array.status();
  EXPECT_THAT(array->dims, ElementsAre(2, 1, 3));
  EXPECT_THAT(array->bytes, ElementsAre('a', 'b', 'c', 'd', 'e', 'f'));
}

TEST_F(IdxTest, ReadsCompressedFiles) {
  std::string elements(3'000'000, 'x');
  elements.back() = 'y';
  const auto array = ReadIdx(folder_.WriteGzip("x.gz", IdxBytes({3'000'000}, elements)), 1);
  ASSERT_TRUE(array.ok()) << array.status();
  EXPECT_EQ(std::string(array->bytes.begin(), array->bytes.end()), elements);
}

TEST_F(IdxTest, ReadsAnArrayWithoutElements) {
  const auto array = ReadIdx(folder_.Write("x", IdxBytes({0, 28, 28}, "")), 3);
  ASSERT_TRUE(array.ok()) << array.status();
  EXPECT_EQ(array->bytes.size(), 0u);
}

TEST_F(IdxTest, RefusesWhatIsNoFile) {
  EXPECT_THAT(ErrorOf(folder_.file("none"), 1),
              AllOf(HasSubstr("NOT_FOUND"), HasSubstr(folder_.file("none: no such file"))));
  EXPECT_THAT(ErrorOf(folder_.path(), 1), HasSubstr("expected a file, got a folder"));
}

TEST_F(IdxTest, RefusesAnotherMagicNumber) {
  const std::string path = folder_.Write("x", IdxBytes({1}, "a"));
  EXPECT_THAT(ErrorOf(path, 3), HasSubstr("Invalid magic number 2049 in " + path +
                                          ": expected 2051, an IDX file of unsigned bytes in 3"));
  EXPECT_THAT(ErrorOf(folder_.Write("text", "hello, world"), 1),
              HasSubstr("Invalid magic number 1751477356"));
}

TEST_F(IdxTest, RefusesAFileThatEndsInItsHeader) {
  const std::string whole = IdxBytes({1, 1, 1}, "a");
  for (size_t size = 0; size < 16; ++size) {
    EXPECT_THAT(ErrorOf(folder_.Write("x", whole.substr(0, size)), 3),
                HasSubstr("expected a header of 16 bytes, got " + std::to_string(size)));
  }
}

TEST_F(IdxTest, RefusesTooFewAndTooManyElements) {
  EXPECT_THAT(ErrorOf(folder_.Write("x", IdxBytes({2, 3}, "abcde")), 2),
              HasSubstr("expected 6 bytes after the header (2 x 3), got 5"));
  EXPECT_THAT(ErrorOf(folder_.Write("x", IdxBytes({2, 3}, "abcdefg")), 2),
              HasSubstr("expected 6 bytes after the header (2 x 3), got more"));
}

TEST_F(IdxTest, RefusesHugeSizesWithoutTakingTheMemory) {
  EXPECT_THAT(ErrorOf(folder_.Write("x", IdxBytes({0xffffffff, 0xffffffff, 0xffffffff}, "a")), 3),
              HasSubstr("expected at most 1073741824 bytes, got a header for 4294967295 x 429"));
  EXPECT_THAT(ErrorOf(folder_.Write("x", IdxBytes({1u << 30, 1}, "a")), 2),
              HasSubstr("expected 1073741824 bytes after the header (1073741824 x 1), got 1"));
}

TEST_F(IdxTest, RefusesDamagedCompressedFiles) {
  std::string elements;
  for (int i = 0; i < 1000; ++i) elements += static_cast<char>(i * i % 251);
  const std::string path = folder_.WriteGzip("x.gz", IdxBytes({1000}, elements));
  const auto size = std::filesystem::file_size(path);
  std::filesystem::resize_file(path, size - 5);
  EXPECT_THAT(ErrorOf(path, 1), HasSubstr(path + ": expected a whole file, got a damaged one"));
  std::filesystem::resize_file(path, size / 2);
  EXPECT_THAT(ErrorOf(path, 1), HasSubstr(path + ": expected a whole file, got a damaged one"));
}

TEST_F(IdxTest, EveryDamagedFileIsAnArrayOrAnError) {
  const std::string whole = IdxBytes({2, 3, 2}, "abcdefghijkl");
  const std::string zipped = *ReadFile(folder_.WriteGzip("whole.gz", whole));
  Mutator mutator;
  int read = 0;
  for (int i = 0; i < Mutations() / 2; ++i) {
    read += ReadIdx(folder_.Write("x", mutator.Mutated(whole)), 3).ok();
    read += ReadIdx(folder_.Write("x.gz", mutator.Mutated(zipped)), 3).ok();
  }
  EXPECT_GT(read, 0);
  EXPECT_LT(read, Mutations());
}

}  // namespace
}  // namespace sessile
