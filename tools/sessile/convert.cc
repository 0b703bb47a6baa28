#include <cstdio>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
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

// What the name of a file says of its content, if anything.
std::string KindOf(const std::string& path) {
  const std::string name = path.substr(path.rfind('/') + 1);
  if (absl::StartsWith(name, "saved_model.")) return "saved_model";
  if (absl::StrContains(name, ".meta")) return "meta_graph";
  return "";
}

std::string KindOf(const std::string& from, const std::string& to) {
  for (const std::string& path : {from, to}) {
    if (std::string kind = KindOf(path); !kind.empty()) return kind;
  }
  return "graph";
}

std::unique_ptr<google::protobuf::Message> MessageOf(const std::string& kind) {
  if (kind == "saved_model") return std::make_unique<pb::SavedModel>();
  if (kind == "meta_graph") return std::make_unique<pb::MetaGraphDef>();
  return std::make_unique<pb::GraphDef>();
}

// The file may be whole, but something else than its name made us think.
absl::Status WithGuess(const absl::Status& error, const std::string& kind) {
  return absl::Status(error.code(), absl::StrCat(error.message(), " (the names of the files say: ",
                                                 kind, "; if it is something else, give --kind)"));
}

}  // namespace

absl::Status ConvertCommand(const std::vector<std::string>& args) {
  std::string from, to, kind = "auto";
  bool skip = false;
  FlagSet set("sessile convert", "Writes a graph from binary to text or from text to binary.");
  set.Positional("FROM", &from, "a file: text if its name ends in .pbtxt, binary otherwise")
      .Positional("TO", &to, "the file to write, by the same rule")
      .Choice("kind", &kind, {"auto", "graph", "meta_graph", "saved_model"},
              "what the file holds; auto goes by the name of FROM, then of TO: saved_model.*, "
              "*.meta, else a graph")
      .Bool("skip_unknown_fields", &skip,
            "leave out fields of a text, or for a text, that this program does not know");
  set.ParseOrExit(args);
  const bool guessed = kind == "auto";
  if (guessed) kind = KindOf(from, to);
  const auto message = MessageOf(kind);
  SESSILE_ASSIGN_OR_RETURN(const std::string bytes, ReadMessageFile(from));
  const std::string what = absl::StrCat("'", from, "'");
  const UnknownFields unknown = skip ? UnknownFields::kSkip : UnknownFields::kRefuse;
  const absl::Status parsed = IsText(from) ? ParseTextProto(bytes, message.get(), what, unknown)
                                           : ParseProto(bytes, message.get(), what);
  if (!parsed.ok()) return guessed ? WithGuess(parsed, kind) : parsed;
  SESSILE_ASSIGN_OR_RETURN(const std::string written, IsText(to)
                                                          ? PrintTextProto(*message, unknown)
                                                          : SerializeDeterministic(*message));
  return WriteFile(to, written);
}
