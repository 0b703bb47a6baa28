// What Python knows of a tensor's value while it builds a graph.
#pragma once

#include "sessile/core/framework/tensor.h"
#include "sessile/core/graph/output.h"

namespace sessile {

// TensorFlow's tensor_util.constant_value: the value, if it follows from constants and static
// shapes by the few operations that Python evaluates itself (Const, Shape, Size, Rank, Range, Cast,
// Pack, Concat, Split, Fill, Equal, Identity and their like); null otherwise. Shape inference knows
// more: GraphImpl::ConstantValue. Builders that choose nodes by what is known use this one, so that
// the choice is TensorFlow's. The pointer lives as long as the graph.
const Tensor* constant_value(const Output& output);

}  // namespace sessile
