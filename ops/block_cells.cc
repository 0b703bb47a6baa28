// LSTMBlockCell, its gradient's parts, and GRUBlockCell: one step of a recurrent cell in one node.

#include "sessile/core/framework/op_registry.h"
#include "sessile/core/framework/shape_inference.h"
#include "sessile/core/framework/status.h"
#include "sessile/ops/register_all.h"

namespace sessile {
namespace {

// Output i is [batch, factor * cells], with x [batch, inputs] and a state [batch, cells].
absl::Status CellShape(ShapeContext& ctx, int state) {
  SESSILE_ASSIGN_OR_RETURN(const Shape x, ctx.InputWithRank(0, 2));
  SESSILE_ASSIGN_OR_RETURN(const Shape previous, ctx.InputWithRank(state, 2));
  SESSILE_ASSIGN_OR_RETURN(const int64_t batch, ctx.MergeDim(x.dim(0), previous.dim(0)));
  for (int i = 0; i < ctx.num_outputs(); ++i) ctx.SetOutput(i, Shape({batch, previous.dim(1)}));
  return absl::OkStatus();
}

absl::Status CellOfStateShape(ShapeContext& ctx) { return CellShape(ctx, 1); }

absl::Status LstmGradShape(ShapeContext& ctx) {
  SESSILE_RETURN_IF_ERROR(CellShape(ctx, 1));
  const Shape state = ctx.outputs()[0];
  const int64_t cells = state.dim(1);
  int64_t gates = None;
  if (cells != None && __builtin_mul_overflow(cells, int64_t{4}, &gates)) {
    return InvalidArgument(cells, " cells are too many");
  }
  ctx.SetOutput(1, state.WithDim(1, gates));
  for (int i = 2; i < 5; ++i) ctx.SetOutput(i, Shape({cells}));
  return absl::OkStatus();
}

constexpr const char* kNone = "TensorFlow registers none";

void RegisterLstmCell(OpRegistry& ops) {
  OpDefBuilder cell = ops.Add("LSTMBlockCell");
  for (const char* input :
       {"x: T", "cs_prev: T", "h_prev: T", "w: T", "wci: T", "wcf: T", "wco: T", "b: T"}) {
    cell.Input(input);
  }
  for (const char* output : {"i: T", "cs: T", "f: T", "o: T", "ci: T", "co: T", "h: T"}) {
    cell.Output(output);
  }
  cell.Attr("forget_bias: float = 1.0")
      .Attr("cell_clip: float = 3.0")
      .Attr("use_peephole: bool = false")
      .Attr("T: {half, float}")
      .Shape(CellOfStateShape)
      .NoGradient(kNone)
      .Doc("One step of an LSTM: the new state `cs`, the output `h`, and the gates.");
  OpDefBuilder grad = ops.Add("LSTMBlockCellGrad");
  for (const char* input :
       {"x: T", "cs_prev: T", "h_prev: T", "w: T", "wci: T", "wcf: T", "wco: T", "b: T", "i: T",
        "cs: T", "f: T", "o: T", "ci: T", "co: T", "cs_grad: T", "h_grad: T"}) {
    grad.Input(input);
  }
  for (const char* output :
       {"cs_prev_grad: T", "dicfo: T", "wci_grad: T", "wcf_grad: T", "wco_grad: T"}) {
    grad.Output(output);
  }
  grad.Attr("use_peephole: bool")
      .Attr("T: {half, float}")
      .Shape(LstmGradShape)
      .NoGradient(kNone)
      .Doc("The gradients of LSTMBlockCell by its state, its gates and its peepholes.");
}

}  // namespace

void RegisterBlockCells(OpRegistry& ops) {
  RegisterLstmCell(ops);
  OpDefBuilder gru = ops.Add("GRUBlockCell");
  for (const char* input : {"x: T", "h_prev: T", "w_ru: T", "w_c: T", "b_ru: T", "b_c: T"}) {
    gru.Input(input);
  }
  for (const char* output : {"r: T", "u: T", "c: T", "h: T"}) gru.Output(output);
  gru.Attr("T: {float}")
      .Shape(CellOfStateShape)
      .NoGradient(kNone)
      .Doc("One step of a gated recurrent unit: the output `h`, and the gates.");
}

}  // namespace sessile
