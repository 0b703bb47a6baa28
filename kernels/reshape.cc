// Reshape, Squeeze, ExpandDims: the same elements under another shape.

#include <utility>
#include <vector>

#include "sessile/core/framework/kernel_registry.h"
#include "sessile/core/framework/shape_inference.h"
#include "sessile/kernels/register_all.h"
#include "sessile/kernels/storage.h"

namespace sessile {
namespace {

class Reshaped final : public Prepared {
 public:
  Reshaped(const PrepareContext& ctx, Shape shape) {
    AddOutput(ctx.output_dtype(0), std::move(shape));
    Alias(0, 0);
  }
  absl::Status Run(RunContext&, Inputs, Outputs, Scratch, int, int64_t) const override {
    return absl::OkStatus();
  }
};

// Replaces the one -1 in `dims`, if there is one, so that there are `elements` elements.
absl::Status FillIn(std::vector<int64_t>* dims, int64_t elements) {
  int64_t* unknown = nullptr;
  int64_t known = 1;
  for (size_t i = 0; i < dims->size(); ++i) {
    const int64_t dim = (*dims)[i];
    if (dim == -1) {
      if (unknown != nullptr) {
        return InvalidArgument("Only one input size may be -1, not both ", unknown - dims->data(),
                               " and ", i);
      }
      unknown = &(*dims)[i];
    } else if (dim < 0) {
      return InvalidArgument("Size ", i, " must be non-negative, not ", dim);
    } else if (__builtin_mul_overflow(known, dim, &known)) {
      return InvalidArgument("The requested shape has more than 2^63 - 1 elements");
    }
  }
  if (unknown == nullptr) return absl::OkStatus();
  if (known == 0) {
    if (elements > 0) {
      return InvalidArgument(
          "reshape cannot infer the missing input size for an empty tensor "
          "unless all specified input sizes are non-zero");
    }
    *unknown = 0;
    return absl::OkStatus();
  }
  if (elements % known != 0) {
    return InvalidArgument("Input to reshape is a tensor with ", elements,
                           " values, but the requested shape requires a multiple of ", known);
  }
  *unknown = elements / known;
  return absl::OkStatus();
}

PreparedOr PrepareReshape(const PrepareContext& ctx) {
  const Tensor& sizes = *ctx.input_value(1);
  if (sizes.rank() > 1) {
    return InvalidArgument("sizes input must be 1-D, not ", sizes.shape().ToString());
  }
  SESSILE_ASSIGN_OR_RETURN(std::vector<int64_t> dims, IntsFromTensor(sizes));
  const int64_t elements = ctx.input_shape(0).num_elements();
  SESSILE_RETURN_IF_ERROR(FillIn(&dims, elements));
  SESSILE_ASSIGN_OR_RETURN(Shape shape, Shape::FromDims(dims));
  if (shape.num_elements() != elements) {
    return InvalidArgument("Input to reshape is a tensor with ", elements,
                           " values, but the requested shape has ", shape.num_elements());
  }
  return std::make_unique<Reshaped>(ctx, std::move(shape));
}

PreparedOr PrepareSqueeze(const PrepareContext& ctx) {
  const Shape& input = ctx.input_shape(0);
  const int64_t rank = input.rank();
  SESSILE_ASSIGN_OR_RETURN(const std::vector<int64_t> named,
                           ctx.Attr<std::vector<int64_t>>("squeeze_dims"));
  std::vector<bool> squeezed(static_cast<size_t>(rank), false);
  for (const int64_t dim : named) {
    if (dim < -rank || dim >= rank) {
      return InvalidArgument("Tried to squeeze dim index ", dim, " for tensor with ", rank,
                             " dimensions.");
    }
    squeezed[static_cast<size_t>(dim < 0 ? dim + rank : dim)] = true;
  }
  Shape output;
  for (int i = 0; i < input.rank(); ++i) {
    const bool wanted = squeezed[static_cast<size_t>(i)];
    if (wanted && input.dim(i) != 1) {
      return InvalidArgument("Can not squeeze dim[", i, "], expected a dimension of 1, got ",
                             input.dim(i));
    }
    const bool dropped = named.empty() ? input.dim(i) == 1 : wanted;
    if (!dropped) output = output.Append(input.dim(i));
  }
  return std::make_unique<Reshaped>(ctx, std::move(output));
}

PreparedOr PrepareExpandDims(const PrepareContext& ctx) {
  const Shape& input = ctx.input_shape(0);
  SESSILE_ASSIGN_OR_RETURN(const std::vector<int64_t> dim, IntsFromTensor(*ctx.input_value(1)));
  if (dim.size() != 1) return InvalidArgument("'dim' must be a tensor with a single value");
  const int64_t rank = input.rank();
  if (dim[0] < -rank - 1 || dim[0] > rank) {
    return InvalidArgument("Tried to expand dim index ", dim[0], " for tensor with ", rank,
                           " dimensions.");
  }
  if (rank >= Shape::kMaxRank) {
    return InvalidArgument("A tensor of rank ", rank, " cannot get another dimension");
  }
  const auto place = static_cast<int>(dim[0] < 0 ? dim[0] + rank + 1 : dim[0]);
  const Shape front = input.Slice(0, place).Append(1);
  return std::make_unique<Reshaped>(ctx, Shape::Concat(front, input.Slice(place)));
}

}  // namespace

void RegisterReshape(KernelRegistry& kernels) {
  kernels.Add("Reshape", PrepareReshape).ValueInput(1);
  kernels.Add("Squeeze", PrepareSqueeze);
  kernels.Add("ExpandDims", PrepareExpandDims).ValueInput(1);
}

}  // namespace sessile
