#include <cstdio>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "sessile/core/checkpoint/checkpoint_reader.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/graph/graph_def.h"
#include "sessile/core/graph/graph_impl.h"
#include "sessile/core/io/flags.h"
#include "sessile/core/session/session.h"
#include "sessile/ops/graph_util.h"
#include "sessile/ops/saved_model.h"
#include "sessile/tools/sessile/checkpoint.h"
#include "sessile/tools/sessile/commands.h"
#include "sessile/tools/sessile/graph_source.h"
#include "sessile/tools/sessile/saved_model.h"

using namespace sessile;  // NOLINT: a program of the library

namespace {

struct FreezeFlags {
  std::string graph, checkpoint, out;
  std::string tag = "serve";  // of a SavedModel, as `sessile run` has it
  std::string signature;      // outputs are its keys
  std::vector<std::string> outputs;
};

// "y:0" as the operation that computes it.
std::string OperationOf(const std::string& tensor) { return tensor.substr(0, tensor.rfind(':')); }

// A graph, and where the values of its variables are: in a checkpoint, in a session, or in both, of
// which the checkpoint is asked first.
class Trained {
 public:
  static absl::StatusOr<Trained> Read(const FreezeFlags& flags) {
    Trained trained;
    if (saved_model::maybe_saved_model_directory(flags.graph)) {
      trained.Load(flags.graph, flags.tag);
    } else {
      SESSILE_ASSIGN_OR_RETURN(trained.source_, ReadGraphSource(flags.graph));
    }
    if (flags.checkpoint.empty()) return trained;
    SESSILE_ASSIGN_OR_RETURN(const std::string prefix, CheckpointPrefix(flags.checkpoint));
    SESSILE_ASSIGN_OR_RETURN(trained.reader_, sessile::CheckpointReader::Open(prefix));
    return trained;
  }

  // The operations that --output means.
  absl::StatusOr<std::vector<std::string>> OperationsOf(const FreezeFlags& flags) const {
    if (flags.signature.empty()) {
      for (const std::string& name : flags.outputs) SESSILE_RETURN_IF_ERROR(CheckIsNoKey(name));
      return flags.outputs;
    }
    if (session_ == nullptr) {
      return InvalidArgument("--signature: '", flags.graph, "' is no SavedModel");
    }
    SESSILE_ASSIGN_OR_RETURN(const auto keys, KeysOf(meta_, flags.signature));
    std::vector<std::string> operations;
    for (const std::string& key : flags.outputs) {
      SESSILE_ASSIGN_OR_RETURN(const std::string tensor, TensorOfKey(keys, flags.signature, key));
      operations.push_back(OperationOf(tensor));
    }
    return operations;
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
  void Load(const std::string& dir, const std::string& tag) {
    session_ = std::make_unique<Session>(Graph());
    meta_ = saved_model::load(*session_, TagsOf(tag), dir);
    source_ = {meta_.graph_def(), StoredVariablesOf(meta_)};
  }

  // Who knows a SavedModel by its signatures easily takes a key for an operation.
  absl::Status CheckIsNoKey(const std::string& name) const {
    if (session_ == nullptr || session_->graph().impl()->FindNode(name) != nullptr) {
      return absl::OkStatus();
    }
    for (const auto& [signature, def] : saved_model::signature_defs(meta_)) {
      const auto found = def.outputs.find(name);
      if (found == def.outputs.end()) continue;
      return NotFound("--output: the graph has no operation '", name, "'; in the signature '",
                      signature, "' that stands for '", found->second.name, "': give --signature ",
                      signature, ", or --output ", OperationOf(found->second.name));
    }
    return absl::OkStatus();
  }

  GraphSource source_;
  MetaGraphDef meta_;  // of a SavedModel
  std::unique_ptr<Session> session_;
  std::unique_ptr<sessile::CheckpointReader> reader_;
};

}  // namespace

absl::Status FreezeCommand(const std::vector<std::string>& args) {
  FreezeFlags flags;
  FlagSet set("sessile freeze",
              "Writes the part of a graph that some outputs need, its variables as constants.");
  set.Positional("GRAPH", &flags.graph, kGraphSourceHelp)
      .String("tag", &flags.tag, "tags of the graph in a SavedModel, separated by commas")
      .String("signature", &flags.signature,
              "of a SavedModel: outputs are keys of this signature, not operations")
      .String(
          "checkpoint", &flags.checkpoint,
          "PREFIX of the checkpoint with the variables, or its folder; a SavedModel has its own")
      .List("output", &flags.outputs, "operation that the frozen graph is for")
      .String("out", &flags.out, "file to write; text if its name ends in .pbtxt");
  set.ParseOrExit(args);
  if (flags.outputs.empty() || flags.out.empty()) {
    return InvalidArgument("--output and --out must be given (see sessile freeze --help)");
  }
  SESSILE_ASSIGN_OR_RETURN(Trained trained, Trained::Read(flags));
  SESSILE_ASSIGN_OR_RETURN(const std::vector<std::string> outputs, trained.OperationsOf(flags));
  SESSILE_ASSIGN_OR_RETURN(const GraphDef frozen, FreezeGraph(trained.graph_def(), outputs,
                                                              [&](const std::string& variable) {
                                                                return trained.ValueOf(variable);
                                                              }));
  SESSILE_RETURN_IF_ERROR(WriteGraphDef(flags.out, frozen));
  // More than there were, if bodies of functions took the places of calls.
  std::printf("%s: %d nodes, the whole graph has %d\n", flags.out.c_str(), frozen.node_size(),
              trained.graph_def().node_size());
  return absl::OkStatus();
}
