#include "sessile/core/graph/graph_def.h"

#include "absl/strings/str_cat.h"
#include "google/protobuf/io/tokenizer.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"
#include "google/protobuf/text_format.h"
#include "sessile/core/framework/errors.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/graph/graph.h"
#include "sessile/core/graph/graph_impl.h"
#include "sessile/core/io/proto_io.h"
#include "sessile/proto/graph.pb.h"

namespace sessile {
namespace {

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

GraphDef::GraphDef() : message_(std::make_shared<const pb::GraphDef>()) {}

absl::StatusOr<std::string> GraphDef::SerializeToString() const {
  return SerializeDeterministic(*message_);
}

absl::Status GraphDef::ParseFromString(std::string_view bytes, std::string_view what) {
  auto parsed = std::make_shared<pb::GraphDef>();
  SESSILE_RETURN_IF_ERROR(ParseProto(absl::string_view(bytes.data(), bytes.size()), parsed.get(),
                                     absl::string_view(what.data(), what.size())));
  message_ = std::move(parsed);
  return absl::OkStatus();
}

absl::Status GraphDef::ParseFromText(std::string_view text, std::string_view what) {
  if (text.size() > static_cast<size_t>(std::numeric_limits<int>::max())) {
    return InvalidArgument("Cannot read ", std::string(what), " as a text GraphDef: it has ",
                           text.size(), " bytes");
  }
  FirstError error;
  google::protobuf::TextFormat::Parser parser;
  parser.RecordErrorsTo(&error);
  parser.AllowUnknownField(true);
  parser.SetRecursionLimit(kMaxTextDepth);
  auto parsed = std::make_shared<pb::GraphDef>();
  google::protobuf::io::ArrayInputStream stream(text.data(), static_cast<int>(text.size()));
  if (!parser.Parse(&stream, parsed.get())) {
    return InvalidArgument("Cannot read ", std::string(what),
                           " as a text GraphDef: ", error.text());
  }
  message_ = std::move(parsed);
  return absl::OkStatus();
}

std::string GraphDef::DebugString() const {
  std::string text;
  google::protobuf::TextFormat::PrintToString(*message_, &text);
  return text;
}

int GraphDef::node_size() const { return message_->node_size(); }

bool operator==(const GraphDef& a, const GraphDef& b) {
  if (a.message_ == b.message_) return true;
  const absl::StatusOr<std::string> left = a.SerializeToString();
  const absl::StatusOr<std::string> right = b.SerializeToString();
  return left.ok() && right.ok() && *left == *right;
}

GraphDef Graph::as_graph_def() const {
  errors::ThrowIfError(impl_->CheckUsable());
  return errors::ValueOrThrow(ExportGraphDef(*impl_));
}

}  // namespace sessile
