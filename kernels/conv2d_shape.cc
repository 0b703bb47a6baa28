#include "sessile/kernels/conv2d_shape.h"

#include <vector>

#include "sessile/core/framework/status.h"
#include "sessile/core/framework/window_geometry.h"

namespace sessile {
namespace {

Shape ImagesShape(const ConvolutionShape& conv, const onednn::Pair& size, int64_t channels) {
  if (conv.channels_last) return Shape({conv.batch, size[0], size[1], channels});
  return Shape({conv.batch, channels, size[0], size[1]});
}

// Everything but the checks of the caller's inputs. REQUIRES: both shapes have rank 4.
absl::StatusOr<ConvolutionShape> Combine(const WindowGeometry& window, const Shape& input,
                                         const Shape& filter) {
  const DataFormat& format = window.format();
  ConvolutionShape conv;
  conv.channels_last = format.channels_last();
  conv.batch = input.dim(DataFormat::BatchDim());
  conv.in_channels = input.dim(format.ChannelDim(4));
  conv.out_channels = filter.dim(3);
  const int64_t depth = filter.dim(2);
  if (depth <= 0) return InvalidArgument("filter depth must be stricly positive, got ", depth);
  if (conv.in_channels % depth != 0) {
    return InvalidArgument(
        "input depth must be evenly divisible by filter depth: ", conv.in_channels, " vs ", depth);
  }
  if (filter.dim(0) == 0 || filter.dim(1) == 0) {
    return InvalidArgument(
        "filter must not have zero elements (i.e. all dimensions must be non-zero)");
  }
  if (conv.in_channels == 0) return InvalidArgument("input depth must be strictly positive, got 0");
  conv.groups = conv.in_channels / depth;
  if (conv.out_channels % conv.groups != 0) {
    return InvalidArgument("output depth must be evenly divisible by number of groups: ",
                           conv.out_channels, " vs ", conv.groups);
  }
  for (int i = 0; i < 2; ++i) {
    const auto axis = static_cast<size_t>(i);
    conv.input[axis] = input.dim(format.SpatialDim(i));
    conv.filter[axis] = filter.dim(i);
    conv.stride[axis] = window.stride(i);
    conv.dilation[axis] = window.dilation(i);
    SESSILE_ASSIGN_OR_RETURN(const WindowExtent extent,
                             window.Extent(i, conv.input[axis], conv.filter[axis]));
    conv.output[axis] = extent.output;
    conv.pad_before[axis] = extent.pad_before;
    conv.pad_after[axis] = extent.pad_after;
  }
  const std::vector<int64_t> output = {conv.batch, conv.output[0], conv.output[1],
                                       conv.out_channels};
  SESSILE_RETURN_IF_ERROR(Shape::FromDims(output).status());
  return conv;
}

// What the gradients check on top; `name` is how TensorFlow calls the kernel in its messages.
absl::StatusOr<ConvolutionShape> Backward(const PrepareContext& ctx, const std::string& name,
                                          const WindowGeometry& window, const Shape& input,
                                          const Shape& filter) {
  const Shape& gradient = ctx.input_shape(2);
  for (const auto& [what, shape] :
       {std::pair("input", &input), {"filter", &filter}, {"out_backprop", &gradient}}) {
    if (shape->rank() != 4) return InvalidArgument(name, ": ", what, " must be 4-dimensional");
  }
  const DataFormat& format = window.format();
  if (input.dim(0) != gradient.dim(0)) {
    return InvalidArgument(name, ": input and out_backprop must have the same batch size. ",
                           "Input batch: ", input.dim(0), ", outbackprop batch: ", gradient.dim(0),
                           ", batch_dim: 0");
  }
  if (filter.dim(2) > 0 && input.dim(format.ChannelDim(4)) % filter.dim(2) != 0) {
    return InvalidArgument(name, ": input depth must be evenly divisible by filter depth");
  }
  if (gradient.dim(format.ChannelDim(4)) != filter.dim(3)) {
    return InvalidArgument(name, ": filter and out_backprop must have the same out_depth");
  }
  SESSILE_ASSIGN_OR_RETURN(const ConvolutionShape conv, Combine(window, input, filter));
  for (int i = 0; i < 2; ++i) {
    const auto axis = static_cast<size_t>(i);
    const int dim = format.SpatialDim(i);
    if (gradient.dim(dim) == conv.output[axis]) continue;
    return InvalidArgument(
        name, ": Size of out_backprop doesn't match computed: actual = ", gradient.dim(dim),
        ", computed = ", conv.output[axis], " spatial_dim: ", dim, " input: ", conv.input[axis],
        " filter: ", conv.filter[axis], " output: ", gradient.dim(dim),
        " stride: ", conv.stride[axis], " dilation: ", conv.dilation[axis]);
  }
  return conv;
}

// The value of input `i` of `op`, a list of sizes.
absl::StatusOr<std::vector<int64_t>> Sizes(const PrepareContext& ctx, int i, const char* op,
                                           const char* what) {
  const Tensor& value = *ctx.input_value(i);
  if (value.rank() != 1) {
    return InvalidArgument(op, ": ", what, " input must be 1-dim, not ", value.rank());
  }
  std::vector<int64_t> sizes;
  for (int64_t k = 0; k < value.num_elements(); ++k) {
    const int64_t size =
        value.dtype() == int64 ? value.data<int64_t>()[k] : value.data<int32_t>()[k];
    if (size < 0) return InvalidArgument("Dimension ", size, " must be >= 0");
    sizes.push_back(size);
  }
  return sizes;
}

}  // namespace

Shape InputShape(const ConvolutionShape& conv) {
  return ImagesShape(conv, conv.input, conv.in_channels);
}

Shape OutputShape(const ConvolutionShape& conv) {
  return ImagesShape(conv, conv.output, conv.out_channels);
}

Shape FilterShape(const ConvolutionShape& conv) {
  return Shape({conv.filter[0], conv.filter[1], conv.in_channels / conv.groups, conv.out_channels});
}

double WorkPerImage(const ConvolutionShape& conv) {
  const int64_t channels_of_group = conv.in_channels / conv.groups;
  auto work = static_cast<double>(channels_of_group);
  for (const int64_t size :
       {conv.out_channels, conv.output[0], conv.output[1], conv.filter[0], conv.filter[1]}) {
    work *= static_cast<double>(size);
  }
  return work;
}

double WorkOfStoring(int64_t results) {
  constexpr double kWorkPerResult = 32;
  return kWorkPerResult * static_cast<double>(results);
}

bool HasWork(const ConvolutionShape& conv) {
  return conv.batch > 0 && conv.in_channels > 0 && conv.input[0] > 0 && conv.input[1] > 0 &&
         WorkPerImage(conv) > 0;
}

bool IsOrdinary(const ConvolutionShape& conv) {
  constexpr int64_t kLargest = int64_t{1} << 30;
  if (!HasWork(conv)) return false;
  for (size_t i = 0; i < 2; ++i) {
    for (const int64_t size : {conv.input[i], conv.output[i], conv.filter[i], conv.stride[i]}) {
      if (size > 1 << 15) return false;
    }
    const int64_t reach = (conv.filter[i] - 1) * conv.dilation[i];
    if (reach > 1 << 15 || conv.pad_before[i] > reach || conv.pad_after[i] > reach) return false;
  }
  return conv.in_channels <= kLargest / (conv.input[0] * conv.input[1]) &&
         conv.out_channels <= kLargest / (conv.output[0] * conv.output[1]) &&
         conv.in_channels / conv.groups * conv.out_channels <=
             kLargest / (conv.filter[0] * conv.filter[1]);
}

absl::StatusOr<ConvolutionShape> ForwardShape(const PrepareContext& ctx) {
  SESSILE_ASSIGN_OR_RETURN(const WindowGeometry window, WindowGeometry::Of("Conv2D", ctx.attrs()));
  const Shape& input = ctx.input_shape(0);
  const Shape& filter = ctx.input_shape(1);
  if (input.rank() != 4) {
    return InvalidArgument("convolution input must be 4-dimensional: ", input.ToString());
  }
  if (filter.rank() != 4) {
    return InvalidArgument("convolution filter must be 4-dimensional: ", filter.ToString());
  }
  return Combine(window, input, filter);
}

absl::StatusOr<ConvolutionShape> BackwardInputShape(const PrepareContext& ctx) {
  const char* op = "Conv2DBackpropInput";
  SESSILE_ASSIGN_OR_RETURN(const WindowGeometry window, WindowGeometry::Of(op, ctx.attrs()));
  SESSILE_ASSIGN_OR_RETURN(std::vector<int64_t> sizes, Sizes(ctx, 0, op, "input_sizes"));
  if (sizes.size() != 4 && sizes.size() != 2) {
    return InvalidArgument(
        op, " requires input_sizes to contain 4 values or 2 values, but got: ", sizes.size());
  }
  const Shape& filter = ctx.input_shape(1);
  const Shape& gradient = ctx.input_shape(2);
  if (sizes.size() == 2) {
    if (filter.rank() != 4 || gradient.rank() != 4) {
      return InvalidArgument(op, ": filter and out_backprop must be 4-dimensional");
    }
    const auto channels = sizes.begin() + (window.format().channels_last() ? 2 : 0);
    sizes.insert(channels, filter.dim(2));
    sizes.insert(sizes.begin(), gradient.dim(0));
  }
  SESSILE_ASSIGN_OR_RETURN(const Shape input, Shape::FromDims(sizes));
  return Backward(ctx, "Conv2DCustomBackpropInput", window, input, filter);
}

absl::StatusOr<ConvolutionShape> BackwardFilterShape(const PrepareContext& ctx) {
  const char* op = "Conv2DBackpropFilter";
  SESSILE_ASSIGN_OR_RETURN(const WindowGeometry window, WindowGeometry::Of(op, ctx.attrs()));
  SESSILE_ASSIGN_OR_RETURN(const std::vector<int64_t> sizes, Sizes(ctx, 1, op, "filter_sizes"));
  SESSILE_ASSIGN_OR_RETURN(const Shape filter, Shape::FromDims(sizes));
  return Backward(ctx, "Conv2DCustomBackpropFilter", window, ctx.input_shape(0), filter);
}

}  // namespace sessile
