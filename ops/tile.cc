// Tile: a tensor repeated along its dimensions.

#include "sessile/core/framework/op_registry.h"
#include "sessile/core/framework/shape_inference.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/graph/node.h"
#include "sessile/ops/array.h"
#include "sessile/ops/folding.h"
#include "sessile/ops/grad_context.h"
#include "sessile/ops/math.h"
#include "sessile/ops/op_builder.h"
#include "sessile/ops/register_all.h"

namespace sessile {
namespace {

absl::Status TileShape(ShapeContext& ctx) {
  Shape in = ctx.input(0);
  SESSILE_RETURN_IF_ERROR(ctx.InputWithRank(1, 1).status());
  SESSILE_ASSIGN_OR_RETURN(Shape multiples, ctx.input_value_as_shape(1));
  if (!in.has_rank() && !multiples.has_rank()) return absl::OkStatus();
  if (!in.has_rank()) in = Shape::UnknownOfRank(multiples.rank());
  if (!multiples.has_rank()) multiples = Shape::UnknownOfRank(in.rank());
  if (multiples.rank() != in.rank()) {
    return InvalidArgument("Shape must be rank ", in.rank(), " but is rank ", multiples.rank());
  }
  std::vector<int64_t> out;
  for (int i = 0; i < in.rank(); ++i) {
    int64_t size = Shape::kUnknownDim;
    if (in.dim(i) == 0 || multiples.dim(i) == 0) {
      size = 0;
    } else if (in.dim(i) == 1 || multiples.dim(i) == 1) {
      size = in.dim(i) == 1 ? multiples.dim(i) : in.dim(i);
    } else if (in.dim(i) > 0 && multiples.dim(i) > 0 &&
               __builtin_mul_overflow(in.dim(i), multiples.dim(i), &size)) {
      return InvalidArgument("Negative dimension size caused by overflow when multiplying ",
                             in.dim(i), " and ", multiples.dim(i));
    }
    out.push_back(size);
  }
  SESSILE_ASSIGN_OR_RETURN(Shape shape, Shape::FromDims(out));
  ctx.SetOutput(0, std::move(shape));
  return absl::OkStatus();
}

// Each input element occurs in the output as often as it is repeated. With the output seen as
// [multiples[0], size[0], multiples[1], size[1], ...], the gradient is the sum over the even axes.
absl::StatusOr<std::vector<Output>> TileGradient(GradContext& ctx, const Node& node,
                                                 std::span<const Output> grads) {
  const Output input = ctx.input(node, 0);
  const Output multiples = ctx.input(node, 1);
  const Output input_shape = shape(input, {.out_type = multiples.dtype()});
  const Output pairs = stack({multiples, input_shape});
  const Output interleaved = transpose(pairs);
  const Output split_shape = reshape(interleaved, {-1});
  const Output count = size(split_shape);
  const Output axes = range(0, count, 2);
  const Output split = reshape(grads[0], split_shape);
  const Output sum = reduce_sum(split, {.axis = axes});
  sum.set_shape(input.get_shape());
  return std::vector<Output>{sum, Output()};
}

}  // namespace

void RegisterTile(OpRegistry& ops) {
  ops.Add("Tile")
      .Input("input: T")
      .Input("multiples: Tmultiples")
      .Output("output: T")
      .Attr("T: type")
      .Attr("Tmultiples: {int32, int64} = DT_INT32")
      .Shape(TileShape)
      .Gradient(TileGradient)
      .Doc("Repeats `input` multiples[i] times along dimension i.");
}

Output tile(Input input, Input multiples, std::string_view name) {
  SourceScope here(input);
  return OpBuilder("Tile", name).Input(input).Input(multiples).Build();
}

}  // namespace sessile
