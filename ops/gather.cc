// Gather and GatherV2: slices of a tensor by their indices.

#include "sessile/core/framework/op_registry.h"
#include "sessile/core/framework/shape_inference.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/graph/node.h"
#include "sessile/core/graph/scope.h"
#include "sessile/ops/array.h"
#include "sessile/ops/constant_value.h"
#include "sessile/ops/folding.h"
#include "sessile/ops/grad_context.h"
#include "sessile/ops/math.h"
#include "sessile/ops/op_builder.h"
#include "sessile/ops/operators.h"
#include "sessile/ops/register_all.h"
#include "sessile/ops/resource_variable.h"

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

// The first version: along axis 0.
absl::Status GatherV1Shape(ShapeContext& ctx) {
  SESSILE_ASSIGN_OR_RETURN(const Shape params, ctx.InputAtLeastRank(0, 1));
  const Shape indices = ctx.input(1);
  if (!params.has_rank() || !indices.has_rank()) return absl::OkStatus();
  SESSILE_ASSIGN_OR_RETURN(Shape out, Gathered(params, indices, 0, 0));
  ctx.SetOutput(0, std::move(out));
  return absl::OkStatus();
}

// From the variable behind a handle: along the first axis that is no batch's.
absl::Status ResourceGatherShape(ShapeContext& ctx) {
  const Shape params = ctx.variable(0);
  const Shape indices = ctx.input(1);
  SESSILE_ASSIGN_OR_RETURN(int64_t batch, ctx.Attr<int64_t>("batch_dims"));
  if (!params.has_rank() || !indices.has_rank()) return absl::OkStatus();
  if (batch < 0) batch += indices.rank();
  if (params.rank() < 1) {
    return InvalidArgument("Shape must be at least rank 1 but is rank ", params.rank());
  }
  if (batch < 0 || batch > indices.rank() || batch >= params.rank()) {
    return InvalidArgument("batch_dims ", batch, " is out of range for indices of rank ",
                           indices.rank(), " and params of rank ", params.rank());
  }
  const int axis = static_cast<int>(batch);
  SESSILE_ASSIGN_OR_RETURN(Shape out, Gathered(params, indices, axis, axis));
  ctx.SetOutput(0, std::move(out));
  return absl::OkStatus();
}

// The gradient along axis 0: rows, and where they were taken from.
Output RowsGradient(GradContext& ctx, const Output& indices, const Output& params_shape,
                    const Output& grad) {
  const Output count = expand_dims(size(indices), 0);
  const Output tail = params_shape[{{1, {}}}];
  const Output values_shape = concat({count, tail}, 0);
  const Output values = reshape(grad, values_shape);
  const Output flat = reshape(indices, count);
  return ctx.AddSlices({values, flat, params_shape});
}

// Along another axis: that axis is moved to the front and back again.
Output AxisGradient(const Output& indices, const Output& params_shape, const Output& axis,
                    const Output& grad) {
  expand_dims(size(indices), 0);  // which only the first axis needs; TensorFlow builds it always
  const Output outer = params_shape[{{{}, axis}}];
  const Output from_axis = params_shape[{{axis, {}}}];
  const Output inner = from_axis[{{1, {}}}];
  const Output values_shape = concat({outer, {-1}, inner}, 0);
  const Output dims = size(values_shape);
  const Output axis_dims = size(outer);
  const Output none = range(0);
  const Output outer_places = range(0, axis_dims);
  const Output after_axis = axis_dims + 1;
  const Output inner_places = range(after_axis, dims);
  const Output values = reshape(grad, values_shape);
  const Output to_front = concat({none, {axis_dims}, outer_places, inner_places}, 0);
  const Output transposed = transpose(values, to_front);
  gather(params_shape, to_front);  // of use to batches only; TensorFlow builds it always
  const Output rows = params_shape[axis];
  const Output flat_shape = expand_dims(size(indices), 0);
  const Output flat = reshape(indices, flat_shape);
  const Output sums = unsorted_segment_sum(transposed, flat, rows);
  const Output moved = outer_places + 1;
  const Output back = concat({none, moved, {0}, inner_places}, 0);
  return transpose(sums, back);
}

Output ParamsShape(const Output& params) {
  const colocate_with beside(params);
  return cast(shape(params, {.out_type = int64}), int32);
}

absl::StatusOr<std::vector<Output>> GatherGradient(GradContext& ctx, const Node& node,
                                                   std::span<const Output> grads) {
  const Output params_shape = ParamsShape(ctx.input(node, 0));
  return std::vector<Output>{RowsGradient(ctx, ctx.input(node, 1), params_shape, grads[0]),
                             Output()};
}

absl::StatusOr<std::vector<Output>> ResourceGatherGradient(GradContext& ctx, const Node& node,
                                                           std::span<const Output> grads) {
  SESSILE_ASSIGN_OR_RETURN(const int64_t batch_dims, node.attrs().Get<int64_t>("batch_dims"));
  if (batch_dims != 0) {
    return Unimplemented("The gradient of gather with batch_dims is not implemented ('",
                         node.name(), "' has batch_dims ", batch_dims, ")");
  }
  const Output params_shape = ShapeOfVariable(ctx.input(node, 0));
  return std::vector<Output>{RowsGradient(ctx, ctx.input(node, 1), params_shape, grads[0]),
                             Output()};
}

absl::StatusOr<std::vector<Output>> GatherV2Gradient(GradContext& ctx, const Node& node,
                                                     std::span<const Output> grads) {
  SESSILE_ASSIGN_OR_RETURN(const int64_t batch_dims, node.attrs().Get<int64_t>("batch_dims"));
  if (batch_dims != 0) {
    return Unimplemented("The gradient of gather with batch_dims is not implemented ('",
                         node.name(), "' has batch_dims ", batch_dims, ")");
  }
  const Output indices = ctx.input(node, 1);
  const Output axis = ctx.input(node, 2);
  const Output params_shape = ParamsShape(ctx.input(node, 0));
  const Tensor* const known = constant_value(axis);
  bool first = false;
  if (known != nullptr) {
    SESSILE_ASSIGN_OR_RETURN(const std::vector<int64_t> value, IntsFromTensor(*known));
    first = value.size() == 1 && value[0] == 0;
  }
  const Output grad = first ? RowsGradient(ctx, indices, params_shape, grads[0])
                            : AxisGradient(indices, params_shape, axis, grads[0]);
  return std::vector<Output>{grad, Output(), Output()};
}

}  // namespace

void RegisterGather(OpRegistry& ops) {
  ops.Add("Gather")
      .Input("params: Tparams")
      .Input("indices: Tindices")
      .Output("output: Tparams")
      .Attr("validate_indices: bool = true")
      .Attr("Tparams: type")
      .Attr("Tindices: {int32, int64}")
      .Shape(GatherV1Shape)
      .Gradient(GatherGradient)
      .Doc("The slices of `params` at `indices` along the first dimension.");
  ops.Add("ResourceGather")
      .Input("resource: resource")
      .Input("indices: Tindices")
      .Output("output: dtype")
      .Attr("batch_dims: int = 0")
      .Attr("validate_indices: bool = true")
      .Attr("dtype: type")
      .Attr("Tindices: {int32, int64}")
      .Shape(ResourceGatherShape)
      .Gradient(ResourceGatherGradient)
      .Stateful()
      .Doc("The slices of the variable behind a handle at `indices` along the first dimension.");
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
      .Gradient(GatherV2Gradient)
      .Doc("The slices of `params` at `indices` along `axis`.");
}

Output gather(Input params, Input indices, GatherOptions options) {
  SourceScope here(params);
  const int64_t axis = options.axis.value_or(options.batch_dims);
  if (params.handle().has_value() && axis == 0 && options.batch_dims == 0) {
    return OpBuilder("ResourceGather", options.name.empty() ? "Gather" : options.name)
        .Input(params.handle())
        .Input(indices)
        .Attr("dtype", *params.dtype())
        .Build();
  }
  OpBuilder builder("GatherV2", options.name);
  builder.Input(params).Input(indices).Input(axis);
  if (axis != 0) builder.Attr("batch_dims", options.batch_dims);
  return builder.Build();
}

}  // namespace sessile
