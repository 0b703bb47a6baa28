#include "sessile/core/graph/graph_impl.h"

#include <algorithm>
#include <atomic>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "sessile/core/framework/shape_inference.h"
#include "sessile/core/framework/status.h"

namespace sessile {
namespace {

// The GraphDef version of TensorFlow 2.15.1, whose graphs these are.
constexpr int kProducerVersion = 1645;

// How far back a value is followed. Each step is some stack frames; what lies deeper is unknown.
constexpr int kMaxValueDepth = 500;

std::atomic<uint64_t> g_next_uid{1};

// A reference is taken where its value is expected. Of an op that is not registered nothing is
// known.
bool Fits(DataType got, DataType want) {
  return got == want || BaseType(got) == want || got == DataType::kInvalid;
}

std::string EndpointName(const Node& node, int index) {
  return absl::StrCat(node.name(), ":", index);
}

}  // namespace

bool IsNodeName(std::string_view name) {
  if (name.empty()) return false;
  for (size_t i = 0; i < name.size(); ++i) {
    const char c = name[i];
    const bool first = absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '.';
    if (!first && (i == 0 || (c != '_' && c != '-' && c != '/' && c != '>' && c != '\\'))) {
      return false;
    }
  }
  return true;
}

// What the shape rule of a node learns from the graph.
class GraphImpl::NodeShapes final : public ShapeSource {
 public:
  NodeShapes(GraphImpl& graph, const Node& node) : graph_(graph), node_(node) {}
  Shape input_shape(int i) override {
    const Endpoint& input = node_.inputs()[static_cast<size_t>(i)];
    if (input == NodeSpec::kLater) return Shape::Unknown();
    return graph_.node(input.node).output_shape(input.index);
  }
  HandleFacts input_handle(int i) override {
    const Endpoint& input = node_.inputs()[static_cast<size_t>(i)];
    if (input == NodeSpec::kLater) return {};
    return graph_.node(input.node).output_handle(input.index);
  }
  const Tensor* input_value(int i) override {
    const Endpoint& input = node_.inputs()[static_cast<size_t>(i)];
    return input == NodeSpec::kLater ? nullptr : graph_.ConstantValue(input);
  }
  absl::StatusOr<Shape> input_value_as_shape(int i) override {
    if (node_.inputs()[static_cast<size_t>(i)] == NodeSpec::kLater) return Shape::Unknown();
    return graph_.ConstantValueAsShape(node_.inputs()[static_cast<size_t>(i)]);
  }

 private:
  GraphImpl& graph_;
  const Node& node_;
};

GraphImpl::GraphImpl(const OpRegistry& ops)
    : uid_(g_next_uid.fetch_add(1)), ops_(ops), producer_version_(kProducerVersion) {}
GraphImpl::~GraphImpl() = default;

const OpDef* GraphImpl::FindOp(std::string_view name) const {
  const OpDef* op = ops_.Find(name);
  return op != nullptr ? op : FindFunction(name);
}

const OpDef* GraphImpl::FindFunction(std::string_view name) const {
  std::lock_guard lock(mutex_);
  const auto found = functions_.find(name);
  return found == functions_.end() ? nullptr : found->second.get();
}

bool GraphImpl::AddFunction(OpDef function) {
  std::lock_guard lock(mutex_);
  std::string name = function.name;
  return functions_.emplace(std::move(name), std::make_unique<OpDef>(std::move(function))).second;
}

void GraphImpl::RemoveFunction(const std::string& name) {
  std::lock_guard lock(mutex_);
  functions_.erase(name);
}

bool GraphImpl::has_calls() const {
  std::lock_guard lock(mutex_);
  return has_calls_;
}

absl::Status GraphImpl::CheckUsable() const {
  std::lock_guard lock(mutex_);
  if (reset_) {
    return FailedPrecondition(
        "This graph was discarded by tf::reset_default_graph(); tensors, operations and sessions "
        "of it cannot be used any more");
  }
  return absl::OkStatus();
}

absl::Status GraphImpl::CheckCanAppend(const NodeSpec& spec) const {
  SESSILE_RETURN_IF_ERROR(CheckUsable());
  if (finalized_) {
    return FailedPrecondition("Graph is finalized and cannot be modified.");
  }
  if (!IsNodeName(spec.name)) {
    return InvalidArgument("'", spec.name,
                           "' is not a valid node name. Accepted names conform to Regex "
                           "/^[A-Za-z0-9.][A-Za-z0-9_.\\\\/>-]*$/ (op: '",
                           spec.op, "')");
  }
  if (by_name_.contains(spec.name)) {
    return InvalidArgument("Node name '", spec.name, "' already exists in the Graph (op: '",
                           spec.op, "')");
  }
  for (const Endpoint& input : spec.inputs) {
    if (spec.has_later_inputs && input == NodeSpec::kLater) continue;
    if (input.node < 0 || input.node >= num_nodes() || input.index < 0 ||
        input.index >= node(input.node).num_outputs()) {
      return InvalidArgument("Node '", spec.name, "' (op: '", spec.op,
                             "') has an input that is not in the graph");
    }
  }
  for (int control : spec.control_inputs) {
    if (control < 0 || control >= num_nodes()) {
      return InvalidArgument("Node '", spec.name, "' (op: '", spec.op,
                             "') has a control input that is not in the graph");
    }
  }
  return absl::OkStatus();
}

absl::Status GraphImpl::CheckSpec(NodeSpec& spec, const OpDef& op, std::vector<DataType>* in,
                                  std::vector<DataType>* out) const {
  SESSILE_RETURN_IF_ERROR(CheckAttrs(op, spec.name, &spec.attrs));
  SESSILE_ASSIGN_OR_RETURN(*in, ArgTypes(op.inputs, spec.attrs));
  SESSILE_ASSIGN_OR_RETURN(*out, ArgTypes(op.outputs, spec.attrs));
  if (spec.inputs.size() != in->size()) {
    const std::string expected = absl::StrJoin(
        *in, ", ", [](std::string* to, DataType type) { absl::StrAppend(to, DataTypeName(type)); });
    return InvalidArgument("NodeDef expected inputs '", expected, "' do not match ",
                           spec.inputs.size(), " inputs specified; ", SummarizeOpDef(op),
                           "; NodeDef: {{node ", spec.name, "}}");
  }
  for (size_t i = 0; i < in->size(); ++i) {
    if (spec.inputs[i] == NodeSpec::kLater) continue;
    const Node& source = node(spec.inputs[i].node);
    const DataType got = source.output_types()[static_cast<size_t>(spec.inputs[i].index)];
    if (!Fits(got, (*in)[i])) {
      return InvalidArgument("Input ", i, " of node ", spec.name, " (op: '", spec.op,
                             "') was passed ", DataTypeName(got), " from ",
                             EndpointName(source, spec.inputs[i].index),
                             " incompatible with expected ", DataTypeName((*in)[i]), ".");
    }
  }
  return absl::OkStatus();
}

Node* GraphImpl::Append(NodeSpec spec, const OpDef* op, std::vector<DataType> in,
                        std::vector<DataType> out) {
  std::unique_ptr<Node> node(new Node());
  node->id_ = static_cast<int>(nodes_.size());
  node->name_ = std::move(spec.name);
  node->op_type_ = std::move(spec.op);
  node->op_ = op;
  node->attrs_ = std::move(spec.attrs);
  node->device_ = std::move(spec.device);
  node->inputs_ = std::move(spec.inputs);
  for (int control : spec.control_inputs) {
    auto& controls = node->control_inputs_;
    if (std::find(controls.begin(), controls.end(), control) == controls.end()) {
      controls.push_back(control);
    }
  }
  node->input_types_ = std::move(in);
  node->output_types_ = std::move(out);
  node->output_shapes_.assign(node->output_types_.size(), Shape::Unknown());
  node->built_at_ = spec.built_at;
  node->context_ = spec.context;
  node->original_ = std::move(spec.original);
  has_calls_ = has_calls_ || (op != nullptr && op->lower != nullptr);
  by_name_.emplace(node->name_, node->id_);
  nodes_.push_back(std::move(node));
  return nodes_.back().get();
}

absl::StatusOr<Node*> GraphImpl::AddNode(NodeSpec spec) {
  std::lock_guard lock(mutex_);
  SESSILE_RETURN_IF_ERROR(CheckCanAppend(spec));
  const OpDef* op = FindOp(spec.op);
  if (op == nullptr) return ops_.NotRegistered(spec.op, spec.name);
  std::vector<DataType> in, out;
  SESSILE_RETURN_IF_ERROR(CheckSpec(spec, *op, &in, &out));
  Node* node = Append(std::move(spec), op, std::move(in), std::move(out));
  if (absl::Status status = InferLocked(*node); !status.ok()) {
    // A node that cannot be has not been there.
    by_name_.erase(node->name_);
    nodes_.pop_back();
    return status;
  }
  return node;
}

absl::StatusOr<Node*> GraphImpl::AddUncheckedNode(NodeSpec spec) {
  std::lock_guard lock(mutex_);
  std::vector<Endpoint> later = std::move(spec.inputs);
  std::vector<int> later_controls = std::move(spec.control_inputs);
  spec.inputs.clear();
  spec.control_inputs.clear();
  SESSILE_RETURN_IF_ERROR(CheckCanAppend(spec));
  const OpDef* op = FindOp(spec.op);
  std::vector<DataType> in, out;
  if (op != nullptr) {
    SESSILE_RETURN_IF_ERROR(CheckAttrs(*op, spec.name, &spec.attrs));
    SESSILE_ASSIGN_OR_RETURN(in, ArgTypes(op->inputs, spec.attrs));
    SESSILE_ASSIGN_OR_RETURN(out, ArgTypes(op->outputs, spec.attrs));
  } else {
    in.assign(later.size(), DataType::kInvalid);
    out.assign(static_cast<size_t>(spec.unregistered_outputs), DataType::kInvalid);
  }
  spec.inputs = std::move(later);
  spec.control_inputs = std::move(later_controls);
  return Append(std::move(spec), op, std::move(in), std::move(out));
}

void GraphImpl::RemoveNodesFrom(int id) {
  std::lock_guard lock(mutex_);
  constant_values_.erase(constant_values_.lower_bound(Endpoint{id, 0}), constant_values_.end());
  while (num_nodes() > id) {
    by_name_.erase(nodes_.back()->name_);
    nodes_.pop_back();
  }
  ++epoch_;
}

int GraphImpl::num_nodes() const {
  std::lock_guard lock(mutex_);
  return static_cast<int>(nodes_.size());
}

Node& GraphImpl::node(int id) {
  std::lock_guard lock(mutex_);
  return *nodes_[static_cast<size_t>(id)];
}

const Node& GraphImpl::node(int id) const {
  std::lock_guard lock(mutex_);
  return *nodes_[static_cast<size_t>(id)];
}

Node* GraphImpl::FindNode(std::string_view name) {
  std::lock_guard lock(mutex_);
  const auto it = by_name_.find(absl::string_view(name.data(), name.size()));
  return it == by_name_.end() ? nullptr : nodes_[static_cast<size_t>(it->second)].get();
}

const Node* GraphImpl::FindNode(std::string_view name) const {
  return const_cast<GraphImpl*>(this)->FindNode(name);
}

absl::Status GraphImpl::UpdateInput(Node& node, int input, Endpoint source) {
  std::lock_guard lock(mutex_);
  SESSILE_RETURN_IF_ERROR(CheckUsable());
  if (input < 0 || input >= node.num_inputs() || source.node < 0 || source.node >= num_nodes() ||
      source.index < 0 || source.index >= this->node(source.node).num_outputs()) {
    return InvalidArgument("Cannot update edge. Input index [", input, "] of node '", node.name(),
                           "' or its new source does not exist.");
  }
  const Node& from = this->node(source.node);
  const DataType got = from.output_types()[static_cast<size_t>(source.index)];
  const DataType want = node.input_types_[static_cast<size_t>(input)];
  if (!Fits(got, want)) {
    return InvalidArgument("Input ", input, " of node ", node.name(), " was passed ",
                           DataTypeName(got), " from ", EndpointName(from, source.index),
                           " incompatible with expected ", DataTypeName(want), ".");
  }
  node.inputs_[static_cast<size_t>(input)] = source;
  ++epoch_;
  return absl::OkStatus();
}

void GraphImpl::AddControlInput(Node& node, int control) {
  std::lock_guard lock(mutex_);
  auto& controls = node.control_inputs_;
  if (std::find(controls.begin(), controls.end(), control) != controls.end()) return;
  controls.push_back(control);
  ++epoch_;
}

void GraphImpl::RemoveControlInputs(Node& node) {
  std::lock_guard lock(mutex_);
  if (node.control_inputs_.empty()) return;
  node.control_inputs_.clear();
  ++epoch_;
}

void GraphImpl::SetAttr(Node& node, std::string_view name, AttrValue value) {
  std::lock_guard lock(mutex_);
  node.attrs_.Set(name, std::move(value));
  ++epoch_;
}

void GraphImpl::SetDevice(Node& node, std::string device) {
  std::lock_guard lock(mutex_);
  node.device_ = std::move(device);
}

void GraphImpl::SetControlFlowContext(Node& node, ControlFlowContext* context) {
  std::lock_guard lock(mutex_);
  node.context_ = context;
}

Shape GraphImpl::OutputShape(Endpoint output) const {
  std::lock_guard lock(mutex_);
  return node(output.node).output_shape(output.index);
}

absl::Status GraphImpl::RefineShape(Endpoint output, const Shape& shape) {
  std::lock_guard lock(mutex_);
  SESSILE_RETURN_IF_ERROR(CheckUsable());
  Node& owner = node(output.node);
  Shape& known = owner.output_shapes_[static_cast<size_t>(output.index)];
  absl::StatusOr<Shape> merged = Shape::Merge(known, shape);
  if (!merged.ok()) {
    return WithSuffix(merged.status(),
                      absl::StrCat(" (set_shape of '", EndpointName(owner, output.index), "')"));
  }
  known = *std::move(merged);
  return absl::OkStatus();
}

absl::Status GraphImpl::InferNodeShapes(Node& node) {
  std::lock_guard lock(mutex_);
  return InferLocked(node);
}

absl::Status GraphImpl::InferLocked(Node& node) {
  if (node.op_ == nullptr) return absl::OkStatus();
  NodeShapes source(*this, node);
  SESSILE_ASSIGN_OR_RETURN(InferredOutputs inferred, InferShapes(node, &source));
  node.output_shapes_ = std::move(inferred.shapes);
  node.output_handles_ = std::move(inferred.handles);
  return absl::OkStatus();
}

uint64_t GraphImpl::epoch() const {
  std::lock_guard lock(mutex_);
  return epoch_;
}

std::string GraphImpl::UniqueName(std::string_view name, bool mark_as_used) {
  std::lock_guard lock(mutex_);
  const std::string base = absl::AsciiStrToLower(absl::string_view(name.data(), name.size()));
  const auto used = names_in_use_.find(base);
  int i = used == names_in_use_.end() ? 0 : used->second;
  if (mark_as_used) names_in_use_[base] = i + 1;
  if (i == 0) return std::string(name);
  std::string key = base;
  while (names_in_use_.contains(key)) key = absl::StrCat(base, "_", i++);
  if (mark_as_used) names_in_use_[key] = 1;
  return absl::StrCat(std::string(name), "_", i - 1);
}

const Tensor* GraphImpl::ConstantValue(Endpoint output) {
  static thread_local int depth = 0;
  std::lock_guard lock(mutex_);
  const auto known = constant_values_.find(output);
  if (known != constant_values_.end()) return &known->second;
  const Node& owner = node(output.node);
  if (owner.op() == nullptr || !owner.op()->value || depth >= kMaxValueDepth) return nullptr;
  ++depth;
  NodeShapes source(*this, owner);
  ShapeContext context(owner, &source);
  std::optional<Tensor> value = owner.op()->value(context, output.index);
  --depth;
  if (!value.has_value()) return nullptr;
  return &constant_values_.emplace(output, *std::move(value)).first->second;
}

absl::StatusOr<Shape> GraphImpl::ConstantValueAsShape(Endpoint output) {
  static thread_local int depth = 0;
  std::lock_guard lock(mutex_);
  if (const Tensor* value = ConstantValue(output)) return ShapeFromTensor(*value);
  const Node& owner = node(output.node);
  if (owner.op() != nullptr && owner.op()->value_as_shape && depth < kMaxValueDepth) {
    ++depth;
    NodeShapes source(*this, owner);
    ShapeContext context(owner, &source);
    std::optional<Shape> shape = owner.op()->value_as_shape(context, output.index);
    --depth;
    if (shape.has_value()) return *std::move(shape);
  }
  // A vector of n unknown numbers is a shape of rank n.
  const Shape& own = owner.output_shape(output.index);
  if (own.has_rank() && own.rank() == 1 && own.dim(0) >= 0 && own.dim(0) <= Shape::kMaxRank) {
    return Shape::UnknownOfRank(static_cast<int>(own.dim(0)));
  }
  return Shape::Unknown();
}

void GraphImpl::MarkNameAsUsed(std::string_view name) {
  std::lock_guard lock(mutex_);
  names_in_use_.emplace(absl::AsciiStrToLower(absl::string_view(name.data(), name.size())), 1);
}

std::vector<VariableRecord> GraphImpl::variables() const {
  std::lock_guard lock(mutex_);
  return variables_;
}

int GraphImpl::AddVariable(VariableRecord record) {
  std::lock_guard lock(mutex_);
  variables_.push_back(std::move(record));
  return static_cast<int>(variables_.size()) - 1;
}

VariableRecord GraphImpl::variable(int index) const {
  std::lock_guard lock(mutex_);
  return variables_[static_cast<size_t>(index)];
}

ControlFlowContext* GraphImpl::AdoptContext(std::unique_ptr<ControlFlowContext> context) {
  std::lock_guard lock(mutex_);
  contexts_.push_back(std::move(context));
  return contexts_.back().get();
}

std::vector<ControlFlowContext*> GraphImpl::contexts() const {
  std::lock_guard lock(mutex_);
  std::vector<ControlFlowContext*> all;
  for (const auto& context : contexts_) all.push_back(context.get());
  return all;
}

std::optional<int64_t> GraphImpl::seed() const {
  std::lock_guard lock(mutex_);
  return seed_;
}

void GraphImpl::set_seed(std::optional<int64_t> seed) {
  std::lock_guard lock(mutex_);
  seed_ = seed;
}

int64_t GraphImpl::NextSeedRequest() {
  std::lock_guard lock(mutex_);
  return seed_requests_++;
}

void GraphImpl::Finalize() {
  std::lock_guard lock(mutex_);
  finalized_ = true;
}

bool GraphImpl::finalized() const {
  std::lock_guard lock(mutex_);
  return finalized_;
}

void GraphImpl::MarkReset() {
  std::lock_guard lock(mutex_);
  reset_ = true;
}

std::shared_ptr<void>& GraphImpl::SlotOf(const void* key) { return slots_[key]; }

}  // namespace sessile
