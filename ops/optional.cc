// Optional values: tensors, or the fact that there are none, in a variant. Graphs of TensorFlow 2's
// control flow have them, where a gradient wants what only one branch of a conditional computes.

#include "sessile/core/framework/op_registry.h"
#include "sessile/core/framework/shape_inference.h"
#include "sessile/core/framework/status.h"
#include "sessile/ops/register_all.h"

namespace sessile {
namespace {

absl::Status GetValueShape(ShapeContext& ctx) {
  SESSILE_ASSIGN_OR_RETURN(const std::vector<Shape> shapes,
                           ctx.Attr<std::vector<Shape>>("output_shapes"));
  if (static_cast<int>(shapes.size()) != ctx.num_outputs()) {
    return InvalidArgument("`output_shapes` must be the same length as `output_types` (",
                           shapes.size(), " vs. ", ctx.num_outputs(), ")");
  }
  for (int i = 0; i < ctx.num_outputs(); ++i) ctx.SetOutput(i, shapes[static_cast<size_t>(i)]);
  return absl::OkStatus();
}

constexpr const char* kOptionalGradient = "TensorFlow has no gradient of it either";

}  // namespace

void RegisterOptional(OpRegistry& ops) {
  ops.Add("OptionalNone")
      .Output("optional: variant")
      .Shape(ScalarShape)
      .NoGradient(kOptionalGradient)
      .Doc("An optional without a value.");
  ops.Add("OptionalFromValue")
      .Input("components: Toutput_types")
      .Output("optional: variant")
      .Attr("Toutput_types: list(type) >= 1")
      .Shape(ScalarShape)
      .NoGradient(kOptionalGradient)
      .Doc("An optional whose value are these tensors.");
  ops.Add("OptionalHasValue")
      .Input("optional: variant")
      .Output("has_value: bool")
      .Shape(ScalarShape)
      .NoGradient(kOptionalGradient)
      .Doc("Whether an optional has a value.");
  ops.Add("OptionalGetValue")
      .Input("optional: variant")
      .Output("components: output_types")
      .Attr("output_types: list(type) >= 1")
      .Attr("output_shapes: list(shape) >= 1")
      .Shape(GetValueShape)
      .NoGradient(kOptionalGradient)
      .Doc("The value of an optional; an error if it has none.");
}

}  // namespace sessile
