#include "sessile/ops/indexed_slices.h"

#include "sessile/core/framework/errors.h"
#include "sessile/core/framework/status.h"
#include "sessile/ops/array.h"
#include "sessile/ops/input.h"
#include "sessile/ops/math.h"
#include "sessile/ops/operators.h"

namespace sessile {

Output IndexedSlices::ToTensor(std::string_view name) const {
  if (!dense_shape.has_value()) {
    errors::ThrowIfError(
        InvalidArgument("Tensor conversion requested for IndexedSlices for argument `value` "
                        "without dense_shape: ",
                        values.name()));
  }
  const Output rows = dense_shape[0];
  return unsorted_segment_sum(values, indices, rows, name);
}

Shape Gradient::get_shape() const {
  if (!is_slices()) return tensor_.get_shape();
  const Shape rows = slices_->values.get_shape();
  return rows.has_rank() && rows.rank() > 0 ? rows.WithDim(0, None) : Shape::Unknown();
}

std::shared_ptr<const LazyOutput> Gradient::lazy() const {
  if (!is_slices()) return nullptr;
  const auto to_tensor = [slices = *slices_](std::string_view name) {
    return slices.ToTensor(name);
  };
  return std::make_shared<LazyOutput>(LazyOutput{slices_->values, Output(), to_tensor});
}

Gradient Gradient::WithValues(const Output& values) const {
  if (!is_slices()) return values;
  return IndexedSlices{values, slices_->indices, slices_->dense_shape};
}

}  // namespace sessile
