#include "sessile/core/io/npy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "sessile/core/framework/buffer.h"
#include "sessile/tests/mutation.h"
#include "sessile/tests/temp_folder.h"

namespace sessile {
namespace {

using ::testing::HasSubstr;

std::string Header(const std::string& dict, int version = 1) {
  std::string bytes = std::string("\x93NUMPY") + static_cast<char>(version) + '\0';
  for (int i = 0; i < (version == 1 ? 2 : 4); ++i) {
    bytes += static_cast<char>(dict.size() >> (8 * i) & 0xff);
  }
  return bytes + dict;
}
std::string File(const std::string& descr, const std::string& shape, const std::string& data) {
  return Header(absl::StrCat("{'descr': '", descr, "', 'fortran_order': False, 'shape': ", shape,
                             ", }\n")) +
         data;
}
std::string ErrorOf(const std::string& bytes) {
  return ParseNpy(bytes, "x.npy").status().ToString();
}

TEST(NpyTest, ReadsAndWritesWhatNumpyWrites) {
  std::ifstream golden(SESSILE_TEST_DATA_DIR "/npy.txt");
  int lines = 0;
  for (std::string line; std::getline(golden, line); ++lines) {
    std::istringstream words(line);
    std::string hex, again, dtype, shape;
    words >> hex >> again >> dtype >> shape;
    std::string values;
    std::getline(words, values);
    if (!values.empty()) values.erase(0, 1);
    const std::string bytes = absl::HexStringToBytes(hex);
    const absl::StatusOr<Tensor> tensor = ParseNpy(bytes, "golden");
    ASSERT_TRUE(tensor.ok()) << tensor.status() << "\n" << line;
    EXPECT_EQ(DataTypeName(tensor->dtype()), dtype) << line;
    EXPECT_EQ(tensor->shape().ToString(), shape) << line;
    if (again == "same") {
      EXPECT_EQ(*SerializeNpy(*tensor), bytes) << line;
    }
    std::string shown = tensor->ToString(100);
    shown = shown.substr(shown.find('[', shown.find('=')));
    if (dtype != "float" && dtype != "double" && dtype != "string") {
      EXPECT_EQ(shown, absl::StrCat("[", values, "]")) << line;
    }
    if (dtype == "string") {
      std::string text;
      for (const std::string& s : tensor->flat<std::string>()) absl::StrAppend(&text, " ", s);
      EXPECT_EQ(text.substr(1), values) << line;
    }
    if (dtype == "double" && tensor->num_elements() == 6) {
      EXPECT_EQ(shown, "[1 2 3 4 5 100]") << line;
    }
  }
  EXPECT_EQ(lines, 50);
}

TEST(NpyTest, KeepsEveryType) {
  for (const DataType dtype : {float32, float64, float16, int8, int16, int32, int64, uint8, uint16,
                               uint32, uint64, bool_, complex64, complex128}) {
    Tensor tensor = *Tensor::Zeros(dtype, {2, 3});
    static_cast<unsigned char*>(tensor.mutable_raw_data())[0] = 1;
    const Tensor back = *ParseNpy(*SerializeNpy(tensor), "x");
    EXPECT_TRUE(SameTensor(tensor, back)) << DataTypeName(dtype);
  }
}

TEST(NpyTest, WritesTypesThatNumpyLacksAsTheirBits) {
  EXPECT_EQ(ParseNpy(*SerializeNpy(*Tensor::Zeros(bfloat16, {2})), "x")->dtype(), uint16);
  EXPECT_EQ(ParseNpy(*SerializeNpy(*Tensor::Zeros(qint32, {2})), "x")->dtype(), int32);
}

TEST(NpyTest, SwapsBothPartsOfAComplexNumber) {
  const std::string one("\x3f\x80\0\0\x40\0\0\0", 8);
  EXPECT_EQ(ParseNpy(File(">c8", "()", one), "x")->scalar<std::complex<float>>(),
            std::complex<float>(1, 2));
}

TEST(NpyTest, TakesAnyByteForABool) {
  const Tensor tensor = *ParseNpy(File("|b1", "(3,)", std::string("\0\1\7", 3)), "x");
  EXPECT_THAT(tensor.flat<bool>(), ::testing::ElementsAre(false, true, true));
}

TEST(NpyTest, RefusesWhatIsNoNpyFile) {
  EXPECT_THAT(ErrorOf(""), HasSubstr("DATA_LOSS: Cannot read 'x.npy' as a .npy file: it does not "
                                     "begin"));
  EXPECT_THAT(ErrorOf("PK\3\4 an archive"), HasSubstr("does not begin as a .npy file"));
  EXPECT_THAT(ErrorOf(Header("{}", 9)), HasSubstr("version 9 is unknown"));
  EXPECT_THAT(ErrorOf(Header("{}")), HasSubstr("malformed"));
  EXPECT_THAT(ErrorOf(Header("[1]")), HasSubstr("is no dict"));
  EXPECT_THAT(ErrorOf(File("<f4", "(1", "")), HasSubstr("shape is malformed"));
  EXPECT_THAT(ErrorOf(File("<f4", "(-1,)", "")), HasSubstr("shape is malformed"));
  EXPECT_THAT(ErrorOf(File("", "()", "")), HasSubstr("element type '' is malformed"));
  EXPECT_THAT(ErrorOf(File("<f4x", "()", "")), HasSubstr("is malformed"));
  EXPECT_THAT(ErrorOf(File("<f3", "()", "abc")), HasSubstr("UNIMPLEMENTED"));
  EXPECT_THAT(ErrorOf(File("|O", "()", "")), HasSubstr("UNIMPLEMENTED"));
  EXPECT_THAT(ErrorOf(Header("{'descr': [('a', '<f4')], 'shape': ()}")), HasSubstr("records"));
}

TEST(NpyTest, BelievesAHeaderOnlyAsFarAsTheFileIsLong) {
  const size_t before = MemoryInUse();
  EXPECT_THAT(ErrorOf(File("<f4", "(3,)", "1234")),
              HasSubstr("its shape [3] takes 3 elements of 4 bytes, but it has 4 bytes of them"));
  EXPECT_THAT(ErrorOf(File("<f4", "(1,)", "12345")), HasSubstr("has 5 bytes"));
  EXPECT_THAT(ErrorOf(File("<f4", "(1099511627776,)", "1234")), HasSubstr("DATA_LOSS"));
  EXPECT_THAT(ErrorOf(File("<f4", "(4611686018427387904,)", "")), HasSubstr("DATA_LOSS"));
  EXPECT_THAT(ErrorOf(File("<f4", "(4611686018427387904, 4)", "")), HasSubstr("too large"));
  EXPECT_THAT(ErrorOf(File("|S0", "(1099511627776,)", "")), HasSubstr("without characters"));
  EXPECT_THAT(ErrorOf(File("|S18446744073709551615", "(2,)", "ab")), HasSubstr("DATA_LOSS"));
  EXPECT_THAT(ErrorOf(File("<U9223372036854775807", "(2,)", "ab")), HasSubstr("too long"));
  std::string dims = "(";
  for (int i = 0; i < 300; ++i) dims += "1,";
  EXPECT_THAT(ErrorOf(File("<f4", dims + ")", "1234")), HasSubstr("dimensions"));
  EXPECT_EQ(MemoryInUse(), before);
}

TEST(NpyTest, EveryPrefixIsAnError) {
  const std::string whole = *SerializeNpy(*Tensor::FromValues<float>({2, 2}, {1, 2, 3, 4}));
  for (size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(ParseNpy(whole.substr(0, size), "x").ok()) << size;
  }
}

TEST(NpyTest, EveryChangedByteIsATensorOrAnError) {
  const std::string whole = *SerializeNpy(*Tensor::FromValues<std::string>({2}, {"ab", "c"}));
  int refused = 0;
  for (size_t i = 0; i < whole.size(); ++i) {
    for (int byte = 0; byte < 256; ++byte) {
      std::string bytes = whole;
      bytes[i] = static_cast<char>(byte);
      refused += !ParseNpy(bytes, "x").ok();
    }
  }
  EXPECT_GT(refused, 1000);
}

TEST(NpyTest, EveryDamagedFileIsATensorOrAnError) {
  std::vector<std::string> files;
  std::ifstream golden(SESSILE_TEST_DATA_DIR "/npy.txt");
  for (std::string line; std::getline(golden, line);) {
    files.push_back(absl::HexStringToBytes(line.substr(0, line.find(' '))));
  }
  SetMemoryLimit(kMutationMemory);
  Mutator mutator;
  int refused = 0;
  for (int i = 0; i < Mutations(); ++i) {
    refused += !ParseNpy(mutator.Mutated(files[mutator.Random(files.size())]), "x").ok();
  }
  SetMemoryLimit(0);
  EXPECT_GT(refused, Mutations() / 2);
}

TEST(NpyTest, GoesThroughFiles) {
  const TempFolder folder;
  const std::string path = folder.file("x.npy");
  const Tensor tensor = *Tensor::FromValues<int64_t>({3}, {1, 2, 3});
  ASSERT_TRUE(WriteNpy(path, tensor).ok());
  EXPECT_TRUE(SameTensor(*ReadNpy(path), tensor));
  std::filesystem::remove(path);
  EXPECT_THAT(ReadNpy(path).status().ToString(), HasSubstr("NOT_FOUND"));
  EXPECT_FALSE(WriteNpy(path, Tensor()).ok());
}

}  // namespace
}  // namespace sessile
