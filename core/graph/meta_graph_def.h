// A graph with what belongs to it (collections, signatures, how to save it), as TensorFlow stores
// it: the MetaGraphDef message, as a value. File extension: .meta.
//
//   tf::MetaGraphDef meta = tf::train::export_meta_graph();
//   SESSILE_RETURN_IF_ERROR(WriteMetaGraphDef("model.ckpt.meta", meta, /*as_text=*/false));
//
// Copies share the message, which nobody changes; thread-safe as a std::shared_ptr is. The message
// itself, message(), is for the library's own parts: its header is not installed. Programs read and
// write the bytes, which are those of TensorFlow's MetaGraphDef.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "sessile/core/graph/graph_def.h"
#include "sessile/core/io/unknown_fields.h"

namespace sessile {

namespace pb {
class MetaGraphDef;
}

class MetaGraphDef {
 public:
  // An empty one.
  MetaGraphDef();
  explicit MetaGraphDef(std::shared_ptr<const pb::MetaGraphDef> message)
      : message_(std::move(message)) {}

  // The graph alone, which shares this message.
  GraphDef graph_def() const;

  // As GraphDef's.
  absl::StatusOr<std::string> SerializeToString() const;
  absl::Status ParseFromString(std::string_view bytes, std::string_view what = "the bytes");
  absl::Status ParseFromText(std::string_view text, std::string_view what = "the text",
                             UnknownFields unknown = UnknownFields::kRefuse);
  absl::StatusOr<std::string> SerializeToText(UnknownFields unknown = UnknownFields::kRefuse) const;
  std::string DebugString() const;

  const std::shared_ptr<const pb::MetaGraphDef>& message() const { return message_; }

 private:
  std::shared_ptr<const pb::MetaGraphDef> message_;
};

// Reads a file that holds a MetaGraphDef in binary or text form. NOT_FOUND, DATA_LOSS, ...; the
// message names the path.
absl::StatusOr<MetaGraphDef> ReadMetaGraphDef(const std::string& path);
// Writes the file anew or not at all.
absl::Status WriteMetaGraphDef(const std::string& path, const MetaGraphDef& meta, bool as_text);

}  // namespace sessile
