#include "sessile/core/framework/reduction_axes.h"

#include <utility>

#include "sessile/core/framework/status.h"

namespace sessile {

absl::StatusOr<ReductionAxes> ReductionAxes::Of(const Shape& input, std::span<const int64_t> axes,
                                                bool keep_dims) {
  const int64_t rank = input.rank();
  std::vector<bool> reduced(static_cast<size_t>(rank), false);
  for (const int64_t axis : axes) {
    if (axis < -rank || axis >= rank) {
      return InvalidArgument("Invalid reduction dimension ", axis, " for input with ", rank,
                             " dimensions.");
    }
    reduced[static_cast<size_t>(axis < 0 ? axis + rank : axis)] = true;
  }
  return Make(input, std::move(reduced), keep_dims);
}

absl::StatusOr<ReductionAxes> ReductionAxes::OfRun(const Shape& input,
                                                   std::span<const int64_t> axes, bool keep_dims) {
  const int64_t rank = input.rank();
  std::vector<bool> reduced(static_cast<size_t>(rank), false);
  for (const int64_t axis : axes) {
    if (axis < -rank || axis >= rank) {
      return InvalidArgument("Invalid reduction dimension (", axis, " for input with ", rank,
                             " dimension(s)");
    }
    const int64_t dim = axis < 0 ? axis + rank : axis;
    if (reduced[static_cast<size_t>(dim)]) {
      return InvalidArgument("Invalid reduction arguments: Axes contains duplicate dimension: ",
                             dim);
    }
    reduced[static_cast<size_t>(dim)] = true;
  }
  return Make(input, std::move(reduced), keep_dims);
}

absl::StatusOr<ReductionAxes> ReductionAxes::Make(const Shape& input, std::vector<bool> reduced,
                                                  bool keep_dims) {
  ReductionAxes axes;
  for (int i = 0; i < input.rank(); ++i) {
    const bool is_reduced = reduced[static_cast<size_t>(i)];
    const int64_t size = input.dim(i);
    if (!is_reduced) axes.output_ = axes.output_.Append(size);
    if (is_reduced && keep_dims) axes.output_ = axes.output_.Append(1);
    if (is_reduced) axes.reduced_elements_ = size < 0 ? 0 : axes.reduced_elements_ * size;
    if (size == 1) continue;
    if (!axes.runs_.empty() && axes.runs_.back().reduced == is_reduced) {
      axes.runs_.back().size *= size;
    } else {
      axes.runs_.push_back({size, is_reduced});
    }
  }
  axes.reduced_ = std::move(reduced);
  return axes;
}

}  // namespace sessile
