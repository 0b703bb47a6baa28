// GatherNd, ScatterNd and their kin: slices of a tensor, taken from and put to places that have
// several indices each.

#include "sessile/core/framework/op_registry.h"
#include "sessile/core/framework/shape_inference.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/graph/node.h"
#include "sessile/ops/array.h"
#include "sessile/ops/constant.h"
#include "sessile/ops/grad_context.h"
#include "sessile/ops/math.h"
#include "sessile/ops/op_builder.h"
#include "sessile/ops/operators.h"
#include "sessile/ops/register_all.h"
#include "sessile/ops/state.h"

namespace sessile {
namespace {

// [picks..., K], and params from dimension K on.
absl::Status GatherNdShape(ShapeContext& ctx) {
  const Shape params = ctx.variable(0);
  SESSILE_ASSIGN_OR_RETURN(const Shape indices, ctx.InputAtLeastRank(1, 1));
  if (!params.has_rank() || !indices.has_rank()) return absl::OkStatus();
  const int64_t depth = indices.dim(indices.rank() - 1);
  if (depth < 0) return absl::OkStatus();
  if (depth > params.rank()) {
    return InvalidArgument("indices.shape[-1] must be <= params.rank, but saw indices shape: ",
                           indices.ToString(), " and params shape: ", params.ToString());
  }
  const Shape rest = params.Slice(static_cast<int>(depth));
  if (indices.rank() - 1 + rest.rank() > Shape::kMaxRank) {
    return InvalidArgument("The result has more than ", Shape::kMaxRank, " dimensions");
  }
  SESSILE_ASSIGN_OR_RETURN(Shape out,
                           Shape::FromDims(Shape::Concat(indices.Slice(0, -1), rest).dims()));
  ctx.SetOutput(0, std::move(out));
  return absl::OkStatus();
}

absl::Status ScatterNdShape(ShapeContext& ctx) {
  SESSILE_RETURN_IF_ERROR(ctx.InputAtLeastRank(0, 1).status());
  SESSILE_ASSIGN_OR_RETURN(Shape out, ctx.input_value_as_shape(2));
  ctx.SetOutput(0, std::move(out));
  return absl::OkStatus();
}

// What is changed keeps its shape; `updates` has a slice of it for each place.
absl::Status UpdateNdShape(ShapeContext& ctx) {
  const Shape params = ctx.input(0);
  SESSILE_ASSIGN_OR_RETURN(const Shape indices, ctx.InputAtLeastRank(1, 1));
  const Shape updates = ctx.input(2);
  ctx.SetOutput(0, params);
  if (!indices.has_rank() || !updates.has_rank()) return absl::OkStatus();
  const int picked = indices.rank() - 1;
  if (updates.rank() < picked) {
    return InvalidArgument("Shape must be at least rank ", picked, " but is rank ", updates.rank());
  }
  const auto fit = [&](const Shape& a, const Shape& b, const char* where) {
    const absl::Status merged = ctx.Merge(a, b).status();
    if (merged.ok()) return merged;
    return InvalidArgument("Dimensions ", where, " = ", a.ToString(),
                           " must match dimensions of updates[shape=", updates.ToString(),
                           "] = ", b.ToString(), ": ", merged.message());
  };
  SESSILE_RETURN_IF_ERROR(fit(indices.Slice(0, picked), updates.Slice(0, picked), "of indices"));
  const int64_t depth = indices.dim(picked);
  if (!params.has_rank() || depth < 0 || depth > params.rank()) return absl::OkStatus();
  return fit(params.Slice(static_cast<int>(depth)), updates.Slice(picked), "of input");
}

// -- Gradients. The new tensor has the old one's elements where nothing was written to.

using Outputs = std::vector<Output>;
using Grads = std::span<const Output>;

absl::StatusOr<Outputs> TensorScatterUpdateGradient(GradContext& ctx, const Node& node,
                                                    Grads grads) {
  const Output indices = ctx.input(node, 1);
  const Output by_updates = gather_nd(grads[0], indices);
  const Output grad = identity(grads[0]);
  const Output zeros = zeros_like(ctx.input(node, 2), {.dtype = BaseType(grads[0].dtype())});
  return Outputs{tensor_scatter_nd_update(grad, indices, zeros), Output(), by_updates};
}

absl::StatusOr<Outputs> TensorScatterAddGradient(GradContext& ctx, const Node& node, Grads grads) {
  const Output by_updates = gather_nd(grads[0], ctx.input(node, 1));
  return Outputs{identity(grads[0]), Output(), by_updates};
}

absl::StatusOr<Outputs> TensorScatterSubGradient(GradContext& ctx, const Node& node, Grads grads) {
  const Output by_updates = gather_nd(grads[0], ctx.input(node, 1));
  const Output by_tensor = identity(grads[0]);
  return Outputs{by_tensor, Output(), negative(by_updates)};
}

// Shared evenly among all that equal the extreme.
absl::StatusOr<Outputs> TensorScatterExtremeGradient(GradContext& ctx, const Node& node,
                                                     Grads grads) {
  const Output x = ctx.input(node, 0);
  const Output indices = ctx.input(node, 1);
  const Output result = ctx.output(node, 0);
  const DataType type = BaseType(grads[0].dtype());
  const Output x_chosen = cast(equal(x, result), type);
  const Output results = gather_nd(result, indices);
  const Output y_chosen = cast(equal(ctx.input(node, 2), results), type);
  const Output x_shape = shape(x, {.out_type = indices.dtype()});
  const Output count = x_chosen + scatter_nd(indices, y_chosen, x_shape);
  const Output by_x = grads[0] * x_chosen / count;
  const Output shared = gather_nd(grads[0] / count, indices);
  return Outputs{by_x, Output(), shared * y_chosen};
}

absl::StatusOr<Outputs> NonAliasingAddGradient(GradContext& ctx, const Node& node, Grads grads) {
  const Output by_updates = gather_nd(grads[0], ctx.input(node, 1));
  return Outputs{grads[0], Output(), by_updates};
}

void RegisterTensorScatter(OpRegistry& ops, std::string_view name, GradientFn gradient,
                           std::string_view doc) {
  const bool sets = name == "TensorScatterUpdate";
  ops.Add(name)
      .Input("tensor: T")
      .Input("indices: Tindices")
      .Input("updates: T")
      .Output("output: T")
      .Attr("T: type")
      .Attr(sets ? "Tindices: {int16, int32, int64, uint16}" : "Tindices: {int32, int64}")
      .Shape(UpdateNdShape)
      .Gradient(std::move(gradient))
      .Doc(doc);
}

OpDefBuilder AddScatterNd(OpRegistry& ops, std::string_view name, std::string_view doc) {
  const bool sets = name == "ScatterNdUpdate";
  OpDefBuilder builder = ops.Add(name);
  builder.Input("ref: Ref(T)").Input("indices: Tindices").Input("updates: T");
  builder.Output("output_ref: Ref(T)").Attr(sets ? "T: type" : "T: numbertype");
  builder.Attr("Tindices: {int32, int64}");
  builder.Attr(sets ? "use_locking: bool = true" : "use_locking: bool = false");
  builder.Shape(UpdateNdShape).Doc(doc);
  return builder;
}

constexpr const char* kWritesSlices = "a write to a variable is not a function of its inputs";

void RegisterUpdatesNd(OpRegistry& ops) {
  RegisterTensorScatter(ops, "TensorScatterUpdate", TensorScatterUpdateGradient,
                        "A tensor with other slices at places that the rows of `indices` name.");
  RegisterTensorScatter(ops, "TensorScatterAdd", TensorScatterAddGradient,
                        "A tensor with slices added at places that the rows of `indices` name.");
  RegisterTensorScatter(ops, "TensorScatterSub", TensorScatterSubGradient,
                        "A tensor with slices subtracted where the rows of `indices` say.");
  RegisterTensorScatter(ops, "TensorScatterMin", TensorScatterExtremeGradient,
                        "The smaller of a tensor and slices where the rows of `indices` say.");
  RegisterTensorScatter(ops, "TensorScatterMax", TensorScatterExtremeGradient,
                        "The larger of a tensor and slices where the rows of `indices` say.");
  AddScatterNd(ops, "ScatterNdUpdate", "Sets slices of a variable.")
      .NotDifferentiable(kWritesSlices);
  AddScatterNd(ops, "ScatterNdAdd", "Adds to slices of a variable.")
      .NotDifferentiable(kWritesSlices);
  AddScatterNd(ops, "ScatterNdSub", "Subtracts from slices of a variable.")
      .NotDifferentiable(kWritesSlices);
  AddScatterNd(ops, "ScatterNdMin", "Slices of a variable become the smaller of old and new.")
      .NoGradient(kWritesSlices);
  AddScatterNd(ops, "ScatterNdMax", "Slices of a variable become the larger of old and new.")
      .NoGradient(kWritesSlices);
  ops.Add("ScatterNdNonAliasingAdd")
      .Input("input: T")
      .Input("indices: Tindices")
      .Input("updates: T")
      .Output("output: T")
      .Attr(
          "T: {float, double, int32, uint8, int16, int8, complex64, int64, qint8, quint8, qint32, "
          "bfloat16, qint16, quint16, uint16, complex128, half, uint32, uint64, bool}")
      .Attr("Tindices: {int32, int64}")
      .Shape(UpdateNdShape)
      .Gradient(NonAliasingAddGradient)
      .Doc("As TensorScatterAdd.");
}

Output TensorScatter(const char* op, const Input& tensor, const Input& indices,
                     const Input& updates, std::string_view name) {
  SourceScope here(tensor);
  return OpBuilder(op, name).Input(tensor).Input(indices).Input(updates).Build();
}

Output ScatterNdInto(const char* op, const Ref& ref, const Input& indices, const Input& updates,
                     bool use_locking, const std::string& name) {
  SourceScope here(ref.input());
  return OpBuilder(op, name)
      .Input(ref.input())
      .Input(indices)
      .Input(updates)
      .Attr("use_locking", use_locking)
      .Build();
}

// Added up where they were taken from. (TensorFlow gives IndexedSlices for indices of shape [n, 1];
// the sum of these is the same.)
absl::StatusOr<std::vector<Output>> GatherNdGradient(GradContext& ctx, const Node& node,
                                                     std::span<const Output> grads) {
  const Output indices = ctx.input(node, 1);
  const Output whole = shape(ctx.input(node, 0), {.out_type = indices.dtype()});
  return std::vector<Output>{scatter_nd(indices, grads[0], whole), Output()};
}

absl::StatusOr<std::vector<Output>> ResourceGatherNdGradient(GradContext& ctx, const Node& node,
                                                             std::span<const Output> grads) {
  const Output indices = ctx.input(node, 1);
  const Output whole = OpBuilder("VariableShape")
                           .Input(ctx.input(node, 0))
                           .Attr("out_type", indices.dtype())
                           .Build();
  const Shape places = indices.get_shape();
  if (places.has_rank() && places.rank() == 2 && places.dim(1) == 1) {
    const Output rows = squeeze(indices, {.axis = {-1}});
    return std::vector<Output>{ctx.AddSlices({grads[0], rows, whole}), Output()};
  }
  return std::vector<Output>{scatter_nd(indices, grads[0], whole), Output()};
}

absl::StatusOr<std::vector<Output>> ScatterNdGradient(GradContext& ctx, const Node& node,
                                                      std::span<const Output> grads) {
  return std::vector<Output>{Output(), gather_nd(grads[0], ctx.input(node, 0)), Output()};
}

}  // namespace

void RegisterGatherNd(OpRegistry& ops) {
  RegisterUpdatesNd(ops);
  ops.Add("GatherNd")
      .Input("params: Tparams")
      .Input("indices: Tindices")
      .Output("output: Tparams")
      .Attr("Tparams: type")
      .Attr("Tindices: {int16, int32, int64}")
      .Shape(GatherNdShape)
      .Gradient(GatherNdGradient)
      .Doc("The slices of `params` at places that the rows of `indices` name.");
  ops.Add("ResourceGatherNd")
      .Input("resource: resource")
      .Input("indices: Tindices")
      .Output("output: dtype")
      .Attr("dtype: type")
      .Attr("Tindices: {int32, int64}")
      .Shape(GatherNdShape)
      .Gradient(ResourceGatherNdGradient)
      .Stateful()
      .Doc("The slices of the variable behind a handle at places that `indices` names.");
  ops.Add("ScatterNd")
      .Input("indices: Tindices")
      .Input("updates: T")
      .Input("shape: Tindices")
      .Output("output: T")
      .Attr("T: type")
      .Attr("Tindices: {int16, int32, int64}")
      .Shape(ScatterNdShape)
      .Gradient(ScatterNdGradient)
      .Doc("Zeros of `shape`, to which `updates` are added where the rows of `indices` say.");
}

Output gather_nd(Input params, Input indices, std::string_view name) {
  SourceScope here(params);
  if (!params.handle().has_value()) {
    return OpBuilder("GatherNd", name).Input(params).Input(indices).Build();
  }
  const Output slices = OpBuilder("ResourceGatherNd", name.empty() ? "GatherNd" : name)
                            .Input(params.handle())
                            .Input(indices)
                            .Attr("dtype", *params.dtype())
                            .Build();
  return OpBuilder("Identity").Input(slices).Build();
}

Output scatter_nd(Input indices, Input updates, Input shape, std::string_view name) {
  SourceScope here(indices);
  return OpBuilder("ScatterNd", name).Input(indices).Input(updates).Input(shape).Build();
}

Output tensor_scatter_nd_update(Input tensor, Input indices, Input updates, std::string_view name) {
  return TensorScatter("TensorScatterUpdate", tensor, indices, updates, name);
}
Output tensor_scatter_nd_add(Input tensor, Input indices, Input updates, std::string_view name) {
  return TensorScatter("TensorScatterAdd", tensor, indices, updates, name);
}
Output tensor_scatter_nd_sub(Input tensor, Input indices, Input updates, std::string_view name) {
  return TensorScatter("TensorScatterSub", tensor, indices, updates, name);
}
Output tensor_scatter_nd_min(Input tensor, Input indices, Input updates, std::string_view name) {
  return TensorScatter("TensorScatterMin", tensor, indices, updates, name);
}
Output tensor_scatter_nd_max(Input tensor, Input indices, Input updates, std::string_view name) {
  return TensorScatter("TensorScatterMax", tensor, indices, updates, name);
}

Output scatter_nd_update(Ref ref, Input indices, Input updates,
                         const ScatterUpdateOptions& options) {
  return ScatterNdInto("ScatterNdUpdate", ref, indices, updates, options.use_locking, options.name);
}
Output scatter_nd_add(Ref ref, Input indices, Input updates, const UpdateOptions& options) {
  return ScatterNdInto("ScatterNdAdd", ref, indices, updates, options.use_locking, options.name);
}
Output scatter_nd_sub(Ref ref, Input indices, Input updates, const UpdateOptions& options) {
  return ScatterNdInto("ScatterNdSub", ref, indices, updates, options.use_locking, options.name);
}

}  // namespace sessile
