// UnravelIndex: the coordinates that stand behind the number of an element.

#include "sessile/core/framework/op_registry.h"
#include "sessile/core/framework/shape_inference.h"
#include "sessile/core/framework/status.h"
#include "sessile/ops/array.h"
#include "sessile/ops/op_builder.h"
#include "sessile/ops/register_all.h"

namespace sessile {
namespace {

// A row for each dimension; a scalar has a vector in place of a column.
absl::Status UnravelIndexShape(ShapeContext& ctx) {
  const Shape indices = ctx.input(0);
  SESSILE_ASSIGN_OR_RETURN(const Shape dims, ctx.InputWithRank(1, 1));
  if (!indices.has_rank()) return absl::OkStatus();
  if (indices.rank() == 0) {
    ctx.SetOutput(0, dims);
  } else {
    ctx.SetOutput(0, Shape({dims.dim(0), indices.num_elements()}));
  }
  return absl::OkStatus();
}

}  // namespace

void RegisterUnravelIndex(OpRegistry& ops) {
  ops.Add("UnravelIndex")
      .Input("indices: Tidx")
      .Input("dims: Tidx")
      .Output("output: Tidx")
      .Attr("Tidx: {int32, int64} = DT_INT32")
      .Shape(UnravelIndexShape)
      .NoGradient("integers have no derivative")
      .Doc("The coordinates of elements by their numbers in a tensor of shape `dims`.");
}

Output unravel_index(Input indices, Input dims, std::string_view name) {
  SourceScope here(indices);
  return OpBuilder("UnravelIndex", name).Input(indices).Input(dims).Build();
}

}  // namespace sessile
