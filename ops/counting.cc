// Numbers of things: compositions of other builders.

#include <array>
#include <cmath>
#include <limits>

#include "sessile/core/framework/errors.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/graph/scope.h"
#include "sessile/ops/array.h"
#include "sessile/ops/constant.h"
#include "sessile/ops/control_flow.h"
#include "sessile/ops/math.h"
#include "sessile/ops/nn.h"
#include "sessile/ops/op_builder.h"
#include "sessile/ops/operators.h"

namespace sessile {

Output count_nonzero(Input input_tensor, CountOptions options) {
  SourceScope here(input_tensor);
  const name_scope scope(options.name.empty() ? "count_nonzero" : options.name,
                         graph_of({&input_tensor, 1}).impl());
  const Output input = convert_to_tensor(input_tensor, std::nullopt, "input");
  const DataType type = BaseType(input.dtype());
  Output chosen = input;
  if (type != bool_) {
    const Output zero = zeros(Shape(), type);
    chosen = not_equal(input, zero);
  }
  const Output sum =
      reduce_sum(cast(chosen, int64), {.axis = options.axis, .keepdims = options.keepdims});
  return cast(sum, options.dtype);
}

namespace nn {
namespace {

Output CountNonzero(const Output& value, DataType dtype) {
  const name_scope scope("count_nonzero");
  const Output zero = zeros(Shape(), BaseType(value.dtype()));
  const Output chosen = not_equal(value, zero);
  return reduce_sum(cast(chosen, dtype), {.name = "nonzero_count"});
}

}  // namespace

// As many elements as an int32 counts are counted in one.
Output zero_fraction(Input value, std::string_view name) {
  SourceScope here(value);
  const DefaultGraphScope with = graph_of({&value, 1}).as_default();
  const name_scope scope(name.empty() ? "zero_fraction" : name);
  const Output x = convert_to_tensor(value, std::nullopt, "value");
  const Output count = size(x, {.out_type = int64});
  const Output is_small = count <= std::numeric_limits<int32_t>::max();
  const Output nonzero = cond(
      is_small, [&] { return cast(CountNonzero(x, int32), int64); },
      [&] { return CountNonzero(x, int64); });
  Output fraction;
  {
    const name_scope dividing("counts_to_fraction");
    const Output zeros = cast(count - nonzero, float32);
    fraction = zeros / cast(count, float32);
  }
  return identity(fraction, "fraction");
}

}  // namespace nn

// The largest exponent is taken out, as a constant, unless it is not finite.
Output reduce_logsumexp(Input input_tensor, ReduceOptions options) {
  SourceScope here(input_tensor);
  const name_scope scope(options.name.empty() ? "ReduceLogSumExp" : options.name,
                         graph_of({&input_tensor, 1}).impl());
  const Axes& axis = options.axis.has_value() ? options.axis : options.reduction_indices;
  const bool keepdims = options.keepdims || options.keep_dims;
  const Output largest = reduce_max(input_tensor, {.axis = axis, .keepdims = true});
  const Output finite = is_finite(largest);
  const Output zero = OpBuilder("ZerosLike").Input(largest).Build();
  const Output chosen = OpBuilder("Select").Input(finite).Input(largest).Input(zero).Build();
  Output shift = stop_gradient(chosen);
  const Output exponentials = exp(subtract(input_tensor, shift));
  const Output result = log(reduce_sum(exponentials, {.axis = axis, .keepdims = keepdims}));
  if (!keepdims) {
    const Output sizes = OpBuilder("Shape").Input(result).Build();
    shift = reshape(shift, sizes);
  }
  return add(result, shift, scope.name());
}

Output sequence_mask(Input lengths, SequenceMaskOptions options) {
  SourceScope here(lengths);
  const name_scope scope(options.name.empty() ? "SequenceMask" : options.name,
                         graph_of({&lengths, 1}).impl());
  const Output ends = convert_to_tensor(lengths);
  Output most;
  if (options.maxlen.has_value()) {
    most = convert_to_tensor(*options.maxlen);
  } else {
    most = reduce_max(ends);
    const Output zero = constant(0, {.dtype = BaseType(most.dtype())});
    most = maximum(zero, most);
  }
  if (most.get_shape().has_rank() && most.get_shape().rank() != 0) {
    errors::ThrowIfError(
        InvalidArgument("Argument `maxlen` must be scalar for sequence_mask, received shape '",
                        most.get_shape().ToPythonString(), "' instead"));
  }
  const DataType type = BaseType(most.dtype());
  const Output zero = constant(0, {.dtype = type});
  const Output one = constant(1, {.dtype = type});
  const Output places = OpBuilder("Range").Input(zero).Input(most).Input(one).Build();
  const Output column = OpBuilder("Cast").Input(expand_dims(ends, -1)).Attr("DstT", type).Build();
  const Output mask = places < column;
  if (options.dtype == bool_) return mask;
  return OpBuilder("Cast").Input(mask).Attr("DstT", options.dtype).Build();
}

}  // namespace sessile
