// The graph itself: nodes, names, collections. The handles Graph, Operation, Output share it.
//
// A graph is append-only: nodes have ids in the order of their making, never move and never go
// away. What it holds refers to nodes by id, so there are no cycles of ownership. Any thread may
// build and read; each call is atomic. epoch() tells a session that a node that it has seen
// changed.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "sessile/core/framework/op_registry.h"
#include "sessile/core/graph/collection.h"
#include "sessile/core/graph/control_flow_context.h"
#include "sessile/core/graph/node.h"

namespace sessile {

// Whether TensorFlow allows `name` for a node: [A-Za-z0-9.][A-Za-z0-9_.\\/>-]*
bool IsNodeName(std::string_view name);

// What AddNode makes a node from. Inputs are in the order of the op's arguments, lists flattened.
struct NodeSpec {
  std::string name;  // exact and unused
  std::string op;
  std::vector<Endpoint> inputs = {};
  std::vector<int> control_inputs = {};
  AttrMap attrs = {};
  std::string device = {};
  SourceLocation built_at = {};
  ControlFlowContext* context = nullptr;
  std::shared_ptr<const pb::NodeDef> original = nullptr;
  // Some inputs are kLater until UpdateInput sets them: the back edges of loops.
  bool has_later_inputs = false;
  // Outputs to give a node whose op is not registered; their type is kInvalid.
  int unregistered_outputs = 0;

  static constexpr Endpoint kLater = {};
};

class GraphImpl : public std::enable_shared_from_this<GraphImpl> {
 public:
  explicit GraphImpl(const OpRegistry& ops);
  ~GraphImpl();
  GraphImpl(const GraphImpl&) = delete;
  GraphImpl& operator=(const GraphImpl&) = delete;

  // Until the lock is released, other threads wait: what is done meanwhile is one step to them.
  [[nodiscard]] std::unique_lock<std::recursive_mutex> Lock() const {
    return std::unique_lock<std::recursive_mutex>(mutex_);
  }

  // Unique in the process, never used again.
  uint64_t uid() const { return uid_; }
  const OpRegistry& ops() const { return ops_; }
  // A registered operation, or else a function of the graph's library; null if there is none.
  const OpDef* FindOp(std::string_view name) const;
  const OpDef* FindFunction(std::string_view name) const;
  // Nodes may name `function` as their op from now on. Does nothing and returns false if there is
  // one of that name.
  bool AddFunction(OpDef function);
  // Undoes an import that failed. REQUIRES: no node names it.
  void RemoveFunction(const std::string& name);
  // Whether a node calls a function.
  bool has_calls() const;

  // Checks the spec against the op's definition, infers shapes, appends. Errors: unknown op, wrong
  // number or types of inputs, attributes, a taken name, what the shape rule says, a finalized or
  // reset graph.
  absl::StatusOr<Node*> AddNode(NodeSpec spec);
  // As AddNode, for an op that need not be registered and inputs that are not checked.
  absl::StatusOr<Node*> AddUncheckedNode(NodeSpec spec);

  // Undoes an import that failed: nodes from `id` on are gone. REQUIRES: Lock() is held since they
  // were made, and nothing refers to them.
  void RemoveNodesFrom(int id);

  int num_nodes() const;
  // REQUIRES: 0 <= id < num_nodes().
  Node& node(int id);
  const Node& node(int id) const;
  Node* FindNode(std::string_view name);
  const Node* FindNode(std::string_view name) const;

  // Changes of existing nodes; each bumps epoch().
  absl::Status UpdateInput(Node& node, int input, Endpoint source);
  void AddControlInput(Node& node, int control);
  void RemoveControlInputs(Node& node);
  void SetAttr(Node& node, std::string_view name, AttrValue value);
  void SetDevice(Node& node, std::string device);
  // Makes `node` part of `context`, which this graph has adopted, or of none.
  void SetControlFlowContext(Node& node, ControlFlowContext* context);
  Shape OutputShape(Endpoint output) const;
  // Merges `shape` into what is known of an output.
  absl::Status RefineShape(Endpoint output, const Shape& shape);
  // Infers the shapes of a node made by AddUncheckedNode, now that its inputs are there.
  absl::Status InferNodeShapes(Node& node);
  uint64_t epoch() const;

  // TensorFlow's unique_name for a name with its scope already in front: "dense", then "dense_1".
  // Names are compared without case, as TensorFlow does.
  std::string UniqueName(std::string_view name, bool mark_as_used = true);
  // UniqueName will not give `name` from now on.
  void MarkNameAsUsed(std::string_view name);

  // The value of an output, if it follows from constants and static shapes. The pointer lives as
  // long as the graph.
  const Tensor* ConstantValue(Endpoint output);
  absl::StatusOr<Shape> ConstantValueAsShape(Endpoint output);

  Collections& collections() { return collections_; }
  const Collections& collections() const { return collections_; }
  // Variables, by the order of their making.
  std::vector<VariableRecord> variables() const;
  int AddVariable(VariableRecord record);
  VariableRecord variable(int index) const;

  // Keeps `context` as long as the graph lives.
  ControlFlowContext* AdoptContext(std::unique_ptr<ControlFlowContext> context);
  std::vector<ControlFlowContext*> contexts() const;

  std::optional<int64_t> seed() const;
  void set_seed(std::optional<int64_t> seed);
  // The number of requests for an op seed so far; counts this one.
  int64_t NextSeedRequest();

  // No node can be added any more.
  void Finalize();
  bool finalized() const;
  // reset_default_graph() was called on it: using it is an error from now on.
  void MarkReset();
  // FAILED_PRECONDITION if the graph was reset.
  absl::Status CheckUsable() const;

  int producer_version() const { return producer_version_; }
  void set_producer_version(int version) { producer_version_ = version; }

  // A slot for what a higher layer keeps with the graph (say, the variable store): made by the
  // first call, identified by the type.
  template <typename T>
  T& Slot();

 private:
  // All of these REQUIRE: mutex_ is held.
  absl::Status CheckSpec(NodeSpec& spec, const OpDef& op, std::vector<DataType>* in,
                         std::vector<DataType>* out) const;
  absl::Status CheckCanAppend(const NodeSpec& spec) const;
  Node* Append(NodeSpec spec, const OpDef* op, std::vector<DataType> in, std::vector<DataType> out);
  absl::Status InferLocked(Node& node);
  std::shared_ptr<void>& SlotOf(const void* key);

  class NodeShapes;

  const uint64_t uid_;
  const OpRegistry& ops_;
  mutable std::recursive_mutex mutex_;
  std::deque<std::unique_ptr<Node>> nodes_;
  absl::flat_hash_map<absl::string_view, int> by_name_;  // keys are the nodes' own names
  absl::flat_hash_map<std::string, int> names_in_use_;   // in lower case
  std::map<Endpoint, Tensor> constant_values_;
  Collections collections_;
  std::vector<VariableRecord> variables_;
  std::vector<std::unique_ptr<ControlFlowContext>> contexts_;
  std::map<const void*, std::shared_ptr<void>> slots_;
  std::map<std::string, std::unique_ptr<OpDef>, std::less<>> functions_;
  std::optional<int64_t> seed_;
  int64_t seed_requests_ = 0;
  uint64_t epoch_ = 0;
  int producer_version_;
  bool finalized_ = false;
  bool reset_ = false;
  bool has_calls_ = false;
};

template <typename T>
T& GraphImpl::Slot() {
  static const char key = 0;  // its address tells the type
  std::lock_guard lock(mutex_);
  std::shared_ptr<void>& slot = SlotOf(&key);
  if (slot == nullptr) slot = std::make_shared<T>();
  return *static_cast<T*>(slot.get());
}

}  // namespace sessile
