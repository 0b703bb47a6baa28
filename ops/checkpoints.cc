#include "sessile/ops/checkpoints.h"

#include <sys/stat.h>

#include <filesystem>

#include "sessile/core/checkpoint/bundle_files.h"
#include "sessile/core/checkpoint/checkpoint_reader.h"
#include "sessile/core/framework/errors.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/io/file_access.h"

namespace sessile::train {
namespace {

namespace fs = std::filesystem;

std::string FileIn(const std::string& folder, const std::string& name) {
  return (fs::path(folder) / name).string();
}

// `path` as it is from `folder` on.
std::string RelativeTo(const std::string& folder, const std::string& path) {
  const fs::path from = fs::absolute(folder.empty() ? "." : folder).lexically_normal();
  return fs::absolute(path).lexically_normal().lexically_relative(from / "").string();
}

// As it is written to the state of `folder`. Where the folder itself is absolute, a relative path
// is one from there on already.
std::string WrittenPath(const std::string& folder, const std::string& path, bool relative) {
  const bool absolute = fs::path(path).is_absolute();
  if (absolute) return relative ? RelativeTo(folder, path) : path;
  return fs::path(folder).is_absolute() ? path : RelativeTo(folder, path);
}

// The prefix, or that of the folder's latest checkpoint.
std::string CheckpointOf(const std::string& prefix_or_dir) {
  if (!IsFolder(prefix_or_dir)) return prefix_or_dir;
  const std::string latest = latest_checkpoint(prefix_or_dir);
  if (latest.empty()) {
    errors::ThrowIfError(InvalidArgument(
        "Couldn't find 'checkpoint' file or checkpoints in given directory ", prefix_or_dir));
  }
  return latest;
}

}  // namespace

std::optional<CheckpointState> get_checkpoint_state(const std::string& checkpoint_dir,
                                                    const std::string& latest_filename) {
  absl::StatusOr<CheckpointState> state =
      ReadCheckpointState(FileIn(checkpoint_dir, latest_filename));
  if (!state.ok()) return std::nullopt;
  if (state->model_checkpoint_path.empty()) {
    errors::ThrowIfError(InvalidArgument("Invalid checkpoint state loaded from ", checkpoint_dir));
  }
  // A path that is absolute stays.
  state->model_checkpoint_path = FileIn(checkpoint_dir, state->model_checkpoint_path);
  for (std::string& path : state->all_model_checkpoint_paths) path = FileIn(checkpoint_dir, path);
  return *std::move(state);
}

void update_checkpoint_state(const std::string& save_dir, const std::string& model_checkpoint_path,
                             const UpdateCheckpointStateOptions& options) {
  CheckpointState state;
  state.all_model_checkpoint_paths = options.all_model_checkpoint_paths;
  std::vector<std::string>& all = state.all_model_checkpoint_paths;
  if (all.empty() || all.back() != model_checkpoint_path) all.push_back(model_checkpoint_path);
  state.all_model_checkpoint_timestamps = options.all_model_checkpoint_timestamps;
  if (!state.all_model_checkpoint_timestamps.empty() &&
      state.all_model_checkpoint_timestamps.size() != all.size()) {
    errors::ThrowIfError(InvalidArgument(
        "Checkpoint timestamps, if provided, must match checkpoint paths (got ", all.size(),
        " paths and ", state.all_model_checkpoint_timestamps.size(), " timestamps)"));
  }
  state.last_preserved_timestamp = options.last_preserved_timestamp;
  const bool relative = options.save_relative_paths;
  for (std::string& path : all) path = WrittenPath(save_dir, path, relative);
  state.model_checkpoint_path = WrittenPath(save_dir, model_checkpoint_path, relative);
  const std::string file = FileIn(save_dir, options.latest_filename);
  if (file == state.model_checkpoint_path) {
    errors::ThrowIfError(InvalidArgument("Save path '", model_checkpoint_path,
                                         "' conflicts with path used for checkpoint state.  "
                                         "Please use a different save path."));
  }
  errors::ThrowIfError(WriteCheckpointState(file, state));
}

std::string latest_checkpoint(const std::string& checkpoint_dir,
                              const std::string& latest_filename) {
  const std::optional<CheckpointState> state =
      get_checkpoint_state(checkpoint_dir, latest_filename);
  if (!state.has_value() || !CheckpointExists(state->model_checkpoint_path)) return "";
  return state->model_checkpoint_path;
}

bool checkpoint_exists(const std::string& checkpoint_prefix) {
  return CheckpointExists(checkpoint_prefix);
}

std::vector<double> get_checkpoint_mtimes(const std::vector<std::string>& checkpoint_prefixes) {
  std::vector<double> times;
  for (const std::string& prefix : checkpoint_prefixes) {
    std::string file = IndexFileOf(prefix);
    if (!FileExists(file)) {
      const std::vector<std::string> files = MatchingFiles(prefix);
      if (files.empty()) continue;
      file = files[0];
    }
    struct stat info;
    if (::stat(file.c_str(), &info) != 0) continue;
    times.push_back(static_cast<double>(info.st_mtim.tv_sec) +
                    1e-9 * static_cast<double>(info.st_mtim.tv_nsec));
  }
  return times;
}

void remove_checkpoint(const std::string& checkpoint_prefix, const std::string& meta_graph_suffix) {
  // Without its index it is no checkpoint any more, so that comes first.
  std::vector<std::string> files = {IndexFileOf(checkpoint_prefix)};
  for (std::string& file : MatchingFiles(checkpoint_prefix + ".data-?\?\?\?\?-of-?\?\?\?\?")) {
    files.push_back(std::move(file));
  }
  files.push_back(absl::StrCat(checkpoint_prefix, ".", meta_graph_suffix));
  for (const std::string& file : files) {
    if (FileExists(file)) errors::ThrowIfError(RemoveFile(file));
  }
}

bool CheckpointReader::has_tensor(const std::string& name) const { return impl_->Has(name); }

Tensor CheckpointReader::get_tensor(const std::string& name) const {
  return errors::ValueOrThrow(impl_->Read(name));
}

std::map<std::string, Shape> CheckpointReader::get_variable_to_shape_map() const {
  std::map<std::string, Shape> shapes;
  for (const auto& [name, spec] : impl_->tensors()) shapes[name] = spec.shape;
  return shapes;
}

std::map<std::string, DataType> CheckpointReader::get_variable_to_dtype_map() const {
  std::map<std::string, DataType> types;
  for (const auto& [name, spec] : impl_->tensors()) types[name] = spec.dtype;
  return types;
}

CheckpointReader NewCheckpointReader(const std::string& checkpoint_prefix) {
  return CheckpointReader(errors::ValueOrThrow(sessile::CheckpointReader::Open(checkpoint_prefix)));
}

CheckpointReader load_checkpoint(const std::string& prefix_or_dir) {
  return NewCheckpointReader(CheckpointOf(prefix_or_dir));
}

std::vector<std::pair<std::string, Shape>> list_variables(const std::string& prefix_or_dir) {
  const std::map<std::string, Shape> shapes =
      load_checkpoint(prefix_or_dir).get_variable_to_shape_map();
  return {shapes.begin(), shapes.end()};
}

Tensor load_variable(const std::string& prefix_or_dir, const std::string& name) {
  return load_checkpoint(prefix_or_dir).get_tensor(name);
}

}  // namespace sessile::train
