// ListDiff: what one list has and the other has not.

#include <algorithm>

#include "sessile/core/framework/op_registry.h"
#include "sessile/core/framework/shape_inference.h"
#include "sessile/core/framework/status.h"
#include "sessile/ops/array.h"
#include "sessile/ops/folding.h"
#include "sessile/ops/op_builder.h"
#include "sessile/ops/register_all.h"

namespace sessile {
namespace {

absl::Status ListDiffShape(ShapeContext& ctx) {
  for (const int i : {0, 1}) SESSILE_RETURN_IF_ERROR(ctx.InputWithRank(i, 1).status());
  for (const int i : {0, 1}) ctx.SetOutput(i, Shape({None}));
  return absl::OkStatus();
}

std::optional<Tensor> ListDiffValue(ShapeContext& ctx, int index) {
  const std::optional<std::vector<int64_t>> x = KnownInts(ctx, 0);
  const std::optional<std::vector<int64_t>> y = KnownInts(ctx, 1);
  if (!x.has_value() || !y.has_value()) return std::nullopt;
  std::vector<int64_t> values;
  for (size_t i = 0; i < x->size(); ++i) {
    if (std::find(y->begin(), y->end(), (*x)[i]) != y->end()) continue;
    values.push_back(index == 0 ? (*x)[i] : static_cast<int64_t>(i));
  }
  return IntTensor(OutputType(ctx, index), Shape({values.size()}), values);
}

}  // namespace

void RegisterListDiff(OpRegistry& ops) {
  ops.Add("ListDiff")
      .Input("x: T")
      .Input("y: T")
      .Output("out: T")
      .Output("idx: out_idx")
      .Attr("T: type")
      .Attr("out_idx: {int32, int64} = DT_INT32")
      .Shape(ListDiffShape)
      .Value(ListDiffValue)
      .NoGradient("places have no derivative")
      .Doc("The elements of `x` that `y` does not have, and where they stand in `x`.");
}

ListDifference setdiff1d(Input x, Input y, SetDiffOptions options) {
  SourceScope here(x);
  const std::vector<Output> both = OpBuilder("ListDiff", options.name)
                                       .Input(x)
                                       .Input(y)
                                       .Attr("out_idx", options.index_dtype)
                                       .BuildAll();
  return {both[0], both[1]};
}

}  // namespace sessile
