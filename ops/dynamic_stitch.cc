// DynamicStitch and its parallel form: rows of several tensors put together by their indices.
// Gradients of reductions make shapes with it. DynamicPartition takes rows apart.

#include <algorithm>
#include <optional>

#include "sessile/core/framework/errors.h"
#include "sessile/core/framework/op_registry.h"
#include "sessile/core/framework/shape_inference.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/graph/node.h"
#include "sessile/ops/array.h"
#include "sessile/ops/folding.h"
#include "sessile/ops/grad_context.h"
#include "sessile/ops/math.h"
#include "sessile/ops/op_builder.h"
#include "sessile/ops/register_all.h"

namespace sessile {
namespace {

// The shape of data[i] begins with that of indices[i]; what follows is the same for all.
absl::Status DynamicStitchShape(ShapeContext& ctx) {
  const int n = ctx.num_inputs() / 2;
  Shape row = Shape::Unknown();
  bool all_known = true;
  int64_t largest = -1;
  for (int i = 0; i < n; ++i) {
    if (const std::optional<std::vector<int64_t>> indices = KnownInts(ctx, i)) {
      for (const int64_t index : *indices) largest = std::max(largest, index);
    } else {
      all_known = false;
    }
    const Shape indices = ctx.input(i);
    const Shape data = ctx.input(n + i);
    if (!indices.has_rank() || !data.has_rank()) continue;
    if (data.rank() < indices.rank()) {
      return InvalidArgument("Shape must be at least rank ", indices.rank(), " but is rank ",
                             data.rank());
    }
    for (int d = 0; d < indices.rank(); ++d) {
      SESSILE_RETURN_IF_ERROR(ctx.MergeDim(data.dim(d), indices.dim(d)).status());
    }
    const Shape rest = indices.rank() == data.rank() ? Shape() : data.Slice(indices.rank());
    SESSILE_ASSIGN_OR_RETURN(row, ctx.Merge(row, rest));
  }
  if (!row.has_rank()) return absl::OkStatus();
  ctx.SetOutput(0, Shape::Concat(Shape({all_known ? largest + 1 : Shape::kUnknownDim}), row));
  return absl::OkStatus();
}

// Numbers stitched to a vector: a shape.
std::optional<Tensor> DynamicStitchValue(ShapeContext& ctx, int index) {
  const int n = ctx.num_inputs() / 2;
  std::vector<std::optional<int64_t>> merged;
  for (int i = 0; i < n; ++i) {
    const std::optional<std::vector<int64_t>> indices = KnownInts(ctx, i);
    const std::optional<std::vector<int64_t>> data = KnownInts(ctx, n + i);
    if (!indices.has_value() || !data.has_value() || indices->size() != data->size()) {
      return std::nullopt;
    }
    for (size_t j = 0; j < data->size(); ++j) {
      const int64_t at = (*indices)[j];
      if (at < 0 || at >= kMaxFoldedElements) return std::nullopt;
      if (static_cast<size_t>(at) >= merged.size()) merged.resize(static_cast<size_t>(at) + 1);
      merged[static_cast<size_t>(at)] = (*data)[j];
    }
  }
  std::vector<int64_t> values;
  for (const std::optional<int64_t>& value : merged) {
    if (!value.has_value()) return std::nullopt;
    values.push_back(*value);
  }
  return IntTensor(OutputType(ctx, index), Shape({values.size()}), values);
}

// Each row came from one index, so its gradient is gathered from there.
absl::StatusOr<std::vector<Output>> DynamicStitchGradient(GradContext& ctx, const Node& node,
                                                          std::span<const Output> grads) {
  const int n = node.num_inputs() / 2;
  std::vector<Output> gradients(static_cast<size_t>(n));
  for (int i = 0; i < n; ++i) gradients.push_back(gather(grads[0], ctx.input(node, i)));
  return gradients;
}

// The shape of `data` begins with that of `partitions`; how many rows each part gets is not known.
absl::Status DynamicPartitionShape(ShapeContext& ctx) {
  const Shape data = ctx.input(0);
  const Shape partitions = ctx.input(1);
  if (!data.has_rank() || !partitions.has_rank()) return absl::OkStatus();
  if (data.rank() < partitions.rank()) {
    return InvalidArgument("Shape must be at least rank ", partitions.rank(), " but is rank ",
                           data.rank());
  }
  for (int d = 0; d < partitions.rank(); ++d) {
    SESSILE_RETURN_IF_ERROR(ctx.MergeDim(data.dim(d), partitions.dim(d)).status());
  }
  const Shape part = Shape::Concat(Shape({None}), data.Slice(partitions.rank()));
  for (int i = 0; i < ctx.num_outputs(); ++i) ctx.SetOutput(i, part);
  return absl::OkStatus();
}

// The rows' numbers, partitioned alike, say where each row of a part came from.
absl::StatusOr<std::vector<Output>> DynamicPartitionGradient(GradContext& ctx, const Node& node,
                                                             std::span<const Output> grads) {
  const Output data = ctx.input(node, 0);
  const Output partitions = ctx.input(node, 1);
  const Output prefix = shape(partitions);
  const Output count = reduce_prod(prefix);
  const Output numbers = range(0, count);
  const Output places = reshape(numbers, prefix);
  const std::vector<Output> parts =
      dynamic_partition(places, partitions, static_cast<int64_t>(grads.size()));
  const Output rows = OpBuilder("ParallelDynamicStitch")
                          .InputList(parts)
                          .InputList(std::vector<Output>(grads.begin(), grads.end()))
                          .Build();
  const Output whole = shape(data);
  return std::vector<Output>{reshape(rows, whole), Output()};
}

}  // namespace

void RegisterDynamicStitch(OpRegistry& ops) {
  for (const char* op : {"DynamicStitch", "ParallelDynamicStitch"}) {
    ops.Add(op)
        .Input("indices: N * int32")
        .Input("data: N * T")
        .Output("merged: T")
        .Attr("N: int >= 1")
        .Attr("T: type")
        .Shape(DynamicStitchShape)
        .Value(DynamicStitchValue)
        .Gradient(DynamicStitchGradient)
        .Doc("Row indices[m][i] of the output is row i of data[m]; the last m wins.");
  }
  ops.Add("DynamicPartition")
      .Input("data: T")
      .Input("partitions: int32")
      .Output("outputs: num_partitions * T")
      .Attr("num_partitions: int >= 1")
      .Attr("T: type")
      .Shape(DynamicPartitionShape)
      .Gradient(DynamicPartitionGradient)
      .Doc("Output i has the rows of `data` whose element of `partitions` is i.");
}

std::vector<Output> dynamic_partition(Input data, Input partitions, int64_t num_partitions,
                                      std::string_view name) {
  SourceScope here(data);
  return OpBuilder("DynamicPartition", name)
      .Input(std::move(data))
      .Input(std::move(partitions))
      .Attr("num_partitions", num_partitions)
      .BuildAll();
}

Output dynamic_stitch(const InputList& indices, const InputList& data, std::string_view name) {
  if (indices.empty()) {
    errors::ThrowIfError(InvalidArgument("dynamic_stitch needs at least one pair of inputs"));
  }
  SourceScope here(indices[0]);
  return OpBuilder("DynamicStitch", name).InputList(indices).InputList(data).Build();
}

}  // namespace sessile
