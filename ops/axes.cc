#include "sessile/ops/axes.h"

#include <utility>

#include "sessile/core/framework/errors.h"
#include "sessile/core/framework/status.h"

namespace sessile {

// An empty list has no numbers to tell the dtype, so the list is made a tensor here.
Axes::Axes(std::vector<int64_t> axes) : ints_(std::move(axes)) {
  if (!ints_->empty()) {
    input_ = Input(*ints_);
  } else {
    input_ = Input(errors::ValueOrThrow(Tensor::FromValues<int32_t>({0}, {})));
  }
}

std::vector<int64_t> Axes::ints() const {
  if (!has_value()) return {};
  if (!ints_.has_value()) {
    errors::ThrowIfError(InvalidArgument("axis must be given as numbers here, not as a tensor"));
  }
  return *ints_;
}

}  // namespace sessile
