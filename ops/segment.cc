// Segment, UnsortedSegment and SparseSegment reductions: rows with one id become one row.

#include "absl/strings/str_cat.h"
#include "sessile/core/framework/op_registry.h"
#include "sessile/core/framework/shape_inference.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/graph/node.h"
#include "sessile/ops/array.h"
#include "sessile/ops/constant.h"
#include "sessile/ops/folding.h"
#include "sessile/ops/grad_context.h"
#include "sessile/ops/math.h"
#include "sessile/ops/op_builder.h"
#include "sessile/ops/operators.h"
#include "sessile/ops/register_all.h"

namespace sessile {
namespace {

using Outputs = std::vector<Output>;
using Grads = std::span<const Output>;

absl::Status SegmentShape(ShapeContext& ctx) {
  SESSILE_ASSIGN_OR_RETURN(const Shape data, ctx.InputAtLeastRank(0, 1));
  SESSILE_RETURN_IF_ERROR(ctx.InputWithRank(1, 1).status());
  if (data.has_rank()) ctx.SetOutput(0, data.WithDim(0, Shape::kUnknownDim));
  return absl::OkStatus();
}

absl::Status UnsortedSegmentShape(ShapeContext& ctx) {
  const Shape data = ctx.input(0);
  const Shape ids = ctx.input(1);
  SESSILE_RETURN_IF_ERROR(ctx.InputIsScalar(2));
  const std::optional<int64_t> count = KnownInt(ctx, 2);
  if (count.has_value() && *count < 0) {
    return InvalidArgument("Dimension size, given by scalar input 2, must be non-negative but is ",
                           *count);
  }
  if (!data.has_rank() || !ids.has_rank()) return absl::OkStatus();
  if (data.rank() < ids.rank()) {
    return InvalidArgument("Shape must be at least rank ", ids.rank(), " but is rank ",
                           data.rank());
  }
  SESSILE_RETURN_IF_ERROR(ctx.Merge(data.Slice(0, ids.rank()), ids).status());
  ctx.SetOutput(0,
                Shape::Concat(Shape({count.value_or(Shape::kUnknownDim)}), data.Slice(ids.rank())));
  return absl::OkStatus();
}

// -- Of sorted ids: each row gets what its segment got.

absl::StatusOr<Outputs> SegmentSumGradient(GradContext& ctx, const Node& node, Grads grads) {
  return Outputs{gather(grads[0], ctx.input(node, 1)), Output()};
}

absl::StatusOr<Outputs> SegmentMeanGradient(GradContext& ctx, const Node& node, Grads grads) {
  const Output data = ctx.input(node, 0);
  const Output ids = ctx.input(node, 1);
  const Output count = rank(data);
  const Output rows = shape(ids);
  const Output others = ones(expand_dims(count - 1, 0), int32);
  const Output ones_shape = concat({rows, others}, 0);
  const Output one_each = ones(ones_shape, BaseType(grads[0].dtype()));
  const Output scaled = divide(grads[0], segment_sum(one_each, ids));
  return Outputs{gather(scaled, ids), Output()};
}

// Shared evenly among the rows of a segment that equal its result.
absl::StatusOr<Outputs> SegmentExtremeGradient(GradContext& ctx, const Node& node, Grads grads) {
  const Output data = ctx.input(node, 0);
  const Output ids = ctx.input(node, 1);
  const Output zeros = zeros_like(data, {.dtype = BaseType(data.dtype())});
  const Output results = gather(ctx.output(node, 0), ids);
  const Output chosen = equal(data, results);
  const Output count = segment_sum(cast(chosen, BaseType(grads[0].dtype())), ids);
  const Output shared = divide(grads[0], count);
  const Output gathered = gather(shared, ids);
  return Outputs{where_v2(chosen, gathered, zeros), Output()};
}

// -- Of unsorted ids, where rows with a negative one are dropped.

struct KeptRows {
  Output rows;
  Output ids;      // with 0 for negative ones
  Output is_kept;  // of the shape of `rows`
};

KeptRows GatherKept(const Output& params, const Output& ids) {
  KeptRows result;
  result.ids = maximum(ids, zeros_like(ids));
  const Output gathered = gather(params, result.ids);
  const Output kept = greater_equal(ids, 0);
  const Output kept_shape = shape(kept);
  const Output gathered_rank = rank(gathered);
  const Output missing = gathered_rank - rank(kept);
  const Output others = ones({missing}, BaseType(kept_shape.dtype()));
  const Output broadcastable = concat({kept_shape, others}, 0);
  const Output reshaped = reshape(kept, broadcastable);
  result.is_kept = logical_and(reshaped, ones_like(gathered, {.dtype = bool_}), "and");
  const Output zeros = zeros_like(gathered);
  result.rows = where_v2(result.is_kept, gathered, zeros);
  return result;
}

absl::StatusOr<Outputs> UnsortedSegmentSumGradient(GradContext& ctx, const Node& node,
                                                   Grads grads) {
  return Outputs{GatherKept(grads[0], ctx.input(node, 1)).rows, Output(), Output()};
}

absl::StatusOr<Outputs> UnsortedSegmentExtremeGradient(GradContext& ctx, const Node& node,
                                                       Grads grads) {
  const KeptRows results = GatherKept(ctx.output(node, 0), ctx.input(node, 1));
  const Output equals = equal(ctx.input(node, 0), results.rows);
  const Output chosen = logical_and(equals, results.is_kept);
  const Output count = unsorted_segment_sum(cast(chosen, BaseType(grads[0].dtype())),
                                            ctx.input(node, 1), ctx.input(node, 2));
  const Output shared = divide(grads[0], count);
  const Output gathered = gather(shared, results.ids);
  const Output zero_slice = zeros_like(gathered);
  const Output kept = where_v2(results.is_kept, gathered, zero_slice);
  const Output zeros = zeros_like(kept);
  return Outputs{where_v2(chosen, kept, zeros), Output(), Output()};
}

constexpr std::string_view kSegmentNumbers =
    "T: {float, double, int32, uint8, int16, int8, complex64, int64, qint8, quint8, qint32, "
    "bfloat16, qint16, quint16, uint16, complex128, half, uint32, uint64}";
constexpr std::string_view kSegmentOrdered =
    "T: {float, double, int32, uint8, int16, int8, int64, bfloat16, uint16, half, uint32, uint64}";

using SegmentGradientFn = absl::StatusOr<Outputs> (*)(GradContext&, const Node&, Grads);

struct SegmentRow {
  std::string_view name;  // after Segment or UnsortedSegment
  std::string_view types;
  SegmentGradientFn sorted;    // null: none yet
  SegmentGradientFn unsorted;  // null: none yet
  std::string_view what;
};

constexpr SegmentRow kSegmentRows[] = {
    {"Sum", kSegmentNumbers, SegmentSumGradient, UnsortedSegmentSumGradient, "sum"},
    {"Prod", kSegmentNumbers, nullptr, nullptr, "product"},
    {"Max", kSegmentOrdered, SegmentExtremeGradient, UnsortedSegmentExtremeGradient, "maximum"},
    {"Min", kSegmentOrdered, SegmentExtremeGradient, UnsortedSegmentExtremeGradient, "minimum"},
};

void SetGradient(OpDefBuilder& builder, SegmentGradientFn gradient) {
  if (gradient != nullptr) {
    builder.Gradient(gradient);
  } else {
    builder.NoGradient("the gradient of a product over segments is not implemented");
  }
}

void AddSorted(OpRegistry& ops, const SegmentRow& row) {
  OpDefBuilder builder = ops.Add(absl::StrCat("Segment", std::string(row.name)));
  builder.Input("data: T").Input("segment_ids: Tindices").Output("output: T").Attr(row.types);
  builder.Attr("Tindices: {int32, int64}").Shape(SegmentShape);
  SetGradient(builder, row.sorted);
  builder.Doc(absl::StrCat("The ", std::string(row.what),
                           " of the rows of each segment; `segment_ids` are sorted."));
}

// -- Of rows that `indices` names.

absl::Status SparseSegmentShape(ShapeContext& ctx) {
  SESSILE_ASSIGN_OR_RETURN(const Shape data, ctx.InputAtLeastRank(0, 1));
  SESSILE_ASSIGN_OR_RETURN(const Shape indices, ctx.InputWithRank(1, 1));
  SESSILE_ASSIGN_OR_RETURN(const Shape ids, ctx.InputWithRank(2, 1));
  SESSILE_RETURN_IF_ERROR(ctx.Merge(indices, ids).status());
  int64_t rows = Shape::kUnknownDim;
  if (ctx.num_inputs() == 4) {
    SESSILE_RETURN_IF_ERROR(ctx.InputIsScalar(3));
    rows = KnownInt(ctx, 3).value_or(Shape::kUnknownDim);
    if (rows < Shape::kUnknownDim) {
      return InvalidArgument("Cannot specify a negative value for the number of rows: ", rows);
    }
  }
  if (data.has_rank()) ctx.SetOutput(0, data.WithDim(0, rows));
  return absl::OkStatus();
}

absl::StatusOr<Outputs> SparseSegmentGradient(GradContext& ctx, const Node& node, Grads grads) {
  SESSILE_ASSIGN_OR_RETURN(const bool sparse, node.attrs().Get<bool>("sparse_gradient"));
  if (sparse) return Unimplemented("Gradients of ", node.op_type(), " as slices");
  const std::string reduction(node.op_type().substr(0, node.op_type().find("With")));
  const Output rows = shape(ctx.input(node, 0))[0];
  Outputs by_inputs(static_cast<size_t>(node.num_inputs()));
  by_inputs[0] = OpBuilder(reduction + "Grad")
                     .Input(grads[0])
                     .Input(ctx.input(node, 1))
                     .Input(ctx.input(node, 2))
                     .Input(rows)
                     .Build();
  return by_inputs;
}

struct SparseSegmentRow {
  std::string_view name;  // after SparseSegment
  std::string_view types;
  std::string_view what;
};

constexpr std::string_view kSparseSegmentFloats = "T: {bfloat16, half, float, double}";
constexpr SparseSegmentRow kSparseSegmentRows[] = {
    {"Sum", "T: realnumbertype", "sum"},
    {"Mean", kSparseSegmentFloats, "mean"},
    {"SqrtN", kSparseSegmentFloats, "sum over the root of their number"},
};

void AddSparseSegment(OpRegistry& ops, const SparseSegmentRow& row, bool with_number) {
  const std::string name(row.name);
  OpDefBuilder builder =
      ops.Add(absl::StrCat("SparseSegment", name, with_number ? "WithNumSegments" : ""));
  builder.Input("data: T").Input("indices: Tidx").Input("segment_ids: Tsegmentids");
  if (with_number) builder.Input("num_segments: Tnumsegments");
  builder.Output("output: T").Attr(row.types).Attr("Tidx: {int32, int64} = DT_INT32");
  if (with_number) builder.Attr("Tnumsegments: {int32, int64} = DT_INT32");
  builder.Attr("Tsegmentids: {int32, int64} = DT_INT32").Attr("sparse_gradient: bool = false");
  builder.Shape(SparseSegmentShape).Gradient(SparseSegmentGradient);
  builder.Doc(absl::StrCat("For each segment the ", std::string(row.what),
                           " of the rows that `indices` names."));
}

void AddSparseSegmentGrad(OpRegistry& ops, const SparseSegmentRow& row) {
  const std::string name(row.name);
  ops.Add(absl::StrCat("SparseSegment", name, "Grad"))
      .Input("grad: T")
      .Input("indices: Tidx")
      .Input("segment_ids: Tsegmentids")
      .Input("output_dim0: int32")
      .Output("output: T")
      .Attr(kSparseSegmentFloats)
      .Attr("Tidx: {int32, int64} = DT_INT32")
      .Attr("Tsegmentids: {int32, int64} = DT_INT32")
      .Shape(SparseSegmentShape)
      .NoGradient("TensorFlow has none")
      .Doc(absl::StrCat("The gradient of SparseSegment", name, " by its data."));
}

Output SparseSegment(const std::string& op, const Input& data, const Input& indices,
                     const Input& ids, const SparseSegmentOptions& options) {
  SourceScope here(data);
  OpBuilder builder(options.num_segments.has_value() ? op + "WithNumSegments" : op, options.name);
  builder.Input(data).Input(indices).Input(ids);
  if (options.num_segments.has_value()) builder.Input(*options.num_segments);
  return builder.Build();
}

}  // namespace

void RegisterSegment(OpRegistry& ops) {
  for (const SparseSegmentRow& row : kSparseSegmentRows) {
    AddSparseSegment(ops, row, /*with_number=*/false);
    AddSparseSegment(ops, row, /*with_number=*/true);
    AddSparseSegmentGrad(ops, row);
  }
  AddSorted(ops, {"Mean", kSegmentNumbers, SegmentMeanGradient, nullptr, "mean"});
  for (const SegmentRow& row : kSegmentRows) {
    AddSorted(ops, row);
    OpDefBuilder builder = ops.Add(absl::StrCat("UnsortedSegment", std::string(row.name)));
    builder.Input("data: T").Input("segment_ids: Tindices").Input("num_segments: Tnumsegments");
    builder.Output("output: T").Attr(row.types);
    const bool sums = row.name == "Sum";
    builder.Attr(sums ? "Tindices: {int16, int32, int64}" : "Tindices: {int32, int64}");
    builder.Attr("Tnumsegments: {int32, int64} = DT_INT32").Shape(UnsortedSegmentShape);
    SetGradient(builder, row.unsorted);
    builder.Doc(absl::StrCat("The ", std::string(row.what),
                             " of the rows of each segment; negative ids are dropped."));
  }
}

Output sparse_segment_sum(Input data, Input indices, Input segment_ids,
                          const SparseSegmentOptions& options) {
  return SparseSegment("SparseSegmentSum", data, indices, segment_ids, options);
}
Output sparse_segment_mean(Input data, Input indices, Input segment_ids,
                           const SparseSegmentOptions& options) {
  return SparseSegment("SparseSegmentMean", data, indices, segment_ids, options);
}
Output sparse_segment_sqrt_n(Input data, Input indices, Input segment_ids,
                             const SparseSegmentOptions& options) {
  return SparseSegment("SparseSegmentSqrtN", data, indices, segment_ids, options);
}

Output segment_sum(Input data, Input segment_ids, std::string_view name) {
  SourceScope here(data);
  return OpBuilder("SegmentSum", name).Input(data).Input(segment_ids).Build();
}

Output unsorted_segment_sum(Input data, Input segment_ids, Input num_segments,
                            std::string_view name) {
  SourceScope here(data);
  return OpBuilder("UnsortedSegmentSum", name)
      .Input(data)
      .Input(segment_ids)
      .Input(num_segments)
      .Build();
}

}  // namespace sessile
