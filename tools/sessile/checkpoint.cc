#include "sessile/tools/sessile/checkpoint.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "sessile/core/checkpoint/bundle_files.h"
#include "sessile/core/checkpoint/checkpoint_reader.h"
#include "sessile/core/checkpoint/table.h"
#include "sessile/core/framework/errors.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/graph/scope.h"
#include "sessile/core/io/file_access.h"
#include "sessile/core/io/proto_io.h"
#include "sessile/ops/checkpoints.h"
#include "sessile/ops/collections.h"
#include "sessile/ops/graph_util.h"
#include "sessile/ops/op_builder.h"
#include "sessile/ops/state.h"
#include "sessile/proto/meta_graph.pb.h"
#include "sessile/proto/variable.pb.h"

using namespace sessile;  // NOLINT: a program of the library

namespace {

// "10 4 2,5:0,4", as programs write a part.
std::string PartText(const pb::SaveSliceInfoDef& slice) {
  std::vector<std::string> extents;
  const int rank = std::min(slice.var_offset_size(), slice.var_shape_size());
  for (int i = 0; i < rank; ++i) {
    extents.push_back(absl::StrCat(slice.var_offset(i), ",", slice.var_shape(i)));
  }
  return absl::StrCat(absl::StrJoin(slice.full_shape(), " "), " ", absl::StrJoin(extents, ":"));
}

std::string StateFileOf(const std::string& folder) {
  return (std::filesystem::path(folder) / "checkpoint").string();
}

// A Saver of version 1 gives its shards' pattern; people know the name that the shards begin with.
std::string ShardsOrItself(const std::string& path) {
  if (CheckpointExists(path)) return path;
  const std::vector<std::string> shards = MatchingFiles(path + "-?\?\?\?\?-of-?\?\?\?\?");
  if (shards.empty()) return path;
  constexpr size_t kCountDigits = 5;
  const std::string& last = shards.back();
  return absl::StrCat(path, "-?\?\?\?\?-of-", last.substr(last.size() - kCountDigits));
}

absl::StatusOr<std::string> LatestIn(const std::string& folder) {
  const std::string file = StateFileOf(folder);
  if (!FileExists(file)) {
    return NotFound("'", folder, "' is no checkpoint: expected the prefix of one, or a folder ",
                    "whose file 'checkpoint' names one; the folder has no file 'checkpoint'");
  }
  SESSILE_RETURN_IF_ERROR(ReadCheckpointState(file).status());
  const std::string latest = train::latest_checkpoint(folder);
  if (!latest.empty()) return latest;
  return NotFound("'", file, "' names the checkpoint '",
                  train::get_checkpoint_state(folder)->model_checkpoint_path,
                  "', whose files are not there");
}

}  // namespace

StoredVariables StoredVariablesOf(const MetaGraphDef& meta) {
  StoredVariables stored;
  const auto& collections = meta.message()->collection_def();
  for (const char* const name : {GraphKeys::GLOBAL_VARIABLES, GraphKeys::LOCAL_VARIABLES}) {
    const auto found = collections.find(name);
    if (found == collections.end()) continue;
    for (const std::string& bytes : found->second.bytes_list().value()) {
      pb::VariableDef variable;
      // A graph can be used although its collections are damaged.
      if (!ParseProto(bytes, &variable, name).ok()) continue;
      if (!variable.has_save_slice_info_def()) continue;
      const std::string& tensor = variable.variable_name();
      stored[tensor.substr(0, tensor.rfind(':'))] = {variable.save_slice_info_def().full_name(),
                                                     PartText(variable.save_slice_info_def())};
    }
  }
  return stored;
}

StoredAs HowIsStored(const StoredVariables& stored, const std::string& variable) {
  const auto found = stored.find(variable);
  return found == stored.end() ? StoredAs{variable, ""} : found->second;
}

absl::StatusOr<std::string> CheckpointPrefix(const std::string& path) {
  // A folder may stand beside the files of a checkpoint that has its name.
  const bool is_prefix = FileExists(IndexFileOf(path)) && !FileExists(StateFileOf(path));
  return IsFolder(path) && !is_prefix ? LatestIn(path) : ShardsOrItself(path);
}

RestoreNodes AddRestoreNodes(const Graph& graph, const StoredVariables& stored,
                             const std::string& path) {
  RestoreNodes nodes;
  nodes.prefix = errors::ValueOrThrow(CheckpointPrefix(path));
  const auto reader = train::NewCheckpointReader(nodes.prefix);
  std::vector<Output> variables;
  std::vector<std::string> names;
  std::vector<std::string> parts;
  std::vector<DataType> types;
  for (const Operation& op : graph.get_operations()) {
    if (!IsVariable(op.type())) continue;
    const StoredAs how = HowIsStored(stored, op.name());
    if (!reader.has_tensor(how.tensor)) {
      nodes.missing.push_back(op.name());
      continue;
    }
    variables.push_back(op.output(0));
    names.push_back(how.tensor);
    parts.push_back(how.part);
    types.push_back(Ref(variables.back()).dtype());
  }
  if (names.empty()) {
    errors::ThrowIfError(NotFound("No variable of the graph is in the checkpoint '", path, "'"));
  }
  const auto with = graph.as_default();
  const name_scope scope("sessile_restore");
  const std::vector<Output> values = OpBuilder("RestoreV2")
                                         .Input(nodes.prefix)
                                         .Input(names)
                                         .Input(parts)
                                         .Attr("dtypes", types)
                                         .BuildAll();
  for (size_t i = 0; i < values.size(); ++i) {
    nodes.assigns.push_back(assign(variables[i], values[i]).op());
  }
  return nodes;
}

bool IsCheckpoint(const std::string& path) {
  if (FileExists(IndexFileOf(path))) return true;
  if (IsFolder(path)) return FileExists(StateFileOf(path));
  const std::vector<std::string> files = MatchingFiles(ShardsOrItself(path));
  std::error_code error;  // a pipe must not be opened twice
  return !files.empty() && std::filesystem::is_regular_file(files[0], error) &&
         TableReader::Open(files[0]).ok();
}

absl::Status ShowCheckpoint(const std::string& path) {
  SESSILE_ASSIGN_OR_RETURN(const std::string prefix, CheckpointPrefix(path));
  SESSILE_ASSIGN_OR_RETURN(const auto reader, sessile::CheckpointReader::Open(prefix));
  std::printf("%s: checkpoint, %zu tensors\n", prefix.c_str(), reader->tensors().size());
  for (const auto& [name, stored] : reader->tensors()) {
    const bool known = stored.dtype != DataType::kInvalid;
    std::printf("  %s  %s %s\n", name.c_str(), known ? PythonName(stored.dtype).c_str() : "?",
                stored.shape.ToPythonString().c_str());
  }
  return absl::OkStatus();
}
