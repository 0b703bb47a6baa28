// What a gradient walk knows of the conds and loops that it goes through.
#pragma once

#include <memory>
#include <set>
#include <utility>
#include <vector>

#include "sessile/core/graph/graph_impl.h"
#include "sessile/core/graph/output.h"
#include "sessile/ops/grad_context.h"
#include "sessile/ops/grad_loop_state.h"
#include "sessile/ops/gradient_region.h"

namespace sessile {

// One a walk. A cond needs no memory of its own: its gradient is built from the forward Switch
// nodes and their predicate. A loop has a GradLoopState. Builds nodes, and so throws
// errors::OpError.
class ControlFlowState {
 public:
  explicit ControlFlowState(std::shared_ptr<GraphImpl> graph) : graph_(std::move(graph)) {}

  // Begins the gradients of the loops that end in `region`, in the current context, and adds the
  // other exits of these loops to it: a loop is gone through as a whole.
  void AddLoops(GradientRegion& region, bool colocate);
  bool has_loops() const { return !loops_.empty(); }

  // The state of the loop that `node` is in, if that is part of the walk; else null. An Exit is
  // in its loop, but its gradient comes from around it.
  GradLoopState* LoopOf(const Node& node) const;
  GradLoopState* LoopOfOutputs(const Node& node) const;

  // Before the walk: those exits that no gradient will reach and of whose loops no other exit is
  // still to come. `is_queued`, by node id: the walk begins there.
  std::vector<Endpoint> TakeUnusedExits(GradientRegion& region, const std::set<int>& is_queued);

  // Zeros in the shape of output `index`, for which no gradient came; none for a loop's
  // Switch, whose gradients come one after the other. The output of a Switch may be dead where the
  // other one is not: then its shape is taken from the input, on the other branch.
  Output ZerosLike(GradContext& ctx, const Node& node, int index);
  // Zeros for an exit that no gradient reached, while one reached another exit of the loop.
  Output ZerosLikeForExit(Endpoint exit);

  // REQUIRES: the walk has ended.
  void Finish();

 private:
  GradLoopState* StateOf(const ControlFlowContext* forward) const;
  Output ZerosInLoop(GradContext& ctx, const Node& node, int index, GradLoopState& state);
  // The shape of the output, taken in the forward loop; of a dead output by the other branch.
  Output ForwardShape(const GradContext& ctx, const Node& node, int index);

  const std::shared_ptr<GraphImpl> graph_;
  std::vector<GradLoopState*> loops_;  // in the order of their making
};

}  // namespace sessile
