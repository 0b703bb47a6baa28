// GatherV2: slices of params along an axis, one for each index.
//
//   params  [batch..., outer..., N, inner...]      axis is N's place
//   indices [batch..., picks...]
//   output  [batch..., outer..., picks..., inner...]

#include <algorithm>
#include <utility>
#include <vector>

#include "sessile/core/framework/kernel_registry.h"
#include "sessile/core/framework/shape_inference.h"
#include "sessile/kernels/blocks.h"
#include "sessile/kernels/handles.h"
#include "sessile/kernels/indices.h"
#include "sessile/kernels/register_all.h"
#include "sessile/kernels/storage.h"

namespace sessile {
namespace {

struct Geometry {
  Shape output;
  int64_t batch = 1;
  int64_t outer = 1;
  int64_t choices = 1;  // N
  int64_t inner = 1;
  int64_t picks = 1;
};

// "indices[0,1] = 7 is not in [0, 3)"
absl::Status OutOfRange(const Shape& indices, int64_t flat, int64_t index, int64_t choices) {
  return InvalidArgument("indices", PlaceText(indices, flat), " = ", index, " is not in [0, ",
                         choices, ")");
}

template <typename T>
class Gather final : public Prepared {
 public:
  Gather(DataType dtype, const Geometry& g) : g_(g), rows_(g.batch * g.outer * g.picks) {
    AddOutput(dtype, g.output);
    AddPhase(BlocksOf(rows_, std::max<int64_t>(g.inner, 1) * 2 * static_cast<int64_t>(sizeof(T))));
  }

  absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch, int,
                   int64_t block) const override {
    const T* params = Elements<T>(in[0]);
    T* slices = Elements<T>(out[0]);
    for (const int64_t row : BlockRange(rows_, block, num_blocks(0))) {
      const int64_t outer = row / g_.picks;  // of all batches
      const int64_t pick = outer / g_.outer * g_.picks + row % g_.picks;
      const int64_t index = IndexAt(in[1], pick);
      if (index < 0 || index >= g_.choices) {
        return OutOfRange(in[1].shape(), pick, index, g_.choices);
      }
      std::copy_n(params + (outer * g_.choices + index) * g_.inner, g_.inner,
                  slices + row * g_.inner);
    }
    return absl::OkStatus();
  }

 private:
  const Geometry g_;
  const int64_t rows_;
};

// `number` counted from the front, of `rank` places.
absl::StatusOr<int> FromFront(const char* name, int64_t number, int64_t rank, int64_t end) {
  if (number < -rank || number >= end) {
    return InvalidArgument("Expected ", name, " in the range [", -rank, ", ", end, "), but got ",
                           number);
  }
  return static_cast<int>(number < 0 ? number + rank : number);
}

absl::StatusOr<Geometry> GeometryOf(const PrepareContext& ctx, int64_t axis_value) {
  const Shape& params = ctx.input_shape(0);
  const Shape& indices = ctx.input_shape(1);
  SESSILE_ASSIGN_OR_RETURN(const int64_t batch_value, ctx.attrs().GetOr<int64_t>("batch_dims", 0));
  if (params.rank() < 1) return InvalidArgument("params must be at least 1 dimensional");
  SESSILE_ASSIGN_OR_RETURN(const int axis,
                           FromFront("axis", axis_value, params.rank(), params.rank()));
  SESSILE_ASSIGN_OR_RETURN(const int batch_dims, FromFront("batch_dims", batch_value,
                                                           indices.rank(), indices.rank() + 1));
  if (batch_dims > axis) {
    return InvalidArgument("batch_dims (", batch_dims, ") must be less than or equal to axis (",
                           axis, ").");
  }
  Geometry g;
  for (int i = 0; i < batch_dims; ++i) {
    if (params.dim(i) != indices.dim(i)) {
      return InvalidArgument("params.shape[", i, "]: ", params.dim(i),
                             " should be equal to indices.shape[", i, "]: ", indices.dim(i));
    }
  }
  g.batch = params.Slice(0, batch_dims).num_elements();
  g.outer = params.Slice(batch_dims, axis).num_elements();
  g.choices = params.dim(axis);
  g.inner = params.Slice(axis + 1).num_elements();
  g.picks = indices.Slice(batch_dims).num_elements();
  // Nothing is copied: it is enough to look at each index once.
  if (g.inner == 0) g.outer = 1;
  std::vector<int64_t> dims;
  for (int i = 0; i < axis; ++i) dims.push_back(params.dim(i));
  for (int i = batch_dims; i < indices.rank(); ++i) dims.push_back(indices.dim(i));
  for (int i = axis + 1; i < params.rank(); ++i) dims.push_back(params.dim(i));
  SESSILE_ASSIGN_OR_RETURN(g.output, Shape::FromDims(dims));
  return g;
}

PreparedOr PrepareGatherAlong(const PrepareContext& ctx, int64_t axis) {
  SESSILE_ASSIGN_OR_RETURN(const Geometry g, GeometryOf(ctx, axis));
  return WithStorage(ctx.output_dtype(0), [&]<typename T>(Stored<T>) -> PreparedOr {
    return std::make_unique<Gather<T>>(ctx.output_dtype(0), g);
  });
}

PreparedOr PrepareGather(const PrepareContext& ctx) {
  const Tensor& axis = *ctx.input_value(2);
  if (axis.rank() != 0) return InvalidArgument("axis must be scalar");
  SESSILE_ASSIGN_OR_RETURN(const std::vector<int64_t> axis_value, IntsFromTensor(axis));
  return PrepareGatherAlong(ctx, axis_value[0]);
}

// Along axis 0, or the first axis that is no batch's.
PreparedOr PrepareGatherV1(const PrepareContext& ctx) {
  SESSILE_ASSIGN_OR_RETURN(int64_t axis, ctx.attrs().GetOr<int64_t>("batch_dims", 0));
  if (axis < 0) axis += ctx.input_shape(1).rank();
  return PrepareGatherAlong(ctx, axis);
}

}  // namespace

void RegisterGather(KernelRegistry& kernels) {
  kernels.Add("Gather", PrepareGatherV1);
  kernels.Add("ResourceGather", OnHandlesOf<PrepareGatherV1>).ReadsHandles();
  kernels.Add("GatherV2", PrepareGather).ValueInput(2);
}

}  // namespace sessile
