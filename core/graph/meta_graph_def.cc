#include "sessile/core/graph/meta_graph_def.h"

#include "sessile/core/framework/status.h"
#include "sessile/core/io/file.h"
#include "sessile/core/io/proto_io.h"
#include "sessile/proto/meta_graph.pb.h"

namespace sessile {
namespace {

// The most that a message can have.
constexpr uint64_t kMaxMetaGraphBytes = uint64_t{1} << 31;

}  // namespace

MetaGraphDef::MetaGraphDef() : message_(std::make_shared<const pb::MetaGraphDef>()) {}

GraphDef MetaGraphDef::graph_def() const {
  return GraphDef(std::shared_ptr<const pb::GraphDef>(message_, &message_->graph_def()));
}

absl::StatusOr<std::string> MetaGraphDef::SerializeToString() const {
  return SerializeDeterministic(*message_);
}

absl::Status MetaGraphDef::ParseFromString(std::string_view bytes, std::string_view what) {
  auto parsed = std::make_shared<pb::MetaGraphDef>();
  SESSILE_RETURN_IF_ERROR(ParseProto(absl::string_view(bytes.data(), bytes.size()), parsed.get(),
                                     absl::string_view(what.data(), what.size())));
  message_ = std::move(parsed);
  return absl::OkStatus();
}

absl::Status MetaGraphDef::ParseFromText(std::string_view text, std::string_view what,
                                         UnknownFields unknown) {
  auto parsed = std::make_shared<pb::MetaGraphDef>();
  SESSILE_RETURN_IF_ERROR(ParseTextProto(absl::string_view(text.data(), text.size()), parsed.get(),
                                         absl::string_view(what.data(), what.size()), unknown));
  message_ = std::move(parsed);
  return absl::OkStatus();
}

absl::StatusOr<std::string> MetaGraphDef::SerializeToText(UnknownFields unknown) const {
  return PrintTextProto(*message_, unknown);
}

std::string MetaGraphDef::DebugString() const { return DebugText(*message_); }

absl::StatusOr<MetaGraphDef> ReadMetaGraphDef(const std::string& path) {
  SESSILE_ASSIGN_OR_RETURN(const std::string bytes, ReadMessageFile(path, kMaxMetaGraphBytes));
  const std::string what = absl::StrCat("'", path, "'");
  MetaGraphDef meta;
  // As TensorFlow does it: what is no binary message may be text.
  const absl::Status binary = meta.ParseFromString(bytes, what);
  if (binary.ok()) return meta;
  const absl::Status text = meta.ParseFromText(bytes, what);
  if (text.ok()) return meta;
  return absl::DataLossError(absl::StrCat(binary.message(), "; ", text.message()));
}

absl::Status WriteMetaGraphDef(const std::string& path, const MetaGraphDef& meta, bool as_text) {
  SESSILE_ASSIGN_OR_RETURN(const std::string bytes,
                           as_text ? meta.SerializeToText() : meta.SerializeToString());
  return WriteFile(path, bytes);
}

}  // namespace sessile
