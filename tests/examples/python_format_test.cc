#include "sessile/examples/python_format.h"

#include <gtest/gtest.h>

#include <bit>
#include <fstream>

namespace sessile::python {
namespace {

TEST(PythonFormatTest, AlignsIntegers) {
  EXPECT_EQ(format(int64_t{0}, 2), " 0");
  EXPECT_EQ(format(int64_t{25}, 2), "25");
  EXPECT_EQ(format(int64_t{100}, 2), "100");
  EXPECT_EQ(format(int64_t{-1}, 4), "  -1");
}

TEST(PythonFormatTest, AlignsAndRoundsFloats) {
  EXPECT_EQ(format(2.5, 9, 3), "    2.500");
  EXPECT_EQ(format(0.5, 1, 0), "0");
  EXPECT_EQ(format(-std::numeric_limits<double>::quiet_NaN(), 5, 2), "  nan");
}

// tests/golden/python_format.py describes the lines.
TEST(PythonFormatTest, PrintsWhatPythonPrints) {
  std::ifstream golden(SESSILE_TEST_DATA_DIR "/python_format.txt");
  std::string kind, bits, text;
  int lines = 0;
  for (; golden >> kind >> bits >> text; ++lines) {
    const uint64_t number = std::stoull(bits, nullptr, 16);
    if (kind == "repr") {
      EXPECT_EQ(str(std::bit_cast<double>(number)), text);
    } else if (kind == "fixed") {
      EXPECT_EQ(format(std::bit_cast<double>(number), 3, 5), text);
    } else {
      ASSERT_EQ(kind, "numpy");
      EXPECT_EQ(str(std::bit_cast<float>(static_cast<uint32_t>(number))), text);
    }
  }
  EXPECT_GT(lines, 150);
}

}  // namespace
}  // namespace sessile::python
