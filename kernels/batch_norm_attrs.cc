#include "sessile/kernels/batch_norm_attrs.h"

#include "sessile/core/framework/data_format.h"
#include "sessile/core/framework/status.h"

namespace sessile {

absl::StatusOr<BatchNormAttrs> BatchNormAttrs::Of(const PrepareContext& ctx, const Shape& x) {
  if (x.rank() != 4 && x.rank() != 5) {
    return InvalidArgument("input must be 4 or 5-dimensional", x.ToString());
  }
  BatchNormAttrs attrs;
  SESSILE_ASSIGN_OR_RETURN(const DataFormat format, DataFormat::Of(ctx.attrs()));
  attrs.dims = Channels::Of(x, format);
  SESSILE_ASSIGN_OR_RETURN(attrs.training, ctx.Attr<bool>("is_training"));
  SESSILE_ASSIGN_OR_RETURN(attrs.epsilon, ctx.Attr<float>("epsilon"));
  SESSILE_ASSIGN_OR_RETURN(attrs.factor, ctx.attrs().GetOr("exponential_avg_factor", 1.0f));
  return attrs;
}

absl::Status CheckIsVector(const char* name, const Shape& shape) {
  if (shape.rank() == 1) return absl::OkStatus();
  return InvalidArgument(name, " must be 1-dimensional", shape.ToString());
}

absl::Status CheckChannels(const std::string& name, const Shape& shape, const Channels& dims) {
  if (shape.num_elements() == dims.channels) return absl::OkStatus();
  return InvalidArgument(name, " must have the same number of elements as the channels of x, got ",
                         shape.num_elements(), " and ", dims.channels);
}

}  // namespace sessile
