// Unique and its kin: the elements of a vector, or slices of a tensor, each once.

#include "sessile/core/framework/op_registry.h"
#include "sessile/core/framework/shape_inference.h"
#include "sessile/core/framework/status.h"
#include "sessile/ops/array.h"
#include "sessile/ops/folding.h"
#include "sessile/ops/op_builder.h"
#include "sessile/ops/register_all.h"

namespace sessile {
namespace {

constexpr const char* kNotSmooth = "which elements are equal does not change smoothly";

absl::Status UniqueShape(ShapeContext& ctx) {
  SESSILE_ASSIGN_OR_RETURN(const Shape x, ctx.InputWithRank(0, 1));
  ctx.SetOutput(0, Shape({None}));
  ctx.SetOutput(1, x);
  if (ctx.num_outputs() > 2) ctx.SetOutput(2, Shape({None}));
  return absl::OkStatus();
}

// Along an axis, given as a list of one number or none.
absl::Status UniqueAlongShape(ShapeContext& ctx) {
  const Shape x = ctx.input(0);
  ctx.SetOutput(1, Shape({None}));
  if (ctx.num_outputs() > 2) ctx.SetOutput(2, Shape({None}));
  const std::optional<std::vector<int64_t>> axes = KnownInts(ctx, 1);
  if (!axes.has_value()) {
    if (x.has_rank()) ctx.SetOutput(0, Shape::UnknownOfRank(x.rank()));
    return absl::OkStatus();
  }
  if (axes->empty()) return UniqueShape(ctx);
  if (axes->size() > 1) {
    return InvalidArgument("axis does not support input tensors larger than 1 elements");
  }
  if (!x.has_rank()) return absl::OkStatus();
  const int64_t axis = axes->front() < 0 ? axes->front() + x.rank() : axes->front();
  if (axis < 0 || axis >= x.rank()) {
    return InvalidArgument("axis expected to be in the range [", -x.rank(), ", ", x.rank(),
                           ") but got ", axes->front());
  }
  ctx.SetOutput(0, x.WithDim(static_cast<int>(axis), None));
  ctx.SetOutput(1, Shape({x.dim(static_cast<int>(axis))}));
  return absl::OkStatus();
}

struct UniqueOp {
  std::string_view name;
  bool along_axis;
  bool counts;
  std::string_view doc;
};

constexpr UniqueOp kOps[] = {
    {"Unique", false, false,
     "The elements of a vector, each once, and where each one of the vector is among them."},
    {"UniqueV2", true, false, "As Unique, of the slices along an axis."},
    {"UniqueWithCounts", false, true, "As Unique, and how often each element occurs."},
    {"UniqueWithCountsV2", true, true, "As UniqueV2, and how often each slice occurs."},
};

}  // namespace

void RegisterUnique(OpRegistry& ops) {
  for (const UniqueOp& row : kOps) {
    OpDefBuilder builder = ops.Add(row.name);
    builder.Input("x: T");
    if (row.along_axis) builder.Input("axis: Taxis");
    builder.Output("y: T").Output("idx: out_idx");
    if (row.counts) builder.Output("count: out_idx");
    builder.Attr("T: type");
    if (row.along_axis) builder.Attr("Taxis: {int32, int64} = DT_INT64");
    builder.Attr("out_idx: {int32, int64} = DT_INT32");
    builder.Shape(row.along_axis ? UniqueAlongShape : UniqueShape);
    builder.NoGradient(kNotSmooth).Doc(row.doc);
  }
}

UniqueElements unique(Input x, const UniqueOptions& options) {
  SourceScope here(x);
  const std::vector<Output> outputs =
      OpBuilder("Unique", options.name).Input(x).Attr("out_idx", options.out_idx).BuildAll();
  return {outputs[0], outputs[1]};
}

CountedElements unique_with_counts(Input x, const UniqueOptions& options) {
  SourceScope here(x);
  const std::vector<Output> outputs = OpBuilder("UniqueWithCounts", options.name)
                                          .Input(x)
                                          .Attr("out_idx", options.out_idx)
                                          .BuildAll();
  return {outputs[0], outputs[1], outputs[2]};
}

}  // namespace sessile
