#include "sessile/ops/saved_model_assets.h"

#include <filesystem>
#include <memory>

#include "absl/strings/str_cat.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/graph/graph_impl.h"
#include "sessile/core/io/file.h"
#include "sessile/ops/constant_value.h"
#include "sessile/ops/meta_graph_protos.h"
#include "sessile/ops/saved_model_names.h"
#include "sessile/proto/meta_graph.pb.h"

namespace sessile::saved_model {
namespace {

absl::StatusOr<std::string> AssetPath(const Output& tensor) {
  const auto wrong = [&](const auto&... what) {
    return InvalidArgument("Asset path tensor '", tensor.name(),
                           "' must be a constant with one path, but ", what...);
  };
  if (tensor.op().type() != "Const") return wrong("is the output of a ", tensor.op().type());
  if (tensor.dtype() != DataType::kString) return wrong("is of ", DataTypeName(tensor.dtype()));
  const Tensor& value = *constant_value(tensor);
  if (value.num_elements() != 1) return wrong("has ", value.num_elements(), " elements");
  std::string path = value.data<std::string>()[0];
  if (path.empty()) return wrong("its path is empty");
  return path;
}

absl::StatusOr<bool> AreEqual(const std::string& path, const std::string& other) {
  if (path == other) return true;
  SESSILE_ASSIGN_OR_RETURN(const std::string bytes, ReadFile(path));
  SESSILE_ASSIGN_OR_RETURN(const std::string other_bytes, ReadFile(other));
  return bytes == other_bytes;
}

// "words.txt", then "words.txt_1".
absl::StatusOr<std::string> NameOf(const std::string& path, const AssetFiles& files) {
  const std::string base = std::filesystem::path(path).filename();
  const auto namesake = files.find(base);
  if (namesake == files.end()) return base;
  SESSILE_ASSIGN_OR_RETURN(const bool is_the_same, AreEqual(path, namesake->second));
  if (is_the_same) return base;
  std::string name = base;
  for (int i = 1; files.contains(name); ++i) name = absl::StrCat(base, "_", i);
  return name;
}

// As a google.protobuf.Any, which names the type of the message beside its bytes.
void AddToCollection(GraphImpl& graph, const std::string& filename, const std::string& tensor) {
  pb::AssetFileDef asset;
  asset.set_filename(filename);
  asset.mutable_tensor_info()->set_name(tensor);
  const auto lock = graph.Lock();
  auto& collection = graph.Slot<OtherCollections>().by_name[kAssetCollection];
  if (collection == nullptr) collection = std::make_shared<pb::CollectionDef>();
  auto& any = *collection->mutable_any_list()->add_value();
  any.set_type_url("type.googleapis.com/tensorflow.AssetFileDef");
  any.set_value(asset.SerializeAsString());
}

}  // namespace

absl::StatusOr<AssetFiles> AddAssetsToCollection(const Graph& graph,
                                                 const std::vector<Output>& paths) {
  AssetFiles files;
  for (const Output& tensor : paths) {
    SESSILE_ASSIGN_OR_RETURN(std::string path, AssetPath(tensor));
    SESSILE_ASSIGN_OR_RETURN(const std::string name, NameOf(path, files));
    AddToCollection(*graph.impl(), name, tensor.name());
    files[name] = std::move(path);
  }
  return files;
}

absl::Status CopyAssets(const AssetFiles& files, const std::string& export_dir,
                        std::set<std::string>* copied) {
  if (files.empty()) return absl::OkStatus();
  const std::string folder = Join(export_dir, kAssets);
  SESSILE_RETURN_IF_ERROR(MakeFolders(folder));
  for (const auto& [name, path] : files) {
    if (copied->contains(name)) continue;
    SESSILE_ASSIGN_OR_RETURN(const std::string bytes, ReadFile(path));
    SESSILE_RETURN_IF_ERROR(WriteFile(Join(folder, name), bytes));
    copied->insert(name);
  }
  return absl::OkStatus();
}

}  // namespace sessile::saved_model
