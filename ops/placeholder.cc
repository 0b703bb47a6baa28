// Placeholder, PlaceholderV2 and PlaceholderWithDefault.

#include "sessile/core/framework/errors.h"
#include "sessile/core/framework/op_registry.h"
#include "sessile/core/framework/shape_inference.h"
#include "sessile/core/framework/status.h"
#include "sessile/ops/constant.h"
#include "sessile/ops/op_builder.h"

namespace sessile {
namespace {

absl::Status PlaceholderShape(ShapeContext& ctx) {
  SESSILE_ASSIGN_OR_RETURN(const Shape shape, ctx.Attr<Shape>("shape"));
  ctx.SetOutput(0, shape);
  return absl::OkStatus();
}

// The input must agree with the shape, but says no more about what may be fed instead.
absl::Status PlaceholderWithDefaultShape(ShapeContext& ctx) {
  SESSILE_ASSIGN_OR_RETURN(const Shape shape, ctx.Attr<Shape>("shape"));
  SESSILE_RETURN_IF_ERROR(ShapeContext::Merge(ctx.input(0), shape).status());
  ctx.SetOutput(0, shape);
  return absl::OkStatus();
}

absl::StatusOr<std::vector<Output>> PassThrough(GradContext& /*ctx*/, const Node& /*node*/,
                                                std::span<const Output> grads) {
  return std::vector<Output>{grads[0]};
}

}  // namespace

void RegisterPlaceholder(OpRegistry& ops) {
  ops.Add("Placeholder")
      .Output("output: dtype")
      .Attr("dtype: type")
      .Attr("shape: shape = { unknown_rank: true }")
      .Shape(PlaceholderShape)
      .NoGradient("a placeholder has no inputs")
      .Doc("A tensor that must be fed.");
  ops.Add("PlaceholderV2")
      .Output("output: dtype")
      .Attr("dtype: type")
      .Attr("shape: shape")
      .Shape(PlaceholderShape)
      .NoGradient("a placeholder has no inputs")
      .Deprecated(23)
      .Doc("As Placeholder.");
  ops.Add("PlaceholderWithDefault")
      .Input("input: dtype")
      .Output("output: dtype")
      .Attr("dtype: type")
      .Attr("shape: shape")
      .Shape(PlaceholderWithDefaultShape)
      .Gradient(PassThrough)
      .Doc("The input, unless a value is fed in its place.");
}

Output placeholder(DataType dtype, const Shape& shape, std::string_view name, SourceLocation at) {
  SourceScope here(at);
  return OpBuilder("Placeholder", name).Attr("dtype", dtype).Attr("shape", shape).Build();
}

Output placeholder_with_default(Input input, const Shape& shape, std::string_view name) {
  SourceScope here(input);
  return OpBuilder("PlaceholderWithDefault", name)
      .Input(std::move(input))
      .Attr("shape", shape)
      .Build();
}

}  // namespace sessile
