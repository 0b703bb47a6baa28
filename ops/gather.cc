// GatherV2: slices of a tensor by their indices.

#include "sessile/core/framework/op_registry.h"
#include "sessile/core/framework/shape_inference.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/graph/node.h"
#include "sessile/ops/array.h"
#include "sessile/ops/folding.h"
#include "sessile/ops/op_builder.h"
#include "sessile/ops/register_all.h"

namespace sessile {
namespace {

// params [B..., outer..., size, inner...] at indices [B..., I...]: [B..., outer..., I...,
// inner...].
absl::StatusOr<Shape> Gathered(const Shape& params, const Shape& indices, int axis, int batch) {
  if (axis < batch) {
    return InvalidArgument("batch_dims (", batch, ") must be less than or equal to axis (", axis,
                           ").");
  }
  Shape out = params.Slice(0, axis);
  for (int i = 0; i < batch; ++i) {
    SESSILE_ASSIGN_OR_RETURN(const int64_t size, Shape::MergeDim(params.dim(i), indices.dim(i)));
    out = out.WithDim(i, size);
  }
  if (batch < indices.rank()) out = Shape::Concat(out, indices.Slice(batch));
  if (axis + 1 < params.rank()) out = Shape::Concat(out, params.Slice(axis + 1));
  return out;
}

absl::Status GatherShape(ShapeContext& ctx) {
  SESSILE_ASSIGN_OR_RETURN(Shape params, ctx.InputAtLeastRank(0, 1));
  Shape indices = ctx.input(1);
  SESSILE_RETURN_IF_ERROR(ctx.InputIsScalar(2));
  SESSILE_ASSIGN_OR_RETURN(int64_t batch, ctx.Attr<int64_t>("batch_dims"));
  const std::optional<int64_t> known_axis = KnownInt(ctx, 2);
  if (known_axis.has_value()) {
    const int64_t least = *known_axis < 0 ? -*known_axis : *known_axis + 1;
    if (least > Shape::kMaxRank) return InvalidArgument("axis ", *known_axis, " is out of range");
    SESSILE_ASSIGN_OR_RETURN(params, ctx.InputAtLeastRank(0, static_cast<int>(least)));
  }
  if (!indices.has_rank()) return absl::OkStatus();
  if (batch < -indices.rank() || batch > indices.rank()) {
    return InvalidArgument("batch_dims ", batch, " is out of range for indices of rank ",
                           indices.rank());
  }
  if (batch < 0) batch += indices.rank();
  if (!params.has_rank()) return absl::OkStatus();
  if (batch >= params.rank()) {
    return InvalidArgument("batch_dims (", batch, ") must be less than rank(params) (",
                           params.rank(), ")");
  }
  if (!known_axis.has_value()) {
    const int64_t rank = params.rank() + indices.rank() - 1 - batch;
    ctx.SetOutput(0, Shape::UnknownOfRank(static_cast<int>(rank)));
    return absl::OkStatus();
  }
  const int64_t axis = *known_axis < 0 ? *known_axis + params.rank() : *known_axis;
  SESSILE_ASSIGN_OR_RETURN(
      Shape out, Gathered(params, indices, static_cast<int>(axis), static_cast<int>(batch)));
  ctx.SetOutput(0, std::move(out));
  return absl::OkStatus();
}

// Elements of a vector: dimensions of a shape.
std::optional<Tensor> GatherValue(ShapeContext& ctx, int index) {
  const std::optional<std::vector<int64_t>> params = KnownInts(ctx, 0);
  const std::optional<std::vector<int64_t>> indices = KnownInts(ctx, 1);
  if (!params.has_value() || !indices.has_value()) return std::nullopt;
  if (ctx.input_value(0)->rank() != 1 || KnownInt(ctx, 2) != 0) return std::nullopt;
  if (ctx.node().attrs().GetOr<int64_t>("batch_dims", 0).value_or(1) != 0) return std::nullopt;
  std::vector<int64_t> values;
  for (const int64_t i : *indices) {
    if (i < 0 || i >= static_cast<int64_t>(params->size())) return std::nullopt;
    values.push_back((*params)[static_cast<size_t>(i)]);
  }
  return IntTensor(OutputType(ctx, index), ctx.input_value(1)->shape(), values);
}

}  // namespace

void RegisterGather(OpRegistry& ops) {
  ops.Add("GatherV2")
      .Input("params: Tparams")
      .Input("indices: Tindices")
      .Input("axis: Taxis")
      .Output("output: Tparams")
      .Attr("batch_dims: int = 0")
      .Attr("Tparams: type")
      .Attr("Tindices: {int16, int32, int64}")
      .Attr("Taxis: {int32, int64}")
      .Shape(GatherShape)
      .Value(GatherValue)
      .NoGradient("sparse gradients (IndexedSlices) are not supported yet")
      .Doc("The slices of `params` at `indices` along `axis`.");
}

Output gather(Input params, Input indices, GatherOptions options) {
  SourceScope here(params);
  const int64_t axis = options.axis.value_or(options.batch_dims);
  OpBuilder builder("GatherV2", options.name);
  builder.Input(params).Input(indices).Input(axis);
  if (axis != 0) builder.Attr("batch_dims", options.batch_dims);
  return builder.Build();
}

}  // namespace sessile
