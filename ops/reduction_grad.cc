// A reduced element met all elements that it was made of, so its gradient goes back to each of
// them: reshaped to the output's shape with kept dimensions and then repeated. How the nodes for
// that look depends on what is known of the shapes, as in TensorFlow.

#include "sessile/ops/reduction_grad.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <optional>
#include <utility>

#include "sessile/core/framework/errors.h"
#include "sessile/core/framework/reduction_axes.h"
#include "sessile/core/framework/shape_inference.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/graph/scope.h"
#include "sessile/ops/array.h"
#include "sessile/ops/constant.h"
#include "sessile/ops/constant_value.h"
#include "sessile/ops/math.h"
#include "sessile/ops/op_builder.h"
#include "sessile/ops/operators.h"

namespace sessile {
namespace {

using Outputs = std::vector<Output>;
using Ints = std::vector<int64_t>;

// The axes of `node`, if they follow from constants.
absl::StatusOr<std::optional<Ints>> KnownAxes(GradContext& ctx, const Node& node) {
  const Tensor* const value = constant_value(ctx.input(node, 1));
  if (value == nullptr) return std::optional<Ints>();
  SESSILE_ASSIGN_OR_RETURN(Ints axes, IntsFromTensor(*value));
  return std::optional<Ints>(std::move(axes));
}

Ints Dims(const Shape& shape) { return Ints(shape.dims().begin(), shape.dims().end()); }

// `shape` with 1 for each of `axes`.
absl::StatusOr<Ints> WithOnes(const Shape& shape, const Ints& axes) {
  SESSILE_ASSIGN_OR_RETURN(const ReductionAxes reduction,
                           ReductionAxes::Of(shape, axes, /*keep_dims=*/true));
  return Dims(reduction.output());
}

Output IntVector(const Ints& values) {
  const std::vector<int32_t> narrow(values.begin(), values.end());
  return convert_to_tensor(errors::ValueOrThrow(Tensor::FromValues<int32_t>(
      Shape({values.size()}), std::span<const int32_t>(narrow.data(), narrow.size()))));
}

// numpy's array of int32 as an argument.
Input ArrayOf(const Ints& values) {
  const std::vector<int32_t> narrow(values.begin(), values.end());
  return errors::ValueOrThrow(Tensor::FromValues<int32_t>(
      Shape({values.size()}), std::span<const int32_t>(narrow.data(), narrow.size())));
}

// The output's shape with kept dimensions, computed when the graph runs: the input's shape with
// ones stitched in at the axes.
Output KeptDims(const Output& input_shape, const Output& indices) {
  const Output axes = cast(indices, int32);
  const Output rank = size(input_shape);
  const Output from_front = (axes + rank) % rank;
  const Output axes_shape = shape(from_front);
  const Output all = range(0, rank);
  const Output one_each = ones(axes_shape, int32);
  return OpBuilder("DynamicStitch")
      .InputList(Outputs{all, from_front})
      .InputList(Outputs{input_shape, one_each})
      .Build();
}

// Of the reduction `node`.
Input KeptDimsOf(GradContext& ctx, const Node& node, const Output& input_shape) {
  return ReducedShape(input_shape, ctx.input(node, 1));
}

// TensorFlow works out the repetitions of a (shape, axes) pair by nodes of the graph the first time
// that it meets it, and so leaves these nodes, which nothing uses, in the graph.
struct ReducedShapesSeen {
  std::map<std::pair<Ints, Ints>, bool> seen;
};

void AddTraceOfShapeArithmetic(GradContext& ctx, const Shape& input, const Ints& axes,
                               const Ints& kept) {
  auto& seen = ctx.graph()->Slot<ReducedShapesSeen>().seen;
  if (!seen.emplace(std::pair(Dims(input), axes), true).second) return;
  const Output divisor = maximum(ArrayOf(kept), 1);
  const name_scope scope("floordiv", ctx.graph());
  const Output dividend = convert_to_tensor(ArrayOf(Dims(input)), int32, "x");
  floordiv(dividend, divisor, scope.name());
}

absl::StatusOr<Output> GradientOfSum(GradContext& ctx, const Node& node, Output grad) {
  const Output input = ctx.input(node, 0);
  const Shape known = input.get_shape();
  SESSILE_ASSIGN_OR_RETURN(const std::optional<Ints> axes, KnownAxes(ctx, node));
  if (known.has_rank() && axes.has_value()) {
    Ints all(static_cast<size_t>(known.rank()));
    std::iota(all.begin(), all.end(), 0);
    const Shape axes_shape = ctx.input(node, 1).get_shape();
    const bool is_vector = axes_shape.has_rank() && axes_shape.rank() == 1;
    if (is_vector && *axes == all) {
      grad = reshape(grad, Ints(all.size(), 1));
      const Output multiples = known.IsFullyDefined() ? IntVector(Dims(known)) : shape(input);
      return tile(grad, multiples);
    }
    if (known.IsFullyDefined()) {
      SESSILE_ASSIGN_OR_RETURN(const Ints kept, WithOnes(known, *axes));
      AddTraceOfShapeArithmetic(ctx, known, *axes, kept);
      Ints multiples;
      for (int i = 0; i < known.rank(); ++i) {
        multiples.push_back(known.dim(i) / std::max<int64_t>(kept[static_cast<size_t>(i)], 1));
      }
      grad = reshape(grad, ArrayOf(kept));
      return tile(grad, ArrayOf(multiples));
    }
  }
  const Output input_shape = shape(input);
  SESSILE_ASSIGN_OR_RETURN(const bool keep_dims, node.attrs().Get<bool>("keep_dims"));
  if (!keep_dims) {
    std::optional<Input> kept;
    {
      const colocate_with beside(input_shape);
      kept = KeptDimsOf(ctx, node, input_shape);
    }
    grad = reshape(grad, *kept);
  }
  return broadcast_to(grad, input_shape);
}

// How many elements each mean is of: a constant if the shapes are known.
Output ElementsOfMean(GradContext& ctx, const Node& node, DataType dtype) {
  const Output input = ctx.input(node, 0);
  const int64_t in = input.get_shape().num_elements();
  const int64_t out = node.output_shape(0).num_elements();
  if (in >= 0 && out >= 0) {
    return convert_to_tensor(in / std::max<int64_t>(out, 1), dtype);
  }
  const Output input_shape = shape(input);
  const Output rank = size(input_shape);
  const Output axes = (ctx.input(node, 1) + rank) % rank;
  const Output sizes = gather(input_shape, axes);
  return reduce_prod(sizes);
}

}  // namespace

Input ReducedShape(const Output& input_shape, const Output& axes) {
  const Tensor* const known_shape = constant_value(input_shape);
  const Tensor* const known_axes = constant_value(axes);
  if (known_shape == nullptr || known_axes == nullptr) return KeptDims(input_shape, axes);
  const Shape known = errors::ValueOrThrow(ShapeFromTensor(*known_shape));
  return ArrayOf(
      errors::ValueOrThrow(WithOnes(known, errors::ValueOrThrow(IntsFromTensor(*known_axes)))));
}

ReductionGradients SumGradient(GradContext& ctx, const Node& node, std::span<const Output> grads) {
  SESSILE_ASSIGN_OR_RETURN(const Output grad, GradientOfSum(ctx, node, grads[0]));
  return Outputs{grad, Output()};
}

// The mean is the sum over its number of elements.
ReductionGradients MeanGradient(GradContext& ctx, const Node& node, std::span<const Output> grads) {
  SESSILE_ASSIGN_OR_RETURN(const Output sum_grad, GradientOfSum(ctx, node, grads[0]));
  const DataType dtype = BaseType(sum_grad.dtype());
  const Output count = ElementsOfMean(ctx, node, dtype);
  return Outputs{truediv(sum_grad, cast(count, dtype)), Output()};
}

// The derivative by an element is the product of the others: of those before and those after it,
// with the reduced dimensions in front and taken for one.
ReductionGradients ProdGradient(GradContext& ctx, const Node& node, std::span<const Output> grads) {
  const Output input = ctx.input(node, 0);
  const Output input_shape = shape(input);
  const Output named = reshape(ctx.input(node, 1), {-1});
  Output grad = grads[0];
  SESSILE_ASSIGN_OR_RETURN(const bool keep_dims, node.attrs().Get<bool>("keep_dims"));
  if (!keep_dims) grad = reshape(grad, KeptDimsOf(ctx, node, input_shape));
  grad = broadcast_to(grad, input_shape);
  Output perm, reduced_count, other_count;
  {
    const device on_cpu("/cpu:0");
    const Output count = rank(input);
    const Output from_front = (named + count) % count;
    const Output reduced = cast(from_front, int32);
    const Output all = range(0, count);
    const Output others = setdiff1d(all, reduced).out;
    perm = concat({reduced, others}, 0);
    reduced_count = reduce_prod(gather(input_shape, reduced));
    other_count = reduce_prod(gather(input_shape, others));
  }
  const Output permuted = transpose(input, perm);
  const Output permuted_shape = shape(permuted);
  const Output matrix = reshape(permuted, {reduced_count, other_count});
  const Output before = cumprod(matrix, 0, {.exclusive = true});
  const Output after = cumprod(matrix, 0, {.exclusive = true, .reverse = true});
  const Output left = conj(before);
  const Output product = reshape(left * conj(after), permuted_shape);
  const Output back = OpBuilder("InvertPermutation").Input(perm).Build();
  const Output by_element = grad * transpose(product, back);
  return Outputs{reshape(by_element, input_shape), Output()};
}

// d sqrt(sum x^2) = x / norm.
ReductionGradients EuclideanNormGradient(GradContext& ctx, const Node& node,
                                         std::span<const Output> grads) {
  const Output input = ctx.input(node, 0);
  Output norm = ctx.output(node, 0);
  Output grad = grads[0];
  SESSILE_ASSIGN_OR_RETURN(const bool keep_dims, node.attrs().Get<bool>("keep_dims"));
  if (!keep_dims) {
    const Input kept = KeptDimsOf(ctx, node, shape(input));
    norm = reshape(norm, kept);
    grad = reshape(grad, kept);
  }
  return Outputs{truediv(input, norm / grad), Output()};
}

// Of a maximum or minimum: shared evenly among the elements that equal it.
ReductionGradients ExtremeGradient(GradContext& ctx, const Node& node,
                                   std::span<const Output> grads) {
  const Output input = ctx.input(node, 0);
  const Output input_shape = shape(input);
  Output extreme = ctx.output(node, 0);
  Output grad = grads[0];
  SESSILE_ASSIGN_OR_RETURN(const bool keep_dims, node.attrs().Get<bool>("keep_dims"));
  const Input kept = keep_dims ? Input(shape(extreme)) : KeptDimsOf(ctx, node, input_shape);
  if (!keep_dims) {
    extreme = reshape(extreme, kept);
    grad = reshape(grad, kept);
  }
  const Output chosen = cast(equal(extreme, input), BaseType(grad.dtype()));
  const Output counts = reduce_sum(chosen, {.axis = ctx.input(node, 1)});
  const Output count = reshape(counts, kept);
  return Outputs{divide(chosen, count) * grad, Output()};
}

}  // namespace sessile
