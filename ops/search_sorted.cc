// Bucketize, LowerBound and UpperBound: where values have their place among sorted ones; and
// searchsorted, which is made of the latter.

#include "sessile/core/framework/errors.h"
#include "sessile/core/framework/op_registry.h"
#include "sessile/core/framework/shape_inference.h"
#include "sessile/core/framework/status.h"
#include "sessile/ops/array.h"
#include "sessile/ops/op_builder.h"
#include "sessile/ops/operators.h"
#include "sessile/ops/register_all.h"

namespace sessile {
namespace {

constexpr const char* kPlaces = "places have no derivative";

absl::Status BoundShape(ShapeContext& ctx) {
  SESSILE_ASSIGN_OR_RETURN(const Shape sorted, ctx.InputWithRank(0, 2));
  SESSILE_ASSIGN_OR_RETURN(const Shape values, ctx.InputWithRank(1, 2));
  SESSILE_RETURN_IF_ERROR(ctx.MergeDim(sorted.dim(0), values.dim(0)).status());
  ctx.SetOutput(0, ctx.input(1));
  return absl::OkStatus();
}

void RegisterBound(OpRegistry& ops, std::string_view name, std::string_view doc) {
  ops.Add(name)
      .Input("sorted_inputs: T")
      .Input("values: T")
      .Output("output: out_type")
      .Attr("T: type")
      .Attr("out_type: {int32, int64} = DT_INT32")
      .Shape(BoundShape)
      .NoGradient(kPlaces)
      .Doc(doc);
}

const char* BoundOp(const std::string& side) {
  if (side == "left") return "LowerBound";
  if (side == "right") return "UpperBound";
  errors::ThrowIfError(InvalidArgument(
      "Argument `side` must be either 'right' or 'left'. Received: `side` = '", side, "'."));
  return "";
}

}  // namespace

void RegisterSearchSorted(OpRegistry& ops) {
  RegisterBound(ops, "LowerBound", "For each value the number of smaller ones in its sorted row.");
  RegisterBound(ops, "UpperBound", "For each value the number in its sorted row of those <= it.");
  ops.Add("Bucketize")
      .Input("input: T")
      .Output("output: int32")
      .Attr("T: {int32, int64, float, double}")
      .Attr("boundaries: list(float)")
      .Shape(UnchangedShape)
      .NoGradient(kPlaces)
      .RowsIndependent()
      .Doc("For each element the number of boundaries <= it.");
}

Output searchsorted(Input sorted_sequence, Input values, const SearchSortedOptions& options) {
  SourceScope here(sorted_sequence);
  const Output length = shape(sorted_sequence)[-1];
  const Output count = shape(values)[-1];
  const Output rows = reshape(sorted_sequence, {-1, length});
  const Output value_rows = reshape(values, {-1, count});
  const Output places = OpBuilder(BoundOp(options.side), options.name)
                            .Input(rows)
                            .Input(value_rows)
                            .Attr("out_type", options.out_type)
                            .Build();
  return reshape(places, shape(values));
}

}  // namespace sessile
