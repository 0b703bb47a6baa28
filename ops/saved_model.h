// SavedModels: a folder with a graph, its variables and its signatures, for serving.
//
//   tf::Session sess(graph);
//   auto meta = tf::saved_model::load(sess, {tf::saved_model::tag_constants::SERVING}, "model");
//   auto signature = tf::saved_model::signature_defs(meta).at("serving_default");
//   auto y = sess.run(signature.outputs.at("y").name, {{signature.inputs.at("x").name, image}});
//
// The folder is TensorFlow's: saved_model.pb (or .pbtxt), variables/, assets/. Everything throws
// errors::OpError of the kind that fits.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "sessile/core/graph/graph.h"
#include "sessile/core/graph/meta_graph_def.h"
#include "sessile/core/session/session.h"

namespace sessile {

namespace pb {
class SavedModel;
}

// The three tensors that a sparse one consists of.
struct CooSparse {
  std::string values = {};
  std::string indices = {};
  std::string dense_shape = {};
  friend bool operator==(const CooSparse&, const CooSparse&) = default;
};

// A tensor of a signature: "x:0", its type and what is known of its shape.
struct TensorInfo {
  std::string name = {};  // empty for a sparse tensor, and for one that other tensors make up
  std::optional<CooSparse> coo_sparse = {};
  DataType dtype = DataType::kInvalid;
  Shape shape = {};
  friend bool operator==(const TensorInfo&, const TensorInfo&) = default;
};

// How to feed and fetch a graph for one purpose.
struct SignatureDef {
  std::map<std::string, TensorInfo> inputs = {};
  std::map<std::string, TensorInfo> outputs = {};
  std::string method_name = {};
  friend bool operator==(const SignatureDef&, const SignatureDef&) = default;
};

namespace saved_model {

namespace tag_constants {
inline constexpr const char* SERVING = "serve";
inline constexpr const char* TRAINING = "train";
}  // namespace tag_constants

namespace signature_constants {
inline constexpr const char* DEFAULT_SERVING_SIGNATURE_DEF_KEY = "serving_default";
inline constexpr const char* PREDICT_METHOD_NAME = "tensorflow/serving/predict";
inline constexpr const char* CLASSIFY_METHOD_NAME = "tensorflow/serving/classify";
inline constexpr const char* REGRESS_METHOD_NAME = "tensorflow/serving/regress";
}  // namespace signature_constants

TensorInfo build_tensor_info(const Output& tensor);
SignatureDef build_signature_def(std::map<std::string, TensorInfo> inputs,
                                 std::map<std::string, TensorInfo> outputs,
                                 std::string method_name);
SignatureDef predict_signature_def(const std::map<std::string, Output>& inputs,
                                   const std::map<std::string, Output>& outputs);

std::map<std::string, SignatureDef> signature_defs(const MetaGraphDef& meta);

// Whether the folder holds a SavedModel.
bool maybe_saved_model_directory(const std::string& export_dir);

// All graphs of a SavedModel, in the order of the file. NOT_FOUND if there is none in the folder.
absl::StatusOr<std::vector<MetaGraphDef>> ReadSavedModel(const std::string& export_dir);
// The one that has exactly these tags. NOT_FOUND says which there are.
absl::StatusOr<MetaGraphDef> FindMetaGraph(const std::string& export_dir,
                                           const std::vector<std::string>& tags);

struct LoadOptions {
  std::string import_scope = {};
  std::map<std::string, Output> input_map = {};
};

// Adds the graph with exactly these tags to the graph of `sess`, restores its variables, and runs
// its initialization with the paths of its assets.
MetaGraphDef load(Session& sess, const std::vector<std::string>& tags,
                  const std::string& export_dir, const LoadOptions& options = {});

struct MetaGraphOptions {
  std::map<std::string, SignatureDef> signature_def_map = {};
  // Constants with the paths of files that the graph reads, tf::GraphKeys::ASSET_FILEPATHS say. The
  // files are copied into the SavedModel; when it is loaded, the constants are fed their new paths.
  std::vector<Output> assets_collection = {};
  bool clear_devices = false;
  Operation main_op = {};  // runs when the model has been loaded
  bool strip_default_attrs = false;
};

// Writes a SavedModel:
//   tf::saved_model::SavedModelBuilder builder("model");
//   builder.add_meta_graph_and_variables(sess, {"serve"}, {.signature_def_map = ...});
//   builder.save();
class SavedModelBuilder {
 public:
  // Throws errors::AlreadyExistsError if the folder is there and not empty.
  explicit SavedModelBuilder(std::string export_dir);

  // The graph of `sess` and the values of its variables; a Saver for them is added to it.
  void add_meta_graph_and_variables(Session& sess, const std::vector<std::string>& tags,
                                    const MetaGraphOptions& options = {});
  // The default graph, whose variables have the names of the first one's.
  void add_meta_graph(const std::vector<std::string>& tags, const MetaGraphOptions& options = {});
  // Returns the path of the file.
  std::string save(bool as_text = false);

 private:
  void AddAssets(const std::vector<Output>& paths);
  // `session` is null where no variables are to be saved.
  void AddGraph(Session* session, const std::vector<std::string>& tags,
                const MetaGraphOptions& options);

  const std::string export_dir_;
  std::shared_ptr<pb::SavedModel> model_;
  bool has_variables_ = false;
  std::set<std::string> copied_assets_;  // their names in the SavedModel
};
using Builder = SavedModelBuilder;

// A SavedModel for serving with one signature, "serving_default", and the files of the collection
// ASSET_FILEPATHS.
void simple_save(Session& sess, const std::string& export_dir,
                 const std::map<std::string, Output>& inputs,
                 const std::map<std::string, Output>& outputs,
                 const Operation& legacy_init_op = {});

}  // namespace saved_model
}  // namespace sessile
