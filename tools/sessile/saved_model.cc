#include "sessile/tools/sessile/saved_model.h"

#include <cstdio>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "sessile/core/framework/status.h"
#include "sessile/proto/meta_graph.pb.h"

using namespace sessile;  // NOLINT: a program of the library

namespace {

// The tensor, or what it consists of.
std::string NameOf(const TensorInfo& info) {
  if (!info.coo_sparse.has_value()) return info.name.empty() ? "(composite)" : info.name;
  return absl::StrCat("sparse: ", info.coo_sparse->values, ", ", info.coo_sparse->indices, ", ",
                      info.coo_sparse->dense_shape);
}

void PrintInfos(const char* title, const std::map<std::string, TensorInfo>& infos) {
  for (const auto& [key, info] : infos) {
    std::printf("    %s %s  %s  %s %s\n", title, key.c_str(), NameOf(info).c_str(),
                PythonName(info.dtype).c_str(), info.shape.ToPythonString().c_str());
  }
}

std::string TagText(const MetaGraphDef& graph) {
  return absl::StrJoin(graph.message()->meta_info_def().tags(), ",");
}

}  // namespace

std::vector<std::string> TagsOf(const std::string& flag) {
  return absl::StrSplit(flag, ',', absl::SkipEmpty());
}

absl::StatusOr<MetaGraphDef> ReadTagged(const std::string& dir, const std::string& tag) {
  if (!tag.empty()) return saved_model::FindMetaGraph(dir, TagsOf(tag));
  SESSILE_ASSIGN_OR_RETURN(const auto graphs, saved_model::ReadSavedModel(dir));
  if (graphs.size() == 1) return graphs[0];
  std::vector<std::string> tags;
  for (const MetaGraphDef& graph : graphs) tags.push_back(absl::StrCat("'", TagText(graph), "'"));
  return InvalidArgument("The SavedModel '", dir, "' has ", graphs.size(),
                         " graphs: expected --tag with one of ", absl::StrJoin(tags, ", "));
}

absl::StatusOr<SignatureKeys> KeysOf(const MetaGraphDef& meta, const std::string& signature) {
  const auto signatures = saved_model::signature_defs(meta);
  const auto found = signatures.find(signature);
  if (found == signatures.end()) {
    std::vector<std::string> names;
    for (const auto& [name, other] : signatures) names.push_back(name);
    return NotFound("The SavedModel has no signature '", signature, "', but ",
                    absl::StrJoin(names, ", "));
  }
  SignatureKeys keys;
  for (const auto& [key, info] : found->second.inputs) keys[key] = info;
  for (const auto& [key, info] : found->second.outputs) keys[key] = info;
  return keys;
}

absl::StatusOr<std::string> TensorOfKey(const SignatureKeys& keys, const std::string& signature,
                                        const std::string& key) {
  const auto found = keys.find(key);
  if (found == keys.end()) {
    return NotFound("The signature '", signature, "' has no '", key, "'");
  }
  const TensorInfo& info = found->second;
  if (!info.name.empty()) return info.name;
  if (!info.coo_sparse.has_value()) {
    return Unimplemented("'", key, "' of the signature '", signature,
                         "' is a composite tensor, expected a plain one");
  }
  return Unimplemented("'", key, "' of the signature '", signature,
                       "' is a sparse tensor, expected a plain one. Without --signature its parts ",
                       "can be named: ", info.coo_sparse->values, ", ", info.coo_sparse->indices,
                       ", ", info.coo_sparse->dense_shape);
}

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
