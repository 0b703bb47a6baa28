// Checkpoints as files: which there are in a folder, and what is in them.
//
//   const std::string latest = tf::train::latest_checkpoint("/tmp/run");
//   if (!latest.empty()) saver.restore(sess, latest);
//
//   for (const auto& [name, shape] : tf::train::list_variables("/tmp/run")) ...
//   auto reader = tf::train::NewCheckpointReader("/tmp/run/model.ckpt-400");
//   tf::Tensor kernel = reader.get_tensor("dense/kernel");
//
// A checkpoint is named by the prefix of its files. TensorFlow's are read too, also those of
// version 1. All throw errors::XError: NotFoundError for what is not there, DataLossError for
// damaged files, which they name.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sessile/core/checkpoint/checkpoint_state.h"
#include "sessile/core/framework/data_type.h"
#include "sessile/core/framework/shape.h"
#include "sessile/core/framework/tensor.h"

namespace sessile {

class CheckpointReader;

namespace train {

// What the file `latest_filename` of a folder says; nothing if there is none or it is damaged.
// Relative paths in it are taken to begin at the folder.
std::optional<CheckpointState> get_checkpoint_state(
    const std::string& checkpoint_dir, const std::string& latest_filename = "checkpoint");

struct UpdateCheckpointStateOptions {
  std::vector<std::string> all_model_checkpoint_paths = {};  // oldest first
  std::string latest_filename = "checkpoint";
  std::vector<double> all_model_checkpoint_timestamps = {};
  double last_preserved_timestamp = 0;
  bool save_relative_paths = false;  // also those that are absolute
};

// Writes that file anew. Relative paths are written as they are from `save_dir` on.
void update_checkpoint_state(const std::string& save_dir, const std::string& model_checkpoint_path,
                             const UpdateCheckpointStateOptions& options = {});

// The prefix of the latest checkpoint of a folder whose files are there; empty if there is none.
std::string latest_checkpoint(const std::string& checkpoint_dir,
                              const std::string& latest_filename = "checkpoint");

bool checkpoint_exists(const std::string& checkpoint_prefix);
// When they were written, in seconds since 1970; those that are not there are left out.
std::vector<double> get_checkpoint_mtimes(const std::vector<std::string>& checkpoint_prefixes);
// Removes the files of a checkpoint, its MetaGraphDef too.
void remove_checkpoint(const std::string& checkpoint_prefix,
                       const std::string& meta_graph_suffix = "meta");

// The tensors of one checkpoint. Copies share it. Thread-safe.
class CheckpointReader {
 public:
  explicit CheckpointReader(std::shared_ptr<const sessile::CheckpointReader> impl)
      : impl_(std::move(impl)) {}
  bool has_tensor(const std::string& name) const;
  // "Key W not found in checkpoint".
  Tensor get_tensor(const std::string& name) const;
  std::map<std::string, Shape> get_variable_to_shape_map() const;
  std::map<std::string, DataType> get_variable_to_dtype_map() const;

 private:
  std::shared_ptr<const sessile::CheckpointReader> impl_;
};

CheckpointReader NewCheckpointReader(const std::string& checkpoint_prefix);
// Of a prefix, or of the latest checkpoint of a folder.
CheckpointReader load_checkpoint(const std::string& prefix_or_dir);
// Names and shapes, sorted by the names.
std::vector<std::pair<std::string, Shape>> list_variables(const std::string& prefix_or_dir);
Tensor load_variable(const std::string& prefix_or_dir, const std::string& name);

}  // namespace train
}  // namespace sessile
