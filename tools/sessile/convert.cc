#include <cstdio>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "google/protobuf/message.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/io/file.h"
#include "sessile/core/io/flags.h"
#include "sessile/core/io/proto_io.h"
#include "sessile/proto/graph.pb.h"
#include "sessile/proto/meta_graph.pb.h"
#include "sessile/proto/saved_model.pb.h"
#include "sessile/tools/sessile/commands.h"

namespace {

using namespace sessile;  // NOLINT: a program of the library

bool IsText(const std::string& path) { return path.ends_with(".pbtxt"); }

// What the name of a file says of its content.
std::string KindOf(const std::string& path) {
  const std::string name = path.substr(path.rfind('/') + 1);
  if (absl::StartsWith(name, "saved_model.")) return "saved_model";
  if (absl::StrContains(name, ".meta")) return "meta_graph";
  return "graph";
}

std::unique_ptr<google::protobuf::Message> MessageOf(const std::string& kind) {
  if (kind == "saved_model") return std::make_unique<pb::SavedModel>();
  if (kind == "meta_graph") return std::make_unique<pb::MetaGraphDef>();
  return std::make_unique<pb::GraphDef>();
}

}  // namespace

absl::Status ConvertCommand(const std::vector<std::string>& args) {
  std::string from, to, kind = "auto";
  bool skip = false;
  FlagSet set("sessile convert", "Writes a graph from binary to text or from text to binary.");
  set.Positional("FROM", &from, "a file: text if its name ends in .pbtxt, binary otherwise")
      .Positional("TO", &to, "the file to write, by the same rule")
      .Choice("kind", &kind, {"auto", "graph", "meta_graph", "saved_model"},
              "what the file holds; auto goes by the name: saved_model.*, *.meta, else a graph")
      .Bool("skip_unknown_fields", &skip,
            "leave out fields of a text, or for a text, that this program does not know");
  set.ParseOrExit(args);
  const auto message = MessageOf(kind == "auto" ? KindOf(from) : kind);
  SESSILE_ASSIGN_OR_RETURN(const std::string bytes, ReadMessageFile(from));
  const std::string what = absl::StrCat("'", from, "'");
  const UnknownFields unknown = skip ? UnknownFields::kSkip : UnknownFields::kRefuse;
  SESSILE_RETURN_IF_ERROR(IsText(from) ? ParseTextProto(bytes, message.get(), what, unknown)
                                       : ParseProto(bytes, message.get(), what));
  SESSILE_ASSIGN_OR_RETURN(const std::string written, IsText(to)
                                                          ? PrintTextProto(*message, unknown)
                                                          : SerializeDeterministic(*message));
  return WriteFile(to, written);
}
