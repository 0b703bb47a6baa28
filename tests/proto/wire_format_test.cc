// The messages of proto/ are TensorFlow's: tests/golden/proto_fields.txt has been made from its
// descriptors by proto_fields.py, which also holds the list of what is left out and why.

#include <filesystem>
#include <fstream>
#include <map>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "gmock/gmock.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/descriptor.pb.h"
#include "gtest/gtest.h"
#include "sessile/core/io/proto_io.h"
#include "sessile/proto/checkpoint_state.pb.h"
#include "sessile/proto/config.pb.h"
#include "sessile/proto/control_flow.pb.h"
#include "sessile/proto/event.pb.h"
#include "sessile/proto/meta_graph.pb.h"
#include "sessile/proto/saved_model.pb.h"
#include "sessile/proto/saved_tensor_slice.pb.h"
#include "sessile/proto/tensor_bundle.pb.h"
#include "sessile/proto/variable.pb.h"

namespace sessile {
namespace {

using ::google::protobuf::Descriptor;
using ::google::protobuf::DescriptorPool;
using ::google::protobuf::EnumDescriptor;
using ::google::protobuf::FieldDescriptor;
using ::google::protobuf::FileDescriptor;

using Facts = std::map<std::string, std::string>;  // "Message.field" -> "number type label oneof"

// Without the package, which is not on the wire.
template <typename D>
std::string Name(const D* descriptor) {
  const std::string name(descriptor->full_name());
  return std::string(absl::StripPrefix(name, "sessile.pb."));
}

std::string TypeName(const FieldDescriptor* field) {
  if (field->is_map()) {
    const Descriptor* entry = field->message_type();
    return absl::StrCat("map<", TypeName(entry->FindFieldByNumber(1)), ",",
                        TypeName(entry->FindFieldByNumber(2)), ">");
  }
  if (field->message_type() != nullptr) return Name(field->message_type());
  if (field->enum_type() != nullptr) return Name(field->enum_type());
  return std::string(field->type_name());
}

std::string FieldFacts(const FieldDescriptor* field) {
  const auto* oneof = field->real_containing_oneof();
  const char* label = field->is_packed()     ? "packed"
                      : field->is_repeated() ? "repeated"
                                             : "optional";
  return absl::StrCat(field->number(), " ", TypeName(field), " ", label, " ",
                      oneof == nullptr ? "-" : std::string(oneof->name()));
}

void AddEnum(const EnumDescriptor* descriptor, Facts* facts) {
  for (int i = 0; i < descriptor->value_count(); ++i) {
    const auto* value = descriptor->value(i);
    (*facts)[absl::StrCat(Name(descriptor), ".", std::string(value->name()))] =
        absl::StrCat(value->number());
  }
}

void AddMessage(const Descriptor* descriptor, Facts* facts) {
  if (descriptor->options().map_entry()) return;
  for (int i = 0; i < descriptor->field_count(); ++i) {
    (*facts)[Name(descriptor->field(i))] = FieldFacts(descriptor->field(i));
  }
  for (int i = 0; i < descriptor->reserved_range_count(); ++i) {
    const auto* range = descriptor->reserved_range(i);
    (*facts)[absl::StrCat(Name(descriptor), " reserved ", range->start, " ", range->end - 1)] = "";
  }
  for (int i = 0; i < descriptor->enum_type_count(); ++i) {
    AddEnum(descriptor->enum_type(i), facts);
  }
  for (int i = 0; i < descriptor->nested_type_count(); ++i) {
    AddMessage(descriptor->nested_type(i), facts);
  }
}

// Of every file in proto/.
Facts OurFacts() {
  // A static library links only what is mentioned; these files import all others.
  pb::CallableOptions::descriptor();
  pb::CheckpointState::descriptor();
  pb::ControlFlowContextDef::descriptor();
  pb::Event::descriptor();
  pb::MetaGraphDef::descriptor();
  pb::SavedModel::descriptor();
  pb::SavedTensorSlices::descriptor();
  pb::BundleEntryProto::descriptor();
  pb::VariableDef::descriptor();

  Facts facts;
  for (const auto& entry :
       std::filesystem::directory_iterator(SESSILE_TEST_DATA_DIR "/../../proto")) {
    if (entry.path().extension() != ".proto") continue;
    const FileDescriptor* file = DescriptorPool::generated_pool()->FindFileByName(
        "sessile/proto/" + entry.path().filename().string());
    if (file == nullptr) {
      ADD_FAILURE() << entry.path() << " is not linked: mention a message of it above";
      continue;
    }
    EXPECT_EQ(std::string(file->package()), "sessile.pb") << entry.path();
    for (int i = 0; i < file->enum_type_count(); ++i) AddEnum(file->enum_type(i), &facts);
    for (int i = 0; i < file->message_type_count(); ++i) AddMessage(file->message_type(i), &facts);
  }
  return facts;
}

struct Golden {
  Facts fields;
  Facts skipped;  // -> why
};

Golden ReadGolden() {
  Golden golden;
  std::ifstream file(SESSILE_TEST_DATA_DIR "/proto_fields.txt");
  EXPECT_TRUE(file.is_open());
  const std::string skip = " skip: ";
  for (std::string line; std::getline(file, line);) {
    const size_t space = line.find(' ');
    const size_t reason = line.find(skip);
    if (line.find(" reserved ") == space) {
      golden.fields[line] = "";
    } else if (reason != std::string::npos) {
      golden.skipped[line.substr(0, space)] = line.substr(reason + skip.size());
    } else {
      golden.fields[line.substr(0, space)] = line.substr(space + 1);
    }
  }
  EXPECT_GT(golden.fields.size(), 300u);
  return golden;
}

TEST(WireFormatTest, EveryFieldOfOursIsTensorFlows) {
  const Golden golden = ReadGolden();
  for (const auto& [name, facts] : OurFacts()) {
    if (golden.skipped.count(name) > 0) {
      ADD_FAILURE() << name << " exists: remove it from SKIP in proto_fields.py";
      continue;
    }
    const auto theirs = golden.fields.find(name);
    if (theirs == golden.fields.end()) {
      ADD_FAILURE() << "TensorFlow has no " << name;
      continue;
    }
    EXPECT_EQ(facts, theirs->second) << name;
  }
}

TEST(WireFormatTest, EveryFieldOfTensorFlowsIsOursOrSkippedForAReason) {
  const Facts ours = OurFacts();
  const Golden golden = ReadGolden();
  for (const auto& [name, facts] : golden.fields) {
    EXPECT_EQ(ours.count(name), 1u) << "missing: " << name << " " << facts;
  }
  for (const auto& [name, reason] : golden.skipped) EXPECT_NE(reason, "") << name;
}

std::string RoundTrip(const std::string& bytes, google::protobuf::MessageLite* message) {
  const absl::Status status = ParseProto(bytes, message, "test bytes");
  EXPECT_TRUE(status.ok()) << status;
  const auto again = SerializeDeterministic(*message);
  EXPECT_TRUE(again.ok()) << again.status();
  return again.value_or("");
}

TEST(WireFormatTest, UnknownFieldsSurviveARoundTrip) {
  const std::string node =
      "\x0a\x01n"                  // name: "n"
      "\x12\x02Op"                 // op: "Op"
      "\xba\x06\x03\x08\xe8\x07";  // 103: a message
  const std::string bytes =
      absl::StrCat("\x0a", std::string(1, static_cast<char>(node.size())), node,
                   "\xca\x06\x06\x0a\x04"
                   "a.py");  // 105: bytes
  pb::GraphDef graph;
  EXPECT_EQ(RoundTrip(bytes, &graph), bytes);
  ASSERT_EQ(graph.node_size(), 1);
  EXPECT_EQ(graph.node(0).op(), "Op");
}

TEST(WireFormatTest, UnknownFieldsOfEveryWireTypeSurvive) {
  const std::string bytes(
      "\xc0\x3e\x07"                              // 1000: varint
      "\xc9\x3e\x01\x02\x03\x04\x05\x06\x07\x08"  // 1001: 64 bits
      "\xd2\x3e\x03xyz"                           // 1002: bytes
      "\xdd\x3e\x01\x02\x03\x04",                 // 1003: 32 bits
      3 + 10 + 6 + 6);
  pb::ConfigProto config;
  EXPECT_EQ(RoundTrip(bytes, &config), bytes);
}

TEST(WireFormatTest, UnknownEnumValuesSurvive) {
  const std::string bytes = "\x08\x18";  // dtype: DT_FLOAT8_E5M2
  pb::TensorProto tensor;
  EXPECT_EQ(RoundTrip(bytes, &tensor), bytes);
  EXPECT_EQ(static_cast<int>(tensor.dtype()), 24);
}

TEST(WireFormatTest, AnUnknownMemberOfAOneofSurvives) {
  const std::string bytes =
      "\x10\x01"                   // dtype: DT_FLOAT
      "\x2a\x04\x12\x02\x10\x03";  // composite_tensor { components { dtype: DT_INT32 } }
  pb::TensorInfo info;
  EXPECT_EQ(RoundTrip(bytes, &info), bytes);
  EXPECT_EQ(info.encoding_case(), pb::TensorInfo::ENCODING_NOT_SET);
}

TEST(WireFormatTest, AnyKeepsItsBytes) {
  pb::CollectionDef collection;
  auto* any = collection.mutable_any_list()->add_value();
  any->set_type_url("type.googleapis.com/tensorflow.AssetFileDef");
  any->set_value("\x12\x05vocab");
  const std::string bytes = *SerializeDeterministic(collection);
  pb::CollectionDef again;
  EXPECT_EQ(RoundTrip(bytes, &again), bytes);
  pb::AssetFileDef asset;
  ASSERT_TRUE(ParseProto(again.any_list().value(0).value(), &asset, "asset").ok());
  EXPECT_EQ(asset.filename(), "vocab");
}

}  // namespace
}  // namespace sessile
