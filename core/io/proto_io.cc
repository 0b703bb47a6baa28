#include "sessile/core/io/proto_io.h"

#include <cstddef>
#include <limits>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/io/tokenizer.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"
#include "google/protobuf/stubs/common.h"
#include "google/protobuf/text_format.h"
#include "google/protobuf/unknown_field_set.h"
#if GOOGLE_PROTOBUF_VERSION < 4022000
#include "google/protobuf/stubs/logging.h"
#endif

namespace sessile {
namespace {

constexpr size_t kMaxBytes = std::numeric_limits<int>::max();

// As deep as the binary parser goes; a hostile text would else use up the stack.
constexpr int kMaxTextDepth = 100;

// Keeps the first error.
class FirstError final : public google::protobuf::io::ErrorCollector {
 public:
  void AddError(int line, int column, const std::string& message) override {
    if (!text_.empty()) return;
    text_ = absl::StrCat("line ", line + 1, ":", column + 1, ": ",
                         absl::StrReplaceAll(message, {{"\"sessile.pb.", "\""}}));
  }
  // What a parser only warns of is that it leaves out an unknown field, as it was told.
  void AddWarning(int, int, const std::string&) override {}
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

// "GraphDef": without the package, which is ours alone.
std::string NameOf(const google::protobuf::MessageLite& message) {
  const std::string name = message.GetTypeName();
  return std::string(absl::StripPrefix(name, "sessile.pb."));
}

// "NodeDef has a field 99", or "" if `message` has no field that its type does not know.
std::string FirstUnknownField(const google::protobuf::Message& message) {
  const google::protobuf::Reflection& fields = *message.GetReflection();
  const google::protobuf::UnknownFieldSet& unknown = fields.GetUnknownFields(message);
  if (!unknown.empty()) {
    return absl::StrCat(message.GetDescriptor()->name(), " has a field ",
                        unknown.field(0).number());
  }
  std::vector<const google::protobuf::FieldDescriptor*> present;
  fields.ListFields(message, &present);
  for (const google::protobuf::FieldDescriptor* const field : present) {
    if (field->cpp_type() != google::protobuf::FieldDescriptor::CPPTYPE_MESSAGE) continue;
    const int count = field->is_repeated() ? fields.FieldSize(message, field) : 1;
    for (int i = 0; i < count; ++i) {
      std::string found =
          FirstUnknownField(field->is_repeated() ? fields.GetRepeatedMessage(message, field, i)
                                                 : fields.GetMessage(message, field));
      if (!found.empty()) return found;
    }
  }
  return "";
}

}  // namespace

absl::StatusOr<std::string> SerializeDeterministic(const google::protobuf::MessageLite& message) {
  const size_t size = message.ByteSizeLong();
  if (size > kMaxBytes) {
    return absl::InvalidArgumentError(absl::StrCat("Cannot serialize a ", NameOf(message), " of ",
                                                   size, " bytes: the limit is ", kMaxBytes,
                                                   " bytes"));
  }
  std::string bytes;
  bytes.reserve(size);
  bool written = false;
  {
    google::protobuf::io::StringOutputStream stream(&bytes);
    google::protobuf::io::CodedOutputStream coded(&stream);
    coded.SetSerializationDeterministic(true);
    written = message.SerializeToCodedStream(&coded);
  }  // `coded` gives back the unused rest of its buffer when it ends
  if (!written) {
    return absl::InternalError(absl::StrCat("Cannot serialize a ", NameOf(message)));
  }
  return bytes;
}

absl::Status ParseProto(absl::string_view bytes, google::protobuf::MessageLite* out,
                        absl::string_view what) {
  if (bytes.size() > kMaxBytes) {
    out->Clear();
    return absl::InvalidArgumentError(absl::StrCat("Cannot read ", what, " as a ", NameOf(*out),
                                                   ": it has ", bytes.size(),
                                                   " bytes, the limit is ", kMaxBytes, " bytes"));
  }
#if GOOGLE_PROTOBUF_VERSION < 4022000
  // Without it the library also writes to stderr what is wrong.
  const google::protobuf::LogSilencer silencer;
#endif
  if (!out->ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    out->Clear();
    return absl::DataLossError(absl::StrCat("Cannot read ", what, " as a ", NameOf(*out), ": its ",
                                            bytes.size(), " bytes are truncated or damaged"));
  }
  return absl::OkStatus();
}

absl::Status ParseTextProto(absl::string_view text, google::protobuf::Message* out,
                            absl::string_view what, UnknownFields unknown) {
  const std::string& type = out->GetDescriptor()->name();
  if (text.size() > kMaxBytes) {
    return absl::InvalidArgumentError(absl::StrCat("Cannot read ", what, " as a text ", type,
                                                   ": it has ", text.size(), " bytes"));
  }
  FirstError error;
  google::protobuf::TextFormat::Parser parser;
  parser.RecordErrorsTo(&error);
  parser.AllowUnknownField(unknown == UnknownFields::kSkip);
  parser.SetRecursionLimit(kMaxTextDepth);
  google::protobuf::io::ArrayInputStream stream(text.data(), static_cast<int>(text.size()));
  if (parser.Parse(&stream, out)) return absl::OkStatus();
  out->Clear();
  return absl::InvalidArgumentError(
      absl::StrCat("Cannot read ", what, " as a text ", type, ": ", error.text()));
}

absl::StatusOr<std::string> PrintTextProto(const google::protobuf::Message& message,
                                           UnknownFields unknown) {
  const std::string found = unknown == UnknownFields::kSkip ? "" : FirstUnknownField(message);
  if (found.empty()) return DebugText(message);
  return absl::InvalidArgumentError(absl::StrCat("Cannot write a ", message.GetDescriptor()->name(),
                                                 " as text: a ", found,
                                                 " that this library has no name for"));
}

std::string DebugText(const google::protobuf::Message& message) {
  google::protobuf::TextFormat::Printer printer;
  printer.SetHideUnknownFields(true);
  std::string text;
  printer.PrintToString(message, &text);
  return text;
}

}  // namespace sessile
