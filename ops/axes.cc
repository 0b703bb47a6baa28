#include "sessile/ops/axes.h"

#include <utility>

#include "sessile/core/framework/errors.h"
#include "sessile/core/framework/status.h"

namespace sessile {

Axes::Axes(std::vector<int64_t> axes) : input_(Input(axes)), ints_(std::move(axes)) {}

std::vector<int64_t> Axes::ints() const {
  if (!has_value()) return {};
  if (!ints_.has_value()) {
    errors::ThrowIfError(InvalidArgument("axis must be given as numbers here, not as a tensor"));
  }
  return *ints_;
}

}  // namespace sessile
