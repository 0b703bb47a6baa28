#include "sessile/tools/sessile/checkpoint.h"

#include <cstdio>
#include <filesystem>

#include "sessile/core/checkpoint/bundle_files.h"
#include "sessile/core/checkpoint/checkpoint_reader.h"
#include "sessile/core/checkpoint/table.h"
#include "sessile/core/framework/errors.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/graph/scope.h"
#include "sessile/core/io/file_access.h"
#include "sessile/ops/checkpoints.h"
#include "sessile/ops/graph_util.h"
#include "sessile/ops/op_builder.h"
#include "sessile/ops/state.h"

using namespace sessile;  // NOLINT: a program of the library

RestoreNodes AddRestoreNodes(const Graph& graph, const std::string& prefix) {
  const std::string latest = IsFolder(prefix) ? train::latest_checkpoint(prefix) : prefix;
  const auto reader = train::NewCheckpointReader(latest.empty() ? prefix : latest);
  RestoreNodes nodes;
  std::vector<Output> variables;
  std::vector<std::string> names;
  std::vector<DataType> types;
  for (const Operation& op : graph.get_operations()) {
    if (!IsVariable(op.type())) continue;
    if (!reader.has_tensor(op.name())) {
      nodes.missing.push_back(op.name());
      continue;
    }
    variables.push_back(op.output(0));
    names.push_back(op.name());
    types.push_back(Ref(variables.back()).dtype());
  }
  if (names.empty()) {
    errors::ThrowIfError(NotFound("No variable of the graph is in the checkpoint '", prefix, "'"));
  }
  const auto with = graph.as_default();
  const name_scope scope("sessile_restore");
  const std::vector<Output> values = OpBuilder("RestoreV2")
                                         .Input(latest)
                                         .Input(names)
                                         .Input(std::vector<std::string>(names.size()))
                                         .Attr("dtypes", types)
                                         .BuildAll();
  for (size_t i = 0; i < values.size(); ++i) {
    nodes.assigns.emplace_back(assign(variables[i], values[i]).op());
  }
  return nodes;
}

bool IsCheckpoint(const std::string& path) {
  if (FileExists(IndexFileOf(path))) return true;
  std::error_code error;  // a pipe must not be opened twice
  return std::filesystem::is_regular_file(path, error) && TableReader::Open(path).ok();
}

absl::Status ShowCheckpoint(const std::string& prefix) {
  SESSILE_ASSIGN_OR_RETURN(const auto reader, sessile::CheckpointReader::Open(prefix));
  std::printf("%s: checkpoint, %zu tensors\n", prefix.c_str(), reader->tensors().size());
  for (const auto& [name, stored] : reader->tensors()) {
    const bool known = stored.dtype != DataType::kInvalid;
    std::printf("  %s  %s %s\n", name.c_str(), known ? PythonName(stored.dtype).c_str() : "?",
                stored.shape.ToPythonString().c_str());
  }
  return absl::OkStatus();
}
