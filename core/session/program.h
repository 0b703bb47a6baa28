// What a run executes: the part of a graph that some fetches and targets need, cut at the feeds.
//
//   SESSILE_ASSIGN_OR_RETURN(std::shared_ptr<const Program> program,
//                            Program::Build(graph, key, {&kernels, &states}));
//
// A program is made once for each (feeds, fetches, targets) and kept by the session until a node of
// the graph changes; nodes appended later do not matter to it. Nodes become steps, in the order of
// their ids. Immutable but for the prepared kernels that its steps remember; thread-safe. It refers
// to nodes and states, so graph and session must outlive it.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "sessile/core/framework/kernel_registry.h"
#include "sessile/core/graph/graph_impl.h"
#include "sessile/core/session/prepare.h"
#include "sessile/core/session/session_state.h"

namespace sessile {

// What a program is made from; the order matters.
struct ProgramKey {
  std::vector<Endpoint> feeds = {};
  std::vector<Endpoint> fetches = {};
  std::vector<int> targets = {};  // nodes
  friend bool operator==(const ProgramKey&, const ProgramKey&) = default;
  friend auto operator<=>(const ProgramKey&, const ProgramKey&) = default;
};

// Where an output goes: to input `input` of step `step`, or as a control signal.
struct Edge {
  static constexpr int kControl = -1;
  int step = 0;
  int input = kControl;
};

struct Step {
  const Node* node = nullptr;
  ControlFlowKind kind = ControlFlowKind::kNone;
  const KernelDef* kernel = nullptr;  // null for control flow
  KernelState* state = nullptr;       // null if the node has none
  std::unique_ptr<PreparedCache> prepared;

  std::vector<std::vector<Edge>> edges;  // of each output
  std::vector<Edge> control_edges;
  std::vector<int> fetch_slots;  // of each output: where a fetch finds it, or -1
  int num_control_inputs = 0;

  int frame = 0;             // the frame that it runs in
  int child_frame = 0;       // of an Enter: the frame that its output is in
  bool is_constant = false;  // of an Enter: its value is the same in every round
  int index = 0;             // its place among the steps of its frame
  int first_input = 0;       // the place of its input 0 among the inputs of its frame

  // A kernel whose outputs follow from its inputs, and nothing else happens.
  bool is_function() const;
};

// A loop, or, as frame 0, the program outside of all loops.
struct FrameLayout {
  int parent = -1;
  int depth = 0;
  std::string name;
  int64_t parallel_iterations = 1;
  int num_enters = 0;
  std::vector<int> steps;
  int num_inputs = 0;
};

class Program {
 public:
  struct Environment {
    const KernelRegistry* kernels;
    SessionState* states;
    bool yardstick = false;
  };

  // Errors: an endpoint that does not exist, an op without definition or kernel, a cycle outside of
  // loops, inputs from different loops.
  static absl::StatusOr<std::shared_ptr<const Program>> Build(GraphImpl& graph,
                                                              const ProgramKey& key,
                                                              const Environment& environment);

  const std::deque<Step>& steps() const { return steps_; }
  const Step& step(int i) const { return steps_[static_cast<size_t>(i)]; }
  const std::vector<FrameLayout>& frames() const { return frames_; }
  // Who consumes feed i.
  const std::vector<std::vector<Edge>>& feed_edges() const { return feed_edges_; }
  int num_fetch_slots() const { return num_fetch_slots_; }
  // The graph that the nodes are in, and what is fed in it.
  const GraphImpl& graph() const { return *graph_; }
  const std::vector<Endpoint>& feeds() const { return feeds_; }

  // Where the value of fetch i is: a fetch slot, or, if it is fed too, that feed.
  struct FetchSource {
    int slot = -1;
    int feed = -1;
  };
  const std::vector<FetchSource>& fetches() const { return fetches_; }
  bool yardstick() const { return yardstick_; }

 private:
  friend class ProgramBuilder;
  std::shared_ptr<const GraphImpl> inlined_;  // owns the nodes if functions were inlined
  const GraphImpl* graph_ = nullptr;
  std::vector<Endpoint> feeds_;
  std::deque<Step> steps_;
  std::vector<FrameLayout> frames_;
  std::vector<std::vector<Edge>> feed_edges_;
  std::vector<FetchSource> fetches_;
  int num_fetch_slots_ = 0;
  bool yardstick_ = false;
};

// The name of an endpoint: "x:0".
std::string EndpointName(const GraphImpl& graph, Endpoint endpoint);
// What follows an error that a node's kernel made: "\n\t [[{{node x}}]] (Mul, built at a.cc:3)".
std::string NodeSuffix(const Node& node);

}  // namespace sessile
