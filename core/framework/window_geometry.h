// How a window slides over the spatial dimensions of its input: what a convolution or a pool, its
// gradient and its shape rule agree on.
//
//   SESSILE_ASSIGN_OR_RETURN(const WindowGeometry window, WindowGeometry::Of("Conv2D",
//   ctx.attrs())); SESSILE_ASSIGN_OR_RETURN(const WindowExtent height, window.Extent(0,
//   input_height, 3)); height.output == (input_height + height.pad_before + height.pad_after - 3) /
//   stride + 1
//
// A value type. Spatial dimensions are numbered from 0, whatever the data format.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "sessile/core/framework/attr_value.h"
#include "sessile/core/framework/data_format.h"

namespace sessile {

enum class Padding { kValid, kSame, kExplicit };

// One spatial dimension with all sizes known. With SAME, an odd total of padding has its larger
// half after the data.
struct WindowExtent {
  int64_t output = 0;
  int64_t pad_before = 0;
  int64_t pad_after = 0;
};

class WindowGeometry {
 public:
  // From `strides`, `padding`, `data_format` and, where there are such attributes, `dilations`,
  // `explicit_paddings` and `ksize` (or `rates` and `ksizes`, as some operations call dilations and
  // sizes); `op` is named in errors. There are as many spatial dimensions as `strides` has numbers,
  // less two. INVALID_ARGUMENT: a list of another length than 4 (for a
  // data format of 4 letters), strides below 1, strides or dilations in batch or channels, negative
  // paddings, ...
  static absl::StatusOr<WindowGeometry> Of(std::string_view op, const AttrMap& attrs);

  const DataFormat& format() const { return format_; }
  Padding padding() const { return padding_; }
  int spatial_rank() const { return static_cast<int>(axes_.size()); }
  int64_t stride(int i) const { return axis(i).stride; }
  int64_t dilation(int i) const { return axis(i).dilation; }
  // From `ksize`; 1 if there is no such attribute.
  int64_t ksize(int i) const { return axis(i).ksize; }

  // For a shape rule: unknown (-1) if the result does not follow from what is known. "Negative
  // dimension size caused by subtracting 5 from 3".
  absl::StatusOr<int64_t> OutputDim(int i, int64_t input, int64_t filter) const;
  // For sizes that are known. "Computed output size would be negative: ...".
  absl::StatusOr<WindowExtent> Extent(int i, int64_t input, int64_t filter) const;

 private:
  struct Axis {
    int64_t stride = 1;
    int64_t dilation = 1;
    int64_t ksize = 1;
    int64_t pad_before = 0;  // explicit padding only
    int64_t pad_after = 0;
  };
  const Axis& axis(int i) const { return axes_[static_cast<size_t>(i)]; }
  absl::Status ReadLists(std::string_view op, const AttrMap& attrs);
  absl::Status ReadPadding(const AttrMap& attrs);

  DataFormat format_;
  Padding padding_ = Padding::kValid;
  std::vector<Axis> axes_;
};

}  // namespace sessile
