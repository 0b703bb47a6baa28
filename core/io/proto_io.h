// Protocol Buffers to bytes and back, with errors that say what was being read.
//
//   SESSILE_ASSIGN_OR_RETURN(std::string bytes, SerializeDeterministic(graph_def));
//   SESSILE_RETURN_IF_ERROR(ParseProto(bytes, &graph_def, "graph.pb"));
//
// Both are thread-safe for distinct messages. Fields that proto/ does not know are kept in bytes.

#ifndef SESSILE_CORE_IO_PROTO_IO_H_
#define SESSILE_CORE_IO_PROTO_IO_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/message.h"
#include "sessile/core/io/unknown_fields.h"

namespace sessile {

// The bytes of `message`, the same for equal messages: entries of maps are sorted by their keys.
// INVALID_ARGUMENT for a message of 2 GiB or more, which the format cannot hold.
absl::StatusOr<std::string> SerializeDeterministic(const google::protobuf::MessageLite& message);

// Replaces *out by the message in `bytes`. `what` names the source of the bytes, a path for
// example. INVALID_ARGUMENT for 2 GiB or more, DATA_LOSS for bytes that are no such message; *out
// is then empty.
absl::Status ParseProto(absl::string_view bytes, google::protobuf::MessageLite* out,
                        absl::string_view what);

// The same for protobuf's text form. INVALID_ARGUMENT says line and column, also of a name that is
// no field.
absl::Status ParseTextProto(absl::string_view text, google::protobuf::Message* out,
                            absl::string_view what, UnknownFields unknown = UnknownFields::kRefuse);
// The text form of `message`. INVALID_ARGUMENT for a field that it cannot name.
absl::StatusOr<std::string> PrintTextProto(const google::protobuf::Message& message,
                                           UnknownFields unknown = UnknownFields::kRefuse);
// For people: without what it cannot name.
std::string DebugText(const google::protobuf::Message& message);

}  // namespace sessile

#endif  // SESSILE_CORE_IO_PROTO_IO_H_
