// Reshape, Squeeze and ExpandDims: the same elements under another shape.

#include <algorithm>
#include <optional>

#include "absl/strings/str_cat.h"
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

// The product of the known dimensions, and where the unknown one is.
struct Elements {
  int64_t known = 1;
  int unknown_dim = -1;
  bool many_unknown = false;
};

absl::StatusOr<Elements> Count(const Shape& shape) {
  Elements elements;
  for (int i = 0; i < shape.rank(); ++i) {
    if (shape.dim(i) < 0) {
      elements.many_unknown = elements.many_unknown || elements.unknown_dim >= 0;
      elements.unknown_dim = i;
    } else if (__builtin_mul_overflow(elements.known, shape.dim(i), &elements.known)) {
      return InvalidArgument("Shape ", shape.ToString(), " has more than 2^63 - 1 elements");
    }
  }
  return elements;
}

absl::Status ReshapeShape(ShapeContext& ctx) {
  const Shape in = ctx.input(0);
  SESSILE_RETURN_IF_ERROR(ctx.InputAtMostRank(1, 1).status());
  SESSILE_ASSIGN_OR_RETURN(Shape out, ctx.input_value_as_shape(1));
  ctx.SetOutput(0, out);
  if (!in.has_rank() || !out.has_rank()) return absl::OkStatus();
  SESSILE_ASSIGN_OR_RETURN(const Elements from, Count(in));
  SESSILE_ASSIGN_OR_RETURN(const Elements to, Count(out));
  if (from.many_unknown || to.many_unknown) return absl::OkStatus();
  const bool from_known = from.unknown_dim < 0;
  const bool to_known = to.unknown_dim < 0;
  if (from_known && to_known) {
    if (from.known != to.known) {
      return InvalidArgument("Cannot reshape a tensor with ", from.known, " elements to shape ",
                             out.ToString(), " (", to.known, " elements)");
    }
  } else if (from_known || to_known) {
    const int64_t whole = from_known ? from.known : to.known;
    const int64_t part = from_known ? to.known : from.known;
    if (part == 0) return absl::OkStatus();
    if (whole % part != 0) {
      return InvalidArgument("Dimension size must be evenly divisible by ", part, " but is ",
                             whole);
    }
    if (from_known) ctx.SetOutput(0, out.WithDim(to.unknown_dim, whole / part));
  }
  return absl::OkStatus();
}

// The squeezed dimensions counted from the front.
absl::StatusOr<std::vector<int64_t>> SqueezeDims(ShapeContext& ctx, int rank) {
  SESSILE_ASSIGN_OR_RETURN(std::vector<int64_t> dims,
                           ctx.Attr<std::vector<int64_t>>("squeeze_dims"));
  for (size_t i = 0; i < dims.size(); ++i) {
    if (dims[i] < -rank || dims[i] >= rank) {
      return InvalidArgument("squeeze_dims[", i, "] not in [", -rank, ",", rank, ").");
    }
    if (dims[i] < 0) dims[i] += rank;
  }
  return dims;
}

absl::Status SqueezeShape(ShapeContext& ctx) {
  const Shape in = ctx.input(0);
  if (!in.has_rank()) return absl::OkStatus();
  SESSILE_ASSIGN_OR_RETURN(const std::vector<int64_t> dims, SqueezeDims(ctx, in.rank()));
  std::vector<int64_t> out;
  for (int i = 0; i < in.rank(); ++i) {
    const bool named = std::find(dims.begin(), dims.end(), i) != dims.end();
    if (named && in.dim(i) >= 0 && in.dim(i) != 1) {
      return InvalidArgument("Can not squeeze dim[", i, "], expected a dimension of 1, got ",
                             in.dim(i));
    }
    if (dims.empty() && in.dim(i) < 0) return absl::OkStatus();
    const bool goes = named || (dims.empty() && in.dim(i) == 1);
    if (!goes) out.push_back(in.dim(i));
  }
  ctx.SetOutput(0, Shape(out));
  return absl::OkStatus();
}

absl::Status ExpandDimsShape(ShapeContext& ctx) {
  const Shape in = ctx.input(0);
  const Tensor* const dim = ctx.input_value(1);
  if (dim == nullptr) {
    if (in.has_rank()) ctx.SetOutput(0, Shape::UnknownOfRank(in.rank() + 1));
    return absl::OkStatus();
  }
  SESSILE_ASSIGN_OR_RETURN(const std::vector<int64_t> values, IntsFromTensor(*dim));
  if (values.size() != 1) {
    return InvalidArgument("'dim' input must be a tensor with a single value");
  }
  if (!in.has_rank()) return absl::OkStatus();
  const int64_t rank = in.rank();
  const int64_t axis = values[0] < 0 ? values[0] + rank + 1 : values[0];
  if (axis < 0 || axis > rank) {
    return InvalidArgument("dim ", values[0], " not in the interval [", -1 - rank, ", ", rank,
                           "].");
  }
  const int at = static_cast<int>(axis);
  const Shape head = in.Slice(0, at).Append(1);
  ctx.SetOutput(0, at == in.rank() ? head : Shape::Concat(head, in.Slice(at)));
  return absl::OkStatus();
}

// The elements keep their order, so the gradient only takes the shape of the input again.
Output ToShapeOfInput(GradContext& ctx, const Node& node, const Output& grad) {
  const Output input_shape = shape(ctx.input(node, 0));
  return reshape(grad, input_shape);
}

absl::StatusOr<std::vector<Output>> ReshapeGradient(GradContext& ctx, const Node& node,
                                                    std::span<const Output> grads) {
  return std::vector<Output>{ToShapeOfInput(ctx, node, grads[0]), Output()};
}

absl::StatusOr<std::vector<Output>> SqueezeGradient(GradContext& ctx, const Node& node,
                                                    std::span<const Output> grads) {
  return std::vector<Output>{ToShapeOfInput(ctx, node, grads[0])};
}

}  // namespace

void RegisterReshape(OpRegistry& ops) {
  ops.Add("Reshape")
      .Input("tensor: T")
      .Input("shape: Tshape")
      .Output("output: T")
      .Attr("T: type")
      .Attr("Tshape: {int32, int64} = DT_INT32")
      .Shape(ReshapeShape)
      .Value(ReshapedInputValue)
      .Gradient(ReshapeGradient)
      .Doc("The elements of `tensor` in another shape of as many; one size may be -1.");
  ops.Add("Squeeze")
      .Input("input: T")
      .Output("output: T")
      .Attr("T: type")
      .Attr("squeeze_dims: list(int) >= 0 = []")
      .Shape(SqueezeShape)
      .Value(ReshapedInputValue)
      .Gradient(SqueezeGradient)
      .Doc("Leaves out dimensions of size 1.");
  ops.Add("ExpandDims")
      .Input("input: T")
      .Input("dim: Tdim")
      .Output("output: T")
      .Attr("T: type")
      .Attr("Tdim: {int32, int64} = DT_INT32")
      .Shape(ExpandDimsShape)
      .Value(ReshapedInputValue)
      .Gradient(ReshapeGradient)
      .Doc("Puts in a dimension of size 1.");
}

Output reshape(Input tensor, Input shape, std::string_view name) {
  SourceScope here(tensor);
  return OpBuilder("Reshape", name).Input(tensor).Input(shape).Build();
}

Output squeeze(Input input, SqueezeOptions options) {
  SourceScope here(input);
  if (options.axis.has_value() && options.squeeze_dims.has_value()) {
    errors::ThrowIfError(InvalidArgument("Cannot specify both 'axis' and 'squeeze_dims'"));
  }
  const Axes& axis = options.axis.has_value() ? options.axis : options.squeeze_dims;
  return OpBuilder("Squeeze", options.name).Input(input).Attr("squeeze_dims", axis.ints()).Build();
}

Output expand_dims(Input input, Input axis, std::string_view name) {
  SourceScope here(input);
  return OpBuilder("ExpandDims", name).Input(input).Input(axis).Build();
}

}  // namespace sessile
