// Checkpoints of TensorFlow are read, and its bytes are written: tests/golden/checkpoints.py.

#include <fstream>
#include <sstream>

#include "absl/strings/escaping.h"
#include "absl/strings/str_format.h"
#include "gmock/gmock.h"
#include "sessile/core/checkpoint/bundle_files.h"
#include "sessile/core/checkpoint/table.h"
#include "sessile/core/io/crc32c.h"
#include "sessile/core/io/file.h"
#include "sessile/kernels/numeric.h"
#include "sessile/tests/core/checkpoint/checkpoint_testing.h"
#include "sessile/tests/error_of.h"

namespace sessile {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

template <typename T>
std::string Number(const Tensor& tensor, int64_t i) {
  return absl::StrFormat("%g",
                         static_cast<double>(Widen(static_cast<const T*>(tensor.raw_data())[i])));
}

template <typename T>
std::string Complex(const Tensor& tensor, int64_t i) {
  const std::complex<T> value = tensor.data<std::complex<T>>()[i];
  return absl::StrFormat("%g,%g", value.real(), value.imag());
}

// An element as checkpoints.txt has it.
std::string TextOf(const Tensor& tensor, int64_t i) {
  const std::string type = PythonName(tensor.dtype());
  if (type == "float32") return Number<float>(tensor, i);
  if (type == "float64") return Number<double>(tensor, i);
  if (type == "float16") return Number<Half>(tensor, i);
  if (type == "bfloat16") return Number<BFloat16>(tensor, i);
  if (type == "complex64") return Complex<float>(tensor, i);
  if (type == "complex128") return Complex<double>(tensor, i);
  if (type == "bool") return tensor.data<bool>()[i] ? "1" : "0";
  if (type == "string") {
    const std::string& text = tensor.data<std::string>()[i];
    return text.empty() ? "-" : absl::BytesToHexString(text);
  }
  switch (DataTypeSize(tensor.dtype())) {
    case 1:
      return Number<uint8_t>(tensor, i);
    case 2:
      return Number<uint16_t>(tensor, i);
    case 4:
      return Number<uint32_t>(tensor, i);
    default:
      return Number<uint64_t>(tensor, i);
  }
}

class CheckpointTest : public CheckpointFolderTest {};

TEST_F(CheckpointTest, ReadsWhatTensorFlowWrote) {
  std::ifstream golden(SESSILE_TEST_DATA_DIR "/checkpoints.txt");
  std::map<std::string, size_t> tensors;
  for (std::string line; std::getline(golden, line);) {
    std::istringstream words(line);
    std::string prefix, name, dtype, shape;
    words >> prefix >> name >> dtype >> shape;
    if (prefix == "many") continue;
    ++tensors[prefix];
    const auto value = ReadTensor(GoldenCheckpoint(prefix), name);
    ASSERT_TRUE(value.ok()) << value.status() << "\n" << line;
    EXPECT_EQ(PythonName(value->dtype()), dtype) << line;
    EXPECT_EQ(value->shape().ToString(), shape) << line;
    for (int64_t i = 0; i < value->num_elements(); ++i) {
      std::string word;
      words >> word;
      ASSERT_EQ(TextOf(*value, i), word) << line;
    }
  }
  EXPECT_EQ(tensors.size(), 4u);
  for (const auto& [prefix, count] : tensors) {
    EXPECT_EQ((*CheckpointReader::Open(GoldenCheckpoint(prefix)))->tensors().size(), count);
  }
}

TEST_F(CheckpointTest, WritesTheBytesThatTensorFlowWrites) {
  const auto golden = *CheckpointReader::Open(GoldenCheckpoint("all_types"));
  // In the order of the script's.
  std::vector<std::string> order = {
      "uint64", "uint32", "float16", "complex128", "uint16", "quint16",   "qint16", "bfloat16",
      "qint32", "quint8", "qint8",   "bool",       "int64",  "complex64", "int8",   "int16",
      "uint8",  "int32",  "float64", "float32",    "string", "scalar",    "empty",  "no_strings"};
  ASSERT_EQ(order.size(), golden->tensors().size());
  std::vector<std::pair<std::string, Tensor>> tensors;
  for (const std::string& name : order) tensors.emplace_back(name, *golden->Read(name));
  ASSERT_TRUE(SaveTensors(Path("new"), tensors).ok());
  EXPECT_THAT(Files(), ElementsAre("new.data-00000-of-00001", "new.index"));
  EXPECT_EQ(*ReadFile(DataFileOf(Path("new"), 0, 1)),
            *ReadFile(DataFileOf(GoldenCheckpoint("all_types"), 0, 1)));
  EXPECT_EQ(*ReadFile(Path("new.index")), *ReadFile(GoldenCheckpoint("all_types.index")));
}

TEST_F(CheckpointTest, WritesALongIndexInTheBlocksOfTensorFlow) {
  const Tensor zero = Tensor::Scalar(0.0f);
  std::vector<std::pair<std::string, Tensor>> tensors;
  for (int i = 0; i < 100; ++i) {
    for (int j = 0; j < 200; ++j) {
      tensors.emplace_back(absl::StrCat("scope_", i, "/with_a_long_name/VARIABLE_", j), zero);
    }
  }
  ASSERT_TRUE(SaveTensors(Path("many"), tensors).ok());
  const std::string index = *ReadFile(Path("many.index"));
  const std::string golden = *ReadFile(SESSILE_TEST_DATA_DIR "/checkpoints.txt");
  EXPECT_THAT(golden, HasSubstr(absl::StrCat("\nmany ", index.size(), " ", Crc32c(index), "\n")));
  const auto table = *TableReader::Open(Path("many.index"));
  for (size_t i = 0; i < tensors.size(); i += 199) {
    ASSERT_TRUE((*table.Get(tensors[i].first)).has_value()) << tensors[i].first;
  }
  EXPECT_FALSE((*table.Get("scope_5/x")).has_value());
  EXPECT_FALSE((*table.Get("z")).has_value());
}

ShapeAndSlice Part(const std::string& text) { return *ParseShapeAndSlice(text); }

TEST_F(CheckpointTest, MergesCheckpointsOfPartsAsTensorFlowDoes) {
  const auto golden = *CheckpointReader::Open(GoldenCheckpoint("sharded"));
  const Tensor b = *golden->Read("b");
  const Tensor a = *golden->Read("a");
  const auto save = [&](const std::string& prefix, const std::vector<std::string>& parts,
                        const std::string& name, const Tensor& other) {
    const auto writer = *BundleWriter::Create(prefix);
    for (const std::string& part : parts) {
      const Tensor value = *golden->Read("part", &static_cast<const ShapeAndSlice&>(Part(part)));
      EXPECT_TRUE(writer->AddPart("part", Part(part), ViewOf(value)).ok());
    }
    EXPECT_TRUE(writer->Add(name, ViewOf(other)).ok());
    EXPECT_TRUE(writer->Finish().ok());
  };
  save(Path("temp/a"), {"10 3 0,4:-"}, "b", b);
  save(Path("temp/b"), {"10 3 4,6:0,2", "10 3 4,6:2,1"}, "a", a);
  ASSERT_TRUE(MergeBundles({Path("temp/a"), Path("temp/b")}, Path("sharded"), false).ok());
  EXPECT_THAT(Files(), ElementsAre("sharded.data-00000-of-00002", "sharded.data-00001-of-00002",
                                   "sharded.index", "temp"));
  for (const char* suffix : {".index", ".data-00000-of-00002", ".data-00001-of-00002"}) {
    EXPECT_EQ(*ReadFile(Path("sharded") + suffix), *ReadFile(GoldenCheckpoint("sharded") + suffix))
        << suffix;
  }
}

TEST_F(CheckpointTest, ReadsAPartFromTheParts) {
  const auto golden = *CheckpointReader::Open(GoldenCheckpoint("sharded"));
  const ShapeAndSlice part = Part("10 3 2,5:1,2");
  const Tensor value = *golden->Read("part", &part);
  EXPECT_EQ(value.shape(), Shape({5, 2}));
  EXPECT_THAT(value.flat<float>(), ElementsAre(7, 8, 10, 11, 13, 14, 16, 17, 19, 20));
  const ShapeAndSlice wrong = Part("9 3 2,5:1,2");
  EXPECT_THAT(MessageOf(golden->Read("part", &wrong).status()),
              HasSubstr("shape in shape_and_slice spec [9,3] does not match the shape stored in "
                        "checkpoint: [10,3]"));
}

TEST_F(CheckpointTest, NamesWhatIsMissing) {
  EXPECT_EQ(MessageOf(ReadTensor(GoldenCheckpoint("all_types"), "W").status()),
            "Key W not found in checkpoint");
  EXPECT_THAT(MessageOf(ReadTensor(GoldenCheckpoint("version_1"), "W").status()),
              HasSubstr("Tensor name \"W\" not found in checkpoint files"));
  EXPECT_THAT(MessageOf(CheckpointReader::Open(Path("none")).status()),
              HasSubstr("Failed to find any matching files for " + Path("none")));
  ASSERT_TRUE(SaveTensors(Path("x"), {{"W", Tensor::Scalar(1.0f)}}).ok());
  std::filesystem::remove(DataFileOf(Path("x"), 0, 1));
  EXPECT_THAT(MessageOf(ReadTensor(Path("x"), "W").status()),
              AllOf(HasSubstr("tensor 'W'"), HasSubstr("x.data-00000-of-00001")));
}

TEST_F(CheckpointTest, NamesTheTensorAndTheFileOfWrongBytes) {
  const Tensor w = *Tensor::FromValues<float>({2, 2}, {1, 2, 3, 4});
  const Tensor s = *Tensor::FromValues<std::string>({2}, {"a", "bb"});
  ASSERT_TRUE(SaveTensors(Path("x"), {{"W", w}, {"s", s}}).ok());
  const std::string data = DataFileOf(Path("x"), 0, 1);
  const std::string good = *ReadFile(data);
  for (size_t i = 0; i < good.size(); ++i) {
    std::string bad = good;
    bad[i] = static_cast<char>(bad[i] ^ 1);
    ASSERT_TRUE(WriteFile(data, bad).ok());
    const std::string wrong = i < 16 ? "W" : "s";
    const auto value = ReadTensor(Path("x"), wrong);
    EXPECT_EQ(value.status().code(), absl::StatusCode::kDataLoss) << i;
    EXPECT_THAT(MessageOf(value.status()), AllOf(HasSubstr("'" + wrong + "'"), HasSubstr(data)));
    EXPECT_TRUE(ReadTensor(Path("x"), i < 16 ? "s" : "W").ok());
  }
  ASSERT_TRUE(WriteFile(data, good.substr(0, good.size() - 1)).ok());
  EXPECT_THAT(MessageOf(ReadTensor(Path("x"), "s").status()), HasSubstr("has only"));
  EXPECT_TRUE(ReadTensor(Path("x"), "W").ok());
}

TEST_F(CheckpointTest, RefusesWhatCannotBeSaved) {
  const auto writer = *BundleWriter::Create(Path("x"));
  const Tensor one = Tensor::Scalar(1.0f);
  ASSERT_TRUE(writer->Add("b", ViewOf(one)).ok());
  EXPECT_EQ(MessageOf(writer->Add("b", ViewOf(one))), "Adding duplicate key: b");
  const Shape scalar;
  EXPECT_THAT(MessageOf(writer->Add("r", TensorView(resource, &scalar, nullptr))),
              HasSubstr("values of type resource cannot be stored"));
}

TEST_F(CheckpointTest, LeavesNothingBehindUnlessItIsFinished) {
  { const auto writer = *BundleWriter::Create(Path("x")); }
  EXPECT_TRUE(Files().empty());
}

TEST_F(CheckpointTest, TakesThePlaceOfAnOldOneUnderTheSameNames) {
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(SaveTensors(Path("x"), {{"i", Tensor::Scalar(int32_t{i})}}).ok());
    EXPECT_EQ(ReadTensor(Path("x"), "i")->scalar<int32_t>(), i);
    EXPECT_THAT(Files(), ElementsAre("x.data-00000-of-00001", "x.index"));
  }
}

}  // namespace
}  // namespace sessile
