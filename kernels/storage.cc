#include "sessile/kernels/storage.h"

#include <vector>

#include "sessile/core/framework/shape_inference.h"

namespace sessile {

absl::StatusOr<Tensor> CopyOf(const TensorView& view, int64_t at, const Shape& shape) {
  SESSILE_ASSIGN_OR_RETURN(Tensor copy, Tensor::Allocate(view.dtype(), shape));
  CopyElements(view.dtype(), ElementAt(view, at), shape.num_elements(), copy.mutable_raw_data());
  return copy;
}

absl::StatusOr<Shape> ShapeOfSizes(const Tensor& sizes) {
  SESSILE_ASSIGN_OR_RETURN(const std::vector<int64_t> dims, IntsFromTensor(sizes));
  for (const int64_t dim : dims) {
    if (dim < 0) return InvalidArgument("Dimension ", dim, " must be >= 0");
  }
  return Shape::FromDims(dims);
}

}  // namespace sessile
