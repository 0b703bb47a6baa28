#include "sessile/core/io/crc32c.h"

#include <gtest/gtest.h>

#include <string>

namespace sessile {
namespace {

std::string Counting(size_t size) {
  std::string bytes(size, '\0');
  for (size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>(i);
  return bytes;
}

// The examples of RFC 3720, section B.4.
TEST(Crc32cTest, GivesThePublishedChecksums) {
  EXPECT_EQ(Crc32c(std::string(32, '\0')), 0x8a9136aau);
  EXPECT_EQ(Crc32c(std::string(32, '\xff')), 0x62a8ab43u);
  EXPECT_EQ(Crc32c(Counting(32)), 0x46dd794eu);
  EXPECT_EQ(Crc32c("123456789"), 0xe3069283u);
  EXPECT_EQ(Crc32c(""), 0u);
}

TEST(Crc32cTest, GoesOnWhereItWas) {
  const std::string bytes = Counting(100);
  for (size_t cut = 0; cut <= bytes.size(); ++cut) {
    EXPECT_EQ(ExtendCrc32c(Crc32c(bytes.substr(0, cut)), bytes.substr(cut)), Crc32c(bytes));
  }
}

TEST(Crc32cTest, TablesAndTheProcessorAgree) {
  const std::string bytes = Counting(300);
  for (size_t begin = 0; begin < 9; ++begin) {
    for (size_t size = 0; begin + size <= bytes.size(); size += 7) {
      const std::string_view part(bytes.data() + begin, size);
      EXPECT_EQ(ExtendCrc32c(17, part), ExtendCrc32cByTables(17, part));
    }
  }
}

TEST(Crc32cTest, MasksAndUnmasks) {
  const uint32_t crc = Crc32c("123456789");
  EXPECT_EQ(UnmaskCrc32c(MaskCrc32c(crc)), crc);
  EXPECT_NE(MaskCrc32c(crc), crc);
  EXPECT_NE(MaskCrc32c(MaskCrc32c(crc)), crc);
}

}  // namespace
}  // namespace sessile
