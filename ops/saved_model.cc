#include "sessile/ops/saved_model.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <map>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "sessile/core/framework/errors.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/graph/proto_convert.h"
#include "sessile/core/graph/scope.h"
#include "sessile/core/io/file.h"
#include "sessile/core/io/proto_io.h"
#include "sessile/ops/checkpoints.h"
#include "sessile/ops/collections.h"
#include "sessile/ops/meta_graph.h"
#include "sessile/ops/restore_mismatch.h"
#include "sessile/ops/saved_model_names.h"
#include "sessile/proto/meta_graph.pb.h"
#include "sessile/proto/saved_model.pb.h"
#include "sessile/proto/saver.pb.h"

namespace sessile::saved_model {
namespace {

bool IsFile(const std::string& path) {
  std::error_code error;
  return std::filesystem::is_regular_file(path, error);
}

// Why a folder holds no SavedModel.
std::string WhatIsThere(const std::string& dir) {
  std::error_code error;
  if (!std::filesystem::exists(dir, error)) return "there is no such folder";
  if (!std::filesystem::is_directory(dir, error)) return "it is not a folder";
  for (const char* const name : {kBinaryName, kTextName}) {
    if (std::filesystem::exists(Join(dir, name), error)) {
      return absl::StrCat(
          "expected a regular file, but ", name, " is ",
          std::filesystem::is_directory(Join(dir, name), error) ? "a folder" : "none");
    }
  }
  const bool is_empty = std::filesystem::is_empty(dir, error);
  return absl::StrCat("expected ", kBinaryName, " or ", kTextName, " in the folder, found ",
                      is_empty ? "nothing" : "neither");
}

absl::StatusOr<TensorInfo> InfoFromProto(const pb::TensorInfo& message) {
  TensorInfo info;
  info.name = message.name();
  if (message.has_coo_sparse()) {
    const pb::TensorInfo::CooSparse& sparse = message.coo_sparse();
    info.coo_sparse = CooSparse{.values = sparse.values_tensor_name(),
                                .indices = sparse.indices_tensor_name(),
                                .dense_shape = sparse.dense_shape_tensor_name()};
  }
  info.dtype = static_cast<DataType>(message.dtype());
  SESSILE_ASSIGN_OR_RETURN(info.shape, ShapeFromProto(message.tensor_shape()));
  return info;
}

using InfoMap = google::protobuf::Map<std::string, pb::TensorInfo>;

absl::StatusOr<std::map<std::string, TensorInfo>> InfosFromProto(const InfoMap& messages) {
  std::map<std::string, TensorInfo> infos;
  for (const auto& [key, message] : messages) {
    SESSILE_ASSIGN_OR_RETURN(infos[key], InfoFromProto(message));
  }
  return infos;
}

std::string InScope(const std::string& prefix, const std::string& name) {
  return prefix.empty() ? name : absl::StrCat(prefix, "/", name);
}

// What the initialization gets to know of the assets: the tensors that take their paths.
absl::StatusOr<std::vector<Feed>> AssetFeeds(const Graph& graph, const pb::MetaGraphDef& meta,
                                             const std::string& dir, const std::string& prefix) {
  std::vector<pb::AssetFileDef> assets(meta.asset_file_def().begin(), meta.asset_file_def().end());
  const auto old = meta.collection_def().find(kAssetCollection);
  if (assets.empty() && old != meta.collection_def().end()) {
    for (const auto& any : old->second.any_list().value()) {
      SESSILE_RETURN_IF_ERROR(ParseProto(any.value(), &assets.emplace_back(), "an asset"));
    }
  }
  std::map<std::string, std::string> paths;  // a tensor may be listed twice: the last counts
  for (const pb::AssetFileDef& asset : assets) {
    paths[InScope(prefix, asset.tensor_info().name())] = Join(Join(dir, kAssets), asset.filename());
  }
  std::vector<Feed> feeds;
  for (const auto& [tensor, path] : paths) {
    feeds.push_back({graph.get_tensor_by_name(tensor), path});
  }
  return feeds;
}

// The one operation that initializes tables and the like; none if it is empty.
absl::StatusOr<std::string> InitOp(const pb::MetaGraphDef& meta) {
  const auto signature = meta.signature_def().find(kInitOpSignature);
  if (signature != meta.signature_def().end()) {
    const auto op = signature->second.outputs().find(kInitOpSignature);
    if (op != signature->second.outputs().end()) return op->second.name();
  }
  for (const char* const name : {kMainOpCollection, kLegacyInitOpCollection}) {
    const auto found = meta.collection_def().find(name);
    if (found == meta.collection_def().end()) continue;
    const auto& ops = found->second.node_list().value();
    if (ops.size() != 1) {
      return InvalidArgument("Expected exactly one main op in collection '", name, "', found ",
                             ops.size());
    }
    return ops[0];
  }
  return std::string();
}

// Without a Saver a graph has none to restore, unless it says that it has variables.
bool HasVariables(const pb::MetaGraphDef& meta) {
  const auto found = meta.collection_def().find(GraphKeys::GLOBAL_VARIABLES);
  return found != meta.collection_def().end() && found->second.bytes_list().value_size() > 0;
}

absl::Status Restore(Session& sess, const train::ImportedMetaGraph& imported,
                     const pb::MetaGraphDef& meta, const std::string& dir) {
  const std::string variables = Join(dir, kVariables);
  const bool has_saver = !meta.saver_def().restore_op_name().empty();
  if (!train::checkpoint_exists(variables)) {
    if (!has_saver && !HasVariables(meta)) return absl::OkStatus();
    return InvalidArgument("The passed save_path is not a valid checkpoint: ", variables);
  }
  if (!has_saver) {
    return InvalidArgument("The SavedModel '", dir,
                           "' has variables, but does not say how to restore them: its saver_def "
                           "is missing");
  }
  const Operation restore = sess.graph().get_operation_by_name(imported.saver_def->restore_op_name);
  const Output filename = sess.graph().get_tensor_by_name(imported.saver_def->filename_tensor_name);
  return WithShapeMismatches(sess.Run({restore}, {{filename, variables}}).status(),
                             *sess.graph().impl(), std::array{restore.node().id()}, variables);
}

}  // namespace

TensorInfo build_tensor_info(const Output& tensor) {
  return {.name = tensor.name(), .dtype = BaseType(tensor.dtype()), .shape = tensor.get_shape()};
}

SignatureDef build_signature_def(std::map<std::string, TensorInfo> inputs,
                                 std::map<std::string, TensorInfo> outputs,
                                 std::string method_name) {
  return {std::move(inputs), std::move(outputs), std::move(method_name)};
}

SignatureDef predict_signature_def(const std::map<std::string, Output>& inputs,
                                   const std::map<std::string, Output>& outputs) {
  SignatureDef signature{.method_name = signature_constants::PREDICT_METHOD_NAME};
  for (const auto& [key, tensor] : inputs) signature.inputs[key] = build_tensor_info(tensor);
  for (const auto& [key, tensor] : outputs) signature.outputs[key] = build_tensor_info(tensor);
  return signature;
}

std::map<std::string, SignatureDef> signature_defs(const MetaGraphDef& meta) {
  std::map<std::string, SignatureDef> signatures;
  for (const auto& [key, message] : meta.message()->signature_def()) {
    if (key.starts_with("__saved_model_")) continue;  // operations of the loader
    SignatureDef& signature = signatures[key];
    signature.inputs = errors::ValueOrThrow(InfosFromProto(message.inputs()));
    signature.outputs = errors::ValueOrThrow(InfosFromProto(message.outputs()));
    signature.method_name = message.method_name();
  }
  return signatures;
}

bool maybe_saved_model_directory(const std::string& export_dir) {
  return IsFile(Join(export_dir, kBinaryName)) || IsFile(Join(export_dir, kTextName));
}

absl::StatusOr<std::vector<MetaGraphDef>> ReadSavedModel(const std::string& export_dir) {
  auto model = std::make_shared<pb::SavedModel>();
  const std::string binary = Join(export_dir, kBinaryName);
  const std::string text = Join(export_dir, kTextName);
  if (IsFile(binary)) {
    SESSILE_ASSIGN_OR_RETURN(const std::string bytes, ReadFile(binary));
    SESSILE_RETURN_IF_ERROR(ParseProto(bytes, model.get(), absl::StrCat("'", binary, "'")));
  } else if (IsFile(text)) {
    SESSILE_ASSIGN_OR_RETURN(const std::string bytes, ReadFile(text));
    SESSILE_RETURN_IF_ERROR(ParseTextProto(bytes, model.get(), absl::StrCat("'", text, "'")));
  } else {
    return NotFound("SavedModel file does not exist at: ", export_dir, "/{", kTextName, "|",
                    kBinaryName, "}: ", WhatIsThere(export_dir));
  }
  if (model->meta_graphs().empty()) {
    return absl::DataLossError(
        absl::StrCat("'", IsFile(binary) ? binary : text,
                     "' is no SavedModel: expected one or more graphs in it, found none"));
  }
  std::vector<MetaGraphDef> graphs;
  for (const pb::MetaGraphDef& graph : model->meta_graphs()) {
    graphs.emplace_back(std::shared_ptr<const pb::MetaGraphDef>(model, &graph));
  }
  return graphs;
}

absl::StatusOr<MetaGraphDef> FindMetaGraph(const std::string& export_dir,
                                           const std::vector<std::string>& tags) {
  SESSILE_ASSIGN_OR_RETURN(const std::vector<MetaGraphDef> graphs, ReadSavedModel(export_dir));
  const std::set<std::string> wanted(tags.begin(), tags.end());
  std::vector<std::string> available;
  for (const MetaGraphDef& graph : graphs) {
    const auto& own = graph.message()->meta_info_def().tags();
    if (std::set<std::string>(own.begin(), own.end()) == wanted) return graph;
    available.push_back(absl::StrCat("{", absl::StrJoin(own, ", "), "}"));
  }
  return NotFound("MetaGraphDef associated with tags {", absl::StrJoin(wanted, ", "),
                  "} could not be found in SavedModel '", export_dir, "'. It has ",
                  absl::StrJoin(available, ", "));
}

MetaGraphDef load(Session& sess, const std::vector<std::string>& tags,
                  const std::string& export_dir, const LoadOptions& options) {
  const MetaGraphDef meta = errors::ValueOrThrow(FindMetaGraph(export_dir, tags));
  const auto with = sess.graph().as_default();
  const train::ImportedMetaGraph imported = train::import_scoped_meta_graph(
      meta, {.import_scope = options.import_scope, .input_map = options.input_map});
  errors::ThrowIfError(Restore(sess, imported, *meta.message(), export_dir));
  const std::string init = errors::ValueOrThrow(InitOp(*meta.message()));
  if (!init.empty()) {
    const std::vector<Feed> feeds = errors::ValueOrThrow(
        AssetFeeds(sess.graph(), *meta.message(), export_dir, imported.prefix));
    const Operation op = sess.graph().get_operation_by_name(InScope(imported.prefix, init));
    errors::ThrowIfError(sess.Run({op}, FeedDict(feeds)).status());
  }
  return meta;
}

}  // namespace sessile::saved_model
