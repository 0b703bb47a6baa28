#include "sessile/core/framework/data_format.h"

#include "sessile/core/framework/status.h"

namespace sessile {

absl::StatusOr<DataFormat> DataFormat::Of(const AttrMap& attrs) {
  SESSILE_ASSIGN_OR_RETURN(const std::string name, attrs.GetOr<std::string>("data_format", "NHWC"));
  return Parse(name);
}

absl::StatusOr<DataFormat> DataFormat::Parse(std::string_view name) {
  DataFormat format;
  format.name_ = std::string(name);
  if (name == "NHWC" || name == "NDHWC" || name == "NWC") return format;
  format.channels_last_ = false;
  if (name == "NCHW" || name == "NCDHW" || name == "NCW") return format;
  return Unimplemented("Data format '", format.name_,
                       "' is not supported; expected channels last (NHWC) or second (NCHW)");
}

}  // namespace sessile
