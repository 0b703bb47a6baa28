#include "sessile/core/checkpoint/snappy.h"

#include <gtest/gtest.h>

#include "absl/strings/escaping.h"
#include "sessile/tests/mutation.h"

namespace sessile {
namespace {

std::string Decompressed(const std::string& hex) {
  const auto result = DecompressSnappy(absl::HexStringToBytes(hex));
  return result.ok() ? *result : "error";
}

TEST(SnappyTest, ReadsEveryKindOfElement) {
  EXPECT_EQ(Decompressed("00"), "");
  EXPECT_EQ(Decompressed("03"
                         "08616263"),
            "abc");
  EXPECT_EQ(Decompressed("03"
                         "f002616263"),
            "abc");  // length in a byte of its own
  EXPECT_EQ(Decompressed("03"
                         "f40200616263"),
            "abc");  // in two
  EXPECT_EQ(Decompressed("08"
                         "08616263"
                         "0503"),
            "abcabcab");  // copy, 11 bits of offset
  EXPECT_EQ(Decompressed("08"
                         "08616263"
                         "120300"),
            "abcabcab");
  EXPECT_EQ(Decompressed("08"
                         "08616263"
                         "1303000000"),
            "abcabcab");
  EXPECT_EQ(Decompressed("08"
                         "0061"
                         "1a0100"),
            "aaaaaaaa");  // what it has just written
}

TEST(SnappyTest, RefusesDamage) {
  EXPECT_EQ(Decompressed(""), "error");
  EXPECT_EQ(Decompressed("04"
                         "08616263"),
            "error");  // too little
  EXPECT_EQ(Decompressed("02"
                         "08616263"),
            "error");  // too much
  EXPECT_EQ(Decompressed("03"
                         "086162"),
            "error");  // ends early
  EXPECT_EQ(Decompressed("08"
                         "08616263"
                         "0504"),
            "error");  // from before the beginning
  EXPECT_EQ(Decompressed("08"
                         "08616263"
                         "0500"),
            "error");  // from nowhere
  EXPECT_EQ(Decompressed("08"
                         "08616263"
                         "12"),
            "error");
  EXPECT_EQ(Decompressed("ffffffffff7f"
                         "08616263"),
            "error");  // terabytes from 10 bytes
}

// In files a checksum stops nearly all damage before it gets here.
TEST(SnappyTest, EveryDamagedBlockEndsInAStatus) {
  const std::string every_kind = absl::HexStringToBytes(
      "25"
      "08616263"      // literals of all forms
      "f002646566"    //
      "f40200676869"  //
      "0503"          // copies of all forms
      "220900"        //
      "1b09000000"    //
      "1a0100");
  ASSERT_TRUE(DecompressSnappy(every_kind).ok());
  Mutator mutator;
  for (int i = 0; i < Mutations(); ++i) {
    const std::string block = mutator.Mutated(every_kind);
    const auto result = DecompressSnappy(block);
    if (result.ok()) {
      ASSERT_LE(result->size(), 22 * block.size());
    }
  }
}

}  // namespace
}  // namespace sessile
