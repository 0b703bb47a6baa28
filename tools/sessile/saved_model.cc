#include "sessile/tools/sessile/saved_model.h"

#include <cstdio>

#include "absl/strings/str_join.h"
#include "sessile/core/framework/status.h"
#include "sessile/ops/saved_model.h"
#include "sessile/proto/meta_graph.pb.h"

using namespace sessile;  // NOLINT: a program of the library

namespace {

void PrintInfos(const char* title, const std::map<std::string, TensorInfo>& infos) {
  for (const auto& [key, info] : infos) {
    std::printf("    %s %s  %s  %s %s\n", title, key.c_str(), info.name.c_str(),
                PythonName(info.dtype).c_str(), info.shape.ToPythonString().c_str());
  }
}

}  // namespace

absl::Status ShowSavedModel(const std::string& dir) {
  SESSILE_ASSIGN_OR_RETURN(const auto graphs, saved_model::ReadSavedModel(dir));
  for (const MetaGraphDef& graph : graphs) {
    std::printf("tags: %s\n", absl::StrJoin(graph.message()->meta_info_def().tags(), ", ").c_str());
    std::printf("  nodes: %d\n", graph.graph_def().node_size());
    for (const auto& [key, signature] : saved_model::signature_defs(graph)) {
      std::printf("  signature %s  %s\n", key.c_str(), signature.method_name.c_str());
      PrintInfos("input ", signature.inputs);
      PrintInfos("output", signature.outputs);
    }
    for (const auto& asset : graph.message()->asset_file_def()) {
      std::printf("  asset %s  %s\n", asset.filename().c_str(), asset.tensor_info().name().c_str());
    }
  }
  return absl::OkStatus();
}
