// Values that follow from what is known when a graph is built: what OpDef::value of the array and
// math ops is made of.
//
//   std::optional<Tensor> SizeValue(ShapeContext& ctx, int) {
//     const int64_t size = ctx.input(0).num_elements();
//     if (size < 0) return std::nullopt;
//     return IntTensor(float32, Shape(), {size});
//   }
//
// Shapes, axes and indices are what matters here, so only int32 and int64 tensors of at most
// kMaxFoldedElements elements are computed. Where a value cannot be known the functions give
// nothing; none of them fails: what is wrong is said by the shape rule or when the node runs.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "sessile/core/framework/shape_inference.h"
#include "sessile/core/framework/tensor.h"

namespace sessile {

inline constexpr int64_t kMaxFoldedElements = 4096;

// The elements of input i, if it is a known, small tensor of int32 or int64.
std::optional<std::vector<int64_t>> KnownInts(ShapeContext& ctx, int i);

// The only element of input i, if it is known.
std::optional<int64_t> KnownInt(ShapeContext& ctx, int i);

// A tensor of `dtype` (int32 or int64) with these elements; int32 wraps around as its kernels do.
// Nothing if the shape does not fit or is too large.
std::optional<Tensor> IntTensor(DataType dtype, const Shape& shape,
                                const std::vector<int64_t>& values);

// The value type of output `index`.
DataType OutputType(const ShapeContext& ctx, int index);

// Shared OpDef::value rules.
std::optional<Tensor> InputValue(ShapeContext& ctx, int index);          // input 0 as it is
std::optional<Tensor> ReshapedInputValue(ShapeContext& ctx, int index);  // ... in the output shape

// f(input) and f(x, y) for each element, with broadcasting.
using UnaryIntFn = int64_t (*)(int64_t);
using BinaryIntFn = std::optional<int64_t> (*)(int64_t, int64_t);
std::optional<Tensor> UnaryIntValue(ShapeContext& ctx, UnaryIntFn f);
std::optional<Tensor> BinaryIntValue(ShapeContext& ctx, BinaryIntFn f);

}  // namespace sessile
