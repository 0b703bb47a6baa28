// Range: numbers from start to limit.

#include <algorithm>
#include <array>

#include "sessile/core/framework/errors.h"
#include "sessile/core/framework/op_registry.h"
#include "sessile/core/framework/range_size.h"
#include "sessile/core/framework/shape_inference.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/graph/scope.h"
#include "sessile/ops/folding.h"
#include "sessile/ops/math.h"
#include "sessile/ops/op_builder.h"
#include "sessile/ops/register_all.h"

namespace sessile {
namespace {

template <typename T>
std::optional<T> KnownScalar(ShapeContext& ctx, int i) {
  const Tensor* const value = ctx.input_value(i);
  if (value == nullptr || value->num_elements() != 1) return std::nullopt;
  if (value->dtype() == DataTypeOf<T>::value) return value->flat<T>()[0];
  return std::nullopt;
}

// The number of elements, or -1 if it is not known; T is the type in which the limits are compared.
template <typename T>
absl::StatusOr<int64_t> Count(const std::optional<T>& start, const std::optional<T>& limit,
                              const std::optional<T>& delta) {
  if (!start.has_value() || !limit.has_value() || !delta.has_value()) return Shape::kUnknownDim;
  return RangeSize(*start, *limit, *delta);
}

absl::Status RangeShape(ShapeContext& ctx) {
  for (int i = 0; i < 3; ++i) SESSILE_RETURN_IF_ERROR(ctx.InputIsScalar(i));
  SESSILE_ASSIGN_OR_RETURN(const DataType type, ctx.Attr<DataType>("Tidx"));
  absl::StatusOr<int64_t> count = Shape::kUnknownDim;
  if (type == float32) {
    count =
        Count(KnownScalar<float>(ctx, 0), KnownScalar<float>(ctx, 1), KnownScalar<float>(ctx, 2));
  } else if (type == float64) {
    count = Count(KnownScalar<double>(ctx, 0), KnownScalar<double>(ctx, 1),
                  KnownScalar<double>(ctx, 2));
  } else {
    count = Count(KnownInt(ctx, 0), KnownInt(ctx, 1), KnownInt(ctx, 2));
  }
  SESSILE_RETURN_IF_ERROR(count.status());
  ctx.SetOutput(0, Shape({*count}));
  return absl::OkStatus();
}

std::optional<Tensor> RangeValue(ShapeContext& ctx, int index) {
  const std::optional<int64_t> start = KnownInt(ctx, 0);
  const std::optional<int64_t> delta = KnownInt(ctx, 2);
  const absl::StatusOr<int64_t> count = Count(start, KnownInt(ctx, 1), delta);
  if (!count.ok() || *count < 0 || *count > kMaxFoldedElements) return std::nullopt;
  std::vector<int64_t> values;
  for (int64_t i = 0; i < *count; ++i) values.push_back(*start + i * *delta);
  return IntTensor(OutputType(ctx, index), Shape({*count}), values);
}

// The widest of the operands' types, in the order int32, int64, float32, float64.
DataType CommonType(const std::array<Output, 3>& operands) {
  constexpr std::array<DataType, 4> kOrder = {int32, int64, float32, float64};
  size_t widest = 0;
  for (const Output& operand : operands) {
    const auto* const at = std::find(kOrder.begin(), kOrder.end(), BaseType(operand.dtype()));
    if (at == kOrder.end()) {
      errors::ThrowIfError(InvalidArgument("range takes int32, int64, float32 or float64, not ",
                                           PythonName(operand.dtype())));
    }
    widest = std::max(widest, static_cast<size_t>(at - kOrder.begin()));
  }
  return kOrder[widest];
}

}  // namespace

void RegisterRange(OpRegistry& ops) {
  ops.Add("Range")
      .Input("start: Tidx")
      .Input("limit: Tidx")
      .Input("delta: Tidx")
      .Output("output: Tidx")
      .Attr(
          "Tidx: {bfloat16, half, float, double, int8, int16, int32, int64, uint16, uint32} = "
          "DT_INT32")
      .Shape(RangeShape)
      .Value(RangeValue)
      .NotDifferentiable("it makes indices")
      .Doc("The numbers start, start + delta, ... before limit.");
}

Output range(Input limit) {
  SourceScope here(limit);
  return range(0, limit);
}

Output range(Input start, Input limit, Input delta, RangeOptions options) {
  SourceScope here(start);
  const std::array<Input, 3> inputs = {start, limit, delta};
  const name_scope scope(options.name, graph_of(inputs).impl());
  constexpr std::array<std::string_view, 3> kNames = {"start", "limit", "delta"};
  std::array<Output, 3> operands;
  for (size_t i = 0; i < 3; ++i) {
    operands[i] = inputs[i].is_output() ? inputs[i].Read()
                                        : convert_to_tensor(inputs[i], options.dtype, kNames[i]);
  }
  const DataType dtype = options.dtype.has_value() ? *options.dtype : CommonType(operands);
  for (Output& operand : operands) operand = cast(operand, dtype);
  return OpBuilder("Range", scope.name())
      .Input(operands[0])
      .Input(operands[1])
      .Input(operands[2])
      .Build();
}

}  // namespace sessile
