// MatMul: the product of two matrices, each of which may be given transposed.

#include <array>

#include "sessile/core/framework/errors.h"
#include "sessile/core/framework/op_registry.h"
#include "sessile/core/framework/shape_inference.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/graph/node.h"
#include "sessile/core/graph/scope.h"
#include "sessile/ops/grad_context.h"
#include "sessile/ops/math.h"
#include "sessile/ops/op_builder.h"
#include "sessile/ops/register_all.h"

namespace sessile {
namespace {

absl::Status MatMulShape(ShapeContext& ctx) {
  SESSILE_ASSIGN_OR_RETURN(const Shape a, ctx.InputWithRank(0, 2));
  SESSILE_ASSIGN_OR_RETURN(const Shape b, ctx.InputWithRank(1, 2));
  SESSILE_ASSIGN_OR_RETURN(const bool transpose_a, ctx.Attr<bool>("transpose_a"));
  SESSILE_ASSIGN_OR_RETURN(const bool transpose_b, ctx.Attr<bool>("transpose_b"));
  const int64_t rows = a.dim(transpose_a ? 1 : 0);
  const int64_t columns = b.dim(transpose_b ? 0 : 1);
  SESSILE_RETURN_IF_ERROR(
      ctx.MergeDim(a.dim(transpose_a ? 0 : 1), b.dim(transpose_b ? 1 : 0)).status());
  ctx.SetOutput(0, Shape({rows, columns}));
  return absl::OkStatus();
}

Output Product(const Output& a, const Output& b, bool transpose_a, bool transpose_b) {
  return OpBuilder("MatMul")
      .Input(a)
      .Input(b)
      .Attr("transpose_a", transpose_a)
      .Attr("transpose_b", transpose_b)
      .Build();
}

// For P = A B: dA = dP B', dB = A' dP. With A given transposed, A = X', dX = (dP B')' = B dP', and
// so for B.
absl::StatusOr<std::vector<Output>> MatMulGradient(GradContext& ctx, const Node& node,
                                                   std::span<const Output> grads) {
  SESSILE_ASSIGN_OR_RETURN(const bool ta, node.attrs().Get<bool>("transpose_a"));
  SESSILE_ASSIGN_OR_RETURN(const bool tb, node.attrs().Get<bool>("transpose_b"));
  const Output a = conj(ctx.input(node, 0));
  const Output b = conj(ctx.input(node, 1));
  const Output& g = grads[0];
  const Output da = ta ? Product(b, g, tb, true) : Product(g, b, false, !tb);
  const Output db = tb ? Product(g, a, true, ta) : Product(a, g, !ta, false);
  return std::vector<Output>{da, db};
}

bool IsMatrix(const Output& x) { return x.get_shape().has_rank() && x.get_shape().rank() <= 2; }

void CheckOptions(const MatMulOptions& options) {
  if ((options.transpose_a && options.adjoint_a) || (options.transpose_b && options.adjoint_b)) {
    errors::ThrowIfError(InvalidArgument(
        "Only one of `transpose_a` and `adjoint_a`, and of `transpose_b` and `adjoint_b`, can be "
        "true."));
  }
}

}  // namespace

void RegisterMatMul(OpRegistry& ops) {
  ops.Add("MatMul")
      .Input("a: T")
      .Input("b: T")
      .Output("product: T")
      .Attr("transpose_a: bool = false")
      .Attr("transpose_b: bool = false")
      .Attr(
          "T: {bfloat16, half, float, double, int32, int64, uint8, uint16, uint32, uint64, "
          "complex64, complex128}")
      .Shape(MatMulShape)
      .Gradient(MatMulGradient)
      .Doc("The product of matrices `a` and `b`.");
}

Output matmul(Input a, Input b, MatMulOptions options) {
  SourceScope here(a);
  CheckOptions(options);
  const std::array<Input, 2> inputs = {a, b};
  const name_scope scope(options.name.empty() ? "MatMul" : options.name, graph_of(inputs).impl());
  Output left = convert_to_tensor(a, std::nullopt, "a");
  Output right = convert_to_tensor(b, std::nullopt, "b", BaseType(left.dtype()));
  if (!IsMatrix(left) || !IsMatrix(right)) {
    // There is no plain transpose: it is the adjoint of the conjugate.
    if (options.transpose_a) left = conj(left);
    if (options.transpose_b) right = conj(right);
    return OpBuilder("BatchMatMulV2", scope.name())
        .Input(left)
        .Input(right)
        .Attr("adj_x", options.transpose_a || options.adjoint_a)
        .Attr("adj_y", options.transpose_b || options.adjoint_b)
        .Build();
  }
  if (options.adjoint_a) left = conj(left);
  if (options.adjoint_b) right = conj(right);
  return OpBuilder("MatMul", scope.name())
      .Input(left)
      .Input(right)
      .Attr("transpose_a", options.transpose_a || options.adjoint_a)
      .Attr("transpose_b", options.transpose_b || options.adjoint_b)
      .Build();
}

}  // namespace sessile
