#include "sessile/core/io/proto_io.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "google/protobuf/util/message_differencer.h"
#include "gtest/gtest.h"
#include "sessile/proto/attr_value.pb.h"
#include "sessile/proto/graph.pb.h"
#include "sessile/proto/node_def.pb.h"

namespace sessile {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr int kAttrs = 100;

pb::NodeDef NodeWithAttrs(int first, int step) {
  pb::NodeDef node;
  node.set_name("n");
  for (int i = 0; i < kAttrs; ++i) {
    const int k = (first + i * step) % kAttrs;
    (*node.mutable_attr())[absl::StrCat("attr", 100 + k)].set_i(k);
  }
  return node;
}

TEST(SerializeDeterministicTest, SortsMapEntriesByKey) {
  const auto bytes = SerializeDeterministic(NodeWithAttrs(0, 37));
  ASSERT_TRUE(bytes.ok()) << bytes.status();
  size_t before = 0;
  for (int k = 0; k < kAttrs; ++k) {
    const size_t at = bytes->find(absl::StrCat("attr", 100 + k));
    ASSERT_NE(at, std::string::npos) << k;
    EXPECT_LT(before, at) << k;
    before = at;
  }
}

TEST(SerializeDeterministicTest, GivesTheSameBytesForAnyOrderOfInsertion) {
  const auto upwards = SerializeDeterministic(NodeWithAttrs(0, 1));
  const auto downwards = SerializeDeterministic(NodeWithAttrs(kAttrs - 1, kAttrs - 1));
  ASSERT_TRUE(upwards.ok()) << upwards.status();
  ASSERT_TRUE(downwards.ok()) << downwards.status();
  EXPECT_EQ(*upwards, *downwards);
}

TEST(SerializeDeterministicTest, SortsMapsInsideNestedMessages) {
  std::string first;
  for (const int step : {1, 37, 99}) {
    pb::GraphDef graph;
    *graph.add_node() = NodeWithAttrs(5, step);
    *(*graph.mutable_library()->add_function()->mutable_attr())["f"]
         .mutable_func()
         ->mutable_attr() = NodeWithAttrs(5, step).attr();
    const auto bytes = SerializeDeterministic(graph);
    ASSERT_TRUE(bytes.ok()) << bytes.status();
    if (first.empty()) first = *bytes;
    EXPECT_EQ(first, *bytes) << step;
  }
}

TEST(SerializeDeterministicTest, WritesAnEmptyMessageAsNoBytes) {
  const auto bytes = SerializeDeterministic(pb::GraphDef());
  ASSERT_TRUE(bytes.ok()) << bytes.status();
  EXPECT_THAT(*bytes, IsEmpty());
}

TEST(SerializeDeterministicTest, RefusesTwoGigabytes) {
  // The list refers to one tensor again and again, so that the test needs little memory.
  constexpr int kCopies = 33;
  pb::TensorProto tensor;
  tensor.mutable_tensor_content()->resize(size_t{64} << 20);
  pb::AttrValue::ListValue list;
  for (int i = 0; i < kCopies; ++i) list.mutable_tensor()->UnsafeArenaAddAllocated(&tensor);
  const auto bytes = SerializeDeterministic(list);
  for (int i = 0; i < kCopies; ++i) list.mutable_tensor()->UnsafeArenaReleaseLast();

  EXPECT_EQ(bytes.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(bytes.status().message()),
              AllOf(HasSubstr(" a AttrValue.ListValue of"), HasSubstr("2147483647")));
}

TEST(ParseProtoTest, GivesBackWhatWasSerialized) {
  const pb::NodeDef node = NodeWithAttrs(0, 1);
  const auto bytes = SerializeDeterministic(node);
  ASSERT_TRUE(bytes.ok()) << bytes.status();
  pb::NodeDef again;
  again.add_input("replaced");
  const absl::Status status = ParseProto(*bytes, &again, "a node");
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_TRUE(google::protobuf::util::MessageDifferencer::Equals(node, again));
}

TEST(ParseProtoTest, SaysWhatIsTruncatedAndHowLongItIs) {
  pb::NodeDef node;
  node.set_name("conv2d");
  std::string bytes = *SerializeDeterministic(node);
  bytes.pop_back();
  pb::NodeDef again;
  const absl::Status status = ParseProto(bytes, &again, "graphs/cut.pb");
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(std::string(status.message()),
            "Cannot read graphs/cut.pb as a NodeDef: its 7 bytes are truncated or damaged");
  EXPECT_EQ(again.ByteSizeLong(), 0u);
}

TEST(ParseProtoTest, RefusesDamageAtEveryPlaceOrReadsAMessage) {
  const std::string bytes = *SerializeDeterministic(NodeWithAttrs(0, 1));
  int refused = 0;
  for (size_t i = 0; i < bytes.size(); ++i) {
    std::string damaged = bytes;
    damaged[i] = '\xff';
    pb::NodeDef node;
    if (!ParseProto(damaged, &node, "damaged").ok()) {
      ++refused;
      EXPECT_EQ(node.ByteSizeLong(), 0u) << i;
    }
  }
  EXPECT_GT(refused, 0);
}

// One length-delimited field.
std::string Field(char tag, const std::string& inside) {
  std::string out(1, tag);
  size_t size = inside.size();
  for (; size > 0x7f; size >>= 7) out += static_cast<char>((size & 0x7f) | 0x80);
  out += static_cast<char>(size);
  return out + inside;
}

TEST(ParseProtoTest, RefusesNestingThatWouldExhaustTheStack) {
  std::string bytes;
  for (int depth = 0; depth < 1000; ++depth) {
    // AttrValue.func (10), NameAttrList.attr (2), the value (2) of that map entry
    bytes = Field(0x52, Field(0x12, Field(0x12, bytes)));
  }
  pb::AttrValue value;
  EXPECT_EQ(ParseProto(bytes, &value, "nested").code(), absl::StatusCode::kDataLoss);
}

TEST(ParseProtoTest, RefusesTwoGigabytesWithoutReadingThem) {
  const char byte = 0;
  pb::GraphDef graph;
  const absl::Status status =
      ParseProto(absl::string_view(&byte, size_t{1} << 31), &graph, "huge.pb");
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()),
              AllOf(HasSubstr("huge.pb"), HasSubstr("2147483648"), HasSubstr("2147483647")));
}

}  // namespace
}  // namespace sessile
