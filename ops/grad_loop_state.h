// The gradient of one loop: a second loop of as many turns, from the last to the first.
//
// A value of the forward loop that the gradient needs is pushed on a stack in each turn and popped
// in the turn that belongs to it. The forward loop counts its turns for that (f_count), and the
// gradient's loop counts them down (b_count):
//
//   forward:   n = 0;      while (condition) { ...; push(value); n = n + 1; }
//   backward:  m = n;      while (m >= 1)    { value = pop(); ...; m = m - 1; }
//
// Control edges keep the order: a push runs after its turn is counted, the next turn after the
// push; likewise the pops. Names, order and edges of the nodes are TensorFlow's.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "sessile/core/graph/graph_impl.h"
#include "sessile/core/graph/output.h"
#include "sessile/ops/while_context.h"

namespace sessile {

// Belongs to the context of the gradient's loop, and so to the graph. Its functions build nodes, as
// the front end does: they throw errors::OpError. Not thread-safe.
class GradLoopState {
 public:
  // Builds the counters of both loops in the current context. `outer` is the state of the loop
  // around `forward`, if that is differentiated too; else null.
  static GradLoopState* Make(const std::shared_ptr<GraphImpl>& graph, WhileContext* forward,
                             GradLoopState* outer);

  WhileContext* forward_context() const { return forward_; }
  WhileContext* grad_context() const { return backward_; }
  GradLoopState* outer() const { return outer_; }

  // A stack on which every turn of the forward loop pushes `value`, which is of this loop, directly
  // or in a cond. `dead_branch`: it was made for the branch that its cond did not take.
  Endpoint AddForwardAccumulator(Endpoint value, bool dead_branch = false);
  // What the stack `history` of `value` gives in the current turn of the gradient's loop.
  Endpoint AddBackpropAccumulatedValue(Endpoint history, Endpoint value, bool dead_branch = false);
  // What `value` of the forward loop was, for use in the gradient's loop: a constant or a loop
  // invariant itself, everything else from its history. REQUIRES: the gradient's loop is current.
  Endpoint GetRealValue(Endpoint value);
  // The predicate of a cond in the forward loop, the same way.
  Endpoint RealPredicate(Endpoint pred);
  // The predicate, if it has been asked for; else none.
  const Endpoint* KnownPredicate(Endpoint pred) const;

  // The sum over all turns of `grad`, which flows into the loop invariant `enter`.
  Output AddInvariantAccumulator(const Node& enter, const Output& grad);

  // The Merge that stands for the gradients of a loop's Switch, by the Switch's id: made when the
  // gradient of its Exit comes, completed when that of its turn comes.
  std::optional<Endpoint> SwitchMerge(int switch_node) const;
  void SetSwitchMerge(int switch_node, Endpoint merged);
  // Once all gradients are built: a variable whose value does not depend on the one before has no
  // gradient to pass on from turn to turn.
  void FinishSwitchMerges();

  // The Exits that a walk must have seen before it goes into the loop.
  struct Exits {
    std::vector<Endpoint> all = {};       // of the loop as the user built it
    std::vector<Endpoint> unused = {};    // without a gradient
    std::vector<Endpoint> deferred = {};  // that wait for the others
    int to_come = 0;
  };
  Exits& exits() { return exits_; }

 private:
  GradLoopState(std::shared_ptr<GraphImpl> graph, WhileContext* forward, GradLoopState* outer);
  // Counts the turns of the forward loop.
  Output AddForwardCounter();
  void AddBackwardCounter(const Output& turns);
  Output AddPush(const Output& stack, const Output& value, ControlFlowContext* in);
  // The zero to start a sum for `grad`, which is the gradient of `value`.
  Output InvariantZero(const Output& value, const Output& grad);
  Output MakeStack(const Output& value);
  // ControlTriggers that run when all pushes (pops) of a turn have run, and before the next one.
  int ForwardSync();
  int BackwardSync();
  int AddSync(std::string_view name, WhileContext* context, int counter);
  // What makes the count of the next turn.
  int ForwardAdd() const { return graph_.node(forward_index_).inputs()[0].node; }
  std::shared_ptr<GraphImpl> graph() const { return graph_.shared_from_this(); }

  GraphImpl& graph_;
  WhileContext* const forward_;
  GradLoopState* const outer_;
  WhileContext* backward_ = nullptr;
  ControlFlowContext* const call_context_;  // in which gradients() was called
  // The NextIterations of the counters.
  int forward_index_ = -1;
  int backward_index_ = -1;
  int forward_sync_ = -1;
  int backward_sync_ = -1;
  std::map<Endpoint, Endpoint> history_;
  // Not as Outputs: those would keep the graph, which owns this, for ever.
  std::vector<std::pair<int, Endpoint>> switch_merges_;
  Exits exits_;
};

}  // namespace sessile
