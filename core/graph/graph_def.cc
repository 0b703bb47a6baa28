#include "sessile/core/graph/graph_def.h"

#include "sessile/core/framework/errors.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/graph/graph.h"
#include "sessile/core/graph/graph_impl.h"
#include "sessile/core/io/proto_io.h"
#include "sessile/proto/graph.pb.h"

namespace sessile {
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

absl::Status GraphDef::ParseFromText(std::string_view text, std::string_view what,
                                     UnknownFields unknown) {
  auto parsed = std::make_shared<pb::GraphDef>();
  SESSILE_RETURN_IF_ERROR(ParseTextProto(absl::string_view(text.data(), text.size()), parsed.get(),
                                         absl::string_view(what.data(), what.size()), unknown));
  message_ = std::move(parsed);
  return absl::OkStatus();
}

absl::StatusOr<std::string> GraphDef::SerializeToText(UnknownFields unknown) const {
  return PrintTextProto(*message_, unknown);
}

std::string GraphDef::DebugString() const { return DebugText(*message_); }

int GraphDef::node_size() const { return message_->node_size(); }

bool operator==(const GraphDef& a, const GraphDef& b) {
  if (a.message_ == b.message_) return true;
  const absl::StatusOr<std::string> left = a.SerializeToString();
  const absl::StatusOr<std::string> right = b.SerializeToString();
  return left.ok() && right.ok() && *left == *right;
}

GraphDef Graph::as_graph_def(bool add_shapes) const {
  errors::ThrowIfError(impl_->CheckUsable());
  return errors::ValueOrThrow(ExportGraphDef(*impl_, add_shapes));
}

}  // namespace sessile
