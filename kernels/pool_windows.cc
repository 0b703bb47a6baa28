#include "sessile/kernels/pool_windows.h"

#include <vector>

#include "sessile/core/framework/status.h"
#include "sessile/core/framework/window_geometry.h"

namespace sessile {

void PoolDims::SetSteps(const DataFormat& format, const Shape& shape, bool is_input) {
  std::vector<int64_t> steps(static_cast<size_t>(shape.rank()), 1);
  for (int i = shape.rank() - 2; i >= 0; --i) {
    steps[static_cast<size_t>(i)] = steps[static_cast<size_t>(i + 1)] * shape.dim(i + 1);
  }
  const int spatial = shape.rank() - 2;
  for (int i = 0; i < spatial; ++i) {
    PoolAxis& axis = axes[static_cast<size_t>(3 - spatial + i)];
    (is_input ? axis.input_step : axis.output_step) =
        steps[static_cast<size_t>(format.SpatialDim(i))];
  }
  (is_input ? input_batch_step : output_batch_step) = steps[0];
  (is_input ? input_channel_step : output_channel_step) =
      steps[static_cast<size_t>(format.ChannelDim(shape.rank()))];
}

absl::StatusOr<PoolDims> PoolDims::Of(const PrepareContext& ctx, const Shape& input) {
  SESSILE_ASSIGN_OR_RETURN(const WindowGeometry window, WindowGeometry::Of("Pool", ctx.attrs()));
  const int spatial = window.spatial_rank();
  if (input.rank() != spatial + 2) {
    return InvalidArgument("tensor_in must be ", spatial + 2, "-dimensional, got ",
                           input.ToString());
  }
  PoolDims dims;
  dims.batch = input.dim(0);
  dims.channels = input.dim(window.format().ChannelDim(input.rank()));
  dims.output = input;
  for (int i = 0; i < spatial; ++i) {
    const int dim = window.format().SpatialDim(i);
    SESSILE_ASSIGN_OR_RETURN(const WindowExtent extent,
                             window.Extent(i, input.dim(dim), window.ksize(i)));
    PoolAxis& axis = dims.axes[static_cast<size_t>(3 - spatial + i)];
    axis.input = input.dim(dim);
    axis.output = extent.output;
    axis.ksize = window.ksize(i);
    axis.stride = window.stride(i);
    axis.pad = extent.pad_before;
    dims.output = dims.output.WithDim(dim, extent.output);
  }
  // Explicit padding may make the output larger than any memory.
  SESSILE_RETURN_IF_ERROR(Shape::FromDims(dims.output.dims()).status());
  dims.SetSteps(window.format(), input, true);
  dims.SetSteps(window.format(), dims.output, false);
  return dims;
}

}  // namespace sessile
