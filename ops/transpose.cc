// Transpose, and InvertPermutation for its gradient.

#include <numeric>

#include "sessile/core/framework/errors.h"
#include "sessile/core/framework/op_registry.h"
#include "sessile/core/framework/shape_inference.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/graph/node.h"
#include "sessile/core/graph/scope.h"
#include "sessile/ops/array.h"
#include "sessile/ops/folding.h"
#include "sessile/ops/grad_context.h"
#include "sessile/ops/op_builder.h"
#include "sessile/ops/operators.h"
#include "sessile/ops/register_all.h"

namespace sessile {
namespace {

absl::Status TransposeShape(ShapeContext& ctx) {
  const Shape in = ctx.input(0);
  SESSILE_ASSIGN_OR_RETURN(const Shape perm_shape, ctx.InputWithRank(1, 1));
  const std::optional<std::vector<int64_t>> perm = KnownInts(ctx, 1);
  const int64_t size = perm_shape.dim(0);
  if (!in.has_rank() && size < 0) return absl::OkStatus();
  if (in.has_rank() && size >= 0 && size != in.rank()) {
    return InvalidArgument("Dimension must be ", in.rank(), " but is ", size);
  }
  const int64_t rank = in.has_rank() ? in.rank() : size;
  if (rank > Shape::kMaxRank) {
    return InvalidArgument("perm has ", rank, " elements; a tensor has at most ", Shape::kMaxRank,
                           " dimensions");
  }
  std::vector<int64_t> dims(static_cast<size_t>(rank), Shape::kUnknownDim);
  for (size_t i = 0; perm.has_value() && i < perm->size(); ++i) {
    const int64_t from = (*perm)[i] < 0 ? (*perm)[i] + rank : (*perm)[i];
    if (from < 0 || from >= rank) {
      return InvalidArgument("perm dim ", (*perm)[i], " is out of range of input rank ", rank);
    }
    if (in.has_rank()) dims[i] = in.dim(static_cast<int>(from));
  }
  ctx.SetOutput(0, Shape(dims));
  return absl::OkStatus();
}

std::optional<Tensor> TransposeValue(ShapeContext& ctx, int index) {
  const std::optional<std::vector<int64_t>> x = KnownInts(ctx, 0);
  const std::optional<std::vector<int64_t>> perm = KnownInts(ctx, 1);
  if (!x.has_value() || perm != std::vector<int64_t>{1, 0}) return std::nullopt;
  const Shape shape = ctx.input_value(0)->shape();
  if (shape.rank() != 2) return std::nullopt;
  std::vector<int64_t> values;
  for (int64_t column = 0; column < shape.dim(1); ++column) {
    for (int64_t row = 0; row < shape.dim(0); ++row) {
      values.push_back((*x)[static_cast<size_t>(row * shape.dim(1) + column)]);
    }
  }
  return IntTensor(OutputType(ctx, index), Shape({shape.dim(1), shape.dim(0)}), values);
}

// Transposed back.
absl::StatusOr<std::vector<Output>> TransposeGradient(GradContext& ctx, const Node& node,
                                                      std::span<const Output> grads) {
  const Output back = OpBuilder("InvertPermutation").Input(ctx.input(node, 1)).Build();
  return std::vector<Output>{transpose(grads[0], back), Output()};
}

absl::Status VectorShape(ShapeContext& ctx) {
  SESSILE_ASSIGN_OR_RETURN(Shape x, ctx.InputWithRank(0, 1));
  ctx.SetOutput(0, std::move(x));
  return absl::OkStatus();
}

std::optional<Tensor> InvertPermutationValue(ShapeContext& ctx, int index) {
  const std::optional<std::vector<int64_t>> x = KnownInts(ctx, 0);
  if (!x.has_value()) return std::nullopt;
  std::vector<int64_t> inverse(x->size(), -1);
  for (size_t i = 0; i < x->size(); ++i) {
    const int64_t to = (*x)[i];
    if (to < 0 || to >= static_cast<int64_t>(x->size())) return std::nullopt;
    inverse[static_cast<size_t>(to)] = static_cast<int64_t>(i);
  }
  return IntTensor(OutputType(ctx, index), ctx.input_value(0)->shape(), inverse);
}

}  // namespace

void RegisterTranspose(OpRegistry& ops) {
  ops.Add("Transpose")
      .Input("x: T")
      .Input("perm: Tperm")
      .Output("y: T")
      .Attr("T: type")
      .Attr("Tperm: {int32, int64} = DT_INT32")
      .Shape(TransposeShape)
      .Value(TransposeValue)
      .Gradient(TransposeGradient)
      .Doc("Dimension i of the output is dimension perm[i] of `x`.");
  ops.Add("InvertPermutation")
      .Input("x: T")
      .Output("y: T")
      .Attr("T: {int32, int64} = DT_INT32")
      .Shape(VectorShape)
      .Value(InvertPermutationValue)
      .NotDifferentiable("it permutes indices")
      .Doc("y[x[i]] = i.");
}

Output transpose(Input a, Input perm, std::string_view name) {
  SourceScope here(a);
  const std::array<Input, 2> inputs = {a, perm};
  const name_scope scope(name.empty() ? "transpose" : name, graph_of(inputs).impl());
  const Output tensor = convert_to_tensor(a, std::nullopt, "a");
  return OpBuilder("Transpose", scope.name()).Input(tensor).Input(perm).Build();
}

Output transpose(Input a) {
  SourceScope here(a);
  const name_scope scope("transpose", graph_of({&a, 1}).impl());
  const Output tensor = convert_to_tensor(a, std::nullopt, "a");
  const Shape known = tensor.get_shape();
  OpBuilder builder("Transpose", scope.name());
  if (!known.has_rank()) {
    const Output rank = OpBuilder("Rank").Input(tensor).Build();
    const Output last = rank - 1;
    const Output perm = OpBuilder("Range").Input(last).Input(-1).Input(-1).Build();
    return builder.Input(tensor).Input(perm).Build();
  }
  std::vector<int32_t> perm(static_cast<size_t>(known.rank()));
  std::iota(perm.rbegin(), perm.rend(), 0);
  const Tensor reversed = errors::ValueOrThrow(
      Tensor::FromValues<int32_t>({known.rank()}, std::span<const int32_t>(perm)));
  return builder.Input(tensor).Input(reversed).Build();
}

}  // namespace sessile
