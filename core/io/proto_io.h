// Protocol Buffers to bytes and back, with errors that say what was being read.
//
//   SESSILE_ASSIGN_OR_RETURN(std::string bytes, SerializeDeterministic(graph_def));
//   SESSILE_RETURN_IF_ERROR(ParseProto(bytes, &graph_def, "graph.pb"));
//
// Both are thread-safe for distinct messages. Fields that proto/ does not know are kept.

#ifndef SESSILE_CORE_IO_PROTO_IO_H_
#define SESSILE_CORE_IO_PROTO_IO_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/message.h"

namespace sessile {

// The bytes of `message`, the same for equal messages: entries of maps are sorted by their keys.
// INVALID_ARGUMENT for a message of 2 GiB or more, which the format cannot hold.
absl::StatusOr<std::string> SerializeDeterministic(const google::protobuf::MessageLite& message);

// Replaces *out by the message in `bytes`. `what` names the source of the bytes, a path for
// example. INVALID_ARGUMENT for 2 GiB or more, DATA_LOSS for bytes that are no such message; *out
// is then empty.
absl::Status ParseProto(absl::string_view bytes, google::protobuf::MessageLite* out,
                        absl::string_view what);

// The same for protobuf's text form. INVALID_ARGUMENT says line and column. Fields that proto/ does
// not know are left out.
absl::Status ParseTextProto(absl::string_view text, google::protobuf::Message* out,
                            absl::string_view what);
// The text form of `message`.
std::string PrintTextProto(const google::protobuf::Message& message);

}  // namespace sessile

#endif  // SESSILE_CORE_IO_PROTO_IO_H_
