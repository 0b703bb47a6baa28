#include "sessile/core/framework/window_geometry.h"

#include <algorithm>
#include <string>

#include "sessile/core/framework/shape.h"
#include "sessile/core/framework/status.h"

namespace sessile {
namespace {

// Sizes beyond this are refused, so that sums and products of a few of them cannot overflow.
constexpr int64_t kLargest = int64_t{1} << 31;

// The reach of a filter whose taps are `dilation` apart.
absl::StatusOr<int64_t> Reach(int64_t filter, int64_t dilation) {
  int64_t reach;
  if (__builtin_mul_overflow(filter - 1, dilation, &reach) || reach >= 4 * kLargest) {
    return InvalidArgument("A filter of size ", filter, " with dilation ", dilation,
                           " is too large");
  }
  return reach + 1;
}

// A list attribute, of one name or another, with one number for each dimension of the data; ones
// if there is none.
absl::StatusOr<std::vector<int64_t>> PerDimension(const AttrMap& attrs, const char* name,
                                                  const char* other_name, size_t rank,
                                                  const std::string& who) {
  if (attrs.Find(name) == nullptr) name = other_name;
  if (name == nullptr || attrs.Find(name) == nullptr) return std::vector<int64_t>(rank, 1);
  SESSILE_ASSIGN_OR_RETURN(std::vector<int64_t> list, attrs.Get<std::vector<int64_t>>(name));
  if (list.size() != rank) {
    return InvalidArgument(who, " attribute to contain ", rank, " values, but got: ", list.size());
  }
  return list;
}

}  // namespace

absl::StatusOr<WindowGeometry> WindowGeometry::Of(std::string_view op, const AttrMap& attrs) {
  WindowGeometry window;
  SESSILE_ASSIGN_OR_RETURN(window.format_, DataFormat::Of(attrs));
  SESSILE_RETURN_IF_ERROR(window.ReadLists(op, attrs));
  SESSILE_RETURN_IF_ERROR(window.ReadPadding(attrs));
  return window;
}

absl::Status WindowGeometry::ReadLists(std::string_view op, const AttrMap& attrs) {
  const std::string who(op);
  const size_t rank = format_.name().size();
  SESSILE_ASSIGN_OR_RETURN(
      const std::vector<int64_t> strides,
      PerDimension(attrs, "strides", nullptr, rank,
                   absl::StrCat(who, " on data format ", format_.name(), " requires the stride")));
  SESSILE_ASSIGN_OR_RETURN(
      const std::vector<int64_t> dilations,
      PerDimension(attrs, "dilations", "rates", rank, absl::StrCat(who, " requires the dilation")));
  SESSILE_ASSIGN_OR_RETURN(
      const std::vector<int64_t> ksize,
      PerDimension(attrs, "ksize", "ksizes", rank, absl::StrCat(who, " requires the ksize")));
  const auto batch = static_cast<size_t>(DataFormat::BatchDim());
  const auto channel = static_cast<size_t>(format_.ChannelDim(static_cast<int>(rank)));
  for (const size_t i : {batch, channel}) {
    if (strides[i] != 1) {
      return InvalidArgument(
          "Current implementation does not yet support strides in the batch and "
          "depth dimensions.");
    }
    if (dilations[i] != 1) {
      return InvalidArgument(
          "Current implementation does not yet support dilations in the batch "
          "and depth dimensions.");
    }
    if (ksize[i] != 1) {
      return Unimplemented("Pooling is not yet supported on the ", i == batch ? "batch" : "depth",
                           " dimension.");
    }
  }
  for (int i = 0; i < DataFormat::SpatialRank(static_cast<int>(rank)); ++i) {
    const auto dim = static_cast<size_t>(format_.SpatialDim(i));
    Axis axis{.stride = strides[dim], .dilation = dilations[dim], .ksize = ksize[dim]};
    if (axis.stride <= 0) return InvalidArgument("Stride must be > 0, but got ", axis.stride);
    if (axis.dilation < 1) {
      return InvalidArgument("Dilation rate must be >= 1, but got ", axis.dilation);
    }
    if (axis.ksize < 1) return InvalidArgument("Window size must be > 0, but got ", axis.ksize);
    if (std::max({axis.stride, axis.dilation, axis.ksize}) >= kLargest) {
      return InvalidArgument(who, ": strides, dilations and window sizes must be below 2^31");
    }
    axes_.push_back(axis);
  }
  return absl::OkStatus();
}

absl::Status WindowGeometry::ReadPadding(const AttrMap& attrs) {
  SESSILE_ASSIGN_OR_RETURN(const std::string padding, attrs.Get<std::string>("padding"));
  SESSILE_ASSIGN_OR_RETURN(const std::vector<int64_t> pads,
                           attrs.GetOr<std::vector<int64_t>>("explicit_paddings", {}));
  if (padding != "EXPLICIT") {
    if (padding != "SAME" && padding != "VALID") {
      return InvalidArgument("Unknown padding type: ", padding);
    }
    if (!pads.empty()) {
      return InvalidArgument(
          "explicit_paddings attribute must be empty if the padding attribute is not EXPLICIT");
    }
    padding_ = padding == "SAME" ? Padding::kSame : Padding::kValid;
    return absl::OkStatus();
  }
  padding_ = Padding::kExplicit;
  const size_t rank = format_.name().size();
  if (pads.size() != 2 * rank) {
    return InvalidArgument("explicit_paddings attribute must contain ", 2 * rank,
                           " values, but got: ", pads.size());
  }
  for (const int64_t pad : pads) {
    if (pad < 0) return InvalidArgument("All elements of explicit_paddings must be nonnegative");
    if (pad >= kLargest) return InvalidArgument("explicit_paddings must be below 2^31");
  }
  const auto channel = static_cast<size_t>(format_.ChannelDim(static_cast<int>(rank)));
  if (pads[0] != 0 || pads[1] != 0 || pads[2 * channel] != 0 || pads[2 * channel + 1] != 0) {
    return InvalidArgument(
        "Nonzero explicit padding in the batch or depth dimensions is not supported");
  }
  for (int i = 0; i < spatial_rank(); ++i) {
    const auto dim = static_cast<size_t>(format_.SpatialDim(i));
    axes_[static_cast<size_t>(i)].pad_before = pads[2 * dim];
    axes_[static_cast<size_t>(i)].pad_after = pads[2 * dim + 1];
  }
  return absl::OkStatus();
}

absl::StatusOr<int64_t> WindowGeometry::OutputDim(int i, int64_t input, int64_t filter) const {
  const Axis& a = axis(i);
  if (input == Shape::kUnknownDim) return Shape::kUnknownDim;
  if (padding_ == Padding::kSame) return input / a.stride + (input % a.stride != 0 ? 1 : 0);
  if (filter == Shape::kUnknownDim) return Shape::kUnknownDim;
  SESSILE_ASSIGN_OR_RETURN(const int64_t reach, Reach(filter, a.dilation));
  int64_t padded;
  if (__builtin_add_overflow(input, a.pad_before + a.pad_after, &padded)) {
    return InvalidArgument("Padded input size is too large");
  }
  if (padded < reach) {
    return InvalidArgument("Negative dimension size caused by subtracting ", reach, " from ",
                           padded);
  }
  return (padded - reach) / a.stride + 1;
}

absl::StatusOr<WindowExtent> WindowGeometry::Extent(int i, int64_t input, int64_t filter) const {
  const Axis& a = axis(i);
  SESSILE_ASSIGN_OR_RETURN(const int64_t reach, Reach(filter, a.dilation));
  if (input < 0 || input >= (int64_t{1} << 62)) {
    return InvalidArgument("A window cannot slide over an input of size ", input);
  }
  WindowExtent extent{.pad_before = a.pad_before, .pad_after = a.pad_after};
  if (padding_ == Padding::kSame) {
    extent.output = (input + a.stride - 1) / a.stride;
    const int64_t pad = std::max<int64_t>(0, (extent.output - 1) * a.stride + reach - input);
    extent.pad_before = pad / 2;
    extent.pad_after = pad - extent.pad_before;
    return extent;
  }
  const int64_t room = input + a.pad_before + a.pad_after - reach + a.stride;
  if (room < 0) {
    return InvalidArgument("Computed output size would be negative: ", room / a.stride,
                           " [input_size: ", input, ", effective_filter_size: ", reach,
                           ", stride: ", a.stride, "]");
  }
  extent.output = room / a.stride;
  return extent;
}

}  // namespace sessile
