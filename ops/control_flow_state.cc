#include "sessile/ops/control_flow_state.h"

#include "sessile/core/framework/status.h"
#include "sessile/core/graph/scope.h"
#include "sessile/ops/control_flow.h"
#include "sessile/ops/control_flow_context.h"
#include "sessile/ops/op_builder.h"

namespace sessile {

absl::StatusOr<ControlFlowState> ControlFlowState::Make(const GraphImpl& graph,
                                                        std::span<const int> nodes) {
  for (int id : nodes) {
    const Node& node = graph.node(id);
    if (node.op() == nullptr || node.op()->control_flow != ControlFlowKind::kExit) continue;
    return Unimplemented("Node '", node.name(), "' (op: '", node.op_type(),
                         "') between ys and xs is the end of a loop: gradients of loops are not "
                         "implemented");
  }
  return ControlFlowState();
}

Output ControlFlowState::ZerosLike(const GradContext& ctx, const Node& node, int index) {
  const CondContext* const cond = CondContext::Of(node);
  if (node.op()->control_flow != ControlFlowKind::kSwitch || cond == nullptr) {
    return OpBuilder("ZerosLike", "zeros_like").Input(ctx.output(node, index)).Build();
  }
  const Output pred(ctx.graph(), cond->pred());
  const SwitchResult sides = switch_(ctx.input(node, 0), pred);
  const Output other = cond->branch() == 1 ? sides.output_false : sides.output_true;
  const Output pivot = OpBuilder("Identity").Input(other).Build();
  const Output shape = OpBuilder("Shape").Input(other).Build();
  const control_dependencies after({pivot});
  const name_scope scope("zeros", ctx.graph());
  const DataType dtype = BaseType(ctx.output(node, index).dtype());
  const Output zero = convert_to_tensor(0, dtype, "Const");
  return OpBuilder("Fill", scope.name()).Input(shape).Input(zero).Build();
}

}  // namespace sessile
