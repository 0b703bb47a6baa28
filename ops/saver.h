// Saves the values of variables to checkpoints, and restores them.
//
//   tf::train::Saver saver;                           // of all variables there are
//   for (...) {
//     sess.run(train_op, ...);
//     if (step % 1000 == 0) saver.save(sess, "/tmp/run/model.ckpt", {.global_step = step});
//   }
//   ...
//   saver.restore(sess, tf::train::latest_checkpoint("/tmp/run"));
//
// A checkpoint is PREFIX.index and PREFIX.data-00000-of-00001, the files that TensorFlow writes and
// reads. Killed at any moment while it saves, a program leaves an old checkpoint of that prefix or
// the new one whole. What saves and restores are nodes of the graph, as TensorFlow builds them.
// Beside a checkpoint stands its graph, PREFIX.meta, from which another program can go on:
//
//   auto saver = tf::train::import_meta_graph("/tmp/run/model.ckpt-4000.meta");
//   saver.restore(sess, "/tmp/run/model.ckpt-4000");
//
// A Saver may be used from one thread at a time.
#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "sessile/core/framework/source_location.h"
#include "sessile/core/session/session.h"
#include "sessile/ops/meta_graph.h"
#include "sessile/ops/saver_def.h"
#include "sessile/ops/variable.h"

namespace sessile::train {

struct SaverOptions {
  bool reshape = false;  // a stored tensor may have another shape with as many elements
  bool sharded = false;  // a file for each device
  // Older checkpoints are removed. 0: none is removed, and the file "checkpoint" names the latest.
  // Negative: each is removed as soon as it is written, as TensorFlow does it.
  int max_to_keep = 5;
  // One is kept for every so many hours of training.
  double keep_checkpoint_every_n_hours = 10000.0;
  std::string name = {};              // of the scope of the nodes: "save"
  bool restore_sequentially = false;  // as it always is
  bool allow_empty = false;           // without variables, saving and restoring does nothing
  bool pad_step_number = false;       // "model.ckpt-00000400"
  // The file "checkpoint" has no absolute paths, so that the folder can be moved.
  bool save_relative_paths = false;
  std::string filename = {};  // what the prefix is unless it is fed: "model"
};

// Variables, under the names of their operations or under others.
//   tf::train::Saver({w, b});  tf::train::Saver({{"old/w", w}});
// The parts of a partitioned variable are saved as parts of one tensor, which has the name of the
// whole; under a name of its own a part is a tensor like any other.
class VarList {
 public:
  struct Item {
    // NOLINTBEGIN(google-explicit-constructor): meant to convert
    Item(const Variable& saved);
    Item(std::string saved_as, const Variable& saved)
        : name(std::move(saved_as)), variable(saved) {}
    // NOLINTEND(google-explicit-constructor)
    std::string name;
    Variable variable;
    std::string part = {};  // "10 4 2,5:0,4": shape of the whole, then offset and size in each axis
  };
  // Throw errors::InvalidArgumentError if two that are no parts of one tensor have one name.
  // NOLINTBEGIN(google-explicit-constructor): meant to convert
  VarList(std::initializer_list<Item> items) : VarList(std::vector<Item>(items)) {}
  VarList(const std::vector<Variable>& variables)
      : VarList(std::vector<Item>(variables.begin(), variables.end())) {}
  VarList(const std::map<std::string, Variable>& variables);
  // NOLINTEND(google-explicit-constructor)
  // In the order of the names; the parts of a tensor in the order of theirs.
  const std::vector<Item>& items() const { return items_; }

 private:
  explicit VarList(std::vector<Item> items);
  std::vector<Item> items_;
};

// A step number: itself, or the variable or tensor that has it.
class GlobalStep {
 public:
  // NOLINTBEGIN(google-explicit-constructor): meant to convert
  GlobalStep() = default;
  template <std::integral I>
  GlobalStep(I step) : step_(static_cast<int64_t>(step)) {}
  GlobalStep(const Variable& step) : step_(Fetch(step)) {}
  GlobalStep(const Output& step) : step_(Fetch(step)) {}
  GlobalStep(const char* name) : step_(Fetch(name)) {}
  // NOLINTEND(google-explicit-constructor)
  // Nothing, if none was given.
  std::optional<int64_t> In(Session& session) const;

 private:
  std::variant<std::monostate, int64_t, Fetch> step_;
};

struct SaveOptions {
  GlobalStep global_step = {};  // is appended to the prefix: "model.ckpt-400"
  std::string latest_filename = "checkpoint";
  std::string meta_graph_suffix = "meta";
  bool write_meta_graph = true;      // PREFIX.meta
  bool write_state = true;           // the file "checkpoint"
  bool strip_default_attrs = false;  // in the graph that is written
};

class Saver {
 public:
  // Of all global variables. Throws errors::InvalidArgumentError ("No variables to save") if there
  // are none.
  explicit Saver(const SaverOptions& options = {}, SourceLocation at = SourceLocation::Current());
  explicit Saver(const VarList& var_list, const SaverOptions& options = {},
                 SourceLocation at = SourceLocation::Current());
  // Of nodes that are there already, below `import_scope`.
  static Saver from_proto(const SaverDef& saver_def, const std::string& import_scope = {});

  // Returns the prefix of the checkpoint. Folders are made as needed. Throws what
  // Session::run throws: errors::FailedPreconditionError for an uninitialized variable.
  std::string save(Session& session, const std::string& save_path, const SaveOptions& options = {});
  // Throws errors::InvalidArgumentError if there is no such checkpoint or its tensors have other
  // shapes or types, errors::NotFoundError if it lacks one of them; the variables that were
  // restored before the error keep their new values.
  void restore(Session& session, const std::string& save_path) const;

  // The default graph with this Saver, which `options.saver_def` need not name.
  MetaGraphDef export_meta_graph(ExportMetaGraphOptions options = {}) const;

  // Empty for a Saver of no variables.
  const SaverDef& as_saver_def() const { return def_; }
  // The prefixes of the checkpoints that are kept, oldest first.
  std::vector<std::string> last_checkpoints() const;
  void set_last_checkpoints_with_time(
      std::vector<std::pair<std::string, double>> last_checkpoints_with_time);
  // The same for a program that goes on after an end: those that are there, with their times.
  void recover_last_checkpoints(const std::vector<std::string>& checkpoint_paths);

 private:
  Saver(SaverDef def, bool empty);
  void WriteState(const std::string& folder, const std::string& prefix, const SaveOptions& options);
  void RecordCheckpoint(const std::string& prefix);
  void RemoveOldCheckpoint(const std::string& meta_graph_suffix);

  SaverDef def_;
  bool empty_;
  bool pad_step_number_ = false;
  bool save_relative_paths_ = false;
  using CheckpointAndTime = std::pair<std::string, double>;  // seconds since 1970
  std::vector<CheckpointAndTime> last_checkpoints_;
  std::vector<CheckpointAndTime> to_be_deleted_;
  double next_to_keep_ = 0;
};

// Adds the graph of a file and its collections to the default graph (ops/meta_graph.h). Returns the
// Saver that the file tells of, else a new one of all variables; without variables one of nothing.
Saver import_meta_graph(const MetaGraphDef& meta, const ImportMetaGraphOptions& options = {});
Saver import_meta_graph(const std::string& filename, const ImportMetaGraphOptions& options = {});

}  // namespace sessile::train
