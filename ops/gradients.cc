#include "sessile/ops/gradients.h"

#include <algorithm>
#include <deque>
#include <map>
#include <optional>
#include <set>

#include "absl/strings/str_cat.h"
#include "sessile/core/framework/errors.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/graph/scope.h"
#include "sessile/ops/array.h"
#include "sessile/ops/control_flow_state.h"
#include "sessile/ops/grad_context.h"
#include "sessile/ops/grad_ys.h"
#include "sessile/ops/gradient_region.h"
#include "sessile/ops/grouping.h"
#include "sessile/ops/math.h"
#include "sessile/ops/op_builder.h"

namespace sessile {
namespace {

Output ZerosLike(const Output& output) {
  return OpBuilder("ZerosLike", "zeros_like").Input(output).Build();
}

// AddN, first of what is on the same device.
Output SumByDevice(const std::vector<Output>& grads) {
  std::map<std::string, std::vector<Output>> by_device;
  for (const Output& grad : grads) by_device[grad.op().device()].push_back(grad);
  std::vector<Output> sums;
  for (const auto& [device, on_device] : by_device) {
    const colocate_with with(on_device[0], /*ignore_existing=*/true);
    sums.push_back(on_device.size() == 1 ? on_device[0]
                                         : OpBuilder("AddN").InputList(on_device).Build());
  }
  return sums.size() == 1 ? sums[0] : OpBuilder("AddN").InputList(sums).Build();
}

// Of indices of two types all become int64.
std::vector<Output> IndicesOf(const std::vector<Gradient>& grads) {
  std::vector<Output> indices;
  size_t narrow = 0;
  for (const Gradient& grad : grads) {
    indices.push_back(grad.slices().indices);
    if (BaseType(indices.back().dtype()) == int32) ++narrow;
  }
  if (narrow == 0 || narrow == indices.size()) return indices;
  for (Output& each : indices) each = cast(each, int64);
  return indices;
}

// Some of them are slices: one after the other if all are, else the sum of whole tensors.
Gradient SumWithSlices(const std::vector<Gradient>& grads) {
  const auto is_slices = [](const Gradient& grad) { return grad.is_slices(); };
  if (!std::all_of(grads.begin(), grads.end(), is_slices)) {
    const name_scope scope("AddN");
    std::vector<Output> tensors;
    for (size_t i = 0; i < grads.size(); ++i) {
      tensors.push_back(is_slices(grads[i])
                            ? convert_to_tensor(grads[i].slices(), absl::StrCat("inputs_", i))
                            : grads[i].values());
    }
    return OpBuilder("AddN", scope.name()).InputList(tensors).Build();
  }
  const std::vector<Output> indices = IndicesOf(grads);
  std::vector<Input> values;
  for (const Gradient& grad : grads) values.emplace_back(grad.values());
  const Output all_values = concat(values, 0);
  const Output all_indices = concat(std::vector<Input>(indices.begin(), indices.end()), 0);
  return IndexedSlices{all_values, all_indices, grads[0].slices().dense_shape};
}

// The gradients of the outputs of one node: as they arrive, then their sums.
struct NodeGrads {
  explicit NodeGrads(int outputs)
      : received(static_cast<size_t>(outputs)), sums(static_cast<size_t>(outputs)) {}
  std::vector<std::vector<Output>> received;
  std::vector<Output> sums;
};

// One call of gradients(). Nodes are visited when all gradients of their outputs have come, in
// TensorFlow's order: first in, first out.
class GradientWalk {
 public:
  GradientWalk(std::shared_ptr<GraphImpl> graph, const GradientsOptions& options,
               std::span<const Output> ys, std::span<const Output> xs)
      : graph_(std::move(graph)),
        options_(options),
        region_(*graph_, ys, xs),
        control_flow_(graph_),
        context_(graph_, &control_flow_) {
    control_flow_.AddLoops(region_, options.colocate_gradients_with_ops);
    region_.CountPending();
  }

  void Run(std::span<const Output> ys, std::span<const Output> grad_ys, std::span<const Output> xs);
  // After Run, outside of its name scope.
  void Finish() { control_flow_.Finish(); }
  // The sum that came for `x`; empty if none did.
  Gradient GradientOf(const Output& x) const;

 private:
  void MarkStops(std::span<const Output> xs);
  void Enqueue(std::span<const Output> ys);
  // Of the input of a visited node that waits for one gradient less.
  void EnqueueIfReady(int id);
  // An exit waits until all exits of its loop are there.
  void EnqueueExit(const Node& exit);
  void ReceiveZeros(Endpoint exit);
  bool HasGradient(int id) const;
  void Receive(Endpoint output, const Output& grad);
  void Visit(const Node& node);
  void CheckIsNoLoopVariable(const Node& node) const;
  std::vector<Output> AddUp(const Node& node);
  Output Sum(const Node& node, const std::vector<Output>& grads);
  // Slices as whole tensors, if `fn` wants them so.
  void MakeDense(const GradientFn& fn, std::vector<Output>* grads) const;
  // Null if nothing flows through the node.
  const GradientFn* FunctionOf(const Node& node) const;
  std::vector<Output> Differentiate(const Node& node, const GradientFn& fn,
                                    std::vector<Output> grads);
  std::vector<Output> Gated(const std::vector<Output>& grads);
  void PassOn(const Node& node, const std::vector<Output>& grads);

  const std::shared_ptr<GraphImpl> graph_;
  const GradientsOptions& options_;
  GradientRegion region_;
  ControlFlowState control_flow_;
  GradContext context_;
  std::set<int> stops_;
  std::map<int, NodeGrads> grads_;
  std::deque<int> queue_;
};

// Nothing flows through an x that depends on no other x.
void GradientWalk::MarkStops(std::span<const Output> xs) {
  for (const Output& x : xs) {
    bool stops = true;
    for (const Endpoint& input : x.node().inputs()) {
      if (region_.pending(input.node) > 0) stops = false;
    }
    if (stops) stops_.insert(x.node().id());
  }
  for (const Output& stop : options_.stop_gradients) stops_.insert(stop.node().id());
}

void GradientWalk::Enqueue(std::span<const Output> ys) {
  std::set<int> queued;
  for (const Output& y : ys) {
    const int id = y.node().id();
    if (region_.pending(id) == 0 && region_.IsReached(id) && queued.insert(id).second) {
      queue_.push_back(id);
    }
  }
  for (const Endpoint& exit : control_flow_.TakeUnusedExits(region_, queued)) {
    if (!IsTrainable(graph_->node(exit.node).output_types()[0])) continue;
    ReceiveZeros(exit);
    queue_.push_back(exit.node);
  }
}

void GradientWalk::ReceiveZeros(Endpoint exit) {
  Receive(exit, control_flow_.ZerosLikeForExit(exit));
}

bool GradientWalk::HasGradient(int id) const {
  const auto it = grads_.find(id);
  return it != grads_.end() && !it->second.received[0].empty();
}

void GradientWalk::EnqueueIfReady(int id) {
  const Node& node = graph_->node(id);
  const int pending = --region_.pending(id);
  // A loop's Switch is visited for its Exit, and again for what went round.
  if (pending != 0 && !(pending > 0 && control_flow_.has_loops() && IsLoopSwitch(node))) {
    return;
  }
  const bool is_exit = node.op() != nullptr && node.op()->control_flow == ControlFlowKind::kExit;
  if (is_exit) return EnqueueExit(node);
  queue_.push_back(id);
}

void GradientWalk::EnqueueExit(const Node& exit) {
  GradLoopState* const loop = control_flow_.LoopOf(exit);
  if (loop == nullptr) return queue_.push_back(exit.id());
  GradLoopState::Exits& exits = loop->exits();
  exits.deferred.push_back({exit.id(), 0});
  if (--exits.to_come != 0) return;
  bool any = false;
  for (const Endpoint& deferred : exits.deferred) {
    if (HasGradient(deferred.node)) {
      any = true;
      queue_.push_back(deferred.node);
    } else {
      exits.unused.push_back(deferred);
    }
  }
  // What came to no exit is zero, unless nothing came to any.
  for (const Endpoint& unused : exits.unused) {
    if (any && IsTrainable(graph_->node(unused.node).output_types()[0])) ReceiveZeros(unused);
    queue_.push_back(unused.node);
  }
}

void GradientWalk::Receive(Endpoint output, const Output& grad) {
  const auto [it, is_new] =
      grads_.try_emplace(output.node, graph_->node(output.node).num_outputs());
  it->second.received[static_cast<size_t>(output.index)].push_back(grad);
}

void GradientWalk::Run(std::span<const Output> ys, std::span<const Output> grad_ys,
                       std::span<const Output> xs) {
  for (size_t i = 0; i < ys.size(); ++i) Receive(ys[i].endpoint(), grad_ys[i]);
  Enqueue(ys);
  MarkStops(xs);
  while (!queue_.empty()) {
    const Node& node = graph_->node(queue_.front());
    queue_.pop_front();
    Visit(node);
    for (const Endpoint& input : node.inputs()) EnqueueIfReady(input.node);
  }
}

Gradient GradientWalk::GradientOf(const Output& x) const {
  const auto it = grads_.find(x.node().id());
  if (it == grads_.end()) return Gradient();
  const Output& sum = it->second.sums[static_cast<size_t>(x.index())];
  return sum.has_value() ? context_.Resolve(sum) : Gradient();
}

Output GradientWalk::Sum(const Node& node, const std::vector<Output>& grads) {
  if (grads.size() == 1) return grads[0];
  std::vector<Gradient> resolved;
  bool any_slices = false;
  for (const Output& grad : grads) {
    resolved.push_back(context_.Resolve(grad));
    any_slices = any_slices || resolved.back().is_slices();
  }
  if (any_slices) {
    const Gradient sum = SumWithSlices(resolved);
    return sum.is_slices() ? context_.AddSlices(sum.slices()) : sum.values();
  }
  if (options_.aggregation_method == AggregationMethod::ADD_N) {
    return SumByDevice(grads);
  }
  const name_scope scope(node.name() + "_gradient_sum", graph_);
  Output sum = grads[0];
  for (size_t i = 1; i < grads.size(); ++i) {
    sum = OpBuilder("AddN").InputList(std::vector<Output>{sum, grads[i]}).Build();
  }
  return sum;
}

std::vector<Output> GradientWalk::AddUp(const Node& node) {
  std::optional<ContextScope> inside;
  if (GradLoopState* const loop = control_flow_.LoopOfOutputs(node)) {
    inside.emplace(graph_, loop->grad_context());
  }
  const auto it = grads_.find(node.id());
  if (it == grads_.end()) return std::vector<Output>(static_cast<size_t>(node.num_outputs()));
  for (size_t i = 0; i < it->second.received.size(); ++i) {
    if (!it->second.received[i].empty()) it->second.sums[i] = Sum(node, it->second.received[i]);
  }
  return it->second.sums;
}

const GradientFn* GradientWalk::FunctionOf(const Node& node) const {
  if (stops_.contains(node.id()) || node.num_inputs() == 0) return nullptr;
  const OpDef* const op = node.op();
  if (op != nullptr && op->gradient) return &op->gradient;
  if (op != nullptr && op->blocks_gradient) return nullptr;
  const std::string reason =
      op == nullptr ? "the operation is not registered" : op->not_differentiable;
  errors::ThrowIfError(
      NotFound("No gradient defined for operation '", node.name(), "' (op type: ", node.op_type(),
               ")", reason.empty() ? "" : ": ", reason,
               ". To make it a constant for the gradient, use tf::stop_gradient."));
  return nullptr;
}

// Inside of a loop's body the gradient ends at what the turn began with.
void GradientWalk::CheckIsNoLoopVariable(const Node& node) const {
  if (!IsLoopSwitch(node) || control_flow_.LoopOf(node) != nullptr) return;
  if (node.control_flow_context() != BuildScope::Of(*graph_).context) return;
  errors::ThrowIfError(InvalidArgument(
      "Cannot compute gradient inside while loop with respect to op '", node.name(),
      "'. We do not support taking the gradient wrt or through the initial value of a loop "
      "variable. Gradients can be computed through loop invariants or wrt the input parameters to "
      "the loop body."));
}

void GradientWalk::Visit(const Node& node) {
  std::optional<colocate_with> with;
  if (options_.colocate_gradients_with_ops) {
    with.emplace(Operation(graph_, &graph_->node(node.id())));
  }
  const std::vector<Output> grads = AddUp(node);
  CheckIsNoLoopVariable(node);
  bool any = false;
  for (const Output& grad : grads) any = any || grad.has_value();
  const GradientFn* const fn = any ? FunctionOf(node) : nullptr;
  if (fn != nullptr) PassOn(node, Differentiate(node, *fn, grads));
}

void GradientWalk::MakeDense(const GradientFn& fn, std::vector<Output>* grads) const {
  const auto* const plain = fn.target<decltype(&PassGradient)>();
  if (plain != nullptr && *plain == &PassGradient) return;
  for (Output& grad : *grads) {
    if (!grad.has_value()) continue;
    const Gradient resolved = context_.Resolve(grad);
    if (resolved.is_slices()) grad = resolved.tensor();
  }
}

std::vector<Output> GradientWalk::Differentiate(const Node& node, const GradientFn& fn,
                                                std::vector<Output> grads) {
  std::optional<ContextScope> inside;
  if (GradLoopState* const loop = control_flow_.LoopOf(node)) {
    inside.emplace(graph_, loop->grad_context());
  }
  for (size_t i = 0; i < grads.size(); ++i) {
    if (grads[i].has_value() || !IsTrainable(node.output_types()[i])) continue;
    grads[i] = control_flow_.ZerosLike(context_, node, static_cast<int>(i));
    if (!grads[i].has_value()) continue;
    grads_.at(node.id()).sums[i] = grads[i];
  }
  const name_scope scope(node.name() + "_grad", graph_);
  MakeDense(fn, &grads);
  std::vector<Output> result = errors::ValueOrThrow(fn(context_, node, grads));
  if (static_cast<int>(result.size()) != node.num_inputs()) {
    errors::ThrowIfError(Internal("Num gradients ", result.size(), " generated for op '",
                                  node.name(), "' (op: '", node.op_type(),
                                  "') do not match num inputs ", node.num_inputs()));
  }
  const auto flows = [](const Output& grad) { return grad.has_value(); };
  if (options_.gate_gradients && std::count_if(result.begin(), result.end(), flows) > 1) {
    return Gated(result);
  }
  return result;
}

std::vector<Output> GradientWalk::Gated(const std::vector<Output>& grads) {
  const device no_device(nullptr);
  const colocate_with nothing(nullptr);
  std::vector<Output> gated = tuple(grads);
  for (size_t i = 0; i < grads.size(); ++i) {
    if (!grads[i].has_value()) continue;
    const Gradient resolved = context_.Resolve(grads[i]);
    if (resolved.is_slices()) context_.AddSlices(resolved.WithValues(gated[i]).slices());
  }
  return gated;
}

void GradientWalk::PassOn(const Node& node, const std::vector<Output>& grads) {
  for (int i = 0; i < node.num_inputs(); ++i) {
    const Output& grad = grads[static_cast<size_t>(i)];
    if (!grad.has_value()) continue;
    const Endpoint input = node.inputs()[static_cast<size_t>(i)];
    if (context_.Resolve(grad).is_slices()) {
      Receive(input, grad);
      continue;
    }
    // The gradient of a handle is that of the variable behind it.
    const Node& source = graph_->node(input.node);
    const bool is_handle =
        source.output_types()[static_cast<size_t>(input.index)] == DataType::kResource;
    const Shape shape =
        is_handle ? source.output_handle(input.index).shape : graph_->OutputShape(input);
    if (!Shape::Compatible(shape, grad.get_shape())) {
      errors::ThrowIfError(InvalidArgument(
          "Incompatible shapes between op input and calculated input gradient. Forward operation: ",
          node.name(), ". Input index: ", i, ". Original input shape: ", shape.ToPythonString(),
          ". Calculated input gradient shape: ", grad.get_shape().ToPythonString()));
    }
    grad.set_shape(shape);
    Receive(input, grad);
  }
}

Graph GraphOfAll(const std::vector<Output>& ys, const std::vector<Output>& xs) {
  std::vector<Input> all(ys.begin(), ys.end());
  all.insert(all.end(), xs.begin(), xs.end());
  return graph_of(all);
}

}  // namespace

absl::StatusOr<std::vector<Output>> PassGradient(GradContext&, const Node&,
                                                 std::span<const Output> grads) {
  return std::vector<Output>{grads[0]};
}

GradientList gradients(GradientTargets ys, GradientSources xs, GradientsOptions options) {
  const SourceScope here(ys.location());
  const std::shared_ptr<GraphImpl> graph = GraphOfAll(ys.tensors(), xs.tensors()).impl();
  const DefaultGraphScope with = Graph(graph).as_default();
  GradientList result;
  std::optional<GradientWalk> walk;
  {
    const name_scope scope(options.name.empty() ? "gradients" : options.name, graph);
    // TensorFlow takes a name for this call, whether it needs it or not.
    graph->UniqueName(scope.name() + "uid");
    const std::vector<Output> grad_ys = GradYs(ys.tensors(), options);
    walk.emplace(graph, options, ys.tensors(), xs.tensors());
    walk->Run(ys.tensors(), grad_ys, xs.tensors());
  }
  walk->Finish();
  for (const Output& x : xs.tensors()) result.push_back(walk->GradientOf(x));
  for (size_t i = 0; i < result.size(); ++i) {
    if (result[i].has_value() || options.unconnected_gradients == UnconnectedGradients::NONE) {
      continue;
    }
    result[i] = ZerosLike(xs.tensors()[i]);
  }
  return result;
}

}  // namespace sessile
