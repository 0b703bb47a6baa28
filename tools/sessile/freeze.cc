#include <cstdio>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "sessile/core/checkpoint/checkpoint_reader.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/graph/graph_def.h"
#include "sessile/core/io/flags.h"
#include "sessile/core/session/session.h"
#include "sessile/ops/graph_util.h"
#include "sessile/ops/saved_model.h"
#include "sessile/proto/meta_graph.pb.h"
#include "sessile/tools/sessile/checkpoint.h"
#include "sessile/tools/sessile/commands.h"
#include "sessile/tools/sessile/graph_source.h"

using namespace sessile;  // NOLINT: a program of the library

namespace {

// A graph, and where the values of its variables are: in a checkpoint, in a session, or in both, of
// which the checkpoint is asked first.
class Trained {
 public:
  static absl::StatusOr<Trained> Read(const std::string& path, const std::string& tag,
                                      const std::string& checkpoint) {
    Trained trained;
    if (saved_model::maybe_saved_model_directory(path)) {
      SESSILE_RETURN_IF_ERROR(trained.Load(path, tag));
    } else {
      SESSILE_ASSIGN_OR_RETURN(trained.source_, ReadGraphSource(path));
    }
    if (checkpoint.empty()) return trained;
    SESSILE_ASSIGN_OR_RETURN(trained.reader_,
                             sessile::CheckpointReader::Open(CheckpointPrefix(checkpoint)));
    return trained;
  }

  const GraphDef& graph_def() const { return source_.graph_def; }

  absl::StatusOr<Tensor> ValueOf(const std::string& variable) {
    const StoredAs how = HowIsStored(source_.stored, variable);
    if (reader_ != nullptr && (reader_->Has(how.tensor) || session_ == nullptr)) {
      if (how.part.empty()) return reader_->Read(how.tensor);
      SESSILE_ASSIGN_OR_RETURN(const ShapeAndSlice part, ParseShapeAndSlice(how.part));
      return reader_->Read(how.tensor, &part);
    }
    if (session_ == nullptr) return InvalidArgument("its value is needed: give --checkpoint");
    SESSILE_ASSIGN_OR_RETURN(std::vector<Tensor> values,
                             session_->Run({absl::StrCat(variable, ":0")}));
    return std::move(values[0]);
  }

 private:
  // As `sessile run` does it, so that variables have what the model's initialization gives them.
  absl::Status Load(const std::string& dir, const std::string& tag) {
    std::vector<std::string> tags = absl::StrSplit(tag, ',', absl::SkipEmpty());
    if (tags.empty()) {
      SESSILE_ASSIGN_OR_RETURN(const auto graphs, saved_model::ReadSavedModel(dir));
      const auto& first = graphs[0].message()->meta_info_def().tags();
      tags.assign(first.begin(), first.end());
    }
    session_ = std::make_unique<Session>(Graph());
    const MetaGraphDef meta = saved_model::load(*session_, tags, dir);
    source_ = {meta.graph_def(), StoredVariablesOf(meta)};
    return absl::OkStatus();
  }

  GraphSource source_;
  std::unique_ptr<Session> session_;
  std::unique_ptr<sessile::CheckpointReader> reader_;
};

}  // namespace

absl::Status FreezeCommand(const std::vector<std::string>& args) {
  std::string path, checkpoint, tag, out;
  std::vector<std::string> outputs;
  FlagSet set("sessile freeze",
              "Writes the part of a graph that some outputs need, its variables as constants.");
  set.Positional("GRAPH", &path, kGraphSourceHelp)
      .String("tag", &tag,
              "tags of the graph in a SavedModel, separated by commas; by default the first graph")
      .String(
          "checkpoint", &checkpoint,
          "PREFIX of the checkpoint with the variables, or its folder; a SavedModel has its own")
      .List("output", &outputs, "operation that the frozen graph is for")
      .String("out", &out, "file to write; text if its name ends in .pbtxt");
  set.ParseOrExit(args);
  if (outputs.empty() || out.empty()) {
    return InvalidArgument("--output and --out must be given (see sessile freeze --help)");
  }
  SESSILE_ASSIGN_OR_RETURN(Trained trained, Trained::Read(path, tag, checkpoint));
  SESSILE_ASSIGN_OR_RETURN(const GraphDef frozen, FreezeGraph(trained.graph_def(), outputs,
                                                              [&](const std::string& variable) {
                                                                return trained.ValueOf(variable);
                                                              }));
  SESSILE_RETURN_IF_ERROR(WriteGraphDef(out, frozen));
  std::printf("%s: %d of %d nodes\n", out.c_str(), frozen.node_size(),
              trained.graph_def().node_size());
  return absl::OkStatus();
}
