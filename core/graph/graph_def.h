// A graph as TensorFlow stores it: the GraphDef message, as a value.
//
//   tf::GraphDef graph_def = tf::get_default_graph().as_graph_def();
//   SESSILE_ASSIGN_OR_RETURN(std::string bytes, graph_def.SerializeToString());
//
// Copies share the message, which nobody changes; thread-safe as a std::shared_ptr is. The message
// itself, message(), is for the library's own parts: its header is not installed. Programs read and
// write the bytes, which are those of TensorFlow's GraphDef.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "sessile/core/io/unknown_fields.h"

namespace sessile {

class GraphImpl;
namespace pb {
class GraphDef;
}

class GraphDef {
 public:
  // A graph without nodes.
  GraphDef();
  explicit GraphDef(std::shared_ptr<const pb::GraphDef> message) : message_(std::move(message)) {}

  // The bytes that TensorFlow reads, the same for equal graphs. INVALID_ARGUMENT at 2 GiB.
  absl::StatusOr<std::string> SerializeToString() const;
  // Replaces this graph by the one in `bytes`. DATA_LOSS if they are no GraphDef; the graph is then
  // as it was. `what` names the source of the bytes in the error.
  absl::Status ParseFromString(std::string_view bytes, std::string_view what = "the bytes");
  // The same for protobuf's text form (".pbtxt"); INVALID_ARGUMENT says line and column, also of a
  // name that is no field (or of one that is newer than this library: kSkip leaves it out).
  absl::Status ParseFromText(std::string_view text, std::string_view what = "the text",
                             UnknownFields unknown = UnknownFields::kRefuse);
  // The text form. INVALID_ARGUMENT for a field that is newer than this library: it has no name.
  absl::StatusOr<std::string> SerializeToText(UnknownFields unknown = UnknownFields::kRefuse) const;
  // The text form for people, without such fields.
  std::string DebugString() const;

  int node_size() const;
  const std::shared_ptr<const pb::GraphDef>& message() const { return message_; }

  friend bool operator==(const GraphDef& a, const GraphDef& b);

 private:
  std::shared_ptr<const pb::GraphDef> message_;
};

// All nodes of `graph` in the order of their making, with all attributes, as TensorFlow's Python
// writes them; control inputs are sorted by name. An imported node keeps the fields and attributes
// of its NodeDef that are unknown here. INVALID_ARGUMENT for a constant of 2 GiB or more.
absl::StatusOr<GraphDef> ExportGraphDef(GraphImpl& graph, bool add_shapes = false);

// Reads a GraphDef from a file: text if the name ends in ".pbtxt", binary otherwise. NOT_FOUND,
// DATA_LOSS, ...; the message names the path.
absl::StatusOr<GraphDef> ReadGraphDef(const std::string& path);
// Writes the file anew or not at all; text if the name ends in ".pbtxt".
absl::Status WriteGraphDef(const std::string& path, const GraphDef& graph_def);

namespace io {

// tf.io.write_graph: writes `logdir`/`name`, makes the folder if needed and returns the path.
// Throws errors::OpError of the kind that fits.
std::string write_graph(const GraphDef& graph_def, const std::string& logdir,
                        const std::string& name, bool as_text = true);

}  // namespace io
namespace train {
using io::write_graph;
}

}  // namespace sessile
