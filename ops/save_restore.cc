// What a Saver is made of: tensors to the files of a checkpoint and back.

#include "sessile/core/checkpoint/tensor_slice.h"
#include "sessile/core/framework/op_registry.h"
#include "sessile/core/framework/shape_inference.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/graph/node.h"
#include "sessile/ops/register_all.h"

namespace sessile {
namespace {

constexpr const char* kFiles = "it reads and writes files";

// Input i is a vector of `size` elements.
absl::Status InputIsVectorOf(ShapeContext& ctx, int i, int size) {
  SESSILE_ASSIGN_OR_RETURN(const Shape shape, ctx.InputWithRank(i, 1));
  if (shape.dim(0) < 0 || shape.dim(0) == size) return absl::OkStatus();
  return InvalidArgument("Dimension must be ", size, " but is ", shape.dim(0));
}

absl::Status SaveV2Shape(ShapeContext& ctx) {
  SESSILE_RETURN_IF_ERROR(ctx.InputIsScalar(0));
  SESSILE_RETURN_IF_ERROR(InputIsVectorOf(ctx, 1, ctx.num_inputs() - 3));
  return InputIsVectorOf(ctx, 2, ctx.num_inputs() - 3);
}

// The shape of a part is in its name, that of a whole tensor in the file.
absl::Status SetPartShape(ShapeContext& ctx, int output, const std::string& shape_and_slice) {
  if (shape_and_slice.empty()) return absl::OkStatus();
  SESSILE_ASSIGN_OR_RETURN(const ShapeAndSlice part, ParseShapeAndSlice(shape_and_slice));
  ctx.SetOutput(output, part.slice_shape);
  return absl::OkStatus();
}

absl::Status RestoreV2Shape(ShapeContext& ctx) {
  SESSILE_RETURN_IF_ERROR(ctx.InputIsScalar(0));
  SESSILE_RETURN_IF_ERROR(InputIsVectorOf(ctx, 1, ctx.num_outputs()));
  SESSILE_RETURN_IF_ERROR(InputIsVectorOf(ctx, 2, ctx.num_outputs()));
  const Tensor* const parts = ctx.input_value(2);
  if (parts == nullptr || parts->num_elements() != ctx.num_outputs()) return absl::OkStatus();
  for (int i = 0; i < ctx.num_outputs(); ++i) {
    SESSILE_RETURN_IF_ERROR(SetPartShape(ctx, i, parts->data<std::string>()[i]));
  }
  return absl::OkStatus();
}

absl::Status RestoreShape(ShapeContext& ctx) {
  for (int i = 0; i < ctx.num_inputs(); ++i) SESSILE_RETURN_IF_ERROR(ctx.InputIsScalar(i));
  const Tensor* const part = ctx.num_inputs() > 2 ? ctx.input_value(2) : nullptr;
  return part == nullptr ? absl::OkStatus() : SetPartShape(ctx, 0, part->data<std::string>()[0]);
}

absl::Status MergeShape(ShapeContext& ctx) {
  SESSILE_RETURN_IF_ERROR(ctx.InputWithRank(0, 1).status());
  return ctx.InputIsScalar(1);
}

absl::Status ScalarsShape(ShapeContext& ctx) {
  for (int i = 0; i < ctx.num_inputs(); ++i) SESSILE_RETURN_IF_ERROR(ctx.InputIsScalar(i));
  ctx.SetOutput(0, Shape());
  return absl::OkStatus();
}

void RegisterCheckpoints(OpRegistry& ops) {
  ops.Add("SaveV2")
      .Input("prefix: string")
      .Input("tensor_names: string")
      .Input("shape_and_slices: string")
      .Input("tensors: dtypes")
      .Attr("dtypes: list(type) >= 1")
      .Stateful()
      .Shape(SaveV2Shape)
      .NoGradient(kFiles)
      .Doc(
          "Writes `tensors`, or those parts of tensors that `shape_and_slices` says, as the "
          "checkpoint `prefix`.");
  ops.Add("RestoreV2")
      .Input("prefix: string")
      .Input("tensor_names: string")
      .Input("shape_and_slices: string")
      .Output("tensors: dtypes")
      .Attr("dtypes: list(type) >= 1")
      .Stateful()
      .Shape(RestoreV2Shape)
      .NoGradient(kFiles)
      .Doc("Reads tensors, or parts of them, from the checkpoint `prefix`.");
  ops.Add("MergeV2Checkpoints")
      .Input("checkpoint_prefixes: string")
      .Input("destination_prefix: string")
      .Attr("delete_old_dirs: bool = true")
      .Attr("allow_missing_files: bool = false")
      .Stateful()
      .Shape(MergeShape)
      .NoGradient(kFiles)
      .Doc("Makes one checkpoint of several.");
}

void RegisterOldCheckpoints(OpRegistry& ops) {
  ops.Add("Restore")
      .Input("file_pattern: string")
      .Input("tensor_name: string")
      .Output("tensor: dt")
      .Attr("dt: type")
      .Attr("preferred_shard: int = -1")
      .Stateful()
      .Shape(RestoreShape)
      .NoGradient(kFiles)
      .Doc("Reads a tensor from a checkpoint of version 1.");
  ops.Add("RestoreSlice")
      .Input("file_pattern: string")
      .Input("tensor_name: string")
      .Input("shape_and_slice: string")
      .Output("tensor: dt")
      .Attr("dt: type")
      .Attr("preferred_shard: int = -1")
      .Stateful()
      .Shape(RestoreShape)
      .NoGradient(kFiles)
      .Doc("Reads a part of a tensor from a checkpoint of version 1.");
}

void RegisterShardNames(OpRegistry& ops) {
  ops.Add("ShardedFilename")
      .Input("basename: string")
      .Input("shard: int32")
      .Input("num_shards: int32")
      .Output("filename: string")
      .Shape(ScalarsShape)
      .NoGradient("it is a name")
      .Doc("\"BASENAME-00003-of-00010\".");
  ops.Add("ShardedFilespec")
      .Input("basename: string")
      .Input("num_shards: int32")
      .Output("filename: string")
      .Shape(ScalarsShape)
      .NoGradient("it is a name")
      .Doc("\"BASENAME-?\?\?\?\?-of-00010\", which stands for all shards.");
}

}  // namespace

void RegisterSaveRestore(OpRegistry& ops) {
  RegisterCheckpoints(ops);
  RegisterOldCheckpoints(ops);
  RegisterShardNames(ops);
}

}  // namespace sessile
