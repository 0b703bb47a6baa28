#include <cstdio>
#include <string>
#include <vector>

#include "sessile/core/checkpoint/checkpoint_reader.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/graph/graph_def.h"
#include "sessile/core/io/flags.h"
#include "sessile/ops/graph_util.h"
#include "sessile/ops/saved_model.h"
#include "sessile/tools/sessile/commands.h"
#include "sessile/tools/sessile/graph_source.h"

using namespace sessile;  // NOLINT: a program of the library

absl::Status FreezeCommand(const std::vector<std::string>& args) {
  std::string path, checkpoint, out;
  std::vector<std::string> outputs;
  FlagSet set("sessile freeze",
              "Writes the part of a graph that some outputs need, its variables as constants.");
  set.Positional("GRAPH", &path, kGraphSourceHelp)
      .String("checkpoint", &checkpoint,
              "prefix of the checkpoint with the variables; by default a SavedModel's own")
      .List("output", &outputs, "operation that the frozen graph is for")
      .String("out", &out, "file to write; text if its name ends in .pbtxt");
  set.ParseOrExit(args);
  if (outputs.empty() || out.empty()) {
    return InvalidArgument("--output and --out must be given (see sessile freeze --help)");
  }
  SESSILE_ASSIGN_OR_RETURN(const GraphDef graph, ReadGraphSource(path));
  if (checkpoint.empty() && saved_model::maybe_saved_model_directory(path)) {
    checkpoint = path + "/variables/variables";
  }
  std::unique_ptr<CheckpointReader> reader;
  if (!checkpoint.empty()) {
    SESSILE_ASSIGN_OR_RETURN(reader, CheckpointReader::Open(checkpoint));
  }
  const auto read = [&](const std::string& name) -> absl::StatusOr<Tensor> {
    if (reader == nullptr) return InvalidArgument("its value is needed: give --checkpoint");
    return reader->Read(name);
  };
  SESSILE_ASSIGN_OR_RETURN(const GraphDef frozen, FreezeGraph(graph, outputs, read));
  SESSILE_RETURN_IF_ERROR(WriteGraphDef(out, frozen));
  std::printf("%s: %d of %d nodes\n", out.c_str(), frozen.node_size(), graph.node_size());
  return absl::OkStatus();
}
