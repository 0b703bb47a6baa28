#include "sessile/core/io/proto_io.h"

#include <cstddef>
#include <limits>

#include "absl/strings/str_cat.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/io/tokenizer.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"
#include "google/protobuf/stubs/common.h"
#include "google/protobuf/text_format.h"
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
    if (text_.empty()) text_ = absl::StrCat("line ", line + 1, ":", column + 1, ": ", message);
  }
  // What a parser only warns of is that it leaves out an unknown field.
  void AddWarning(int, int, const std::string&) override {}
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

}  // namespace

absl::StatusOr<std::string> SerializeDeterministic(const google::protobuf::MessageLite& message) {
  const size_t size = message.ByteSizeLong();
  if (size > kMaxBytes) {
    return absl::InvalidArgumentError(absl::StrCat("Cannot serialize a ", message.GetTypeName(),
                                                   " of ", size, " bytes: the limit is ", kMaxBytes,
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
    return absl::InternalError(absl::StrCat("Cannot serialize a ", message.GetTypeName()));
  }
  return bytes;
}

absl::Status ParseProto(absl::string_view bytes, google::protobuf::MessageLite* out,
                        absl::string_view what) {
  if (bytes.size() > kMaxBytes) {
    out->Clear();
    return absl::InvalidArgumentError(absl::StrCat("Cannot read ", what, " as a ",
                                                   out->GetTypeName(), ": it has ", bytes.size(),
                                                   " bytes, the limit is ", kMaxBytes, " bytes"));
  }
#if GOOGLE_PROTOBUF_VERSION < 4022000
  // Without it the library also writes to stderr what is wrong.
  const google::protobuf::LogSilencer silencer;
#endif
  if (!out->ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    out->Clear();
    return absl::DataLossError(absl::StrCat("Cannot read ", what, " as a ", out->GetTypeName(),
                                            ": its ", bytes.size(),
                                            " bytes are truncated or damaged"));
  }
  return absl::OkStatus();
}

absl::Status ParseTextProto(absl::string_view text, google::protobuf::Message* out,
                            absl::string_view what) {
  const std::string& type = out->GetDescriptor()->name();
  if (text.size() > kMaxBytes) {
    return absl::InvalidArgumentError(absl::StrCat("Cannot read ", what, " as a text ", type,
                                                   ": it has ", text.size(), " bytes"));
  }
  FirstError error;
  google::protobuf::TextFormat::Parser parser;
  parser.RecordErrorsTo(&error);
  parser.AllowUnknownField(true);
  parser.SetRecursionLimit(kMaxTextDepth);
  google::protobuf::io::ArrayInputStream stream(text.data(), static_cast<int>(text.size()));
  if (parser.Parse(&stream, out)) return absl::OkStatus();
  out->Clear();
  return absl::InvalidArgumentError(
      absl::StrCat("Cannot read ", what, " as a text ", type, ": ", error.text()));
}

std::string PrintTextProto(const google::protobuf::Message& message) {
  std::string text;
  google::protobuf::TextFormat::PrintToString(message, &text);
  return text;
}

}  // namespace sessile
