#include "sessile/ops/saver.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <filesystem>
#include <iterator>
#include <limits>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "sessile/core/framework/errors.h"
#include "sessile/core/framework/status.h"
#include "sessile/ops/checkpoints.h"
#include "sessile/ops/collections.h"
#include "sessile/ops/restore_mismatch.h"
#include "sessile/ops/saver_graph.h"

namespace sessile::train {
namespace {

double SecondsSince1970() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration<double>(now).count();
}

void CheckEachOnce(const std::vector<VarList::Item>& items) {
  std::set<std::string> seen;
  for (const VarList::Item& item : items) {
    if (!seen.insert(item.variable.op().name()).second) {
      errors::ThrowIfError(
          InvalidArgument("The same saveable will be restored with two names: ", item.name));
    }
  }
}

SaverDef DefOf(const VarList& var_list, const SaverOptions& options, SourceLocation at) {
  const SourceScope here(at);
  CheckEachOnce(var_list.items());
  if (!var_list.items().empty()) return BuildSaver(var_list.items(), options);
  if (!options.allow_empty) errors::ThrowIfError(InvalidArgument("No variables to save"));
  return SaverDef();
}

// `status` with what to think of first.
absl::Status Explained(const absl::Status& status) {
  const char* why = nullptr;
  if (absl::IsNotFound(status)) {
    why = "a Variable name or other graph key that is missing from the checkpoint";
  } else if (absl::IsInvalidArgument(status)) {
    why = "a mismatch between the current graph and the graph from the checkpoint";
  } else {
    return status;
  }
  return absl::Status(
      status.code(),
      absl::StrCat("Restoring from checkpoint failed. This is most likely due to ", why,
                   ". Please ensure that you have not altered the graph expected based on the "
                   "checkpoint. Original error:\n\n",
                   status.message()));
}

}  // namespace

std::optional<int64_t> GlobalStep::In(Session& session) const {
  if (const int64_t* const number = std::get_if<int64_t>(&step_)) return *number;
  const Fetch* const fetch = std::get_if<Fetch>(&step_);
  if (fetch == nullptr) return std::nullopt;
  const Tensor value = session.run(*fetch);
  return value.dtype() == int64 ? value.scalar<int64_t>() : value.scalar<int32_t>();
}

Saver::Saver(const SaverOptions& options, SourceLocation at)
    : Saver(VarList(global_variables()), options, at) {}

Saver::Saver(const VarList& var_list, const SaverOptions& options, SourceLocation at)
    : Saver(DefOf(var_list, options, at), var_list.items().empty()) {
  pad_step_number_ = options.pad_step_number;
  save_relative_paths_ = options.save_relative_paths;
}

Saver::Saver(SaverDef def, bool empty)
    : def_(std::move(def)),
      empty_(empty),
      next_to_keep_(SecondsSince1970() +
                    3600.0 * static_cast<double>(def_.keep_checkpoint_every_n_hours)) {}

Saver Saver::from_proto(const SaverDef& saver_def, const std::string& import_scope) {
  SaverDef def = saver_def;
  for (const auto& [what, name] : {std::pair("save_tensor_name", &def.save_tensor_name),
                                   std::pair("restore_op_name", &def.restore_op_name),
                                   std::pair("filename_tensor_name", &def.filename_tensor_name)}) {
    if (name->empty()) {
      errors::ThrowIfError(InvalidArgument("saver_def must specify the ", what));
    }
    if (!import_scope.empty()) *name = absl::StrCat(import_scope, "/", *name);
  }
  return Saver(std::move(def), /*empty=*/false);
}

std::string Saver::save(Session& session, const std::string& save_path,
                        const SaveOptions& options) {
  const std::filesystem::path latest(options.latest_filename);
  if (latest.has_parent_path() || latest.empty()) {
    errors::ThrowIfError(InvalidArgument("'latest_filename' must not contain path components"));
  }
  std::string prefix = save_path;
  const std::optional<int64_t> step = options.global_step.In(session);
  if (step.has_value()) {
    prefix += pad_step_number_ ? absl::StrFormat("-%08d", *step) : absl::StrFormat("-%d", *step);
  } else if (std::filesystem::path(save_path).filename() == latest && !def_.sharded) {
    errors::ThrowIfError(InvalidArgument("'latest_filename' collides with 'save_path': '",
                                         options.latest_filename, "' and '", save_path, "'"));
  }
  if (!empty_) {
    prefix = session.run<std::string>(Fetch(def_.save_tensor_name),
                                      {{def_.filename_tensor_name, prefix}});
    if (options.write_state) {
      WriteState(std::filesystem::path(save_path).parent_path().string(), prefix, options);
    }
  }
  if (options.write_meta_graph) {
    export_meta_graph({.filename = absl::StrCat(prefix, ".", options.meta_graph_suffix),
                       .graph = session.graph(),
                       .strip_default_attrs = options.strip_default_attrs});
  }
  return empty_ ? "" : prefix;
}

void Saver::WriteState(const std::string& folder, const std::string& prefix,
                       const SaveOptions& options) {
  RecordCheckpoint(prefix);
  UpdateCheckpointStateOptions state;
  state.all_model_checkpoint_paths = last_checkpoints();
  state.latest_filename = options.latest_filename;
  state.save_relative_paths = save_relative_paths_;
  update_checkpoint_state(folder, prefix, state);
  RemoveOldCheckpoint(options.meta_graph_suffix);
}

MetaGraphDef Saver::export_meta_graph(ExportMetaGraphOptions options) const {
  if (!options.saver_def.has_value() && !empty_) options.saver_def = def_;
  return train::export_meta_graph(options);
}

void Saver::restore(Session& session, const std::string& save_path) const {
  if (empty_) return;
  if (save_path.empty()) {
    errors::ThrowIfError(
        InvalidArgument("Can't load save_path when it is empty; latest_checkpoint() "
                        "returns that for a folder without checkpoint"));
  }
  if (!checkpoint_exists(save_path)) {
    errors::ThrowIfError(
        InvalidArgument("The passed save_path is not a valid checkpoint: ", save_path));
  }
  const absl::Status status =
      session.Run({def_.restore_op_name}, {{def_.filename_tensor_name, save_path}}).status();
  if (status.ok()) return;
  const GraphImpl& graph = *session.graph().impl();
  const Node* const restoring = graph.FindNode(def_.restore_op_name);
  if (restoring == nullptr) errors::ThrowIfError(status);
  errors::ThrowIfError(
      Explained(WithShapeMismatches(status, graph, std::array{restoring->id()}, save_path)));
}

std::vector<std::string> Saver::last_checkpoints() const {
  std::vector<std::string> prefixes;
  for (const CheckpointAndTime& each : last_checkpoints_) prefixes.push_back(each.first);
  return prefixes;
}

void Saver::set_last_checkpoints_with_time(
    std::vector<std::pair<std::string, double>> last_checkpoints_with_time) {
  last_checkpoints_ = std::move(last_checkpoints_with_time);
}

void Saver::recover_last_checkpoints(const std::vector<std::string>& checkpoint_paths) {
  last_checkpoints_.clear();
  for (const std::string& prefix : checkpoint_paths) {
    const std::vector<double> time = get_checkpoint_mtimes({prefix});
    if (!time.empty()) last_checkpoints_.emplace_back(prefix, time[0]);
  }
}

void Saver::RecordCheckpoint(const std::string& prefix) {
  if (def_.max_to_keep == 0) return;
  std::erase_if(last_checkpoints_,
                [&](const CheckpointAndTime& each) { return each.first == prefix; });
  last_checkpoints_.emplace_back(prefix, SecondsSince1970());
  if (std::ssize(last_checkpoints_) <= def_.max_to_keep) return;
  to_be_deleted_.push_back(last_checkpoints_.front());
  last_checkpoints_.erase(last_checkpoints_.begin());
}

void Saver::RemoveOldCheckpoint(const std::string& meta_graph_suffix) {
  if (to_be_deleted_.empty()) return;
  const CheckpointAndTime oldest = to_be_deleted_.front();
  to_be_deleted_.erase(to_be_deleted_.begin());
  if (oldest.second > next_to_keep_) {
    next_to_keep_ += 3600.0 * static_cast<double>(def_.keep_checkpoint_every_n_hours);
    return;
  }
  try {
    remove_checkpoint(oldest.first, meta_graph_suffix);
  } catch (const errors::OpError&) {
    // The new checkpoint is there: that an old one stays is no reason to stop training.
  }
}

Saver import_meta_graph(const MetaGraphDef& meta, const ImportMetaGraphOptions& options) {
  const ImportedMetaGraph imported = import_scoped_meta_graph(meta, options);
  if (imported.saver_def.has_value()) return Saver::from_proto(*imported.saver_def);
  std::vector<Variable> variables = global_variables();
  const auto imported_here = [&](const Variable& variable) {
    return absl::StartsWith(variable.name(), options.import_scope);
  };
  if (std::none_of(variables.begin(), variables.end(), imported_here)) variables.clear();
  return Saver(variables, SaverOptions{.allow_empty = true});
}

Saver import_meta_graph(const std::string& filename, const ImportMetaGraphOptions& options) {
  return import_meta_graph(errors::ValueOrThrow(ReadMetaGraphDef(filename)), options);
}

}  // namespace sessile::train
