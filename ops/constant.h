// Tensors whose values are known when the graph is built, and those that are fed.
#pragma once

#include <optional>
#include <string>

#include "sessile/core/framework/data_type.h"
#include "sessile/core/framework/shape.h"
#include "sessile/core/framework/source_location.h"
#include "sessile/core/graph/output.h"
#include "sessile/ops/input.h"

namespace sessile {

struct ConstantOptions {
  std::optional<DataType> dtype = {};
  // Fewer values than elements: the last one is repeated.
  std::optional<Shape> shape = {};
  std::string name = "Const";
  bool verify_shape = false;  // the value must have `shape` itself
};

// A Const of a number, a string, a Tensor or a nested list of values.
//   tf::constant({{1, 2}, {3, 4}}, {.dtype = tf::float32})
// Numbers and lists of them are Python's: doubles make a float32, int64_t{5} an int32 unless .dtype
// says otherwise. A Tensor keeps its type.
Output constant(Input value, const ConstantOptions& options = {});

// A tensor that must be fed: a run that needs it and does not get it fails.
//   auto x = tf::placeholder(tf::float32, {tf::None, 10});
Output placeholder(DataType dtype, const Shape& shape = Shape::Unknown(),
                   std::string_view name = {}, SourceLocation at = SourceLocation::Current());

// `input`, unless it is fed: then a tensor that agrees with `shape`.
Output placeholder_with_default(Input input, const Shape& shape, std::string_view name = {});

// Zeros (false, "") or ones of a shape, which is a Shape, a list or a tensor.
//   tf::zeros({3, 4});  tf::ones(tf::shape(x), tf::int32)
Output zeros(Input shape, DataType dtype = float32, std::string_view name = {});
Output ones(Input shape, DataType dtype = float32, std::string_view name = {});

// `dims` elements of one `value`, which is a scalar.
Output fill(Input dims, Input value, std::string_view name = {});

struct LikeOptions {
  std::optional<DataType> dtype = {};
  std::string name = {};
  // Uses the static shape of the tensor where it is known.
  bool optimize = true;
};

// Zeros or ones of the shape, and unless told otherwise the dtype, of `tensor`.
Output zeros_like(Input tensor, const LikeOptions& options = {});
Output ones_like(Input tensor, const LikeOptions& options = {});

}  // namespace sessile
