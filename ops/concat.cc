// Concat and ConcatV2: tensors one after the other along an axis.

#include "absl/strings/str_cat.h"
#include "sessile/core/framework/errors.h"
#include "sessile/core/framework/op_registry.h"
#include "sessile/core/framework/shape_inference.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/graph/node.h"
#include "sessile/core/graph/scope.h"
#include "sessile/ops/array.h"
#include "sessile/ops/constant.h"
#include "sessile/ops/constant_value.h"
#include "sessile/ops/control_flow_context.h"
#include "sessile/ops/folding.h"
#include "sessile/ops/grad_context.h"
#include "sessile/ops/op_builder.h"
#include "sessile/ops/operators.h"
#include "sessile/ops/register_all.h"

namespace sessile {
namespace {

using Outputs = std::vector<Output>;

// Where the tensors and the axis stand among the inputs.
struct Places {
  int first;
  int count;
  int axis;
};
Places PlacesOf(const Node& node) {
  const int count = node.num_inputs() - 1;
  return node.op_type() == "Concat" ? Places{1, count, 0} : Places{0, count, count};
}

absl::StatusOr<Shape> MergedWith(const Shape& other, const Shape& merged, int i) {
  absl::StatusOr<Shape> both = Shape::Merge(other, merged);
  if (both.ok()) return both;
  return WithSuffix(both.status(),
                    absl::StrCat("\n\tFrom merging shape ", i, " with other shapes."));
}

// The axis is not known: at most the rank is.
absl::Status RankOnly(ShapeContext& ctx, const Places& at) {
  Shape merged = Shape::Unknown();
  for (int i = at.count - 1; i >= 0; --i) {
    const Shape& shape = ctx.input(at.first + i);
    if (!shape.has_rank()) continue;
    if (shape.rank() == 0)
      return InvalidArgument("Can't concatenate scalars (use tf.stack instead)");
    SESSILE_ASSIGN_OR_RETURN(merged, MergedWith(Shape::UnknownOfRank(shape.rank()), merged, i));
  }
  ctx.SetOutput(0, merged);
  return absl::OkStatus();
}

absl::Status ConcatShape(ShapeContext& ctx) {
  const Places at = PlacesOf(ctx.node());
  SESSILE_RETURN_IF_ERROR(ctx.InputIsScalar(at.axis));
  const std::optional<int64_t> given = KnownInt(ctx, at.axis);
  if (!given.has_value()) return RankOnly(ctx, at);
  const int64_t least = *given < 0 ? -*given : *given + 1;
  if (least > Shape::kMaxRank) return InvalidArgument("axis ", *given, " is out of range");
  Shape rest = Shape::Unknown();  // of all inputs: their shapes without the axis' size
  int64_t total = 0;
  for (int i = at.count - 1; i >= 0; --i) {
    SESSILE_ASSIGN_OR_RETURN(const Shape shape,
                             ctx.InputAtLeastRank(at.first + i, static_cast<int>(least)));
    if (!shape.has_rank()) {
      total = Shape::kUnknownDim;
      continue;
    }
    const int axis = static_cast<int>(*given < 0 ? *given + shape.rank() : *given);
    SESSILE_ASSIGN_OR_RETURN(rest, MergedWith(shape.WithDim(axis, Shape::kUnknownDim), rest, i));
    const int64_t size = shape.dim(axis);
    if (total < 0 || size < 0) {
      total = Shape::kUnknownDim;
    } else if (__builtin_add_overflow(total, size, &total)) {
      return InvalidArgument("Dimension size overflow when concatenating ", at.count, " tensors");
    }
  }
  if (!rest.has_rank()) return absl::OkStatus();
  std::vector<int64_t> dims(rest.dims().begin(), rest.dims().end());
  dims[static_cast<size_t>(*given < 0 ? *given + rest.rank() : *given)] = total;
  SESSILE_ASSIGN_OR_RETURN(Shape out, Shape::FromDims(dims));
  ctx.SetOutput(0, std::move(out));
  return absl::OkStatus();
}

bool AlongFirst(ShapeContext& ctx, const Places& at) {
  const std::optional<int64_t> axis = KnownInt(ctx, at.axis);
  return axis == 0 || axis == -1;
}

// Vectors of integers one after the other: the way in which shapes are put together.
std::optional<Tensor> ConcatValue(ShapeContext& ctx, int index) {
  const Places at = PlacesOf(ctx.node());
  if (!AlongFirst(ctx, at)) return std::nullopt;
  std::vector<int64_t> values;
  for (int i = at.first; i < at.first + at.count; ++i) {
    const std::optional<std::vector<int64_t>> part = KnownInts(ctx, i);
    if (!part.has_value() || ctx.input_value(i)->rank() != 1) return std::nullopt;
    values.insert(values.end(), part->begin(), part->end());
  }
  return IntTensor(OutputType(ctx, index), Shape({values.size()}), values);
}

// The same, where parts that are not known leave dimensions open.
std::optional<Shape> ConcatValueAsShape(ShapeContext& ctx, int) {
  const Places at = PlacesOf(ctx.node());
  if (!AlongFirst(ctx, at)) return std::nullopt;
  std::vector<int64_t> dims;
  for (int i = at.first; i < at.first + at.count; ++i) {
    if (ctx.input(i).has_rank() && ctx.input(i).rank() != 1) return std::nullopt;
    const absl::StatusOr<Shape> part = ctx.input_value_as_shape(i);
    if (!part.ok() || !part->has_rank()) return std::nullopt;
    dims.insert(dims.end(), part->dims().begin(), part->dims().end());
  }
  absl::StatusOr<Shape> shape = Shape::FromDims(dims);
  if (!shape.ok()) return std::nullopt;
  return *std::move(shape);
}

// The shapes of the tensors: constants if all are known, else one ShapeN. (TensorFlow finds out by
// asking for one shape after the other, which leaves nodes behind.)
Outputs ShapesOf(const std::vector<Input>& tensors) {
  Outputs shapes;
  for (const Input& tensor : tensors) {
    shapes.push_back(shape(tensor));
    if (shapes.back().op().type() != "Const") return shape_n(tensors);
  }
  return shapes;
}

// A constant axis from another context is made anew where the gradient is, instead of being handed
// in.
Output AxisOf(GradContext& ctx, const Node& node, const Places& at, const Output& grad) {
  const Output axis = ctx.input(node, at.axis);
  if (axis.op().type() != "Const" || GuardingContext::OutputContextOf(axis.node()) ==
                                         GuardingContext::OutputContextOf(grad.node())) {
    return axis;
  }
  return constant(*constant_value(axis));
}

// The gradient of each tensor is its part of the gradient. Above 16 tensors TensorFlow splits
// instead of slicing.
absl::StatusOr<Outputs> ConcatGradient(GradContext& ctx, const Node& node,
                                       std::span<const Output> grads) {
  constexpr int kMostSlices = 16;
  const Places at = PlacesOf(node);
  Outputs parts;
  if (at.count == 1) {
    parts = {grads[0]};
  } else {
    std::vector<Input> tensors;
    for (int i = 0; i < at.count; ++i) tensors.emplace_back(ctx.input(node, at.first + i));
    const Output given = AxisOf(ctx, node, at, grads[0]);
    const Output count = rank(tensors[0]);
    const Output axis = given % count;
    const Outputs shapes = ShapesOf(tensors);
    if (at.count > kMostSlices) {
      const Output all = stack({shapes.begin(), shapes.end()}, {.axis = 1});
      const Output sizes = squeeze(slice(all, {axis, 0}, {1, -1}));
      parts = split(grads[0], sizes, {.axis = axis});
    } else {
      const Outputs begins = OpBuilder("ConcatOffset").Input(axis).InputList(shapes).BuildAll();
      for (size_t i = 0; i < begins.size(); ++i) {
        parts.push_back(slice(grads[0], begins[i], shapes[i]));
      }
    }
  }
  parts.insert(at.axis == 0 ? parts.begin() : parts.end(), Output());
  return parts;
}

absl::Status ConcatOffsetShape(ShapeContext& ctx) {
  for (int i = 1; i < ctx.num_inputs(); ++i) {
    SESSILE_ASSIGN_OR_RETURN(Shape shape, ctx.InputWithRank(i, 1));
    if (i <= ctx.num_outputs()) ctx.SetOutput(i - 1, std::move(shape));
  }
  return absl::OkStatus();
}

std::optional<Tensor> ConcatOffsetValue(ShapeContext& ctx, int index) {
  const std::optional<int64_t> given = KnownInt(ctx, 0);
  if (!given.has_value()) return std::nullopt;
  std::vector<int64_t> begin;
  for (int i = 0; i <= index; ++i) {
    const std::optional<std::vector<int64_t>> sizes = KnownInts(ctx, i + 1);
    if (!sizes.has_value()) return std::nullopt;
    const auto rank = static_cast<int64_t>(sizes->size());
    const int64_t axis = *given < 0 ? *given + rank : *given;
    if (axis < 0 || axis >= rank || (i > 0 && begin.size() != sizes->size())) return std::nullopt;
    begin.resize(sizes->size(), 0);
    if (i < index) begin[static_cast<size_t>(axis)] += (*sizes)[static_cast<size_t>(axis)];
  }
  return IntTensor(OutputType(ctx, index), Shape({begin.size()}), begin);
}

}  // namespace

void RegisterConcat(OpRegistry& ops) {
  ops.Add("Concat")
      .Input("concat_dim: int32")
      .Input("values: N * T")
      .Output("output: T")
      .Attr("N: int >= 2")
      .Attr("T: type")
      .Shape(ConcatShape)
      .Value(ConcatValue)
      .ValueAsShape(ConcatValueAsShape)
      .Gradient(ConcatGradient)
      .Doc("The tensors `values` one after the other along dimension `concat_dim`.");
  ops.Add("ConcatV2")
      .Input("values: N * T")
      .Input("axis: Tidx")
      .Output("output: T")
      .Attr("N: int >= 2")
      .Attr("T: type")
      .Attr("Tidx: {int32, int64} = DT_INT32")
      .Shape(ConcatShape)
      .Value(ConcatValue)
      .ValueAsShape(ConcatValueAsShape)
      .Gradient(ConcatGradient)
      .Doc("The tensors `values` one after the other along dimension `axis`.");
  ops.Add("ConcatOffset")
      .Input("concat_dim: int32")
      .Input("shape: N * shape_type")
      .Output("offset: N * shape_type")
      .Attr("N: int >= 2")
      .Attr("shape_type: {int32, int64} = DT_INT32")
      .Shape(ConcatOffsetShape)
      .Value(ConcatOffsetValue)
      .NotDifferentiable("it makes indices")
      .Doc("Where tensors of these shapes begin in their concatenation.");
}

Output concat(const InputList& values, Input axis, std::string_view name) {
  if (values.empty()) errors::ThrowIfError(InvalidArgument("concat needs at least one tensor"));
  SourceScope here(values.front());
  const std::string given(name.empty() ? "concat" : name);
  if (values.size() > 1) return OpBuilder("ConcatV2", given).InputList(values).Input(axis).Build();
  // TensorFlow looks at the axis of a single tensor, and then gives the tensor back.
  const name_scope scope(given, graph_of(values).impl());
  const Output number = convert_to_tensor(axis, int32, "concat_dim");
  if (number.get_shape().has_rank() && number.get_shape().rank() != 0) {
    errors::ThrowIfError(InvalidArgument("Shape ", number.get_shape().ToPythonString(),
                                         " must have rank 0: the axis of concat"));
  }
  return identity(values.front(), given);
}

}  // namespace sessile
