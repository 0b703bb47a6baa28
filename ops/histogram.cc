// Bincount and HistogramFixedWidth: how often values occur.

#include <array>

#include "sessile/core/framework/op_registry.h"
#include "sessile/core/framework/shape_inference.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/graph/scope.h"
#include "sessile/ops/folding.h"
#include "sessile/ops/math.h"
#include "sessile/ops/op_builder.h"
#include "sessile/ops/register_all.h"

namespace sessile {
namespace {

absl::Status BincountShape(ShapeContext& ctx) {
  SESSILE_RETURN_IF_ERROR(ctx.InputIsScalar(1));
  const int64_t size = KnownInt(ctx, 1).value_or(None);
  if (size < None) return InvalidArgument("size (", size, ") must be non-negative");
  ctx.SetOutput(0, Shape({size}));
  return absl::OkStatus();
}

absl::Status HistogramShape(ShapeContext& ctx) {
  SESSILE_ASSIGN_OR_RETURN(const Shape range, ctx.InputWithRank(1, 1));
  SESSILE_RETURN_IF_ERROR(ctx.MergeDim(range.dim(0), 2).status());
  SESSILE_RETURN_IF_ERROR(ctx.InputIsScalar(2));
  const std::optional<int64_t> bins = KnownInt(ctx, 2);
  if (bins.has_value() && *bins <= 0) {
    return InvalidArgument("Requires nbins > 0, got ", *bins);
  }
  ctx.SetOutput(0, Shape({bins.value_or(None)}));
  return absl::OkStatus();
}

}  // namespace

void RegisterHistogram(OpRegistry& ops) {
  ops.Add("Bincount")
      .Input("arr: int32")
      .Input("size: int32")
      .Input("weights: T")
      .Output("bins: T")
      .Attr("T: {int32, int64, float, double}")
      .Shape(BincountShape)
      .NoGradient("TensorFlow has none")
      .Doc("How often, or with which weight, each number from 0 to `size` - 1 occurs.");
  ops.Add("HistogramFixedWidth")
      .Input("values: T")
      .Input("value_range: T")
      .Input("nbins: int32")
      .Output("out: dtype")
      .Attr("T: {int32, int64, float, double}")
      .Attr("dtype: {int32, int64} = DT_INT32")
      .Shape(HistogramShape)
      .NoGradient("counts have no derivative")
      .Doc(
          "How many values lie in each of `nbins` parts of a range; the ends take what is beyond.");
}

Output histogram_fixed_width(Input values, Input value_range,
                             const HistogramFixedWidthOptions& options) {
  SourceScope here(values);
  const std::array<Input, 3> inputs = {values, value_range, options.nbins};
  const name_scope scope(options.name.empty() ? "histogram_fixed_width" : options.name,
                         graph_of(inputs).impl());
  return OpBuilder("HistogramFixedWidth", scope.name())
      .Input(values)
      .Input(value_range)
      .Input(options.nbins)
      .Attr("dtype", options.dtype)
      .Build();
}

}  // namespace sessile
