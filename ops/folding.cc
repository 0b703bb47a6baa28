#include "sessile/ops/folding.h"

#include <array>
#include <limits>
#include <utility>

#include "sessile/core/framework/broadcast_shape.h"
#include "sessile/core/graph/node.h"

namespace sessile {
namespace {

bool IsSmallInts(const Tensor& tensor) {
  return (tensor.dtype() == int32 || tensor.dtype() == int64) &&
         tensor.num_elements() <= kMaxFoldedElements;
}

template <typename T>
void Store(const std::vector<int64_t>& values, Tensor* tensor) {
  T* const to = tensor->mutable_data<T>();
  for (size_t i = 0; i < values.size(); ++i) to[i] = static_cast<T>(values[i]);
}

}  // namespace

std::optional<std::vector<int64_t>> KnownInts(ShapeContext& ctx, int i) {
  const Tensor* const value = ctx.input_value(i);
  if (value == nullptr || !IsSmallInts(*value)) return std::nullopt;
  absl::StatusOr<std::vector<int64_t>> ints = IntsFromTensor(*value);
  if (!ints.ok()) return std::nullopt;
  return *std::move(ints);
}

std::optional<int64_t> KnownInt(ShapeContext& ctx, int i) {
  const std::optional<std::vector<int64_t>> ints = KnownInts(ctx, i);
  if (!ints.has_value() || ints->size() != 1) return std::nullopt;
  return ints->front();
}

std::optional<Tensor> IntTensor(DataType dtype, const Shape& shape,
                                const std::vector<int64_t>& values) {
  if (shape.num_elements() != static_cast<int64_t>(values.size())) return std::nullopt;
  if (shape.num_elements() > kMaxFoldedElements || (dtype != int32 && dtype != int64)) {
    return std::nullopt;
  }
  absl::StatusOr<Tensor> tensor = Tensor::Allocate(dtype, shape);
  if (!tensor.ok()) return std::nullopt;
  dtype == int32 ? Store<int32_t>(values, &*tensor) : Store<int64_t>(values, &*tensor);
  return *std::move(tensor);
}

DataType OutputType(const ShapeContext& ctx, int index) {
  return BaseType(ctx.node().output_types()[static_cast<size_t>(index)]);
}

std::optional<Tensor> InputValue(ShapeContext& ctx, int) {
  const Tensor* const value = ctx.input_value(0);
  if (value == nullptr) return std::nullopt;
  return *value;
}

std::optional<Tensor> ReshapedInputValue(ShapeContext& ctx, int index) {
  const Tensor* const value = ctx.input_value(0);
  if (value == nullptr) return std::nullopt;
  absl::StatusOr<Tensor> reshaped = value->Reshaped(ctx.node().output_shape(index));
  if (!reshaped.ok()) return std::nullopt;
  return *std::move(reshaped);
}

std::optional<Tensor> UnaryIntValue(ShapeContext& ctx, UnaryIntFn f) {
  std::optional<std::vector<int64_t>> values = KnownInts(ctx, 0);
  if (!values.has_value()) return std::nullopt;
  for (int64_t& value : *values) value = f(value);
  return IntTensor(OutputType(ctx, 0), ctx.input_value(0)->shape(), *values);
}

std::optional<Tensor> BinaryIntValue(ShapeContext& ctx, BinaryIntFn f) {
  const std::optional<std::vector<int64_t>> x = KnownInts(ctx, 0);
  const std::optional<std::vector<int64_t>> y = KnownInts(ctx, 1);
  if (!x.has_value() || !y.has_value()) return std::nullopt;
  const absl::StatusOr<Broadcast> broadcast =
      Broadcast::Of(ctx.input_value(0)->shape(), ctx.input_value(1)->shape());
  if (!broadcast.ok()) return std::nullopt;
  const int64_t size = broadcast->output().num_elements();
  if (size > kMaxFoldedElements) return std::nullopt;
  std::vector<int64_t> values(static_cast<size_t>(size));
  bool known = true;
  broadcast->ForEachRun(0, size, [&](int64_t begin, int64_t count, const auto& offsets) {
    for (int64_t j = 0; j < count; ++j) {
      const auto at_x = static_cast<size_t>(offsets[0] + j * broadcast->run_stride(0));
      const auto at_y = static_cast<size_t>(offsets[1] + j * broadcast->run_stride(1));
      const std::optional<int64_t> value = f((*x)[at_x], (*y)[at_y]);
      known = known && value.has_value();
      values[static_cast<size_t>(begin + j)] = value.value_or(0);
    }
  });
  if (!known) return std::nullopt;
  return IntTensor(OutputType(ctx, 0), broadcast->output(), values);
}

}  // namespace sessile
