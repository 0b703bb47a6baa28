#include "sessile/tools/sessile/graph_call.h"

#include <algorithm>
#include <cstdio>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/graph/graph_def.h"
#include "sessile/core/graph/graph_impl.h"
#include "sessile/core/graph/import.h"
#include "sessile/core/io/file.h"
#include "sessile/ops/restore_mismatch.h"
#include "sessile/ops/saved_model.h"
#include "sessile/tools/sessile/checkpoint.h"
#include "sessile/tools/sessile/feed_argument.h"
#include "sessile/tools/sessile/graph_source.h"
#include "sessile/tools/sessile/saved_model.h"

using namespace sessile;  // NOLINT: a program of the library

void GraphCallFlags::DeclareTo(FlagSet* set) {
  set->Positional("GRAPH", &graph, kGraphSourceHelp)
      .String("tag", &tag, "tags of the graph in a SavedModel, separated by commas")
      .String("signature", &signature,
              "of a SavedModel: NAMEs of feeds and fetches are keys of this signature")
      .String("checkpoint", &checkpoint,
              "PREFIX of a checkpoint, or its folder: variables get the values of its tensors of "
              "the same names, after --init")
      .List("init", &init, "operation to run once, before anything else")
      .List("feed", &feeds, "NAME=FILE.npy or NAME=VALUE: a tensor's value, converted to its type")
      .List("fetch", &fetches, "tensor to compute")
      .List("target", &targets, "operation to run together with the fetches")
      .Int("threads", &threads, "threads that compute; 0: as many as there are cores",
           {.min = 0, .max = ConfigProto::kMostThreads});
}

absl::StatusOr<GraphToCall> ReadGraphToCall(const std::string& path) {
  GraphToCall result;
  if (saved_model::maybe_saved_model_directory(path)) return result;
  SESSILE_ASSIGN_OR_RETURN(GraphSource source, ReadGraphSource(path));
  SESSILE_RETURN_IF_ERROR(ImportGraphDef(source.graph_def, {}, *result.graph.impl()).status());
  result.stored = std::move(source.stored);
  return result;
}

GraphCall::GraphCall(const GraphCallFlags& flags, GraphToCall graph)
    : flags_(flags),
      graph_(std::move(graph.graph)),
      stored_(std::move(graph.stored)),
      session_(graph_, {.intra_op_parallelism_threads = static_cast<int>(flags.threads)}) {}

absl::Status GraphCall::Start() {
  SESSILE_RETURN_IF_ERROR(LoadSavedModel());
  for (const std::string& argument : flags_.feeds) {
    SESSILE_ASSIGN_OR_RETURN(const NameAndText parts, SplitFeed(argument, "--feed", "VALUE"));
    SESSILE_ASSIGN_OR_RETURN(const std::string name, TensorOf(parts.name));
    SESSILE_ASSIGN_OR_RETURN(FeedValue value, ParseFeed(graph_, name, parts.text));
    feeds_.push_back({name, std::move(value)});
  }
  for (const std::string& op : flags_.init) {
    SESSILE_RETURN_IF_ERROR(session_.Run({graph_.get_operation_by_name(op)}).status());
  }
  if (!flags_.checkpoint.empty()) SESSILE_RETURN_IF_ERROR(Restore());
  for (const std::string& name : flags_.fetches) {
    SESSILE_ASSIGN_OR_RETURN(const std::string tensor, TensorOf(name));
    SESSILE_RETURN_IF_ERROR(CheckRegistered(tensor));
    fetches_.push_back(graph_.get_tensor_by_name(tensor));
  }
  for (const std::string& name : flags_.targets) {
    fetches_.push_back(graph_.get_operation_by_name(name));
  }
  if (fetches_.empty()) {
    return InvalidArgument("there is nothing to compute: give --fetch or --target");
  }
  return absl::OkStatus();
}

absl::Status GraphCall::LoadSavedModel() {
  if (!saved_model::maybe_saved_model_directory(flags_.graph)) {
    if (flags_.signature.empty()) return absl::OkStatus();
    return InvalidArgument("--signature: '", flags_.graph, "' is no SavedModel");
  }
  const MetaGraphDef meta = saved_model::load(session_, TagsOf(flags_.tag), flags_.graph);
  stored_ = StoredVariablesOf(meta);
  if (flags_.signature.empty()) return absl::OkStatus();
  SESSILE_ASSIGN_OR_RETURN(keys_, KeysOf(meta, flags_.signature));
  return absl::OkStatus();
}

absl::StatusOr<std::string> GraphCall::TensorOf(const std::string& name) const {
  if (flags_.signature.empty()) return TensorNameOf(name);
  return TensorOfKey(keys_, flags_.signature, name);
}

absl::Status GraphCall::Restore() {
  const RestoreNodes nodes = AddRestoreNodes(graph_, stored_, flags_.checkpoint);
  if (!nodes.missing.empty()) {
    std::fprintf(stderr, "note: the checkpoint has no %s\n",
                 absl::StrJoin(nodes.missing, ", ").c_str());
  }
  std::vector<int> ids;
  for (const Operation& assign : nodes.assigns) ids.push_back(assign.node().id());
  return WithShapeMismatches(session_.Run({nodes.assigns.begin(), nodes.assigns.end()}).status(),
                             *graph_.impl(), ids, nodes.prefix);
}

// Of an operation that is not registered nobody knows how many outputs it has.
absl::Status GraphCall::CheckRegistered(const std::string& tensor) const {
  const std::string name = tensor.substr(0, tensor.rfind(':'));
  const Node* const node = graph_.impl()->FindNode(name);
  if (node == nullptr || node->op() != nullptr) return absl::OkStatus();
  return graph_.impl()->ops().NotRegistered(node->op_type(), name);
}
