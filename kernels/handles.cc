#include "sessile/kernels/handles.h"

#include "sessile/core/graph/node.h"

namespace sessile {

absl::Status CheckHandles(const PrepareContext& ctx, DataType dtype) {
  for (int i = 0; i < ctx.num_inputs(); ++i) {
    if (ctx.node().input_types()[static_cast<size_t>(i)] != DataType::kResource) continue;
    // An uninitialized variable has no type yet.
    if (!ctx.input_shape(i).has_rank() || ctx.input_dtype(i) == dtype) continue;
    if (ctx.input_dtype(i) == DataType::kResource) {
      return InvalidArgument("Input ", i, " of ", ctx.node().name(), " is no handle of a variable");
    }
    return InvalidArgument("Trying to read variable with wrong dtype. Expected ",
                           DataTypeName(ctx.input_dtype(i)), " got ", DataTypeName(dtype));
  }
  return absl::OkStatus();
}

}  // namespace sessile
