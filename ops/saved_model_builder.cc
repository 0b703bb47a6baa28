// SavedModelBuilder and simple_save.

#include <filesystem>

#include "sessile/core/framework/errors.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/graph/proto_convert.h"
#include "sessile/core/io/file.h"
#include "sessile/core/io/proto_io.h"
#include "sessile/ops/collections.h"
#include "sessile/ops/meta_graph.h"
#include "sessile/ops/saved_model.h"
#include "sessile/ops/saved_model_assets.h"
#include "sessile/ops/saved_model_names.h"
#include "sessile/ops/saver.h"
#include "sessile/proto/meta_graph.pb.h"
#include "sessile/proto/saved_model.pb.h"

namespace sessile::saved_model {
namespace {

void InfoToProto(const TensorInfo& info, pb::TensorInfo* message) {
  if (info.coo_sparse.has_value()) {
    pb::TensorInfo::CooSparse* const sparse = message->mutable_coo_sparse();
    sparse->set_values_tensor_name(info.coo_sparse->values);
    sparse->set_indices_tensor_name(info.coo_sparse->indices);
    sparse->set_dense_shape_tensor_name(info.coo_sparse->dense_shape);
  } else {
    message->set_name(info.name);
  }
  message->set_dtype(static_cast<pb::DataType>(info.dtype));
  ShapeToProto(info.shape, message->mutable_tensor_shape());
}

void SignatureToProto(const SignatureDef& signature, pb::SignatureDef* message) {
  for (const auto& [key, info] : signature.inputs) {
    InfoToProto(info, &(*message->mutable_inputs())[key]);
  }
  for (const auto& [key, info] : signature.outputs) {
    InfoToProto(info, &(*message->mutable_outputs())[key]);
  }
  message->set_method_name(signature.method_name);
}

// There is one operation at most that runs when the model has been loaded.
void AddMainOp(const Operation& main_op) {
  for (const char* const key : {kMainOpCollection, kLegacyInitOpCollection}) {
    if (get_collection(key).empty()) continue;
    errors::ThrowIfError(InvalidArgument(
        "Graph already contains one or more main ops under the collection ", key, "."));
  }
  add_to_collection(kMainOpCollection, main_op);
}

}  // namespace

SavedModelBuilder::SavedModelBuilder(std::string export_dir)
    : export_dir_(std::move(export_dir)), model_(std::make_shared<pb::SavedModel>()) {
  std::error_code error;
  if (std::filesystem::exists(export_dir_, error) &&
      !std::filesystem::is_empty(export_dir_, error)) {
    errors::ThrowIfError(absl::AlreadyExistsError(
        absl::StrCat("Export directory already exists, and isn't empty. Please choose a different "
                     "export directory, or delete all the contents of the specified directory: ",
                     export_dir_)));
  }
  errors::ThrowIfError(MakeFolders(export_dir_));
  model_->set_saved_model_schema_version(1);
}

void SavedModelBuilder::AddAssets(const std::vector<Output>& paths) {
  const AssetFiles files = errors::ValueOrThrow(AddAssetsToCollection(get_default_graph(), paths));
  errors::ThrowIfError(CopyAssets(files, export_dir_, &copied_assets_));
}

void SavedModelBuilder::AddGraph(Session* session, const std::vector<std::string>& tags,
                                 const MetaGraphOptions& options) {
  AddAssets(options.assets_collection);
  if (options.main_op.has_value()) AddMainOp(options.main_op);
  train::Saver saver(train::SaverOptions{.sharded = true, .allow_empty = true});
  if (session != nullptr) {
    saver.save(*session, Join(export_dir_, kVariables),
               {.write_meta_graph = false, .write_state = false});
  }
  pb::MetaGraphDef& added = *model_->add_meta_graphs();
  added = *saver
               .export_meta_graph({.tags = tags,
                                   .clear_devices = options.clear_devices,
                                   .strip_default_attrs = options.strip_default_attrs})
               .message();
  for (const auto& [key, signature] : options.signature_def_map) {
    SignatureToProto(signature, &(*added.mutable_signature_def())[key]);
  }
}

void SavedModelBuilder::add_meta_graph_and_variables(Session& sess,
                                                     const std::vector<std::string>& tags,
                                                     const MetaGraphOptions& options) {
  if (has_variables_) {
    errors::ThrowIfError(
        FailedPrecondition("Graph state including variables and assets has already been saved. "
                           "Please invoke `add_meta_graph()` instead."));
  }
  const auto with = sess.graph().as_default();
  AddGraph(&sess, tags, options);
  has_variables_ = true;
}

void SavedModelBuilder::add_meta_graph(const std::vector<std::string>& tags,
                                       const MetaGraphOptions& options) {
  if (!has_variables_) {
    errors::ThrowIfError(
        FailedPrecondition("Graph state including variables and assets has not been saved yet. "
                           "Please invoke `add_meta_graph_and_variables()` first."));
  }
  AddGraph(nullptr, tags, options);
}

std::string SavedModelBuilder::save(bool as_text) {
  const std::string path = Join(export_dir_, as_text ? kTextName : kBinaryName);
  errors::ThrowIfError(WriteFile(
      path,
      errors::ValueOrThrow(as_text ? PrintTextProto(*model_) : SerializeDeterministic(*model_))));
  return path;
}

void simple_save(Session& sess, const std::string& export_dir,
                 const std::map<std::string, Output>& inputs,
                 const std::map<std::string, Output>& outputs, const Operation& legacy_init_op) {
  SavedModelBuilder builder(export_dir);
  builder.add_meta_graph_and_variables(
      sess, {tag_constants::SERVING},
      {.signature_def_map = {{signature_constants::DEFAULT_SERVING_SIGNATURE_DEF_KEY,
                              predict_signature_def(inputs, outputs)}},
       .assets_collection = get_collection<Output>(GraphKeys::ASSET_FILEPATHS),
       .clear_devices = true,
       .main_op = legacy_init_op});
  builder.save();
}

}  // namespace sessile::saved_model
