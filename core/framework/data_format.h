// Where a tensor keeps its channels: last (NHWC and its forms of other ranks) or second (NCHW).
//
//   SESSILE_ASSIGN_OR_RETURN(const DataFormat format, DataFormat::Of(ctx.attrs()));
//   const int64_t channels = value.dim(format.ChannelDim(value.rank()));
//
// A value type. Dimension 0 is always the batch; what is neither batch nor channels is spatial.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "sessile/core/framework/attr_value.h"

namespace sessile {

class DataFormat {
 public:
  // Channels last.
  DataFormat() = default;

  // From the attribute `data_format`; channels last if there is none. UNIMPLEMENTED for a layout
  // that is neither of the two.
  static absl::StatusOr<DataFormat> Of(const AttrMap& attrs);
  // "NHWC", "NDHWC", "NWC", "NCHW", "NCDHW", "NCW".
  static absl::StatusOr<DataFormat> Parse(std::string_view name);

  bool channels_last() const { return channels_last_; }
  // As it was written: "NHWC".
  const std::string& name() const { return name_; }
  // The fewest dimensions in which batch and channels (and, if they are not last, something after
  // them) have a place.
  int MinRank() const { return channels_last_ ? 2 : 3; }

  static constexpr int BatchDim() { return 0; }
  int ChannelDim(int rank) const { return channels_last_ ? rank - 1 : 1; }
  // Spatial dimension i of a tensor, 0 <= i < rank - 2.
  int SpatialDim(int i) const { return channels_last_ ? i + 1 : i + 2; }
  static constexpr int SpatialRank(int rank) { return rank - 2; }

  friend bool operator==(const DataFormat& a, const DataFormat& b) {
    return a.channels_last_ == b.channels_last_;
  }

 private:
  bool channels_last_ = true;
  std::string name_ = "NHWC";
};

}  // namespace sessile
