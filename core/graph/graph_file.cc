#include <string>

#include "sessile/core/framework/errors.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/graph/graph_def.h"
#include "sessile/core/io/file.h"

namespace sessile {
namespace {

// The most that a message can have.
constexpr uint64_t kMaxGraphBytes = uint64_t{1} << 31;

bool IsText(const std::string& path) { return path.ends_with(".pbtxt"); }

absl::StatusOr<std::string> Bytes(const GraphDef& graph_def, bool as_text) {
  if (as_text) return graph_def.SerializeToText();
  return graph_def.SerializeToString();
}

}  // namespace

absl::StatusOr<GraphDef> ReadGraphDef(const std::string& path) {
  SESSILE_ASSIGN_OR_RETURN(const std::string bytes, ReadMessageFile(path, kMaxGraphBytes));
  GraphDef graph_def;
  const std::string what = absl::StrCat("'", path, "'");
  SESSILE_RETURN_IF_ERROR(IsText(path) ? graph_def.ParseFromText(bytes, what)
                                       : graph_def.ParseFromString(bytes, what));
  return graph_def;
}

absl::Status WriteGraphDef(const std::string& path, const GraphDef& graph_def) {
  SESSILE_ASSIGN_OR_RETURN(const std::string bytes, Bytes(graph_def, IsText(path)));
  return WriteFile(path, bytes);
}

namespace io {

std::string write_graph(const GraphDef& graph_def, const std::string& logdir,
                        const std::string& name, bool as_text) {
  std::string path = logdir.empty() ? name : absl::StrCat(logdir, "/", name);
  const std::string bytes = errors::ValueOrThrow(Bytes(graph_def, as_text));
  if (!logdir.empty()) errors::ThrowIfError(MakeFolders(logdir));
  errors::ThrowIfError(WriteFile(path, bytes));
  return path;
}

}  // namespace io
}  // namespace sessile
