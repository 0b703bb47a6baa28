#include "sessile/core/framework/slice_spec.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "sessile/core/framework/status.h"

namespace sessile {
namespace {

// Items of a slice; masks have a bit for each.
constexpr size_t kMaxItems = 32;

bool Bit(int64_t mask, size_t i) { return i < kMaxItems && ((mask >> i) & 1) != 0; }

// What the items say of one dimension of the input.
struct Range {
  std::optional<int64_t> begin = 0;
  std::optional<int64_t> end = 0;
  int64_t stride = 1;
  bool from_first = true;
  bool to_last = true;
  bool single = false;  // one element, whose dimension goes
};

// The ranges of all dimensions of the input, and which dimensions the output has.
struct Layout {
  static constexpr int kNewAxis = -1;
  std::vector<Range> ranges;
  std::vector<int> output;  // a dimension of the input, or kNewAxis
};

std::optional<int64_t> At(const std::optional<std::vector<int64_t>>& values, size_t i) {
  if (!values.has_value()) return std::nullopt;
  return (*values)[i];
}

absl::Status CheckSizes(const SliceBounds& bounds, const SliceMasks& masks) {
  const size_t items = bounds.strides.size();
  if ((bounds.begin.has_value() && bounds.begin->size() != items) ||
      (bounds.end.has_value() && bounds.end->size() != items)) {
    return InvalidArgument("Expected begin, end, and strides to be 1D equal size tensors, but got ",
                           bounds.begin.has_value() ? bounds.begin->size() : items, ", ",
                           bounds.end.has_value() ? bounds.end->size() : items, " and ", items,
                           " elements instead.");
  }
  if (items >= kMaxItems) {
    return InvalidArgument("A slice has at most ", kMaxItems - 1, " items, got ", items);
  }
  if (std::popcount(static_cast<uint64_t>(masks.ellipsis)) > 1) {
    return InvalidArgument("Multiple ellipses in slice spec not allowed");
  }
  return absl::OkStatus();
}

// How many dimensions the ellipsis stands for: what the other items leave. An ellipsis bit counts
// whatever else is said of its item; new axes take no dimension.
size_t EllipsisSize(size_t rank, size_t items, const SliceMasks& masks) {
  size_t taken = 0;
  for (size_t i = 0; i < items; ++i) {
    if (!Bit(masks.ellipsis, i) && !Bit(masks.new_axis, i)) ++taken;
  }
  return rank > taken ? rank - taken : 0;
}

absl::StatusOr<Layout> LayoutOf(size_t rank, const SliceBounds& bounds, const SliceMasks& masks) {
  const size_t items = bounds.strides.size();
  Layout layout;
  const auto whole = [&](size_t count) {
    for (; count > 0; --count) {
      layout.output.push_back(static_cast<int>(layout.ranges.size()));
      layout.ranges.emplace_back();
    }
  };
  for (size_t i = 0; i < items; ++i) {
    if (Bit(masks.ellipsis, i)) {
      whole(EllipsisSize(rank, items, masks));
      continue;
    }
    if (Bit(masks.new_axis, i)) {
      layout.output.push_back(Layout::kNewAxis);
      continue;
    }
    const size_t dim = layout.ranges.size();
    if (dim == rank) {
      return rank == 0 ? InvalidArgument("Attempting to slice scalar input.")
                       : InvalidArgument("Index out of range using input dim ", dim,
                                         "; input has only ", rank, " dims");
    }
    const bool single = Bit(masks.shrink_axis, i);
    if (!single) layout.output.push_back(static_cast<int>(dim));
    layout.ranges.push_back({.begin = At(bounds.begin, i),
                             .end = At(bounds.end, i),
                             .stride = bounds.strides[i],
                             .from_first = Bit(masks.begin, i),
                             .to_last = Bit(masks.end, i),
                             .single = single});
  }
  if (layout.ranges.size() < rank) whole(rank - layout.ranges.size());
  if (layout.output.size() > static_cast<size_t>(Shape::kMaxRank)) {
    return InvalidArgument("A slice of ", layout.output.size(),
                           " dimensions; a tensor has at most ", Shape::kMaxRank);
  }
  return layout;
}

// Element x counted from the front, -1 and `size` being before the first and after the last.
int64_t FromFront(int64_t x, int64_t size, int64_t stride) {
  const int64_t place = x < 0 ? x + size : x;
  const int64_t least = stride > 0 ? 0 : -1;
  return std::clamp(place, least, stride > 0 ? size : size - 1);
}

// Elements from begin towards end, excluding it.
int64_t Count(int64_t begin, int64_t end, int64_t stride) {
  const int64_t length = end - begin;
  if (length == 0 || (length < 0) != (stride < 0)) return 0;
  const int64_t distance = length < 0 ? -length : length;
  // -stride overflows for the lowest number; then one element is what there is.
  if (stride <= -distance || stride >= distance) return 1;
  const int64_t step = stride < 0 ? -stride : stride;
  return distance / step + (distance % step != 0 ? 1 : 0);
}

absl::StatusOr<SliceSpec::Dim> Resolve(const Range& range, int64_t size, size_t dim) {
  const int64_t stride = range.stride;
  if (stride == 0) return InvalidArgument("strides[", dim, "] must be non-zero");
  if (range.single && stride < 0) {
    return InvalidArgument("only stride 1 allowed on non-range indexing.");
  }
  if (range.single) {
    if (size < 0 || !range.begin.has_value()) return SliceSpec::Dim{.size = 1};
    const int64_t place = *range.begin < 0 ? *range.begin + size : *range.begin;
    if (place < 0 || place >= size) {
      return InvalidArgument("slice index ", *range.begin, " of dimension ", dim,
                             " out of bounds.");
    }
    return SliceSpec::Dim{.begin = place, .stride = 1, .size = 1};
  }
  const bool known =
      (range.from_first || range.begin.has_value()) && (range.to_last || range.end.has_value());
  if (size < 0 || !known) return SliceSpec::Dim{.stride = stride, .size = Shape::kUnknownDim};
  const int64_t first = stride > 0 ? 0 : size - 1;
  const int64_t after_last = stride > 0 ? size : -1;
  const int64_t begin = range.from_first ? first : FromFront(*range.begin, size, stride);
  const int64_t end = range.to_last ? after_last : FromFront(*range.end, size, stride);
  const int64_t count = Count(begin, end, stride);
  return SliceSpec::Dim{.begin = count == 0 ? 0 : begin, .stride = stride, .size = count};
}

}  // namespace

absl::StatusOr<SliceMasks> SliceMasks::Of(const AttrMap& attrs) {
  SliceMasks masks;
  const std::pair<const char*, int64_t*> all[] = {{"begin_mask", &masks.begin},
                                                  {"end_mask", &masks.end},
                                                  {"ellipsis_mask", &masks.ellipsis},
                                                  {"new_axis_mask", &masks.new_axis},
                                                  {"shrink_axis_mask", &masks.shrink_axis}};
  for (const auto& [name, mask] : all) {
    SESSILE_ASSIGN_OR_RETURN(*mask, attrs.GetOr<int64_t>(name, 0));
  }
  return masks;
}

absl::StatusOr<SliceSpec> SliceSpec::Of(const Shape& input, const SliceBounds& bounds,
                                        const SliceMasks& masks) {
  SESSILE_RETURN_IF_ERROR(CheckSizes(bounds, masks));
  SESSILE_ASSIGN_OR_RETURN(const Layout layout,
                           LayoutOf(static_cast<size_t>(input.rank()), bounds, masks));
  SliceSpec spec;
  for (size_t i = 0; i < layout.ranges.size(); ++i) {
    SESSILE_ASSIGN_OR_RETURN(const Dim dim,
                             Resolve(layout.ranges[i], input.dim(static_cast<int>(i)), i));
    spec.dims_.push_back(dim);
  }
  std::vector<int64_t> output;
  for (const int dim : layout.output) {
    output.push_back(dim == Layout::kNewAxis ? 1 : spec.dims_[static_cast<size_t>(dim)].size);
  }
  SESSILE_ASSIGN_OR_RETURN(spec.output_, Shape::FromDims(output));
  return spec;
}

}  // namespace sessile
