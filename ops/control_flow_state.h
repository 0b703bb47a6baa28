// What a gradient walk knows of the conds and loops that it goes through.
#pragma once

#include <span>

#include "absl/status/statusor.h"
#include "sessile/core/graph/graph_impl.h"
#include "sessile/core/graph/output.h"
#include "sessile/ops/grad_context.h"

namespace sessile {

// One a walk. A cond needs no memory of its own: its gradient is built from the forward Switch
// nodes and their predicate. A loop would need the history of its values; so far it is refused.
class ControlFlowState {
 public:
  // For a walk through `nodes` (ids). UNIMPLEMENTED if it would leave a loop ("Exit").
  static absl::StatusOr<ControlFlowState> Make(const GraphImpl& graph, std::span<const int> nodes);

  // Zeros in the shape of output `index`, for which no gradient came. The output of a Switch may be
  // dead where the other one is not: then its shape is taken from the input, on the other branch.
  Output ZerosLike(const GradContext& ctx, const Node& node, int index);

 private:
  ControlFlowState() = default;
};

}  // namespace sessile
