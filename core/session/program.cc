#include "sessile/core/session/program.h"

#include <algorithm>
#include <map>
#include <set>

#include "sessile/core/framework/status.h"
#include "sessile/core/graph/inlined_graph.h"

namespace sessile {
namespace {

// Loops in loops; a graph with more is refused.
constexpr int kMaxFrameDepth = 1000;

bool IsBackEdge(const Node& source) {
  return source.op() != nullptr && source.op()->control_flow == ControlFlowKind::kNextIteration;
}

// The inputs and outputs that the rules of a control-flow kind rely on: the kind is a field that
// anybody's op may carry.
absl::Status CheckArity(const Node& node) {
  const int in = node.num_inputs();
  const int out = node.num_outputs();
  bool fits = false;
  switch (node.op()->control_flow) {
    case ControlFlowKind::kNone:
      return absl::OkStatus();
    case ControlFlowKind::kSwitch:
      fits = in == 2 && out == 2;
      break;
    case ControlFlowKind::kMerge:
      fits = out == 2;
      break;
    case ControlFlowKind::kControlTrigger:
      fits = in == 0 && out == 0;
      break;
    default:
      fits = in == 1 && out == 1;
  }
  if (fits) return absl::OkStatus();
  return Internal("Node '", node.name(), "' of op ", node.op_type(), " has ", in, " inputs and ",
                  out, " outputs, which do not fit its kind of control flow");
}

}  // namespace

class ProgramBuilder {
 public:
  ProgramBuilder(const GraphImpl& graph, const ProgramKey& key, const Program::Environment& env)
      : graph_(graph), key_(key), env_(env), program_(std::make_shared<Program>()) {}

  // The program keeps `inlined`, if it is the graph.
  absl::StatusOr<std::shared_ptr<const Program>> Build(
      std::shared_ptr<const GraphImpl> inlined = nullptr) {
    program_->inlined_ = std::move(inlined);
    program_->graph_ = &graph_;
    program_->feeds_ = key_.feeds;
    program_->yardstick_ = env_.yardstick;
    SESSILE_RETURN_IF_ERROR(ReadKey());
    SESSILE_RETURN_IF_ERROR(FindNodes());
    MakeSteps();
    SESSILE_RETURN_IF_ERROR(Connect());
    SESSILE_RETURN_IF_ERROR(Order());
    SESSILE_RETURN_IF_ERROR(AssignFrames());
    LayOutFrames();
    SESSILE_RETURN_IF_ERROR(FindKernels());
    return std::shared_ptr<const Program>(program_);
  }

 private:
  Step& step(int i) { return program_->steps_[static_cast<size_t>(i)]; }
  FrameLayout& frame(int i) { return program_->frames_[static_cast<size_t>(i)]; }
  const Node& node(int id) const { return graph_.node(id); }

  absl::Status CheckEndpoint(Endpoint endpoint, const char* prefix) const {
    if (endpoint.node < 0 || endpoint.node >= graph_.num_nodes()) {
      return NotFound(prefix, "Outputs node ", endpoint.node, ":", endpoint.index, ": not found");
    }
    const Node& source = node(endpoint.node);
    if (endpoint.index < 0 || endpoint.index >= source.num_outputs()) {
      return InvalidArgument(prefix, "Outputs ", source.name(), ":", endpoint.index,
                             ": output index too large, must be < ", source.num_outputs());
    }
    return absl::OkStatus();
  }

  absl::Status ReadKey() {
    for (size_t i = 0; i < key_.feeds.size(); ++i) {
      SESSILE_RETURN_IF_ERROR(CheckEndpoint(key_.feeds[i], "Feed"));
      if (!feeds_.emplace(key_.feeds[i], static_cast<int>(i)).second) {
        return InvalidArgument("Endpoint \"", EndpointName(graph_, key_.feeds[i]),
                               "\" fed more than once.",
                               NodeSuffix(graph_.node(key_.feeds[i].node)));
      }
    }
    program_->feed_edges_.resize(key_.feeds.size());
    for (const Endpoint& fetch : key_.fetches) {
      SESSILE_RETURN_IF_ERROR(CheckEndpoint(fetch, "Fetch"));
    }
    for (const int target : key_.targets) {
      if (target < 0 || target >= graph_.num_nodes()) {
        return NotFound("PruneForTargets: Some target nodes not found: ", target, " ");
      }
    }
    return absl::OkStatus();
  }

  // A source without inputs and effects has nothing to do once all it makes is fed (a Placeholder):
  // whoever waits for it need not.
  bool IsReplacedByFeeds(const Node& source) const {
    if (source.num_outputs() == 0 || source.num_inputs() > 0 || !source.control_inputs().empty()) {
      return false;
    }
    if (source.op() == nullptr || source.op()->is_stateful) return false;
    for (int i = 0; i < source.num_outputs(); ++i) {
      if (!feeds_.contains({source.id(), i})) return false;
    }
    return true;
  }

  // Prunes: what the fetches and targets reach backwards, without what stands behind a feed.
  absl::Status FindNodes() {
    std::vector<int> todo;
    const auto visit = [&](int id) {
      if (step_of_.emplace(id, -1).second) todo.push_back(id);
    };
    for (const Endpoint& fetch : key_.fetches) {
      if (!feeds_.contains(fetch)) visit(fetch.node);
    }
    for (const int target : key_.targets) {
      if (!IsReplacedByFeeds(node(target))) visit(target);
    }
    while (!todo.empty()) {
      const Node& current = node(todo.back());
      todo.pop_back();
      SESSILE_RETURN_IF_ERROR(CheckNode(current));
      for (const Endpoint& input : current.inputs()) {
        if (!feeds_.contains(input)) visit(input.node);
      }
      for (const int control : current.control_inputs()) {
        if (!IsReplacedByFeeds(node(control))) visit(control);
      }
    }
    return absl::OkStatus();
  }

  absl::Status CheckNode(const Node& current) const {
    if (current.op() == nullptr) {
      return WithSuffix(graph_.ops().NotRegistered(current.op_type()), NodeSuffix(current));
    }
    if (current.inputs().size() != current.input_types().size()) {
      return InvalidArgument("Node '", current.name(), "' has ", current.inputs().size(),
                             " inputs; ", current.op_type(), " takes ",
                             current.input_types().size());
    }
    for (int i = 0; i < current.num_inputs(); ++i) {
      SESSILE_RETURN_IF_ERROR(CheckInput(current, i));
    }
    return CheckArity(current);
  }

  absl::Status CheckInput(const Node& current, int i) const {
    const Endpoint input = current.inputs()[static_cast<size_t>(i)];
    if (input.node < 0 || input.node >= graph_.num_nodes() || input.index < 0 ||
        input.index >= node(input.node).num_outputs()) {
      return InvalidArgument("Node '", current.name(), "': input ", i, " does not exist");
    }
    const DataType wanted = current.input_types()[static_cast<size_t>(i)];
    DataType given = node(input.node).output_types()[static_cast<size_t>(input.index)];
    // Of an op that is not registered nothing is known; that it cannot run is said of the op
    // itself.
    if (given == DataType::kInvalid) return absl::OkStatus();
    if (feeds_.contains(input)) given = BaseType(given);
    if (BaseType(given) == BaseType(wanted) && (IsRef(given) || !IsRef(wanted))) {
      return absl::OkStatus();
    }
    return WithSuffix(InvalidArgument("Input ", i, " of node ", current.name(), " was passed ",
                                      DataTypeName(given), " from ", EndpointName(graph_, input),
                                      " incompatible with expected ", DataTypeName(wanted), "."),
                      NodeSuffix(current));
  }

  void MakeSteps() {
    for (auto& [id, index] : step_of_) {  // in the order of the ids
      index = static_cast<int>(program_->steps_.size());
      Step& made = program_->steps_.emplace_back();
      made.node = &node(id);
      made.kind = made.node->op()->control_flow;
      made.edges.resize(static_cast<size_t>(made.node->num_outputs()));
      made.fetch_slots.assign(static_cast<size_t>(made.node->num_outputs()), -1);
    }
  }

  absl::Status Connect() {
    for (int i = 0; i < num_steps(); ++i) {
      const Node& consumer = *step(i).node;
      for (int input = 0; input < consumer.num_inputs(); ++input) {
        const Endpoint source = consumer.inputs()[static_cast<size_t>(input)];
        const auto fed = feeds_.find(source);
        std::vector<Edge>& edges = fed != feeds_.end()
                                       ? program_->feed_edges_[static_cast<size_t>(fed->second)]
                                       : EdgesOf(source);
        edges.push_back({i, input});
      }
      for (const int control : consumer.control_inputs()) {
        const auto source = step_of_.find(control);
        if (source == step_of_.end()) continue;  // replaced by feeds
        step(source->second).control_edges.push_back({i, Edge::kControl});
        ++step(i).num_control_inputs;
      }
    }
    for (const Endpoint& fetch : key_.fetches) ConnectFetch(fetch);
    return absl::OkStatus();
  }

  std::vector<Edge>& EdgesOf(Endpoint source) {
    return step(step_of_.at(source.node)).edges[static_cast<size_t>(source.index)];
  }

  void ConnectFetch(Endpoint fetch) {
    if (const auto fed = feeds_.find(fetch); fed != feeds_.end()) {
      program_->fetches_.push_back({.feed = fed->second});
      return;
    }
    int& slot = step(step_of_.at(fetch.node)).fetch_slots[static_cast<size_t>(fetch.index)];
    if (slot < 0) slot = program_->num_fetch_slots_++;
    program_->fetches_.push_back({.slot = slot});
  }

  template <typename F>
  void ForEachEdge(const Step& source, F f) {
    for (const std::vector<Edge>& edges : source.edges)
      std::for_each(edges.begin(), edges.end(), f);
    std::for_each(source.control_edges.begin(), source.control_edges.end(), f);
  }

  // Sorts topologically; the edges that close a loop do not count.
  absl::Status Order() {
    std::vector<int> waiting(program_->steps_.size(), 0);
    for (const Step& source : program_->steps_) {
      if (IsBackEdge(*source.node)) continue;
      ForEachEdge(source, [&](const Edge& edge) { ++waiting[static_cast<size_t>(edge.step)]; });
    }
    for (int i = 0; i < num_steps(); ++i) {
      if (waiting[static_cast<size_t>(i)] == 0) order_.push_back(i);
    }
    for (size_t next = 0; next < order_.size(); ++next) {
      const Step& source = step(order_[next]);
      if (IsBackEdge(*source.node)) continue;
      ForEachEdge(source, [&](const Edge& edge) {
        if (--waiting[static_cast<size_t>(edge.step)] == 0) order_.push_back(edge.step);
      });
    }
    if (order_.size() == program_->steps_.size()) return absl::OkStatus();
    return CycleError(waiting);
  }

  // Every step that still waits has a source that waits too: going from source to source ends in a
  // cycle.
  absl::Status CycleError(const std::vector<int>& waiting) {
    std::vector<int> source(waiting.size(), -1);
    for (int i = 0; i < num_steps(); ++i) {
      if (waiting[static_cast<size_t>(i)] == 0 || IsBackEdge(*step(i).node)) continue;
      ForEachEdge(step(i), [&](const Edge& edge) { source[static_cast<size_t>(edge.step)] = i; });
    }
    int at = 0;
    while (waiting[static_cast<size_t>(at)] == 0) ++at;
    std::set<int> seen;
    while (seen.insert(at).second) at = source[static_cast<size_t>(at)];
    std::vector<int> cycle = {at};
    for (int i = source[static_cast<size_t>(at)]; i != at; i = source[static_cast<size_t>(i)]) {
      cycle.push_back(i);
    }
    std::string names;
    constexpr size_t kMaxNames = 10;
    for (size_t i = 0; i < std::min(cycle.size(), kMaxNames); ++i) {
      absl::StrAppend(&names, i > 0 ? ", " : "", step(cycle[cycle.size() - 1 - i]).node->name());
    }
    return InvalidArgument("Graph is invalid, contains a cycle with ", cycle.size(),
                           " nodes, including: ", names, cycle.size() > kMaxNames ? ", ..." : "");
  }

  // A node runs in the frame in which its inputs are. Enter leads into a loop's frame, Exit out of
  // it.
  absl::Status AssignFrames() {
    program_->frames_.emplace_back();
    constexpr int kUnknown = -1;
    for (Step& s : program_->steps_) s.frame = kUnknown;
    for (const int i : order_) {
      if (step(i).frame == kUnknown) step(i).frame = 0;
      SESSILE_ASSIGN_OR_RETURN(const int output_frame, OutputFrame(step(i)));
      if (IsBackEdge(*step(i).node)) continue;
      SESSILE_RETURN_IF_ERROR(PutConsumers(i, output_frame));
    }
    for (int i = 0; i < num_steps(); ++i) {
      if (IsBackEdge(*step(i).node)) SESSILE_RETURN_IF_ERROR(PutConsumers(i, step(i).frame));
    }
    return CheckRootOnly();
  }

  absl::Status PutConsumers(int source, int output_frame) {
    absl::Status status;
    ForEachEdge(step(source), [&](const Edge& edge) {
      int& consumer_frame = step(edge.step).frame;
      if (consumer_frame == -1) consumer_frame = output_frame;
      if (consumer_frame != output_frame && status.ok()) {
        status = InvalidArgument(
            step(edge.step).node->name(), " has inputs from different frames. The input ",
            step(source).node->name(), " is in frame '", frame(output_frame).name,
            "', another one is in frame '", frame(consumer_frame).name, "'.",
            NodeSuffix(*step(edge.step).node));
      }
    });
    return status;
  }

  absl::StatusOr<int> OutputFrame(Step& s) {
    if (s.kind == ControlFlowKind::kExit) {
      if (s.frame != 0) return frame(s.frame).parent;
      return InvalidArgument("Exit '", s.node->name(), "' is in no loop");
    }
    if (s.kind == ControlFlowKind::kNextIteration && s.frame == 0) {
      return InvalidArgument("NextIteration '", s.node->name(), "' is in no loop");
    }
    if (s.kind != ControlFlowKind::kEnter) return s.frame;
    const AttrMap& attrs = s.node->attrs();
    SESSILE_ASSIGN_OR_RETURN(const std::string name, attrs.Get<std::string>("frame_name"));
    SESSILE_ASSIGN_OR_RETURN(const int64_t parallel,
                             attrs.GetOr<int64_t>("parallel_iterations", 10));
    if (parallel < 1) {
      return InvalidArgument("Enter '", s.node->name(), "': parallel_iterations is ", parallel,
                             ", must be at least 1");
    }
    const auto [place, is_new] = frame_ids_.emplace(std::pair(s.frame, name), num_frames());
    if (is_new) {
      FrameLayout layout;
      layout.parent = s.frame;
      layout.depth = frame(s.frame).depth + 1;
      layout.name = name;
      layout.parallel_iterations = parallel;
      if (layout.depth > kMaxFrameDepth) {
        return InvalidArgument("Loop '", name, "' is inside of more than ", kMaxFrameDepth,
                               " other loops");
      }
      program_->frames_.push_back(std::move(layout));
    }
    s.child_frame = place->second;
    SESSILE_ASSIGN_OR_RETURN(s.is_constant, attrs.GetOr<bool>("is_constant", false));
    ++frame(s.child_frame).num_enters;
    return s.child_frame;
  }

  // Feeds and fetches stand outside of all loops.
  absl::Status CheckRootOnly() {
    for (size_t i = 0; i < key_.feeds.size(); ++i) {
      for (const Edge& edge : program_->feed_edges_[i]) {
        if (step(edge.step).frame != 0) {
          return InvalidArgument("Tensor '", EndpointName(graph_, key_.feeds[i]),
                                 "' may not be fed: it is in a loop");
        }
      }
    }
    for (const Endpoint& fetch : key_.fetches) {
      const auto source = step_of_.find(fetch.node);
      if (source == step_of_.end() || feeds_.contains(fetch)) continue;
      const Step& s = step(source->second);
      const bool leaves = s.kind == ControlFlowKind::kExit && frame(s.frame).parent == 0;
      if ((s.frame != 0 && !leaves) || s.kind == ControlFlowKind::kEnter) {
        return InvalidArgument("Operation '", s.node->name(),
                               "' has been marked as not fetchable: it is in a loop");
      }
    }
    return absl::OkStatus();
  }

  void LayOutFrames() {
    for (int i = 0; i < num_steps(); ++i) {
      Step& s = step(i);
      FrameLayout& layout = frame(s.frame);
      s.index = static_cast<int>(layout.steps.size());
      s.first_input = layout.num_inputs;
      layout.steps.push_back(i);
      layout.num_inputs += s.node->num_inputs();
    }
  }

  absl::Status FindKernels() {
    for (Step& s : program_->steps_) {
      if (s.kind != ControlFlowKind::kNone) continue;
      const AttrMap attrs = CarriedAttrs(s.node->attrs(), env_.yardstick);
      absl::StatusOr<const KernelDef*> kernel =
          env_.kernels->Find(s.node->op_type(), attrs, env_.yardstick);
      if (!kernel.ok()) return WithSuffix(kernel.status(), NodeSuffix(*s.node));
      s.kernel = *kernel;
      s.prepared = std::make_unique<PreparedCache>(s.kernel);
      if (s.kernel->state == nullptr) continue;
      absl::StatusOr<KernelState*> state = env_.states->Get(*s.node, *s.kernel);
      if (!state.ok()) return WithSuffix(state.status(), NodeSuffix(*s.node));
      s.state = *state;
    }
    return absl::OkStatus();
  }

  int num_steps() const { return static_cast<int>(program_->steps_.size()); }
  int num_frames() const { return static_cast<int>(program_->frames_.size()); }

  const GraphImpl& graph_;
  const ProgramKey& key_;
  const Program::Environment& env_;
  std::shared_ptr<Program> program_;
  std::map<Endpoint, int> feeds_;
  std::map<int, int> step_of_;  // by node id
  std::vector<int> order_;
  std::map<std::pair<int, std::string>, int> frame_ids_;
};

namespace {

// Whether the key names nodes and outputs that exist.
bool Exists(const GraphImpl& graph, const ProgramKey& key) {
  const auto is_node = [&](int id) { return id >= 0 && id < graph.num_nodes(); };
  const auto is_output = [&](const Endpoint& endpoint) {
    return is_node(endpoint.node) && endpoint.index >= 0 &&
           endpoint.index < graph.node(endpoint.node).num_outputs();
  };
  return std::all_of(key.feeds.begin(), key.feeds.end(), is_output) &&
         std::all_of(key.fetches.begin(), key.fetches.end(), is_output) &&
         std::all_of(key.targets.begin(), key.targets.end(), is_node);
}

// The key for a graph whose calls are inlined.
ProgramKey KeyIn(const InlinedGraph& inlined, const ProgramKey& key) {
  const auto output = [&](const Endpoint& endpoint) {
    return inlined.outputs.at(endpoint.node)[static_cast<size_t>(endpoint.index)];
  };
  ProgramKey mapped;
  for (const Endpoint& feed : key.feeds) mapped.feeds.push_back(output(feed));
  for (const Endpoint& fetch : key.fetches) mapped.fetches.push_back(output(fetch));
  for (const int target : key.targets) mapped.targets.push_back(inlined.done.at(target));
  return mapped;
}

}  // namespace

absl::StatusOr<std::shared_ptr<const Program>> Program::Build(GraphImpl& graph,
                                                              const ProgramKey& key,
                                                              const Environment& environment) {
  const FunctionSupport* functions = graph.ops().function_support();
  if (functions == nullptr || !graph.has_calls() || !Exists(graph, key)) {
    return ProgramBuilder(graph, key, environment).Build();
  }
  std::vector<int> roots = key.targets;
  for (const Endpoint& fetch : key.fetches) roots.push_back(fetch.node);
  const std::set<Endpoint> fed(key.feeds.begin(), key.feeds.end());
  SESSILE_ASSIGN_OR_RETURN(const InlinedGraph inlined,
                           functions->inline_functions(graph, roots, fed));
  const ProgramKey mapped = KeyIn(inlined, key);
  return ProgramBuilder(*inlined.graph, mapped, environment).Build(inlined.graph);
}

std::string EndpointName(const GraphImpl& graph, Endpoint endpoint) {
  return absl::StrCat(graph.node(endpoint.node).name(), ":", endpoint.index);
}

bool Step::is_function() const {
  return kind == ControlFlowKind::kNone && state == nullptr && !node->op()->is_stateful &&
         !HasRef(node->input_types()) && !HasRef(node->output_types());
}

std::string NodeSuffix(const Node& node) {
  const std::string where = node.built_at().ToString();
  return absl::StrCat("\n\t [[{{node ", node.name(), "}}]] (", node.op_type(),
                      where.empty() ? "" : ", built at ", where, ")");
}

}  // namespace sessile
