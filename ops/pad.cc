// Pad, PadV2 and MirrorPad: a tensor in a margin of one value, or of its own elements.

#include "absl/strings/ascii.h"
#include "sessile/core/framework/errors.h"
#include "sessile/core/framework/op_registry.h"
#include "sessile/core/framework/shape_inference.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/graph/node.h"
#include "sessile/ops/array.h"
#include "sessile/ops/folding.h"
#include "sessile/ops/grad_context.h"
#include "sessile/ops/op_builder.h"
#include "sessile/ops/register_all.h"

namespace sessile {
namespace {

using Outputs = std::vector<Output>;

// The size of each dimension plus (sign 1) or minus (sign -1) its two paddings.
template <int sign>
absl::Status PaddedShape(ShapeContext& ctx) {
  SESSILE_ASSIGN_OR_RETURN(const Shape paddings, ctx.InputWithRank(1, 2));
  SESSILE_RETURN_IF_ERROR(ctx.MergeDim(paddings.dim(1), 2).status());
  if (ctx.num_inputs() > 2) SESSILE_RETURN_IF_ERROR(ctx.InputIsScalar(2));
  Shape in = ctx.input(0);
  if (!in.has_rank()) {
    if (paddings.dim(0) < 0 || paddings.dim(0) > Shape::kMaxRank) return absl::OkStatus();
    in = Shape::UnknownOfRank(static_cast<int>(paddings.dim(0)));
  }
  SESSILE_RETURN_IF_ERROR(ctx.MergeDim(paddings.dim(0), in.rank()).status());
  const std::optional<std::vector<int64_t>> margins = KnownInts(ctx, 1);
  if (!margins.has_value()) {
    ctx.SetOutput(0, Shape::UnknownOfRank(in.rank()));
    return absl::OkStatus();
  }
  std::vector<int64_t> dims;
  for (int i = 0; i < in.rank(); ++i) {
    const int64_t before = (*margins)[static_cast<size_t>(2 * i)];
    const int64_t after = (*margins)[static_cast<size_t>(2 * i + 1)];
    if (before < 0 || after < 0) {
      return InvalidArgument("Paddings must be non-negative: ", before, " ", after);
    }
    int64_t& size = dims.emplace_back(in.dim(i));
    if (size < 0) continue;
    int64_t margin = 0;
    if (__builtin_add_overflow(before, after, &margin) ||
        __builtin_add_overflow(size, sign * margin, &size) || size < 0) {
      return InvalidArgument("Paddings ", before, " and ", after, " do not fit dimension ", i,
                             " of shape ", in.ToString());
    }
  }
  SESSILE_ASSIGN_OR_RETURN(Shape out, Shape::FromDims(dims));
  ctx.SetOutput(0, std::move(out));
  return absl::OkStatus();
}

// The margin has no gradient; nor is there one for the value in it.
absl::StatusOr<Outputs> PadGradient(GradContext& ctx, const Node& node,
                                    std::span<const Output> grads) {
  const Output input = ctx.input(node, 0);
  const Output paddings = ctx.input(node, 1);
  const Output count = rank(input);
  const Output column = stack({count, 1});
  const Output before = slice(paddings, {0, 0}, column);
  const Output begin = reshape(before, {-1});
  const Output sizes = shape(input, {.out_type = begin.dtype()});
  Outputs results = {slice(grads[0], begin, sizes), Output()};
  results.resize(static_cast<size_t>(node.num_inputs()));
  return results;
}

bool IsZero(const Input& value) {
  const Literal* const literal = value.literal();
  if (literal == nullptr || !literal->shape.empty()) return false;
  return (literal->integers.size() == 1 && literal->integers[0] == 0) ||
         (literal->numbers.size() == 1 && literal->numbers[0] == 0);
}

absl::StatusOr<std::vector<Output>> TheOther(std::string_view op, GradContext& ctx,
                                             const Node& node, const Output& grad) {
  return std::vector<Output>{
      OpBuilder(op).Input(grad).Input(ctx.input(node, 1)).CopyAttr(node, "mode").Build(), Output()};
}

absl::StatusOr<std::vector<Output>> MirrorPadGradient(GradContext& ctx, const Node& node,
                                                      std::span<const Output> grads) {
  return TheOther("MirrorPadGrad", ctx, node, grads[0]);
}

absl::StatusOr<std::vector<Output>> MirrorPadGradGradient(GradContext& ctx, const Node& node,
                                                          std::span<const Output> grads) {
  return TheOther("MirrorPad", ctx, node, grads[0]);
}

}  // namespace

void RegisterPad(OpRegistry& ops) {
  for (const char* op : {"Pad", "PadV2"}) {
    OpDefBuilder builder = ops.Add(op);
    builder.Input("input: T").Input("paddings: Tpaddings");
    const bool has_value = std::string_view(op) == "PadV2";
    if (has_value) builder.Input("constant_values: T");
    builder.Output("output: T").Attr("T: type").Attr("Tpaddings: {int32, int64} = DT_INT32");
    builder.Shape(PaddedShape<1>).Gradient(PadGradient);
    builder.Doc(has_value ? "`input` in a margin of `constant_values`."
                          : "`input` in a margin of zeros.");
  }
  const auto add_mirrored = [&](const char* op, ShapeFn shape, GradientFn gradient) {
    return ops.Add(op)
        .Input("input: T")
        .Input("paddings: Tpaddings")
        .Output("output: T")
        .Attr("T: type")
        .Attr("Tpaddings: {int32, int64} = DT_INT32")
        .Attr("mode: {'REFLECT', 'SYMMETRIC'}")
        .Shape(std::move(shape))
        .Gradient(std::move(gradient));
  };
  add_mirrored("MirrorPad", PaddedShape<1>, MirrorPadGradient)
      .Doc("`input` in a margin of its own elements, mirrored at the edges.");
  add_mirrored("MirrorPadGrad", PaddedShape<-1>, MirrorPadGradGradient)
      .Doc("The gradient of MirrorPad: the margin folded back and added.");
}

Output pad(Input tensor, Input paddings, PadOptions options) {
  SourceScope here(tensor);
  const std::string mode = absl::AsciiStrToUpper(options.mode);
  if (mode == "REFLECT" || mode == "SYMMETRIC") {
    return OpBuilder("MirrorPad", options.name)
        .Input(tensor)
        .Input(paddings)
        .Attr("mode", mode)
        .Build();
  }
  if (mode != "CONSTANT") {
    errors::ThrowIfError(InvalidArgument(
        "Value of argument `mode` expected to be one of \"CONSTANT\", \"REFLECT\", or "
        "\"SYMMETRIC\". Received `mode` = ",
        options.mode));
  }
  if (IsZero(options.constant_values)) {
    return OpBuilder("Pad", options.name).Input(tensor).Input(paddings).Build();
  }
  return OpBuilder("PadV2", options.name)
      .Input(tensor)
      .Input(paddings)
      .Input(options.constant_values)
      .Build();
}

}  // namespace sessile
