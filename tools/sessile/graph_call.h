// What `sessile run`, `bench` and `tune` have in common: a graph from a file, a session of it, and
// the feeds, fetches and targets of a run.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "sessile/core/graph/graph.h"
#include "sessile/core/io/flags.h"
#include "sessile/core/session/session.h"
#include "sessile/tools/sessile/checkpoint.h"
#include "sessile/tools/sessile/saved_model.h"

struct GraphCallFlags {
  std::string graph;
  std::string checkpoint;
  std::string tag = "serve";  // of a SavedModel: the tags of its graph, separated by commas
  std::string signature;      // names are its keys
  std::vector<std::string> init, feeds, fetches, targets;
  int64_t threads = 0;

  void DeclareTo(sessile::FlagSet* set);
};

// A graph to be called. That of a SavedModel is empty: the session that calls it loads it.
struct GraphToCall {
  sessile::Graph graph;
  StoredVariables stored;
};
absl::StatusOr<GraphToCall> ReadGraphToCall(const std::string& path);

class GraphCall {
 public:
  // `flags` must outlive the call.
  GraphCall(const GraphCallFlags& flags, GraphToCall graph);

  // Reads the feeds, runs the operations of --init, restores --checkpoint, and looks up what is to
  // be computed.
  absl::Status Start();

  const sessile::Graph& graph() const { return graph_; }
  sessile::Session& session() { return session_; }
  const std::vector<sessile::Feed>& feeds() const { return feeds_; }
  // "x" is "x:0" or, with --signature, the tensor of that key.
  absl::StatusOr<std::string> TensorOf(const std::string& name) const;
  // Tensors first, then operations.
  const std::vector<sessile::Fetch>& fetches() const { return fetches_; }

 private:
  absl::Status LoadSavedModel();
  absl::Status Restore();
  absl::Status CheckRegistered(const std::string& tensor) const;

  const GraphCallFlags& flags_;
  const sessile::Graph graph_;
  StoredVariables stored_;
  sessile::Session session_;
  SignatureKeys keys_;  // of the signature
  std::vector<sessile::Feed> feeds_;
  std::vector<sessile::Fetch> fetches_;
};
