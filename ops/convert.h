// How values become tensors of a graph, and names become final: shared by the builders of ops/.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "sessile/core/graph/graph_impl.h"
#include "sessile/core/graph/output.h"
#include "sessile/ops/input.h"

namespace sessile {

// The full, unused name of a node called `name` under the open name scope. One that ends in a slash
// is taken as it is, without the slash.
std::string NodeName(GraphImpl& graph, std::string_view name);

// "<tf.Tensor 'x:0' shape=(?, 3) dtype=float32>", as Python shows a tensor in error messages.
std::string Describe(const Output& output);

// Adds a Const of this value.
absl::StatusOr<Output> AddConst(GraphImpl& graph, Tensor value, std::string_view name);
// Adds a Const of this shape, whose elements are those of `values` and then its last one again.
absl::StatusOr<Output> AddSplatConst(GraphImpl& graph, const Tensor& values, const Shape& shape,
                                     std::string_view name);

// convert_to_tensor, but in `graph`.
absl::StatusOr<Output> ConvertToTensor(GraphImpl& graph, const Input& value,
                                       std::optional<DataType> dtype, std::string_view name,
                                       std::optional<DataType> preferred = {});

}  // namespace sessile
