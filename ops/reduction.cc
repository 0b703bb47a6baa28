// Reductions over axes. Their gradients are in reduction_grad.cc.

#include <algorithm>
#include <limits>
#include <numeric>

#include "sessile/core/framework/errors.h"
#include "sessile/core/framework/op_registry.h"
#include "sessile/core/framework/reduction_axes.h"
#include "sessile/core/framework/shape_inference.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/graph/node.h"
#include "sessile/ops/array.h"
#include "sessile/ops/folding.h"
#include "sessile/ops/math.h"
#include "sessile/ops/op_builder.h"
#include "sessile/ops/reduction_grad.h"
#include "sessile/ops/register_all.h"

namespace sessile {
namespace {

absl::Status ReductionShape(ShapeContext& ctx) {
  SESSILE_RETURN_IF_ERROR(ctx.InputAtMostRank(1, 1).status());
  SESSILE_ASSIGN_OR_RETURN(const bool keep_dims, ctx.Attr<bool>("keep_dims"));
  const Shape in = ctx.input(0);
  if (!in.has_rank()) return absl::OkStatus();
  const std::optional<std::vector<int64_t>> indices = KnownInts(ctx, 1);
  if (!indices.has_value()) {
    if (keep_dims) ctx.SetOutput(0, Shape::UnknownOfRank(in.rank()));
    return absl::OkStatus();
  }
  SESSILE_ASSIGN_OR_RETURN(const ReductionAxes axes, ReductionAxes::Of(in, *indices, keep_dims));
  ctx.SetOutput(0, axes.output());
  return absl::OkStatus();
}

// -- What folds to a constant: a vector of integers (a shape), reduced to one.

struct IntReduction {
  int64_t (*join)(int64_t, int64_t);
  int64_t empty;
};

int64_t Plus(int64_t x, int64_t y) {
  return static_cast<int64_t>(static_cast<uint64_t>(x) + static_cast<uint64_t>(y));
}
int64_t Times(int64_t x, int64_t y) {
  return static_cast<int64_t>(static_cast<uint64_t>(x) * static_cast<uint64_t>(y));
}
int64_t Larger(int64_t x, int64_t y) { return std::max(x, y); }
int64_t Smaller(int64_t x, int64_t y) { return std::min(x, y); }

std::optional<Tensor> Folded(ShapeContext& ctx, int index, const IntReduction& reduction) {
  const std::optional<std::vector<int64_t>> values = KnownInts(ctx, 0);
  const std::optional<std::vector<int64_t>> axes = KnownInts(ctx, 1);
  if (!values.has_value() || !axes.has_value() || ctx.input_value(0)->rank() != 1) {
    return std::nullopt;
  }
  if (axes->size() != 1 || (axes->front() != 0 && axes->front() != -1)) return std::nullopt;
  if (values->empty() && reduction.join != Plus && reduction.join != Times) return std::nullopt;
  const auto keep_dims = ctx.Attr<bool>("keep_dims");
  if (!keep_dims.ok()) return std::nullopt;
  const int64_t start = values->empty() ? reduction.empty : values->front();
  const auto rest = values->empty() ? values->begin() : values->begin() + 1;
  const int64_t result = std::accumulate(rest, values->end(), start, reduction.join);
  return IntTensor(OutputType(ctx, index), *keep_dims ? Shape({1}) : Shape(), {result});
}

// -- The table.

constexpr std::string_view kNumbers =
    "T: {float, double, int32, uint8, int16, int8, complex64, int64, qint8, quint8, qint32, "
    "bfloat16, qint16, quint16, uint16, complex128, half, uint32, uint64}";
constexpr std::string_view kOrdered =
    "T: {float, double, int32, uint8, int16, int8, int64, bfloat16, uint16, half, uint32, uint64, "
    "qint8, quint8, qint32, qint16, quint16}";

struct ReductionOp {
  std::string_view op;
  std::string_view types;        // empty: of bool
  ReductionGradientFn gradient;  // null: see `why_none`
  IntReduction fold;
  std::string_view why_none;
  std::string_view doc;
};

constexpr ReductionOp kReductions[] = {
    {"Sum", kNumbers, SumGradient, {Plus, 0}, "", "The sum over the given axes."},
    {"Mean", kNumbers, MeanGradient, {}, "", "The mean over the given axes."},
    {"Prod", kNumbers, ProdGradient, {Times, 1}, "", "The product over the given axes."},
    {"EuclideanNorm",
     kNumbers,
     EuclideanNormGradient,
     {},
     "",
     "The square root of the sum of squares over the given axes."},
    {"Max", kOrdered, ExtremeGradient, {Larger, 0}, "", "The maximum over the given axes."},
    {"Min", kOrdered, ExtremeGradient, {Smaller, 0}, "", "The minimum over the given axes."},
    {"All",
     "",
     nullptr,
     {},
     "a truth value has no derivative",
     "Whether all elements along the given axes hold."},
    {"Any",
     "",
     nullptr,
     {},
     "a truth value has no derivative",
     "Whether any element along the given axes holds."},
};

void Register(OpRegistry& ops, const ReductionOp& row) {
  const bool logical = row.types.empty();
  OpDefBuilder builder = ops.Add(row.op);
  builder.Input(logical ? "input: bool" : "input: T").Input("reduction_indices: Tidx");
  builder.Output(logical ? "output: bool" : "output: T").Attr("keep_dims: bool = false");
  if (!logical) builder.Attr(row.types);
  builder.Attr("Tidx: {int32, int64} = DT_INT32").Shape(ReductionShape).Doc(row.doc);
  if (row.gradient != nullptr) {
    builder.Gradient(row.gradient);
  } else {
    builder.NoGradient(row.why_none);
  }
  if (row.fold.join != nullptr) {
    builder.Value([fold = row.fold](ShapeContext& ctx, int i) { return Folded(ctx, i, fold); });
  }
}

// -- Builders.

// All axes: a constant where the rank is known, and not 0; else computed when the graph runs.
Input AllAxes(const Output& x) {
  const Shape known = x.get_shape();
  if (!known.has_rank() || known.rank() == 0) {
    const Output count = rank(x);
    return range(0, count);
  }
  std::vector<int32_t> axes(static_cast<size_t>(known.rank()));
  std::iota(axes.begin(), axes.end(), 0);
  return convert_to_tensor(errors::ValueOrThrow(
      Tensor::FromValues<int32_t>({known.rank()}, std::span<const int32_t>(axes))));
}

Output Reduce(std::string_view op, const Input& input, const ReduceOptions& options) {
  SourceScope here(input);
  if (options.axis.has_value() && options.reduction_indices.has_value()) {
    errors::ThrowIfError(
        InvalidArgument("Cannot specify both 'axis' and 'reduction_indices' of ", std::string(op)));
  }
  const Axes& axes = options.axis.has_value() ? options.axis : options.reduction_indices;
  const bool keep_dims = options.keepdims || options.keep_dims;
  const auto build = [&](const Input& tensor, const Input& indices) {
    return OpBuilder(op, options.name)
        .Input(tensor)
        .Input(indices)
        .Attr("keep_dims", keep_dims)
        .Build();
  };
  if (axes.has_value()) return build(input, axes.input());
  if (!input.is_output()) return build(input, range(0, rank(input)));
  const Output reduced = build(input, AllAxes(input.output()));
  if (!keep_dims && !reduced.get_shape().IsFullyDefined()) reduced.set_shape(Shape());
  return reduced;
}

}  // namespace

void RegisterReduction(OpRegistry& ops) {
  for (const ReductionOp& row : kReductions) Register(ops, row);
}

Output reduce_sum(Input x, ReduceOptions options) { return Reduce("Sum", x, options); }
Output reduce_mean(Input x, ReduceOptions options) { return Reduce("Mean", x, options); }
Output reduce_prod(Input x, ReduceOptions options) { return Reduce("Prod", x, options); }
Output reduce_euclidean_norm(Input x, ReduceOptions options) {
  return Reduce("EuclideanNorm", x, options);
}
Output reduce_max(Input x, ReduceOptions options) { return Reduce("Max", x, options); }
Output reduce_min(Input x, ReduceOptions options) { return Reduce("Min", x, options); }
Output reduce_all(Input x, ReduceOptions options) { return Reduce("All", x, options); }
Output reduce_any(Input x, ReduceOptions options) { return Reduce("Any", x, options); }

}  // namespace sessile
