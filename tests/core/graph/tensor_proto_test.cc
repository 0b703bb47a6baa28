#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "absl/strings/escaping.h"
#include "sessile/core/graph/proto_convert.h"
#include "sessile/core/io/proto_io.h"
#include "sessile/proto/tensor.pb.h"

namespace sessile {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

pb::TensorProto Proto(DataType dtype, const Shape& shape) {
  pb::TensorProto proto;
  proto.set_dtype(static_cast<pb::DataType>(dtype));
  ShapeToProto(shape, proto.mutable_tensor_shape());
  return proto;
}

absl::StatusOr<Tensor> Read(const pb::TensorProto& proto) {
  ExpansionBudget budget;
  return TensorFromProto(proto, &budget);
}

std::string ErrorOf(const pb::TensorProto& proto) { return Read(proto).status().ToString(); }

TEST(TensorProtoTest, WritesWhatTensorFlowWrites) {
  std::ifstream golden(SESSILE_TEST_DATA_DIR "/tensor_protos.txt");
  std::string hex, what;
  int lines = 0;
  while (golden >> hex && std::getline(golden, what)) {
    const std::string bytes = absl::HexStringToBytes(hex);
    pb::TensorProto proto;
    ASSERT_TRUE(ParseProto(bytes, &proto, what).ok());
    const absl::StatusOr<Tensor> tensor = Read(proto);
    ASSERT_TRUE(tensor.ok()) << what << ": " << tensor.status();
    pb::TensorProto back;
    ASSERT_TRUE(TensorToProto(*tensor, &back).ok()) << what;
    EXPECT_EQ(absl::BytesToHexString(*SerializeDeterministic(back)), hex) << what;
    ++lines;
  }
  EXPECT_GE(lines, 100);
}

TEST(TensorProtoTest, RepeatsTheLastValue) {
  pb::TensorProto proto = Proto(float32, {4});
  proto.add_float_val(1);
  proto.add_float_val(2);
  EXPECT_THAT(Read(proto)->flat<float>(), ElementsAre(1, 2, 2, 2));
  proto = Proto(complex64, {2});
  proto.add_scomplex_val(1);
  proto.add_scomplex_val(2);
  EXPECT_EQ(Read(proto)->flat<std::complex<float>>()[1], std::complex<float>(1, 2));
  proto = Proto(string, {2});
  proto.add_string_val("a");
  EXPECT_THAT(Read(proto)->flat<std::string>(), ElementsAre("a", "a"));
}

TEST(TensorProtoTest, TakesNoValuesForZeros) {
  EXPECT_THAT(Read(Proto(int32, {3}))->flat<int32_t>(), ElementsAre(0, 0, 0));
  EXPECT_THAT(Read(Proto(string, {1}))->flat<std::string>(), ElementsAre(""));
}

TEST(TensorProtoTest, LeavesOutValuesBeyondTheShape) {
  pb::TensorProto proto = Proto(int64, {1});
  proto.add_int64_val(5);
  proto.add_int64_val(6);
  EXPECT_THAT(Read(proto)->flat<int64_t>(), ElementsAre(5));
}

TEST(TensorProtoTest, ReadsSmallIntegersFromIntVal) {
  pb::TensorProto proto = Proto(int8, {2});
  proto.add_int_val(-3);
  proto.add_int_val(127);
  EXPECT_THAT(Read(proto)->flat<int8_t>(), ElementsAre(-3, 127));
  proto.set_dtype(pb::DT_UINT8);
  EXPECT_THAT(Read(proto)->flat<uint8_t>(), ElementsAre(253, 127));
}

TEST(TensorProtoTest, ReadsRawContent) {
  pb::TensorProto proto = Proto(int32, {2});
  proto.set_tensor_content(std::string("\1\0\0\0\0\1\0\0", 8));
  EXPECT_THAT(Read(proto)->flat<int32_t>(), ElementsAre(1, 256));
  proto = Proto(bool_, {3});
  proto.set_tensor_content(std::string("\0\1\7", 3));
  EXPECT_THAT(Read(proto)->flat<bool>(), ElementsAre(false, true, true));
  proto = Proto(string, {3});
  proto.set_tensor_content(std::string("\2\0\1abc", 6));
  EXPECT_THAT(Read(proto)->flat<std::string>(), ElementsAre("ab", "", "c"));
}

TEST(TensorProtoTest, RefusesContentOfAnotherSize) {
  pb::TensorProto proto = Proto(float32, {3});
  proto.set_tensor_content("abcd");
  EXPECT_THAT(ErrorOf(proto), HasSubstr("Cannot parse tensor from proto: tensor_content has 4 "
                                        "bytes, which is not the size of float[3]"));
  for (const char* content : {"\5ab", "\2", "\1abc", "\xff\xff\xff\xff\xff\xff\xff\xff\xff\1"}) {
    proto = Proto(string, {1});
    proto.set_tensor_content(content);
    EXPECT_THAT(ErrorOf(proto), HasSubstr("Cannot parse tensor from proto")) << content;
  }
}

TEST(TensorProtoTest, RefusesShapesThatAreNone) {
  EXPECT_THAT(ErrorOf(Proto(float32, {None, 3})), HasSubstr("is not fully defined"));
  EXPECT_THAT(ErrorOf(Proto(float32, Shape::Unknown())), HasSubstr("is not fully defined"));
  pb::TensorProto proto = Proto(float32, {2});
  proto.mutable_tensor_shape()->mutable_dim(0)->set_size(-7);
  EXPECT_THAT(ErrorOf(proto), HasSubstr("values below -1"));
  proto.mutable_tensor_shape()->set_unknown_rank(true);
  EXPECT_THAT(ErrorOf(proto), HasSubstr("must not have any dimensions set"));
}

TEST(TensorProtoTest, RefusesTypesWithoutValues) {
  EXPECT_THAT(ErrorOf(Proto(static_cast<DataType>(99), {})), HasSubstr("has the number 99"));
  EXPECT_THAT(ErrorOf(Proto(DataType::kInvalid, {})), HasSubstr("has the number 0"));
  EXPECT_THAT(ErrorOf(Proto(MakeRef(float32), {})), HasSubstr("has the number 101"));
}

TEST(TensorProtoTest, DoesNotTakeMemoryForAHugeShape) {
  const size_t before = MemoryInUse();
  const int64_t huge = std::numeric_limits<int64_t>::max();
  for (const Shape& shape : {Shape({99999999999}), Shape({huge}), Shape({1 << 20, 1 << 20})}) {
    for (const DataType dtype : {float32, string, complex128, bool_}) {
      pb::TensorProto proto = Proto(dtype, shape);
      EXPECT_THAT(ErrorOf(proto), HasSubstr("RESOURCE_EXHAUSTED")) << shape.ToString();
      proto.set_tensor_content("x");
      EXPECT_THAT(ErrorOf(proto), HasSubstr("Cannot parse tensor")) << shape.ToString();
    }
  }
  EXPECT_EQ(MemoryInUse(), before);
}

TEST(TensorProtoTest, CountsWhatRepeatedValuesTakeTogether) {
  pb::TensorProto proto = Proto(float32, {16});
  ExpansionBudget budget{.bytes = 100};
  EXPECT_TRUE(TensorFromProto(proto, &budget).ok());
  EXPECT_THAT(TensorFromProto(proto, &budget).status().ToString(), HasSubstr("RESOURCE_EXHAUSTED"));
}

TEST(TensorProtoTest, CountsTheBytesOfRepeatedStrings) {
  pb::TensorProto proto = Proto(string, {1 << 20});
  proto.add_string_val(std::string(100000, 'x'));
  const size_t before = MemoryInUse();
  EXPECT_THAT(ErrorOf(proto), HasSubstr("RESOURCE_EXHAUSTED: OOM when allocating tensor with "
                                        "shape[1048576] and type string"));
  EXPECT_EQ(MemoryInUse(), before);
  ExpansionBudget budget{.bytes = 250000};
  proto = Proto(string, {2});
  proto.add_string_val(std::string(100000, 'x'));
  EXPECT_TRUE(TensorFromProto(proto, &budget).ok());
  EXPECT_THAT(TensorFromProto(proto, &budget).status().ToString(), HasSubstr("RESOURCE_EXHAUSTED"));
}

TEST(TensorProtoTest, WritesAllElementsIfTheyDiffer) {
  Tensor tensor = *Tensor::FromValues<float>({3}, {1, 1, 2});
  tensor.set_given_elements(1);
  pb::TensorProto proto;
  ASSERT_TRUE(TensorToProto(tensor, &proto).ok());
  EXPECT_EQ(proto.tensor_content().size(), 12u);
  EXPECT_EQ(proto.float_val_size(), 0);
}

}  // namespace
}  // namespace sessile
